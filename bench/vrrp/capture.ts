/**
 * The witness: tcpdump in a namespace, whose times are the kernel's. A packet has its time when the other end of the cable
 * hands it over, however late a program gets to read it.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { findCommand } from '../../firmware/host/needs.ts';
import type { NetworkNamespace } from '../../test/netns.ts';
import { BenchError } from '../errors.ts';
import { sleep } from '../outage/daemon.ts';

const PATIENCE_MS = 30_000;
/** Of a file in nanoseconds, in the byte order of the machine (pcap-savefile(5)). */
const MAGIC = 0xa1b23c4d;
const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET_HEADER = 14;
/** Bytes of a packet that are looked at: those of the longest IPv4 header, and some. */
const LOOKED_AT = 128;

export interface Captured {
  /** When it arrived, in ms of the machine's clock. */
  at: number;
  /** From its IPv4 header on. */
  packet: Buffer;
}

export class Capture {
  /** In order. */
  readonly packets: Captured[] = [];
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #rest: Buffer = Buffer.alloc(0);
  #hasBegun = false;
  #said = '';
  #told: () => void = () => {};

  private constructor(namespace: NetworkNamespace, name: string, filter: string) {
    const how = ['-Z', 'root', '-n', '-U', '--immediate-mode', '--time-stamp-precision=nano', '-Q', 'in'];
    const program = findCommand('tcpdump') ?? 'tcpdump';
    this.#child = namespace.spawn([
      ...[program, ...how, '-i', name, '-s', String(LOOKED_AT), '-w', '-'],
      filter,
    ]);
    this.#closed = once(this.#child, 'close');
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
    this.#child.stdout!.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#child.once('close', () => this.#told());
  }

  /** Begins one of what arrives at an interface; resolves when nothing is missed any more. @param filter as pcap-filter(7) has it */
  static async begin(namespace: NetworkNamespace, name: string, filter: string): Promise<Capture> {
    const capture = new Capture(namespace, name, filter);
    await capture.#until('listens', () => capture.#said.includes('listening on'));
    return capture;
  }

  /** Waits until a packet is there for which it holds, and returns it. @param since index of the first that is looked at */
  async next(
    what: string,
    holds: (packet: Captured) => boolean,
    since = this.packets.length,
  ): Promise<Captured> {
    let at = since;
    let found: Captured | undefined;
    await this.#until(what, () => {
      while (found === undefined && at < this.packets.length) {
        const each = this.packets[at++]!;
        if (holds(each)) found = each;
      }
      return found !== undefined;
    });
    return found!;
  }

  /**
   * Ends it.
   * @throws BenchError `MEASURED_NOTHING` when the kernel has dropped some
   */
  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#closed;
    const dropped = /(\d+) packets? dropped by kernel/.exec(this.#said)?.[1];
    if (dropped !== '0')
      throw new BenchError('MEASURED_NOTHING', `the witness has lost packets: ${this.#said.trim()}`);
  }

  async #until(what: string, holds: () => boolean): Promise<void> {
    const giveUp = performance.now() + PATIENCE_MS;
    while (!holds()) {
      const hasEnded = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (hasEnded || performance.now() > giveUp)
        throw new BenchError(
          'SIDE_FAILED',
          `the witness: ${what}: ${hasEnded ? 'it ended before' : `not within ${PATIENCE_MS / 1000} s`}: ${this.#said.trim()}`,
        );
      await Promise.race([new Promise<void>((resolve) => (this.#told = resolve)), sleep(100)]);
    }
  }

  #take(chunk: Buffer): void {
    let bytes = Buffer.concat([this.#rest, chunk]);
    if (!this.#hasBegun && bytes.length >= FILE_HEADER) {
      if (bytes.readUInt32LE() !== MAGIC)
        throw new BenchError('SIDE_FAILED', 'tcpdump writes another format');
      bytes = bytes.subarray(FILE_HEADER);
      this.#hasBegun = true;
    }
    while (this.#hasBegun && bytes.length >= RECORD_HEADER) {
      const end = RECORD_HEADER + bytes.readUInt32LE(8);
      if (bytes.length < end) break;
      this.packets.push({
        at: bytes.readUInt32LE() * 1e3 + bytes.readUInt32LE(4) / 1e6,
        packet: bytes.subarray(RECORD_HEADER + ETHERNET_HEADER, end),
      });
      bytes = bytes.subarray(end);
    }
    this.#rest = bytes;
    this.#told();
  }
}

/** So exactly, in ms, the time is told. */
const EXACT_MS = 0.05;

/** ms of the machine's clock, which the kernel's times are of. Node tells it in whole ms: the next one is waited for. */
export function wallClock(): number {
  const asked = performance.now();
  let [looked, whole] = [performance.now(), Date.now()];
  for (;;) {
    const before = performance.now();
    const next = Date.now();
    const now = performance.now();
    if (next !== whole && now - looked < EXACT_MS) return next - (now - asked);
    [looked, whole] = [before, next];
  }
}
