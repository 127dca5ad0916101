/**
 * The table `inet hitless`, as messages: packets to some addresses are dropped as they come in for this host. It is read by
 * `nft list ruleset`:
 *
 *     table inet hitless { flags owner
 *       set closed4 { type ipv4_addr }
 *       set closed6 { type ipv6_addr }
 *       set closed6_on { type iface_index . ipv6_addr }
 *       chain input { type filter hook input priority filter - 10; policy accept;
 *         iif "lo" accept
 *         ip daddr @closed4 counter drop
 *         icmpv6 type nd-neighbor-solicit accept
 *         icmpv6 type nd-neighbor-advert accept
 *         ip6 daddr @closed6 counter drop
 *         iif . ip6 daddr @closed6_on counter drop } }
 *
 * `accept` ends this chain alone, those of other tables follow. ARP is none of its business: it passes none of these hooks.
 */
import { NLM_F_CREATE, NLM_F_EXCL } from '../netlink/constants.ts';
import { addressAt, familyOfText, putAddress, sizeOf } from '../netlink/ip-text.ts';
import type { MessageWriter } from '../netlink/writer.ts';
import type { NftChange } from './batch.ts';
import {
  NF_ACCEPT,
  NF_INET_LOCAL_IN,
  NFT_MSG,
  NFT_TABLE_F_OWNER,
  NFT_TYPE,
  NFT_TYPE_BITS,
  NFTA,
  NLM_F_APPEND,
} from './constants.ts';
import {
  accept,
  countAndDrop,
  type Expression,
  fromLoopback,
  icmp6,
  throughToOneOf,
  toOneOf,
  writeExpressions,
} from './rule.ts';

export const TABLE = 'hitless';
const CHAIN = 'input';
/** Before the chains of most others (NF_IP_PRI_FILTER is 0). */
const PRIORITY = -10;
/** Elements of one message: their list has a length of 16 bits. */
const MOST_ELEMENTS = 256;
const NEIGHBOR_SOLICITATION = 135;
const NEIGHBOR_ADVERTISEMENT = 136;

/** Numbers are those within the batch; types and lengths those of a key. */
const SETS = {
  closed4: { id: 1, type: NFT_TYPE.ADDRESS4, length: 4 },
  closed6: { id: 2, type: NFT_TYPE.ADDRESS6, length: 16 },
  /** A link-local address is one of its link: another link may have the same. */
  closed6_on: { id: 3, type: (NFT_TYPE.IFINDEX << NFT_TYPE_BITS) | NFT_TYPE.ADDRESS6, length: 20 },
} as const;
type SetName = keyof typeof SETS;

export interface Element {
  readonly set: SetName;
  readonly key: Buffer;
}

/**
 * An address as an element. What is not link-local is closed whatever interface its packets come in by.
 * @param index of the link that has it @throws DriverError NETLINK_INVALID
 */
export function elementOf(index: number, address: string): Element {
  const family = familyOfText(address);
  const size = sizeOf(family);
  const bytes = Buffer.alloc(4 + size);
  bytes.writeUInt32LE(index);
  putAddress(address, family, bytes, 4);
  if (family === 4) return { set: 'closed4', key: bytes.subarray(4) };
  const isLinkLocal = bytes[4] === 0xfe && (bytes[5]! & 0xc0) === 0x80;
  return isLinkLocal ? { set: 'closed6_on', key: bytes } : { set: 'closed6', key: bytes.subarray(4) };
}

/** The same text for the same element. */
export function keyOf({ set, key }: Element): string {
  return `${set} ${key.toString('hex')}`;
}

/** Makes the table, with none of its elements. One that is there already is somebody else's. */
export function makeTable(): NftChange[] {
  const set = (name: SetName) => ({ name, id: SETS[name].id });
  return [
    {
      type: NFT_MSG.NEWTABLE,
      flags: NLM_F_CREATE | NLM_F_EXCL,
      tell: `add table inet ${TABLE}`,
      write(writer) {
        writer.text(NFTA.TABLE_NAME, TABLE);
        writer.u32be(NFTA.TABLE_FLAGS, NFT_TABLE_F_OWNER);
      },
    },
    ...(Object.keys(SETS) as SetName[]).map(makeSet),
    makeChain(),
    makeRule('iif "lo" accept', [...fromLoopback(), ...accept()]),
    makeRule('ip daddr @closed4 drop', [...toOneOf(set('closed4'), 4), ...countAndDrop()]),
    makeRule('icmpv6 type nd-neighbor-solicit accept', [...icmp6(NEIGHBOR_SOLICITATION), ...accept()]),
    makeRule('icmpv6 type nd-neighbor-advert accept', [...icmp6(NEIGHBOR_ADVERTISEMENT), ...accept()]),
    makeRule('ip6 daddr @closed6 drop', [...toOneOf(set('closed6'), 6), ...countAndDrop()]),
    makeRule('iif . ip6 daddr @closed6_on drop', [...throughToOneOf(set('closed6_on')), ...countAndDrop()]),
  ];
}

