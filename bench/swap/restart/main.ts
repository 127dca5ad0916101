/**
 * The measuring program of the restart: starts the server, sends it one request after the other, ends it and starts
 * it again, and writes when each request was answered. One that was not answered is sent to the next process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SwapJob } from '../job.ts';

/** How long requests go on before and after a restart, in ms. */
const LEAD_MS = 20;
/** A process that does not start or answer in this time, in ms, hangs. */
const PATIENCE_MS = 60_000;

const [order = '', output = '', directory = '', program = ''] = process.argv.slice(2);
const job = JSON.parse(order) as SwapJob;
const path = join(directory, 'socket');

const ns = (ms: number) => Math.round(ms * 1e6);

class Client {
  /** When each request was answered, and by which version; the first request is number 1. */
  readonly times: number[] = [];
  readonly versions: number[] = [];
  #socket: Socket | undefined;
  #on = true;
  /** The last request that was sent, perhaps more than once. */
  #sent = 0;
  #onAnswer = (): void => {};
  #ended: Promise<void>;

  constructor() {
    this.#ended = this.#serve();
  }

  /** Connects again each millisecond while there is nobody, as a client must that wants no gap. */
  async #serve(): Promise<void> {
    while (this.#on) {
      const socket = connect(path);
      this.#socket = socket;
      socket.on('connect', () => this.#send());
      let rest = '';
      socket.setEncoding('utf8').on('data', (text: string) => {
        const lines = (rest + text).split('\n');
        rest = lines.pop()!;
        for (const line of lines) {
          const [seq, version] = line.split(' ').map(Number);
          if (seq !== this.times.length + 1)
            throw new Error(`request ${this.times.length + 1} was answered "${line}"`);
          this.times.push(performance.now());
          this.versions.push(version!);
          this.#send();
          this.#onAnswer();
        }
      });
      await new Promise<void>((resolve) => {
        socket.on('error', () => {});
        socket.on('close', () => resolve());
      });
      if (this.#on) await sleep(1);
    }
  }

  #send(): void {
    if (!this.#on && this.#sent === this.times.length) return;
    this.#sent = this.times.length + 1;
    this.#socket?.write(`${this.#sent}\n`);
  }

  /** Resolves with the next answer. */
  answered(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = resolve;
    });
  }

  /** Resolves when one more request was answered by this version. */
  async answeredBy(version: number): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (this.versions.at(-1) !== version) {
      if (performance.now() > end)
        throw new Error(`version ${version} answered nothing in ${PATIENCE_MS} ms`);
      await sleep(1);
    }
  }

  async stop(): Promise<void> {
    this.#on = false;
    const end = performance.now() + PATIENCE_MS;
    while (this.times.length < this.#sent) {
      if (performance.now() > end) throw new Error(`a request was not answered in ${PATIENCE_MS} ms`);
      await sleep(1);
    }
    this.#socket?.destroy();
    await this.#ended;
  }
}

function start(version: number): ChildProcess {
  const state = join(directory, 'state');
  const args = [program, path, state, String(version), String(job.entries), job.migrate ? '1' : '0'];
  return spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

const lines: string[] = [`fact node ${process.versions.node}`];
let child = start(0);
const client = new Client();
try {
  await client.answeredBy(0);
  await sleep(LEAD_MS);
  const swaps = job.swaps + job.warmup;
  for (let version = 1; version <= swaps; version++) {
    // However slow the machine is just now, a request was answered right before.
    await client.answered();
    const began = performance.now();
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    await ended;
    child = start(version);
    await client.answeredBy(version);
    lines.push(`swap ${ns(began)} ${ns(began)} ${ns(performance.now())}`);
    await sleep(LEAD_MS);
    if (version > job.warmup) lines.push(`observe ${ns(began)} ${ns(performance.now())}`);
  }
  await client.stop();
  const [count, rows, hits, stale] = await report();
  const sent = client.times.length;
  if (rows !== job.entries) throw new Error(`${rows} entries where ${job.entries} should be`);
  if (stale! > 0) throw new Error(`${stale} entries were not migrated`);
  if (job.migrate && hits !== sent) throw new Error(`${sent} changes of entries, of which ${hits} survived`);
  lines.push(`sent 1 ${sent}`, `total 1 ${sent}`, `state 1 ${count}`);
  client.times.forEach((time, i) => {
    lines.push(`handled 1 ${i + 1} ${client.versions[i]} ${client.versions[i]} ${ns(time)}`);
  });
} finally {
  child.kill('SIGKILL');
}
writeFileSync(output, `${lines.join('\n')}\n`);
rmSync(directory, { recursive: true, force: true });

async function report(): Promise<number[]> {
  const socket = connect(path);
  socket.write('report\n');
  const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
  socket.destroy();
  return answer.split(' ').map(Number);
}
