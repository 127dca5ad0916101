/** The log as plain lines with their time, for a service manager or a file. A reader that is behind loses lines, never the router its memory. */
import type { Writable } from 'node:stream';
import type { LogLevel, LogRecord } from '../runtime/index.ts';
import { figureLine } from './console/figures.ts';

/** Bytes that may wait for the reader. */
const MOST_WAITING = 1 << 20;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export class LogPrinter {
  readonly #output: Writable;
  readonly #least: number;
  #lost = 0;

  constructor(output: Writable, least: LogLevel) {
    this.#output = output;
    this.#least = LEVELS.indexOf(least);
    // A reader that is gone is no reason to stop routing.
    output.on('error', () => {});
  }

  print(record: LogRecord): void {
    if (LEVELS.indexOf(record.level) < this.#least) return;
    if (this.#output.writableLength > MOST_WAITING) {
      this.#lost++;
      return;
    }
    const time = new Date(record.at).toISOString();
    if (this.#lost > 0) {
      this.#output.write(`${time} ${this.#lost} lines were lost: nobody read them in time\n`);
      this.#lost = 0;
    }
    this.#output.write(`${time} ${figureLine(record)}\n`);
  }
}
