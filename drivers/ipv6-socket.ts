/** IPv6 sockets over our own addon: addresses and options as the kernel has them, and its refusals as text. */
import { getSystemErrorMap } from 'node:util';
import { loadSocket, type NativeSocket } from './native/socket.ts';
import {
  AF_INET6,
  MEMINFO_DROPS,
  MEMINFO_WORDS,
  SO_BINDTOIFINDEX,
  SO_MEMINFO,
  SOL_SOCKET,
} from './netlink/constants.ts';
import { addressAt, putAddress } from './netlink/ip-text.ts';

/** From Linux' socket.h, in6.h, icmpv6.h. */
const SOCK_DGRAM = 2;
export const IPPROTO_IPV6 = 41;
export const IPV6_CHECKSUM = 7;
export const IPV6_UNICAST_HOPS = 16;
export const IPV6_MULTICAST_IF = 17;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_ADD_MEMBERSHIP = 20;
export const IPV6_DROP_MEMBERSHIP = 21;
export const IPV6_RECVPKTINFO = 49;
export const IPV6_PKTINFO = 50;
export const IPV6_RECVHOPLIMIT = 51;
export const IPV6_HOPLIMIT = 52;
export const IPV6_TCLASS = 67;
/** From Linux 4.15 on. */
export const IPV6_FREEBIND = 78;
export const SOL_ICMPV6 = 58;
export const ICMPV6_FILTER = 1;

/** `struct sockaddr_in6`: family, port, flow, address, scope. */
export const ADDRESS_SIZE = 28;
/** Where the address stands in it. */
export const ADDRESS_AT = 8;
export const ALL_NODES = 'ff02::1';

/**
 * The link-local address that the kernel sends from on the interface with this index; empty while there is none, or none
 * whose uniqueness is verified (RFC 4862, section 5.4).
 */
export function sourceOn(index: number): string {
  const Socket = loadSocket();
  let socket: NativeSocket | undefined;
  try {
    socket = new Socket(AF_INET6, SOCK_DGRAM, 0);
    // To connect a datagram socket sends nothing, and has the kernel choose a source.
    const bytes = Buffer.alloc(ADDRESS_SIZE);
    if (socket.connect(addressOf(ALL_NODES, index, 9)) < 0 || socket.name(bytes) < ADDRESS_SIZE) return '';
    const address = addressAt(bytes, ADDRESS_AT, 6);
    return isLinkLocal(address) ? address : '';
  } catch {
    return '';
  } finally {
    socket?.close();
  }
}

/** fe80::/10 (RFC 4291, section 2.5.6). */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab][0-9a-f]:/.test(address);
}

/** `struct sockaddr_in6`; the scope says on which interface, where the address itself does not. */
export function addressOf(address: string, scope: number, port = 0): Buffer {
  const bytes = Buffer.alloc(ADDRESS_SIZE);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  putAddress(address, 6, bytes, ADDRESS_AT);
  bytes.writeUInt32LE(scope, 24);
  return bytes;
}

/** `struct icmp6_filter`: a bit for each type that is not wanted. */
export function filterOf(types: readonly number[]): Buffer {
  const words = new Uint32Array(8).fill(0xffff_ffff);
  for (const type of types) words[type >> 5] = words[type >> 5]! & ~(1 << (type & 31));
  return Buffer.from(words.buffer);
}

/** The index that the socket is bound to, from the kernel: /sys may show another namespace's interfaces. */
export function indexOf(socket: NativeSocket): number {
  const bytes = Buffer.alloc(4);
  must(socket.getOption(SOL_SOCKET, SO_BINDTOIFINDEX, bytes));
  return bytes.readInt32LE(0);
}

/** How many packets the kernel dropped at a socket. */
export function dropsOf(socket: NativeSocket): number {
  const words = Buffer.alloc(4 * MEMINFO_WORDS);
  const length = socket.getOption(SOL_SOCKET, SO_MEMINFO, words);
  return length < words.length ? 0 : words.readUInt32LE(4 * MEMINFO_DROPS);
}

/** @throws Error with the text of the errno */
export function must(result: number): void {
  if (result < 0) throw new Error(errnoText(-result));
}

export function errnoText(errno: number): string {
  const [, text = `errno ${errno}`] = getSystemErrorMap().get(-errno) ?? [];
  return text;
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}
