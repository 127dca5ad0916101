/** OSPF packets as bytes: the header (RFC 2328 A.3.1) and the Hello (A.3.2). */
import { toAddress, toNumber } from '../address.ts';
import { checksumOf, sumOf } from '../checksum.ts';

const VERSION = 2;
const HEADER = 24;
/** Of the header, the bytes before the 64-bit authentication field, which the checksum leaves out. */
const BEFORE_AUTHENTICATION = 16;
const HELLO = 20;

/** A.1; the latter is for designated routers. */
export const ALL_SPF_ROUTERS = '224.0.0.5';
export const ALL_D_ROUTERS = '224.0.0.6';
/** The router id that none has. */
export const NO_ROUTER = '0.0.0.0';

/** Packet type (A.3.1). */
export const TYPE_HELLO = 1;
/** The last type that RFC 2328 defines: 2 to 5 are exchanged on adjacencies only. */
export const TYPE_LAST = 5;
/** Options (A.2): the area takes AS-external-LSAs, so it is no stub. */
export const E_BIT = 0x02;

export interface Packet {
  type: number;
  routerId: string;
  area: string;
  auType: number;
  checksumGood: boolean;
  /** The bytes after the header. */
  body: Uint8Array;
}

export interface Hello {
  /** Network mask of the sender's interface. */
  mask: string;
  /** Seconds. */
  helloInterval: number;
  options: number;
  priority: number;
  /** Seconds. */
  deadInterval: number;
  dr: string;
  bdr: string;
  /** Router ids that the sender has heard from lately. */
  neighbors: string[];
}

/** A whole Hello packet, without authentication (AuType 0). */
export function encodeHello(routerId: string, area: string, hello: Hello): Uint8Array {
  const length = HEADER + HELLO + hello.neighbors.length * 4;
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  bytes[0] = VERSION;
  bytes[1] = TYPE_HELLO;
  view.setUint16(2, length);
  view.setUint32(4, toNumber(routerId));
  view.setUint32(8, toNumber(area));
  view.setUint32(24, toNumber(hello.mask));
  view.setUint16(28, hello.helloInterval);
  bytes[30] = hello.options;
  bytes[31] = hello.priority;
  view.setUint32(32, hello.deadInterval);
  view.setUint32(36, toNumber(hello.dr));
  view.setUint32(40, toNumber(hello.bdr));
  hello.neighbors.forEach((neighbor, i) => {
    view.setUint32(HEADER + HELLO + i * 4, toNumber(neighbor));
  });
  view.setUint16(12, checksum(bytes));
  return bytes;
}

/** Never throws. What follows the length in the header, such as an LLS block, is left out. */
export function decode(bytes: Uint8Array): Packet | { error: 'truncated' | 'version' } {
  if (bytes.length < HEADER) return { error: 'truncated' };
  if (bytes[0] !== VERSION) return { error: 'version' };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint16(2);
  if (length < HEADER || length > bytes.length) return { error: 'truncated' };
  return {
    type: bytes[1]!,
    routerId: toAddress(view.getUint32(4)),
    area: toAddress(view.getUint32(8)),
    auType: view.getUint16(14),
    checksumGood: checksum(bytes.subarray(0, length)) === 0,
    body: bytes.subarray(HEADER, length),
  };
}

/** Never throws. Takes a packet's body. */
export function decodeHello(body: Uint8Array): Hello | { error: 'helloLength' } {
  if (body.length < HELLO || body.length % 4 !== 0) return { error: 'helloLength' };
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  return {
    mask: toAddress(view.getUint32(0)),
    helloInterval: view.getUint16(4),
    options: body[6]!,
    priority: body[7]!,
    deadInterval: view.getUint32(8),
    dr: toAddress(view.getUint32(12)),
    bdr: toAddress(view.getUint32(16)),
    neighbors: Array.from({ length: (body.length - HELLO) / 4 }, (_, i) =>
      toAddress(view.getUint32(HELLO + i * 4)),
    ),
  };
}

/** How many neighbours a Hello can list in one IP packet on a link of this MTU. */
export function neighborsThatFit(mtu: number): number {
  const IP_HEADER = 20;
  return Math.max(0, Math.floor((mtu - IP_HEADER - HEADER - HELLO) / 4));
}

/** Over the packet without the authentication field (D.4.1). */
function checksum(packet: Uint8Array): number {
  return checksumOf(packet.subarray(HEADER), sumOf(packet.subarray(0, BEFORE_AUTHENTICATION)));
}
