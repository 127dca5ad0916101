/**
 * ICMPv6 messages of router discovery as bytes (RFC 4861 4.1, 4.2, 6.1). Their checksum is the kernel's work: it fills it in,
 * and drops what has a wrong one. So is all other ICMPv6.
 */
import type { RawIp6In } from '../../../../drivers/raw-ip6.ts';
import { isLinkLocal, parseAddress } from '../../prefix.ts';
import type { DropReason6 } from '../drop.ts';
import type { RouterAdvertisement6, RouterSolicitation6 } from './offer.ts';
import {
  blockOf,
  blocksOf,
  optionsOf,
  PREFERENCE_BITS,
  preferenceOf,
  type ReadOptions,
  readOptions,
} from './packet-options.ts';

const TYPE_SOLICITATION = 133;
const TYPE_ADVERTISEMENT = 134;
export const ICMP6_TYPES: readonly number[] = [TYPE_SOLICITATION, TYPE_ADVERTISEMENT];

const UNFORWARDED = 255;
const SOLICITATION_HEADER = 8;
const ADVERTISEMENT_HEADER = 16;
const IPV6_HEADER = 40;
/** RFC 8200 section 5: every link carries so much. */
const LEAST_MTU = 1280;
const MANAGED = 0x80;
const OTHER = 0x40;
const UNSPECIFIED = '::';

/**
 * As many messages as the MTU asks for, at least one: each has the header and the sender's link-layer address, and some of
 * the options (6.2.3). @throws never
 */
export function encodeAll(advertisement: RouterAdvertisement6, mtu: number): Uint8Array[] {
  const first = blocksOf(advertisement.mac === undefined ? [] : [{ of: 'mac', mac: advertisement.mac }]);
  const room = Math.max(mtu, LEAST_MTU) - IPV6_HEADER - ADVERTISEMENT_HEADER - first.length;
  const messages: Uint8Array[][] = [[]];
  let left = room;
  for (const option of optionsOf(advertisement)) {
    const block = blockOf(option);
    if (block.length > left && messages.at(-1)!.length > 0) {
      messages.push([]);
      left = room;
    }
    messages.at(-1)!.push(block);
    left -= block.length;
  }
  return messages.map((blocks) => Buffer.concat([headerOf(advertisement), first, ...blocks]));
}

function headerOf({
  hopLimit,
  managed,
  other,
  preference,
  lifetime,
  ...times
}: RouterAdvertisement6): Uint8Array {
  const bytes = new Uint8Array(ADVERTISEMENT_HEADER);
  const view = new DataView(bytes.buffer);
  bytes[0] = TYPE_ADVERTISEMENT;
  bytes[4] = hopLimit;
  // RFC 4191 2.2: a router that is no default router has no preference as one.
  const bits = lifetime === 0 ? 0 : PREFERENCE_BITS[preference];
  bytes[5] = (managed ? MANAGED : 0) | (other ? OTHER : 0) | (bits << 3);
  view.setUint16(6, lifetime);
  view.setUint32(8, times.reachableTime);
  view.setUint32(12, times.retransmitTimer);
  return bytes;
}

/** Never throws. The checks are those of 6.1.1 for solicitations, and of 6.1.2 for advertisements. */
export function decode6({
  from,
  hopLimit,
  payload,
}: Pick<RawIp6In, 'from' | 'hopLimit' | 'payload'>):
  | RouterAdvertisement6
  | RouterSolicitation6
  | { error: DropReason6 } {
  if (hopLimit !== UNFORWARDED) return { error: 'hopLimit' };
  if (payload.length < SOLICITATION_HEADER) return { error: 'truncated' };
  const [type, code] = payload;
  if (type !== TYPE_SOLICITATION && type !== TYPE_ADVERTISEMENT) return { error: 'foreign' };
  const header = type === TYPE_SOLICITATION ? SOLICITATION_HEADER : ADVERTISEMENT_HEADER;
  if (payload.length < header) return { error: 'truncated' };
  if (code !== 0) return { error: 'code' };
  const options = readOptions(payload, header);
  if ('error' in options) return options;
  return type === TYPE_SOLICITATION ? solicitation(from, options) : advertisement(from, payload, options);
}

function solicitation(from: string, { mac }: ReadOptions): RouterSolicitation6 | { error: DropReason6 } {
  // 6.1.1: a host without an address cannot be answered by its link-layer address.
  if (from === UNSPECIFIED && mac !== undefined) return { error: 'linkLayerAddress' };
  return { type: 'solicitation', ...(mac !== undefined && { mac }) };
}

function advertisement(
  from: string,
  bytes: Uint8Array,
  options: ReadOptions,
): RouterAdvertisement6 | { error: DropReason6 } {
  const source = parseAddress(from);
  if (source === undefined || !isLinkLocal(source)) return { error: 'source' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const flags = bytes[5]!;
  return {
    type: 'advertisement',
    hopLimit: bytes[4]!,
    managed: (flags & MANAGED) !== 0,
    other: (flags & OTHER) !== 0,
    // RFC 4191 2.2: the reserved value is taken for medium.
    preference: preferenceOf((flags >> 3) & 3) ?? 'medium',
    lifetime: view.getUint16(6),
    reachableTime: view.getUint32(8),
    retransmitTimer: view.getUint32(12),
    ...options,
  };
}
