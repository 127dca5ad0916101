/** A program that runs in a namespace until it is told to end: its process, and what it printed. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { NetworkNamespace } from '../../test/netns.ts';
import { BenchError } from '../errors.ts';

const END_PATIENCE_MS = 5_000;
const LOOK_EVERY_MS = 20;
const TAIL = 3_000;

export class Daemon {
  readonly name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  readonly #lines: { at: number; text: string }[] = [];
  text = '';

  /** @param env added to this process' own */
  constructor(
    name: string,
    namespace: NetworkNamespace,
    command: readonly string[],
    env: Record<string, string> = {},
  ) {
    this.name = name;
    this.#child = namespace.spawn(command, { env });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.text += text;
      });
      createInterface({ input: stream }).on('line', (text) => this.#lines.push({ at: now(), text }));
    }
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /**
   * Waits until `holds` says so.
   * @throws BenchError `SIDE_FAILED` when it does not in time, or the program ends before
   */
  async until(what: string, patience: number, holds: () => boolean | Promise<boolean>): Promise<void> {
    const giveUp = performance.now() + patience;
    for (;;) {
      if (await holds()) return;
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || performance.now() > giveUp) {
        const how = ended ? 'ended before' : `did not within ${patience / 1000} s`;
        throw new BenchError('SIDE_FAILED', `${this.name}: ${what}: it ${how}:\n${this.text.slice(-TAIL)}`);
      }
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** When it printed lines that match, in ms of the monotonic clock. */
  told(pattern: RegExp): number[] {
    return this.#lines.filter(({ text }) => pattern.test(text)).map(({ at }) => at);
  }

  /** Asks it to end as a service manager does, and waits until it has. */
  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const force = setTimeout(() => this.#child.kill('SIGKILL'), END_PATIENCE_MS);
    await this.#closed;
    clearTimeout(force);
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** ms of the clock that is the same in all processes. */
export function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}
