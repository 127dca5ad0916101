/** Addresses of interfaces with the length of their network's prefix, IPv4 and IPv6, in the form in which the kernel has them. */

export interface Address {
  family: 4 | 6;
  /** IPv6 as RFC 5952 writes it. */
  address: string;
  prefixLength: number;
}

/** Reads `10.0.1.1/24` or `fd00:1::1/64`; undefined for what is no such address. */
export function readAddress(text: string): Address | undefined {
  const [, address = '', digits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  const family = address.includes(':') ? 6 : 4;
  const number = family === 6 ? numberOf6(address) : numberOf4(address);
  const prefixLength = Number(digits);
  if (number === undefined || prefixLength < 1 || prefixLength > bitsOf(family)) return undefined;
  return { family, address: family === 6 ? text6(number) : address, prefixLength };
}

/** `10.0.1.1/24`; the same text for the same address. */
export function textOf({ address, prefixLength }: Address): string {
  return `${address}/${prefixLength}`;
}

/** All ones behind the prefix; IPv6 has none, nor has a network of two addresses or one (RFC 3021). */
export function broadcastOf({ family, address, prefixLength }: Address): string | undefined {
  if (family === 6 || prefixLength > 30) return undefined;
  const number = numberOf4(address)! | hostMask(family, prefixLength);
  return [24n, 16n, 8n, 0n].map((shift) => String((number >> shift) & 0xffn)).join('.');
}

export function isLinkLocal({ family, address }: Address): boolean {
  return family === 6 && numberOf6(address)! >> 118n === 0xfe80n >> 6n;
}

/** Why no interface of a router can have this address; undefined where it can. @param loopback it is for the loopback */
export function whyNotOfInterface(
  { family, address, prefixLength }: Address,
  loopback: boolean,
): string | undefined {
  const number = family === 6 ? numberOf6(address)! : numberOf4(address)!;
  const [reserved, shortest] = family === 6 ? [reserved6(number), 127] : [reserved4(number, loopback), 31];
  if (reserved !== undefined) return reserved;
  if (prefixLength >= shortest) return undefined;
  const mask = hostMask(family, prefixLength);
  // RFC 4291 2.6.1: every router of the network has this one already.
  if ((number & mask) === 0n)
    return family === 6 ? "the network's anycast address (RFC 4291 2.6.1)" : "the network's own address";
  return family === 4 && (number & mask) === mask ? "the network's broadcast address" : undefined;
}

/** RFC 1122 3.2.1.3. */
function reserved4(number: bigint, loopback: boolean): string | undefined {
  const first = number >> 24n;
  if (first === 0n) return 'of 0.0.0.0/8, "this network"';
  if (first === 127n && !loopback) return 'of 127.0.0.0/8, which is for the loopback';
  return first >= 224n ? 'a multicast or reserved address' : undefined;
}

/** RFC 4291 2.4. */
function reserved6(number: bigint): string | undefined {
  if (number <= 1n) return number === 0n ? 'the unspecified address' : "the loopback's own address";
  if (number >> 120n === 0xffn) return 'a multicast address';
  return number >> 32n === 0xffffn ? 'an IPv4 address in IPv6 form' : undefined;
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? 32 : 128;
}

function hostMask(family: 4 | 6, prefixLength: number): bigint {
  return (1n << BigInt(bitsOf(family) - prefixLength)) - 1n;
}

function numberOf4(text: string): bigint | undefined {
  if (!/^(\d{1,3})(\.\d{1,3}){3}$/.test(text) || /(^|\.)0\d/.test(text)) return undefined;
  const parts = text.split('.').map(Number);
  if (parts.some((part) => part > 255)) return undefined;
  return parts.reduce((number, part) => (number << 8n) | BigInt(part), 0n);
}

function numberOf6(text: string): bigint | undefined {
  const [, before = '', dotted] = /^(.*:)(\d[\d.]*\.[\d.]*)$/.exec(text) ?? [undefined, text];
  const last = dotted === undefined ? undefined : numberOf4(dotted);
  if (dotted !== undefined && last === undefined) return undefined;
  const tail = last === undefined ? '' : `${(last >> 16n).toString(16)}:${(last & 0xffffn).toString(16)}`;
  const [left = '', right, ...more] = `${before}${tail}`.split('::');
  if (more.length > 0) return undefined;
  const [head, rest] = [groupsOf(left), groupsOf(right ?? '')];
  if (head === undefined || rest === undefined) return undefined;
  const zeros = 8 - head.length - rest.length;
  if (right === undefined ? zeros !== 0 : zeros < 1) return undefined;
  const groups = [...head, ...Array.from({ length: zeros }, () => 0), ...rest];
  return groups.reduce((number, group) => (number << 16n) | BigInt(group), 0n);
}

function groupsOf(text: string): number[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return undefined;
  return groups.map((group) => Number.parseInt(group, 16));
}

/** RFC 5952 section 4: the first of the longest runs of zero groups is left out. */
function text6(number: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) => Number((number >> BigInt(112 - 16 * i)) & 0xffffn));
  let [start, length] = [0, 0];
  for (let from = 0; from < 8; from++) {
    let zeros = 0;
    while (groups[from + zeros] === 0) zeros++;
    if (zeros > length) [start, length] = [from, zeros];
    from += zeros;
  }
  const hex = groups.map((group) => group.toString(16));
  if (length < 2) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}
