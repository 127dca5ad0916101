/** Messages of netlink (struct nlmsghdr of linux/netlink.h): reading them out of datagrams, and what errors say. */
import { getSystemErrorMap } from 'node:util';
import { AttributeReader, aligned } from './attributes.ts';
import { NLM_F_ACK_TLVS, NLM_F_CAPPED, NLMSGERR_ATTR_MSG } from './constants.ts';

/** Bytes of a message's header. */
export const MESSAGE_HEADER = 16;

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The port of the socket whose request caused it; 0 when it was the kernel, or an ioctl. */
  readonly port: number;
  /** Its body is from `from` to `end`; valid until the buffer is received into again. */
  readonly bytes: Buffer;
  readonly from: number;
  readonly end: number;
}

/** Why something could not be decoded. */
export interface Fault {
  error: string;
}

/** Undefined: it is about something else, such as another protocol family. */
export type Decoded<Value> = Value | Fault | undefined;

export function isFault(decoded: object | undefined): decoded is Fault {
  return decoded !== undefined && 'error' in decoded;
}

/** The message that begins here, in a buffer of which so many bytes were received. */
export function messageAt(bytes: Buffer, at: number, received: number): Message | Fault {
  const left = received - at;
  if (left < MESSAGE_HEADER) return { error: `${left} bytes are less than a header` };
  const length = bytes.readUInt32LE(at);
  if (length < MESSAGE_HEADER || length > left)
    return { error: `a message has a length of ${length}, where ${left} bytes are left` };
  return {
    type: bytes.readUInt16LE(at + 4),
    flags: bytes.readUInt16LE(at + 6),
    sequence: bytes.readUInt32LE(at + 8),
    port: bytes.readUInt32LE(at + 12),
    bytes,
    from: at + MESSAGE_HEADER,
    end: at + length,
  };
}

/** Where the next message begins. */
export function behind(message: Message): number {
  return aligned(message.end);
}

/** The kernel's answer to a request: refused, or carried out with errno 0. */
export interface Answer {
  /** Positive. */
  errno: number;
  /** The kernel's own words, where it has some. */
  text: string;
}

/** Reads an NLMSG_ERROR, or an NLMSG_DONE, which ends a dump and may carry an error too. */
export function readAnswer(message: Message, ends: 'request' | 'dump'): Answer | Fault {
  const { bytes, from, end, flags } = message;
  if (end - from < 4) return { error: 'an answer without its error number' };
  const errno = -bytes.readInt32LE(from);
  if ((flags & NLM_F_ACK_TLVS) === 0) return { errno, text: '' };
  let at = from + 4;
  if (ends === 'request') {
    // The request's header comes back, and the whole request unless it is capped.
    if (end - at < MESSAGE_HEADER) return { error: 'an answer without the header of its request' };
    // A length that is wrong hides the text, not the errno.
    const length = Math.min(bytes.readUInt32LE(at), end - at);
    at += (flags & NLM_F_CAPPED) === 0 ? aligned(Math.max(length, MESSAGE_HEADER)) : MESSAGE_HEADER;
  }
  const attributes = new AttributeReader(bytes, Math.min(at, end), end);
  let text = '';
  while (attributes.next()) if (attributes.type === NLMSGERR_ATTR_MSG) text = attributes.text();
  return attributes.error === '' ? { errno, text } : { error: attributes.error };
}

const NAMES = getSystemErrorMap();

/** `ENETUNREACH`, or the number where it has no name. */
export function errnoName(errno: number): string {
  return NAMES.get(-errno)?.[0] ?? `errno ${errno}`;
}

/** An answer as a sentence's end: the kernel's words, or those of the errno, with its name. */
export function inWords({ errno, text }: Answer): string {
  return `${text || NAMES.get(-errno)?.[1] || 'refused'} (${errnoName(errno)})`;
}
