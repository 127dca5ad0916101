/**
 * The log for a service manager or a file: lines with their time for a person, or one line of JSON a record for a
 * program. A reader that is behind loses lines, never the router its memory; a flood or a full disk neither.
 */
import type { Writable } from 'node:stream';
import type { LogLevel, LogRecord } from '../../runtime/index.ts';
import type { LogFormat } from '../config/own.ts';
import { figureLine } from './figures.ts';
import { withPriority } from './journal.ts';
import { hasPrecedence, LogRate, leftOutText } from './log-rate.ts';
import { jsonLine, printable } from './printable.ts';

/** Bytes that may wait for the reader; twice as many where errors and transactions are among them. */
const MOST_WAITING = 1 << 20;
/** Characters of one text. */
const LONGEST_TEXT = 8192;
/** How often what was left out is told, in ms. */
const TELL_MS = 10_000;

const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

export interface LogPrinterOptions {
  format?: LogFormat;
  /** Begins each line with its priority for systemd's journal. */
  journal?: boolean;
  /** False where the log is what the program is run for, as in the lab; true unless told. */
  limited?: boolean;
  /** A clock in ms, for tests. */
  now?: () => number;
}

export class LogPrinter {
  readonly #output: Writable;
  readonly #least: number;
  readonly #line: (record: LogRecord) => string;
  /** Undefined where the log has no rate. */
  readonly #rate: LogRate | undefined;
  #lost = 0;
  /** Why the last lines were lost. */
  #reason = '';
  /** A disk that became full may have taken a part of a line. */
  #torn = false;
  #telling: NodeJS.Timeout | undefined;

  constructor(output: Writable, least: LogLevel, options: LogPrinterOptions = {}) {
    const { format = 'text', journal = false, limited = true, now = () => performance.now() } = options;
    this.#output = output;
    this.#least = LEVELS.indexOf(least);
    const line = format === 'json' ? recordJson : recordText;
    this.#line = journal ? (record) => withPriority(record.level, line(record)) : line;
    this.#rate = limited ? new LogRate(now) : undefined;
    // A reader that is gone is no reason to stop routing.
    output.on('error', () => {});
  }

  print(record: LogRecord): void {
    if (LEVELS.indexOf(record.level) < this.#least) return;
    if (this.#output.writableLength > MOST_WAITING * (hasPrecedence(record) ? 2 : 1)) {
      this.#loses('nobody read them in time');
      return;
    }
    if (this.#rate?.admits(record) === false) {
      this.#telling ??= setTimeout(() => this.#tellLeftOut(), TELL_MS).unref();
      return;
    }
    this.#tellLost(record.at);
    this.#write(record);
  }

  /** Tells what is still untold. Nothing is to be printed afterwards. */
  close(): void {
    clearTimeout(this.#telling);
    this.#tellLeftOut();
  }

  #write(record: LogRecord): void {
    const line = this.#line(short(record));
    this.#rate?.spend(Buffer.byteLength(line));
    this.#output.write(line, (failed) => {
      if (!failed) return;
      this.#torn = true;
      this.#loses((failed as NodeJS.ErrnoException).code ?? failed.message);
    });
  }

  #loses(reason: string): void {
    this.#lost++;
    this.#reason = reason;
  }

  /** Tried with the next line: a full disk takes neither, and both are counted. */
  #tellLost(at: number): void {
    if (this.#lost === 0) return;
    const lost = this.#lost;
    this.#lost = 0;
    const line = this.#line(ownRecord(at, `${lost} lines were lost: ${this.#reason}`));
    this.#output.write(this.#torn ? `\n${line}` : line, (failed) => {
      if (failed) this.#lost += lost;
      else this.#torn = false;
    });
  }

  #tellLeftOut(): void {
    this.#telling = undefined;
    const leftOut = this.#rate?.takeLeftOut();
    if (leftOut === undefined) return;
    this.#write({ ...ownRecord(Date.now(), leftOutText(leftOut)), data: { leftOut } });
  }
}

function ownRecord(at: number, text: string): LogRecord {
  return { at, level: 'warn', module: '', version: '', text };
}

/** A module may write what it likes, but not a line without end. */
function short(record: LogRecord): LogRecord {
  const { text } = record;
  if (text.length <= LONGEST_TEXT) return record;
  return {
    ...record,
    text: `${text.slice(0, LONGEST_TEXT)}… (${text.length - LONGEST_TEXT} characters more)`,
  };
}

function recordText(record: LogRecord): string {
  return `${new Date(record.at).toISOString()} ${printable(figureLine(record))}\n`;
}

/** `at` is the wall clock in ms; `transaction` and `data` are there when the record has them. */
function recordJson({ at, level, module, version, transaction, text, data }: LogRecord): string {
  return `${jsonLine({ at, level, module, version, transaction, text, data })}\n`;
}
