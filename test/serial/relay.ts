/**
 * A serial line between two ptys that is as bad as a test wants it: each direction is paced as a UART is, fills a
 * receiver's FIFO of 16 bytes that is not always emptied in time, flips bits, and can be cut. A pty alone does none of
 * that.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { randomFrom } from '../random.ts';

const missing = spawnSync('socat', ['-V']).error !== undefined;
export const skip: string | false =
  missing && 'SKIPPED: no socat for a pty pair: as root, `apt-get install socat`';

export interface Faults {
  /** Bytes a second; as fast as it goes when 0. 115,200 baud with start and stop bit are 11,520. */
  pace: number;
  /** Of each byte, the probability that one of its bits is flipped. */
  flips: number;
  /** Of each byte, the probability that the receiver stops emptying its FIFO for a time of up to `stall` ms. */
  stalls: number;
  stall: number;
}

export const CLEAN: Faults = { pace: 0, flips: 0, stalls: 0, stall: 0 };
const FIFO = 16;
/** How often bytes are moved, in ms. */
const TICK = 2;

/** One direction. */
class Wire {
  readonly #deliver: (bytes: Buffer) => void;
  readonly #random: () => number;
  faults: Faults = CLEAN;
  /** Everything that is sent goes nowhere. */
  cut = false;
  #waiting: Buffer = Buffer.alloc(0);
  #last = performance.now();
  #credit = 0;
  /** Simulated time, in ms, at which the receiver empties its FIFO again. */
  #stalledUntil = 0;
  #time = 0;
  lost = 0;
  flipped = 0;
  carried = 0;

  constructor(deliver: (bytes: Buffer) => void, random: () => number) {
    this.#deliver = deliver;
    this.#random = random;
  }

  take(bytes: Buffer): void {
    if (!this.cut) this.#waiting = Buffer.concat([this.#waiting, bytes]);
  }

  tick(): void {
    const now = performance.now();
    const { pace } = this.faults;
    this.#credit = Math.min(pace, this.#credit + ((now - this.#last) * pace) / 1000);
    this.#last = now;
    const count =
      pace === 0 ? this.#waiting.length : Math.min(this.#waiting.length, Math.floor(this.#credit));
    if (count === 0) return;
    this.#credit -= count;
    const arrived = this.#receive(this.#waiting.subarray(0, count));
    this.#waiting = this.#waiting.subarray(count);
    if (this.cut) this.#waiting = Buffer.alloc(0);
    else if (arrived.length > 0) this.#deliver(arrived);
  }

  /** In simulated time, a byte after the other: a tick that comes late loses no more than another. */
  #receive(sent: Buffer): Buffer {
    const { flips, stalls, stall, pace } = this.faults;
    const arrived: number[] = [];
    const fifo: number[] = [];
    for (let byte of sent) {
      this.#time += pace === 0 ? 0 : 1000 / pace;
      if (this.#random() < flips) {
        byte ^= 1 << Math.floor(this.#random() * 8);
        this.flipped++;
      }
      if (this.#random() < stalls) this.#stalledUntil = this.#time + this.#random() * stall;
      if (this.#time >= this.#stalledUntil) arrived.push(...fifo.splice(0));
      if (fifo.length < FIFO) fifo.push(byte);
      else this.lost++;
    }
    arrived.push(...fifo);
    this.carried += arrived.length;
    return Buffer.from(arrived);
  }
}

/** The relay; `host` and `router` are the paths of its two ends. */
export class Relay {
  readonly host: string;
  readonly router: string;
  readonly toRouter: Wire;
  readonly toHost: Wire;
  readonly #directory: string;
  readonly #servers: Server[] = [];
  readonly #sockets = new Map<string, Socket>();
  readonly #socats = new Map<string, ChildProcess>();
  readonly #ticks: NodeJS.Timeout;

  private constructor(seed: number) {
    this.#directory = mkdtempSync(join(tmpdir(), 'hitless-relay-'));
    this.host = join(this.#directory, 'host');
    this.router = join(this.#directory, 'router');
    const chance = randomFrom(seed);
    this.toRouter = new Wire((bytes) => this.#sockets.get(this.router)?.write(bytes), chance);
    this.toHost = new Wire((bytes) => this.#sockets.get(this.host)?.write(bytes), chance);
    this.#ticks = setInterval(() => {
      this.toRouter.tick();
      this.toHost.tick();
    }, TICK);
  }

  static async open(t: Test, faults: Partial<Faults> = {}, seed = Date.now() % 1e9): Promise<Relay> {
    t.comment(`seed ${seed}`);
    const relay = new Relay(seed);
    t.teardown(() => relay.#close());
    await relay.#serve(relay.host, (bytes) => relay.toRouter.take(bytes));
    await relay.#serve(relay.router, (bytes) => relay.toHost.take(bytes));
    await relay.plug(relay.host);
    await relay.plug(relay.router);
    relay.faults = faults;
    return relay;
  }

  /** Of both directions. */
  set faults(faults: Partial<Faults>) {
    this.toRouter.faults = { ...CLEAN, ...faults };
    this.toHost.faults = { ...CLEAN, ...faults };
  }

  /** The cable is out: nobody notices, nothing arrives. */
  set cut(cut: boolean) {
    this.toRouter.cut = cut;
    this.toHost.cut = cut;
  }

  /** The adapter is out: the device goes away. */
  async unplug(path: string): Promise<void> {
    const socat = this.#socats.get(path);
    if (socat === undefined) return;
    this.#socats.delete(path);
    const ended = new Promise((resolve) => socat.once('exit', resolve));
    socat.kill('SIGTERM');
    await ended;
    rmSync(path, { force: true });
  }

  async plug(path: string): Promise<void> {
    const socat = spawn('socat', [`pty,raw,echo=0,link=${path}`, `UNIX-CONNECT:${path}.sock`]);
    this.#socats.set(path, socat);
    while (!existsSync(path) || !this.#sockets.has(path)) {
      if (socat.exitCode !== null) throw new Error('socat ended');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  #serve(path: string, take: (bytes: Buffer) => void): Promise<void> {
    const server = createServer((socket) => {
      this.#sockets.set(path, socket);
      socket.on('data', take);
      socket.on('error', () => {});
      socket.on('close', () => {
        if (this.#sockets.get(path) === socket) this.#sockets.delete(path);
      });
    });
    this.#servers.push(server);
    return new Promise((resolve) => server.listen(`${path}.sock`, resolve));
  }

  async #close(): Promise<void> {
    clearInterval(this.#ticks);
    await Promise.all([this.unplug(this.host), this.unplug(this.router)]);
    for (const socket of this.#sockets.values()) socket.destroy();
    for (const server of this.#servers) server.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}
