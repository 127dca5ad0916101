/** How far a run has come: one line that is written over on a terminal, plain lines elsewhere. */
import type { Writable } from 'node:stream';

const WIDTH = 24;

export interface Terminal extends Writable {
  isTTY?: boolean;
  columns?: number;
}

export class Progress {
  readonly #output: Terminal;
  /** About how many s each bench takes. */
  readonly #parts: readonly { bench: string; takes: number }[];
  readonly #began = performance.now();
  #at = -1;
  #done = 0;
  #shown = false;

  constructor(output: Terminal, parts: readonly { bench: string; takes: number }[]) {
    this.#output = output;
    this.#parts = parts;
  }

  /** The next bench begins. */
  next(): void {
    this.#at++;
    this.#done = 0;
    this.#show('begins');
  }

  say(line: string): void {
    const [, round, rounds, i, of] = /^round (\d+) of (\d+), (\d+) of (\d+)/.exec(line)?.map(Number) ?? [];
    if (round !== undefined) this.#done = (round - 1 + i! / of!) / rounds!;
    this.#show(line);
  }

  #show(text: string): void {
    const { bench } = this.#parts[this.#at]!;
    if (this.#output.isTTY !== true) {
      this.#output.write(`${bench}: ${text}\n`);
      return;
    }
    const part = this.part;
    const full = Math.round(part * WIDTH);
    const bar = `${'█'.repeat(full)}${'░'.repeat(WIDTH - full)}`;
    const line = `${bar} ${Math.floor(part * 100)} % ${this.#left(part)} ${bench}: ${text}`;
    this.#output.write(`\r${line.slice(0, (this.#output.columns ?? 80) - 1)}\u001b[K`);
    this.#shown = true;
  }

  /** How much is done, from 0 to 1. */
  get part(): number {
    const sum = (parts: readonly { takes: number }[]) => parts.reduce((all, { takes }) => all + takes, 0);
    const now = (this.#parts[this.#at]?.takes ?? 0) * this.#done;
    return (sum(this.#parts.slice(0, Math.max(0, this.#at))) + now) / sum(this.#parts);
  }

  /** By what was foreseen, and as soon as there is something to go by, by what it took so far. */
  #left(part: number): string {
    const spent = (performance.now() - this.#began) / 1000;
    const foreseen = this.#parts.reduce((all, { takes }) => all + takes, 0);
    const all = part > 0.05 ? spent / part : foreseen;
    const left = Math.max(0, Math.round(all - spent));
    return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, '0')} left`;
  }

  /** Leaves the line. */
  end(): void {
    if (this.#shown) this.#output.write('\r\u001b[K');
    this.#shown = false;
  }
}
