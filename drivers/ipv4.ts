/** The header that the kernel puts before every packet of a raw socket (RFC 791, section 3.1). */

/** A received packet: addresses in dotted notation, the header's TTL, and a copy of what follows the header. */
export interface Ipv4Packet {
  from: string;
  to: string;
  ttl: number;
  payload: Uint8Array;
}

const DOT = 0x2e;
const ZERO = 0x30;
/** Bytes of a header without options. */
export const HEADER = 20;

/** Reads one whole packet. The payload is copied, because receivers reuse their buffer. */
export function readIpv4(bytes: Uint8Array): Ipv4Packet | { error: string } {
  if (bytes.length < HEADER) return { error: `${bytes.length} bytes are less than an IPv4 header` };
  const version = bytes[0]! >> 4;
  if (version !== 4) return { error: `IP version ${version}, not 4` };
  const header = (bytes[0]! & 0x0f) * 4;
  if (header < HEADER) return { error: `a header length of ${header} bytes is less than ${HEADER}` };
  const total = (bytes[2]! << 8) | bytes[3]!;
  if (total < header)
    return { error: `a total length of ${total} bytes is less than the header's ${header}` };
  if (total > bytes.length) return { error: `truncated: ${bytes.length} of ${total} bytes` };
  // The kernel hands over reassembled packets: a fragment here is not a whole payload.
  const fragment = ((bytes[6]! << 8) | bytes[7]!) & 0x3fff;
  if (fragment !== 0) return { error: 'a fragment' };
  return {
    from: dotted(bytes, 12),
    to: dotted(bytes, 16),
    ttl: bytes[8]!,
    payload: new Uint8Array(bytes.subarray(header, total)),
  };
}

/**
 * A packet for a socket with IP_HDRINCL: the kernel fills in total length, identification and checksum
 * (raw(7)).
 */
export function writeIpv4(
  packet: Ipv4Packet,
  fields: { protocol: number; tos: number },
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER + packet.payload.length);
  bytes[0] = 0x45;
  bytes[1] = fields.tos;
  bytes[8] = packet.ttl;
  bytes[9] = fields.protocol;
  bytes.set(octets(packet.from), 12);
  bytes.set(octets(packet.to), 16);
  bytes.set(packet.payload, HEADER);
  return bytes;
}

/** The four bytes of an address in dotted notation, in network order. */
export function octets(address: string): Uint8Array {
  const bytes = new Uint8Array(4);
  putWord(wordOf(address), bytes, 0);
  return bytes;
}

/**
 * The four bytes of an address as one number, the first one highest; -1 where the text is no address in dotted notation. It
 * is done for every route, so nothing is made for it that the collector has to take away.
 */
export function wordOf(text: string): number {
  if (typeof text !== 'string') return -1;
  let word = 0;
  let dots = 0;
  /** -1: no digit has come yet. */
  let octet = -1;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === DOT) {
      if (octet < 0 || ++dots > 3) return -1;
      word = (word << 8) | octet;
      octet = -1;
      continue;
    }
    const digit = code - ZERO;
    // A leading zero would be octal for some.
    if (digit < 0 || digit > 9 || octet === 0) return -1;
    octet = octet < 0 ? digit : 10 * octet + digit;
    if (octet > 255) return -1;
  }
  return dots === 3 && octet >= 0 ? ((word << 8) | octet) >>> 0 : -1;
}

/** Writes an address as `wordOf` has it. */
export function putWord(word: number, into: Uint8Array, at: number): void {
  into[at] = word >>> 24;
  into[at + 1] = word >>> 16;
  into[at + 2] = word >>> 8;
  into[at + 3] = word;
}

/** 224.0.0.0/4 (RFC 1112, section 4). */
export function isMulticast(address: string): boolean {
  return (Number.parseInt(address, 10) & 0xf0) === 0xe0;
}

/** The four bytes that stand there, as an address in dotted notation. */
export function dotted(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}
