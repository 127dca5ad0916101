/** Packets of VRRP's protocol number as frames of Ethernet, from whomever and with whatever in them. */
import { writeIpv4 } from '../../drivers/ipv4.ts';
import { putAddress } from '../../drivers/netlink/ip-text.ts';
import { checksumOf } from '../../firmware/modules/checksum.ts';
import { GROUPS, PROTOCOL } from '../../firmware/modules/vrrp/constants.ts';

const ETHERNET = 14;
const IPV6 = 40;
const ETHERTYPES = { 4: 0x0800, 6: 0x86dd } as const;
/** Locally administered: of nobody on the LAN. */
const SOURCE_MAC = '02:00:00:00:00:66';
const INTERNETWORK_CONTROL = 0xc0;

export interface FramePacket {
  from: string;
  hops: number;
  payload: Uint8Array;
  /** Of the IP header; VRRP's unless told. */
  protocol?: number | undefined;
}

/** To VRRP's group of the family, and to this MAC alone: so that a switch sends it to one station. */
export function frameOf({ from, hops, payload, protocol = PROTOCOL }: FramePacket, mac: string): Uint8Array {
  const family = from.includes(':') ? 6 : 4;
  const ip = family === 6 ? ipv6(from, hops, payload, protocol) : ipv4(from, hops, payload, protocol);
  const frame = new Uint8Array(ETHERNET + ip.length);
  frame.set(macBytes(mac), 0);
  frame.set(macBytes(SOURCE_MAC), 6);
  new DataView(frame.buffer).setUint16(12, ETHERTYPES[family]);
  frame.set(ip, ETHERNET);
  return frame;
}

function ipv4(from: string, ttl: number, payload: Uint8Array, protocol: number): Uint8Array {
  const bytes = writeIpv4({ from, to: GROUPS[4], ttl, payload }, { protocol, tos: INTERNETWORK_CONTROL });
  const view = new DataView(bytes.buffer);
  view.setUint16(2, bytes.length);
  view.setUint16(10, checksumOf(bytes.subarray(0, 20)));
  return bytes;
}

function ipv6(from: string, hopLimit: number, payload: Uint8Array, protocol: number): Uint8Array {
  const bytes = Buffer.alloc(IPV6 + payload.length);
  bytes[0] = 0x60;
  bytes.writeUInt16BE(payload.length, 4);
  bytes[6] = protocol;
  bytes[7] = hopLimit;
  putAddress(from, 6, bytes, 8);
  putAddress(GROUPS[6], 6, bytes, 24);
  bytes.set(payload, IPV6);
  return bytes;
}

function macBytes(text: string): Uint8Array {
  return Uint8Array.from(text.split(':'), (byte) => Number.parseInt(byte, 16));
}
