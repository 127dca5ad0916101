/**
 * Changes of nf_tables as one batch (linux/netfilter/nfnetlink.h): the kernel carries all of them out at once, or none, and
 * answers each that it refuses.
 */
import type { Channel } from '../netlink/channel.ts';
import { EBADMSG, NLM_F_ACK, NLM_F_REQUEST, NLMSG_ERROR } from '../netlink/constants.ts';
import { type Answer, inWords, isFault, readAnswer } from '../netlink/message.ts';
import { MessageWriter } from '../netlink/writer.ts';
import { NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END, NFNL_SUBSYS_NFTABLES, NFPROTO_INET } from './constants.ts';

/** One change. */
export interface NftChange {
  /** NFT_MSG_… */
  readonly type: number;
  /** Besides NLM_F_REQUEST. */
  readonly flags: number;
  /** Names it, in errors: `add table inet hitless`. */
  readonly tell: string;
  /** Writes its attributes. */
  write(writer: MessageWriter): void;
}

/** Why a batch was not carried out. */
export interface NftRefusal extends Answer {
  /** Says which change was refused, and why. */
  message: string;
}

/** Answers were lost: whether the batch was carried out is not known. */
export type NftEnd = NftRefusal | 'lost' | undefined;

/** struct nfgenmsg: family, version, and a number in network order. */
const GENERAL_HEADER = 4;

/**
 * Has the batch carried out, within `channel.inTurn` only. Returns the first refusal, undefined where all was carried out.
 * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_REFUSED, NETLINK_TIMEOUT, NETLINK_CLOSED
 */
export async function carryOut(channel: Channel, changes: readonly NftChange[]): Promise<NftEnd> {
  const writer = new MessageWriter();
  const begun = bracket(writer, NFNL_MSG_BATCH_BEGIN, channel.nextSequence());
  const sequences = new Map<number, NftChange>();
  let last = begun;
  for (const change of changes) {
    last = channel.nextSequence();
    sequences.set(last, change);
    writer.begin((NFNL_SUBSYS_NFTABLES << 8) | change.type, NLM_F_REQUEST | change.flags, last);
    general(writer, NFPROTO_INET, 0);
    change.write(writer);
    writer.end();
  }
  writer.mark(NLM_F_ACK);
  bracket(writer, NFNL_MSG_BATCH_END, channel.nextSequence());
  let end: NftEnd;
  const { lost } = await channel.exchange(writer.written, (message) => {
    const { type, sequence } = message;
    if (type !== NLMSG_ERROR || (sequence !== begun && !sequences.has(sequence))) return false;
    const read = readAnswer(message, 'request');
    const answer: Answer = isFault(read) ? { errno: EBADMSG, text: read.error } : read;
    if (answer.errno !== 0 && end === undefined) {
      const about = sequences.get(sequence)?.tell ?? 'change nf_tables';
      end = { ...answer, message: `${about}: ${inWords(answer)}` };
    }
    // An answer to the begin is about the whole: without nf_tables, or the right to it, no other comes.
    return sequence === last || sequence === begun;
  });
  return lost ? 'lost' : end;
}

/** Begins or ends a batch. Returns its sequence number. */
function bracket(writer: MessageWriter, type: number, sequence: number): number {
  writer.begin(type, NLM_F_REQUEST, sequence);
  general(writer, 0, NFNL_SUBSYS_NFTABLES);
  writer.end();
  return sequence;
}

function general(writer: MessageWriter, family: number, resource: number): void {
  const at = writer.struct(GENERAL_HEADER);
  writer.put8(at, family);
  writer.put8(at + 2, resource >> 8);
  writer.put8(at + 3, resource & 0xff);
}
