/** The part of the npm package raw-socket (1.8) that the drivers use; the package brings no types. */
declare module 'raw-socket' {
  import type { EventEmitter } from 'node:events';

  /** The addon's own object. Its calls are synchronous and throw an `Error` with the text of the errno. */
  export interface SocketWrap {
    /** `sendto(2)`. On a closed wrap it opens a new socket without any option: never call it after `close`. */
    send(
      bytes: Uint8Array,
      offset: number,
      length: number,
      address: string,
      sent: (bytes: number) => void,
    ): void;
    /** `recvfrom(2)`: what does not fit into `into` is cut off. Never call it after `close` either. */
    recv(into: Uint8Array, received: (into: Uint8Array, bytes: number, source: string) => void): void;
  }

  /**
   * `message` carries a view of one buffer that is used again for the next packet, and the source address.
   * `error` is also emitted for what a `message` listener throws; `close` follows when the socket is lost.
   */
  export interface Socket extends EventEmitter {
    readonly wrap: SocketWrap;
    /** `setsockopt(2)`. */
    setOption(level: number, option: number, value: Uint8Array, length: number): void;
    setOption(level: number, option: number, value: number): void;
    /** `getsockopt(2)`; answers the length of what was written into `value`. */
    getOption(level: number, option: number, value: Uint8Array, length: number): number;
    close(): this;
  }

  export function createSocket(options: { protocol: number; bufferSize?: number }): Socket;
}
