/** A routing daemon beside this program: its process, and what it said when it fails. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

const READY_MS = 15_000;
const LOOK_EVERY_MS = 20;
const TAIL = 3_000;

export class RouteDaemon {
  readonly #name: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #said = '';

  /** @param env added to this process' own */
  constructor(name: string, command: readonly [string, ...string[]], env: Record<string, string> = {}) {
    this.#name = name;
    const [program, ...args] = command;
    this.#child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.#closed = once(this.#child, 'close');
    this.#closed.catch(() => {});
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#said = (this.#said + text).slice(-TAIL);
      });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** @throws an Error when it is not so within some seconds, or it ends before */
  async until(holds: () => boolean | Promise<boolean>): Promise<void> {
    const giveUp = performance.now() + READY_MS;
    while (!(await holds())) {
      const ended = this.#child.exitCode !== null || this.#child.signalCode !== null;
      if (ended || performance.now() > giveUp)
        throw new Error(`${this.#name} ${ended ? 'ended' : 'is not ready in time'}:\n${this.#said}`);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
