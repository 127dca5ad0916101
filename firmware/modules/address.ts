/**
 * IPv4 addresses and router ids: dotted text in state, configuration and messages; unsigned 32-bit numbers where
 * they are computed with.
 */
export function toNumber(address: string): number {
  return address.split('.').reduce((number, octet) => (number << 8) | (Number(octet) & 0xff), 0) >>> 0;
}

export function toAddress(number: number): string {
  return [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff, number & 0xff].join('.');
}

/** The network mask of a prefix of this length (0 to 32), as a number. */
export function maskOf(prefixLength: number): number {
  return prefixLength === 0 ? 0 : (-1 << (32 - prefixLength)) >>> 0;
}

/** True when both addresses are in the same network of this prefix length. */
export function sameNetwork(one: string, other: string, prefixLength: number): boolean {
  return ((toNumber(one) ^ toNumber(other)) & maskOf(prefixLength)) === 0;
}
