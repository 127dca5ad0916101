/** The contents of router information LSAs (RFC 7770 2): type, length and value, each made up to 32 bits. */
import { read16, read32, write16, write32 } from './bytes.ts';

/** The opaque type, and the link state id of the first one (RFC 7770 2.2). */
export const ROUTER_INFORMATION_ID = 4 << 24;
const INFORMATIONAL = 1;
const HOSTNAME = 7;
/** Bytes (RFC 5642 3.1). */
const LONGEST_HOSTNAME = 255;
const TLV = 4;

/** Informational capabilities (RFC 7770 2.4). */
export const CAN_RESTART = 0x8000_0000;
export const CAN_HELP = 0x4000_0000;
export const CAN_BE_STUB = 0x2000_0000;

export interface RouterInformation {
  /** Bits; 0 where it says nothing. */
  capabilities: number;
  /** Empty where it says nothing. */
  hostname: string;
}

/** Never throws: what is not understood, or reaches beyond the end, is passed over. */
export function decodeRouterInformation(data: Uint8Array): RouterInformation {
  const information = { capabilities: 0, hostname: '' };
  for (let at = 0; at + TLV <= data.length; ) {
    const type = read16(data, at);
    const length = read16(data, at + 2);
    const value = data.subarray(at + TLV, at + TLV + length);
    if (value.length < length) break;
    if (type === INFORMATIONAL && length >= 4) information.capabilities = read32(value, 0);
    if (type === HOSTNAME && length <= LONGEST_HOSTNAME) information.hostname = printable(value);
    at += TLV + madeUpTo4(length);
  }
  return information;
}

export function encodeRouterInformation({ capabilities, hostname }: RouterInformation): Uint8Array {
  const name = new TextEncoder().encode(hostname).subarray(0, LONGEST_HOSTNAME);
  const behind = name.length === 0 ? 0 : TLV + madeUpTo4(name.length);
  const data = new Uint8Array(TLV + 4 + behind);
  write16(data, 0, INFORMATIONAL);
  write16(data, 2, 4);
  write32(data, TLV, capabilities);
  if (name.length === 0) return data;
  write16(data, TLV + 4, HOSTNAME);
  write16(data, TLV + 6, name.length);
  data.set(name, TLV + 8);
  return data;
}

/** It goes to terminals: characters of ASCII that can be printed, others as dots. */
function printable(value: Uint8Array): string {
  return String.fromCharCode(...value.map((byte) => (byte > 0x20 && byte < 0x7f ? byte : 0x2e)));
}

function madeUpTo4(length: number): number {
  return (length + 3) & ~3;
}
