/**
 * The log for a service manager or a file: lines with their time for a person, or one line of JSON a record for a
 * program. A reader that is behind loses lines, never the router its memory.
 */
import type { Writable } from 'node:stream';
import type { LogLevel, LogRecord } from '../runtime/index.ts';
import { figureLine } from './console/figures.ts';
import { jsonLine, printable } from './console/printable.ts';

/** Bytes that may wait for the reader. */
const MOST_WAITING = 1 << 20;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export const LOG_FORMATS = ['text', 'json'] as const;
export type LogFormat = (typeof LOG_FORMATS)[number];

export class LogPrinter {
  readonly #output: Writable;
  readonly #least: number;
  readonly #line: (record: LogRecord) => string;
  #lost = 0;

  constructor(output: Writable, least: LogLevel, format: LogFormat = 'text') {
    this.#output = output;
    this.#least = LEVELS.indexOf(least);
    this.#line = format === 'json' ? recordJson : recordText;
    // A reader that is gone is no reason to stop routing.
    output.on('error', () => {});
  }

  print(record: LogRecord): void {
    if (LEVELS.indexOf(record.level) < this.#least) return;
    if (this.#output.writableLength > MOST_WAITING) {
      this.#lost++;
      return;
    }
    if (this.#lost > 0) {
      const text = `${this.#lost} lines were lost: nobody read them in time`;
      this.#lost = 0;
      this.#output.write(this.#line({ at: record.at, level: 'warn', module: '', version: '', text }));
    }
    this.#output.write(this.#line(record));
  }
}

function recordText(record: LogRecord): string {
  return `${new Date(record.at).toISOString()} ${printable(figureLine(record))}\n`;
}

/** `at` is the wall clock in ms; `transaction` and `data` are there when the record has them. */
function recordJson({ at, level, module, version, transaction, text, data }: LogRecord): string {
  return `${jsonLine({ at, level, module, version, transaction, text, data })}\n`;
}