/** Removes the table with all that it has. */
export function removeTable(): NftChange {
  return {
    type: NFT_MSG.DELTABLE,
    flags: 0,
    tell: `delete table inet ${TABLE}`,
    write: (writer) => writer.text(NFTA.TABLE_NAME, TABLE),
  };
}

/** Adds elements, or removes them, where they are. */
export function changeElements(verb: 'add' | 'delete', elements: readonly Element[]): NftChange[] {
  return (Object.keys(SETS) as SetName[]).flatMap((name) => {
    const own = elements.filter(({ set }) => set === name);
    const parts: NftChange[] = [];
    for (let at = 0; at < own.length; at += MOST_ELEMENTS)
      parts.push(elementsOf(verb, name, own.slice(at, at + MOST_ELEMENTS)));
    return parts;
  });
}

function elementsOf(verb: 'add' | 'delete', name: SetName, elements: readonly Element[]): NftChange {
  const [first] = elements;
  const more = elements.length === 1 ? '' : ` and ${elements.length - 1} more`;
  return {
    type: verb === 'add' ? NFT_MSG.NEWSETELEM : NFT_MSG.DELSETELEM,
    flags: verb === 'add' ? NLM_F_CREATE : 0,
    tell: `${verb} ${textOf(first!)}${more} in set ${name} of table inet ${TABLE}`,
    write(writer) {
      writer.text(NFTA.SET_ELEM_LIST_TABLE, TABLE);
      writer.text(NFTA.SET_ELEM_LIST_SET, name);
      writer.nest(NFTA.SET_ELEM_LIST_ELEMENTS, () => {
        for (const { key } of elements)
          writer.nest(NFTA.LIST_ELEM, () =>
            writer.nest(NFTA.SET_ELEM_KEY, () => writer.blob(NFTA.DATA_VALUE, key)),
          );
      });
    },
  };
}

function textOf({ set, key }: Element): string {
  return set === 'closed4' ? addressAt(key, 0, 4) : addressAt(key, key.length - sizeOf(6), 6);
}

function makeSet(name: SetName): NftChange {
  const { id, type, length } = SETS[name];
  return {
    type: NFT_MSG.NEWSET,
    flags: NLM_F_CREATE,
    tell: `add set ${name} of table inet ${TABLE}`,
    write(writer) {
      writer.text(NFTA.SET_TABLE, TABLE);
      writer.text(NFTA.SET_NAME, name);
      writer.u32be(NFTA.SET_FLAGS, 0);
      writer.u32be(NFTA.SET_KEY_TYPE, type);
      writer.u32be(NFTA.SET_KEY_LEN, length);
      writer.u32be(NFTA.SET_ID, id);
    },
  };
}

function makeChain(): NftChange {
  return {
    type: NFT_MSG.NEWCHAIN,
    flags: NLM_F_CREATE,
    tell: `add chain ${CHAIN} of table inet ${TABLE}`,
    write(writer) {
      writer.text(NFTA.CHAIN_TABLE, TABLE);
      writer.text(NFTA.CHAIN_NAME, CHAIN);
      writer.nest(NFTA.CHAIN_HOOK, () => {
        writer.u32be(NFTA.HOOK_HOOKNUM, NF_INET_LOCAL_IN);
        writer.u32be(NFTA.HOOK_PRIORITY, PRIORITY);
      });
      writer.u32be(NFTA.CHAIN_POLICY, NF_ACCEPT);
      writer.text(NFTA.CHAIN_TYPE, 'filter');
    },
  };
}

function makeRule(words: string, expressions: readonly Expression[]): NftChange {
  return {
    type: NFT_MSG.NEWRULE,
    flags: NLM_F_CREATE | NLM_F_APPEND,
    tell: `add rule "${words}" of table inet ${TABLE}`,
    write(writer: MessageWriter) {
      writer.text(NFTA.RULE_TABLE, TABLE);
      writer.text(NFTA.RULE_CHAIN, CHAIN);
      writeExpressions(writer, expressions);
    },
  };
}
