/** The addon for sockets of any family (socket.c), which is compiled when hitless is installed. */
import { createRequire } from 'node:module';
import { type Addon, loadAddon } from '../load-addon.ts';

/** A call returns a negative errno when it is refused, and never blocks or throws. */
export interface NativeSocket {
  bind(address: Uint8Array): number;
  connect(address: Uint8Array): number;
  /** Writes the socket's own address; returns its length. */
  name(into: Uint8Array): number;
  setOption(level: number, name: number, value: Uint8Array): number;
  /** Returns the length of the value. */
  getOption(level: number, name: number, into: Uint8Array): number;
  /**
   * Puts a filter before what is received, in classic BPF: a `struct sock_filter` for each instruction. An empty program takes
   * it away.
   */
  attach(program: Uint8Array): number;
  /** Returns the number of bytes that were sent. */
  send(data: Uint8Array): number;
  /** One datagram; returns its whole length, which may be more than the room. */
  receive(into: Uint8Array): number;
  /** As `send`, to this address and with this control data (cmsg(3)), both as the kernel has them. */
  sendTo(data: Uint8Array, address: Uint8Array, control: Uint8Array): number;
  /**
   * As `receive`; writes the address of the sender and the control data. The rest of both is zero: control data ends before
   * a length of 0.
   */
  receiveFrom(into: Uint8Array, address: Uint8Array, control: Uint8Array): number;
  /** Calls back in each turn of the loop in which there is something to receive; keeps the program running. */
  watch(callback: () => void): number;
  /**
   * On a thread of libuv's pool: sends `data`, unless it is empty, and receives until nothing is left or less than 32 KiB of
   * room are. One at a time; both buffers belong to the pool until it has called back.
   */
  request(data: Uint8Array, into: Uint8Array, callback: RequestEnd): number;
  close(): void;
}

/**
 * @param sent bytes, or a negative errno
 * @param received bytes; datagrams stand one behind the other, each at a multiple of four
 * @param end the errno that ended the receiving; 0 when the room was used up
 * @param overrun the kernel had no room for an answer, and dropped it
 */
type RequestEnd = (sent: number, received: number, end: number, overrun: boolean) => void;

type NativeSocketClass = new (domain: number, type: number, protocol: number) => NativeSocket;

const SOCKET: Addon = {
  name: 'socket',
  purpose: 'tells of interfaces and sets addresses and routes',
  // Beside a program of `dist/`, one folder further in, and from the sources.
  places: ['./socket', '../socket', '../../dist/socket'].map(
    (folder) => `${folder}/build/Release/socket.node`,
  ),
  code: 'NETLINK_MISSING',
};

/**
 * @param load a CommonJS `require`; this file's own unless told
 * @throws DriverError NETLINK_MISSING
 */
export function loadSocket(load: NodeJS.Require = createRequire(import.meta.url)): NativeSocketClass {
  return (loadAddon(load, SOCKET) as { Socket: NativeSocketClass }).Socket;
}
