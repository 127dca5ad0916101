/** The grace-LSA: an opaque LSA of type 9, by which a router says that it restarts (RFC 3623 B). */
import { LS_OPAQUE_LINK } from '../constants.ts';
import type { Id } from '../state.ts';
import { read16, read32, write16, write32 } from './bytes.ts';

/** The link state id: opaque type 3, opaque id 0. With any id, a router could have millions. */
export const GRACE_ID = 0x0300_0000;

export const SOFTWARE_RESTART = 1;

const TLV_PERIOD = 1;
const TLV_REASON = 2;
const TLV_ADDRESS = 3;
const TLV_HEADER = 4;
const TLV = 8;

export interface Grace {
  /** Seconds. */
  period: number;
  /** 0 unknown, 1 software restart, 2 software reload or upgrade, 3 switch to a redundant processor. */
  reason: number;
  /** The sender's on the network; undefined where it is not said. */
  address: Id | undefined;
}

export function isGrace({ type, id }: { readonly type: number; readonly id: Id }): boolean {
  return type === LS_OPAQUE_LINK && id === GRACE_ID;
}

/** Undefined where what has to be said is not. Other TLVs are passed over. @param data of the opaque LSA */
export function decodeGrace(data: Uint8Array): Grace | undefined {
  let period: number | undefined;
  let reason: number | undefined;
  let address: Id | undefined;
  for (let at = 0; at + TLV_HEADER <= data.length; ) {
    const type = read16(data, at);
    const length = read16(data, at + 2);
    const value = at + TLV_HEADER;
    if (value + length > data.length) return undefined;
    if (type === TLV_PERIOD && length === 4) period = read32(data, value);
    if (type === TLV_REASON && length === 1) reason = data[value];
    if (type === TLV_ADDRESS && length === 4) address = read32(data, value);
    at = value + Math.ceil(length / 4) * 4;
  }
  return period === undefined || reason === undefined ? undefined : { period, reason, address };
}

/** The data of the opaque LSA. */
export function encodeGrace({ period, reason, address }: Grace): Uint8Array {
  const data = new Uint8Array((address === undefined ? 2 : 3) * TLV);
  putTlv(data, 0, TLV_PERIOD, 4);
  write32(data, TLV_HEADER, period);
  putTlv(data, TLV, TLV_REASON, 1);
  data[TLV + TLV_HEADER] = reason;
  if (address === undefined) return data;
  putTlv(data, 2 * TLV, TLV_ADDRESS, 4);
  write32(data, 2 * TLV + TLV_HEADER, address);
  return data;
}

function putTlv(data: Uint8Array, at: number, type: number, length: number): void {
  write16(data, at, type);
  write16(data, at + 2, length);
}
