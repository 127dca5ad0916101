/** Two namespaces with a link: a tester in one, what echoes in the other. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { NetworkNamespace } from '../../test/netns.ts';
import { BenchError } from '../errors.ts';
import { type PacketJob, packetsOf, wordsOf } from './job.ts';

const NEAR = '10.0.0.1';
const FAR = '10.0.0.2';
export const INTERFACE = 'wire0';
const PATIENCE_MS = 60_000;
/** The addon is found in the project's packages. */
const PACKAGES = { NODE_PATH: fileURLToPath(new URL('../../node_modules', import.meta.url)) };

export interface Echoes {
  /** ns of each packet that went alone. */
  singles: number[];
  /** ns of each burst. */
  bursts: number[];
}

export class Wire {
  readonly #near = NetworkNamespace.create('tester');
  readonly #far = NetworkNamespace.create('echo');

  /** Why there can be none here. */
  static get unavailable(): string | undefined {
    const reason = NetworkNamespace.unavailable;
    return reason === false ? undefined : reason.replace('SKIPPED: ', '');
  }

  constructor() {
    NetworkNamespace.join([this.#near, INTERFACE, `${NEAR}/24`], [this.#far, INTERFACE, `${FAR}/24`]);
  }

  /**
   * Starts what echoes, tests it, and ends it. Every packet must have come back, once and in order, and the echo must
   * have counted as many.
   * @throws BenchError `SIDE_FAILED`, `MEASURED_NOTHING`
   */
  async test(
    who: string,
    echo: readonly string[],
    tester: readonly string[],
    job: PacketJob,
  ): Promise<Echoes> {
    const far = new Running(who, this.#far.spawn(echo, { env: PACKAGES }));
    try {
      await far.line((line) => line === 'ready');
      const near = new Running(
        `${who}, its tester`,
        this.#near.spawn([...tester, FAR, ...wordsOf(job)], { env: PACKAGES }),
      );
      await near.ended();
      far.end();
      const echoed = await far.line((line) => line.startsWith('echoed '));
      await far.ended();
      const numbers = (word: string) => [...near.numbers(word)];
      const sent = packetsOf(job);
      const counts = { echoed: Number(echoed.split(' ')[1]), received: numbers('received')[0] };
      if (counts.echoed !== sent || counts.received !== sent)
        throw new BenchError(
          'MEASURED_NOTHING',
          `${who}: of ${sent} packets ${counts.echoed} were echoed and ${counts.received ?? 'not all'} came back (lost: ${numbers('lost')[0] ?? 0})`,
        );
      return { singles: numbers('single'), bursts: numbers('burst') };
    } finally {
      far.kill();
    }
  }

  remove(): void {
    this.#near.cleanup();
    this.#far.cleanup();
  }
}

/** A program in a namespace, and the lines that it printed. */
class Running {
  readonly #who: string;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];
  readonly #closed: Promise<void>;
  #heard: () => void = () => {};
  #complaint = '';

  constructor(who: string, child: ChildProcess) {
    this.#who = who;
    this.#child = child;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-4_000);
    });
    createInterface({ input: child.stdout! }).on('line', (line) => {
      this.#lines.push(line);
      this.#heard();
    });
    this.#closed = once(child, 'close').then(() => this.#heard());
  }

  /** @throws BenchError when it ends before */
  async line(wanted: (line: string) => boolean): Promise<string> {
    for (;;) {
      const found = this.#lines.find(wanted);
      if (found !== undefined) return found;
      if (this.#child.exitCode !== null || this.#child.signalCode !== null)
        throw this.#failure('ended early');
      await new Promise<void>((resolve) => {
        this.#heard = resolve;
      });
    }
  }

  *numbers(word: string): Generator<number> {
    for (const line of this.#lines)
      if (line.startsWith(`${word} `)) yield Number(line.slice(word.length + 1));
  }

  async ended(): Promise<void> {
    const hangs = setTimeout(() => this.kill(), PATIENCE_MS);
    await this.#closed;
    clearTimeout(hangs);
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== 0) throw this.#failure(`ended with ${signalCode ?? exitCode}`);
  }

  end(): void {
    this.#child.kill('SIGTERM');
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  #failure(how: string): BenchError {
    return new BenchError(
      'SIDE_FAILED',
      `${this.#who} ${how}: ${this.#complaint.trim() || '(it said nothing)'}`,
    );
  }
}
