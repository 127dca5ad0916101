/** A stream of numbered datagrams from one namespace to another, and what is lost of it. */
import type { ChildProcess } from 'node:child_process';
import type { Test } from 'tap';
import type { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync } from '../router/router-lab.ts';

const PATIENCE = 60_000;
const PORT = 9_999;
/** Between two datagrams, at least: a sender that is held up sends fewer. */
export const PERIOD_MS = 5;

/** Sends its number and the machine's clock in µs. What cannot be sent is lost. */
const SENDER = `const socket = require('node:dgram').createSocket(process.argv[1].includes(':') ? 'udp6' : 'udp4');
let number = 0;
setInterval(() => {
  const datagram = Buffer.alloc(16);
  datagram.writeBigUInt64BE(BigInt(number++));
  datagram.writeBigUInt64BE(process.hrtime.bigint() / 1000n, 8);
  socket.send(datagram, ${PORT}, process.argv[1], () => {});
}, ${PERIOD_MS});`;
const RECEIVER = `const socket = require('node:dgram').createSocket({
  type: process.argv[1].includes(':') ? 'udp6' : 'udp4',
  recvBufferSize: 4194304,
});
socket.on('message', (datagram) => console.log(datagram.readBigUInt64BE() + ' ' + datagram.readBigUInt64BE(8)));
socket.bind(${PORT}, process.argv[1]);`;

/** Datagrams in a row that did not arrive. */
export interface Gap {
  lost: number;
  /** From the sending of the last before to that of the first behind it. */
  ms: number;
  /** When the last before was sent, in ms of the machine's clock. */
  at: number;
}

export class Stream {
  /** Of each datagram that arrived, its number and when it was sent, in ms. */
  readonly #arrived: { number: number; at: number }[] = [];
  readonly #to: string;
  readonly #children: ChildProcess[] = [];
  #rest = '';

  private constructor(to: string) {
    this.#to = to;
  }

  /** Begins it, and waits until it arrives. Ends with the test. */
  static async begin(
    t: Test,
    from: NetworkNamespace,
    to: NetworkNamespace,
    address: string,
  ): Promise<Stream> {
    const stream = new Stream(address);
    const children = stream.#children;
    children.push(to.spawn([process.execPath, '-e', RECEIVER, address]));
    t.teardown(() => stream.end());
    children[0]!.stdout!.on('data', (chunk) => stream.#take(String(chunk)));
    children.push(from.spawn([process.execPath, '-e', SENDER, address]));
    await stream.mark();
    return stream;
  }

  end(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  /** Waits until one arrives that is sent from now on. Returns its place, for `gaps`. */
  async mark(): Promise<number> {
    const now = Stream.#now();
    await eventuallyAsync(`the stream to ${this.#to} arrives`, PATIENCE, async () => {
      return (this.#arrived.at(-1)?.at ?? 0) > now || undefined;
    });
    return this.#arrived.length - 1;
  }

  /** Waits until so many in a row arrive that are sent from now on. */
  async comesWhole(row: number): Promise<void> {
    const now = Stream.#now();
    await eventuallyAsync(`${row} datagrams in a row arrive at ${this.#to}`, PATIENCE, async () => {
      const last = this.#arrived.slice(-row);
      const [first] = last;
      return first !== undefined && first.at > now && last.at(-1)!.number - first.number === row - 1;
    });
  }

  /** All that was lost since a mark, up to now. */
  async gaps(since: number): Promise<Gap[]> {
    const until = await this.mark();
    return this.#arrived.slice(since, until).flatMap(({ number, at }, i): Gap[] => {
      const next = this.#arrived[since + i + 1]!;
      const lost = next.number - number - 1;
      return lost > 0 ? [{ lost, ms: next.at - at, at }] : [];
    });
  }

  /** The machine's clock in ms, as the sender has it. */
  static #now(): number {
    return Number(process.hrtime.bigint() / 1_000n) / 1_000;
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const [number, at] = line.split(' ').map(Number);
      this.#arrived.push({ number: number!, at: at! / 1_000 });
    }
  }
}
