/**
 * How much the log may hold. What a neighbour or a module causes has limits of its own; this one is for the log as a
 * whole, so that nothing fills a disk. Errors and the lines of transactions keep a part for themselves, and the line
 * that ends a transaction is always written.
 */
import type { LogRecord } from '../../runtime/index.ts';

/** In the long run, a second: at most some 700 MB a day. */
const LINES = 50;
const BYTES = 8192;
/** At once, after a time of quiet: a hundred transactions fit. */
const BURST_LINES = 2000;
const BURST_BYTES = 512 << 10;
/** The part of both that only errors and transactions may use. */
const RESERVED = 0.5;
/** Modules that are told apart in the count of what was left out. */
const MOST_MODULES = 64;

/** The lines that were left out. */
export interface LeftOut {
  lines: number;
  warnings: number;
  errors: number;
  /** Lines by module; the router's own under its empty name. */
  modules: Record<string, number>;
}

export class LogRate {
  readonly #now: () => number;
  #lines = BURST_LINES;
  #bytes = BURST_BYTES;
  #at: number;
  #leftOut: LeftOut | undefined;

  /** @param now a clock in ms that never goes back */
  constructor(now: () => number) {
    this.#now = now;
    this.#at = now();
  }

  /** Whether the record may be written; one that may not is counted. */
  admits(record: LogRecord): boolean {
    this.#refill();
    if (endsTransaction(record)) return true;
    const floor = hasPrecedence(record) ? 0 : RESERVED;
    if (this.#lines >= floor * BURST_LINES + 1 && this.#bytes > floor * BURST_BYTES) return true;
    this.#count(record);
    return false;
  }

  /** To be called with the length of each line that is written. */
  spend(bytes: number): void {
    this.#lines = Math.max(0, this.#lines - 1);
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** The lines that were left out since the last call. */
  takeLeftOut(): LeftOut | undefined {
    const taken = this.#leftOut;
    this.#leftOut = undefined;
    return taken;
  }

  #refill(): void {
    const now = this.#now();
    const seconds = (now - this.#at) / 1000;
    this.#at = now;
    this.#lines = Math.min(BURST_LINES, this.#lines + seconds * LINES);
    this.#bytes = Math.min(BURST_BYTES, this.#bytes + seconds * BYTES);
  }

  #count({ level, module }: LogRecord): void {
    this.#leftOut ??= { lines: 0, warnings: 0, errors: 0, modules: {} };
    const { modules } = this.#leftOut;
    this.#leftOut.lines++;
    if (level === 'warn') this.#leftOut.warnings++;
    if (level === 'error') this.#leftOut.errors++;
    if (Object.hasOwn(modules, module) || Object.keys(modules).length < MOST_MODULES)
      modules[module] = (modules[module] ?? 0) + 1;
  }
}

/** May use what is reserved. */
export function hasPrecedence({ level, transaction }: LogRecord): boolean {
  return level === 'error' || transaction !== undefined;
}

function endsTransaction({ transaction, data }: LogRecord): boolean {
  return transaction !== undefined && data !== undefined;
}

/** For the log, in one line. */
export function leftOutText({ lines, warnings, errors, modules }: LeftOut): string {
  const [[most, count] = ['', 0]] = Object.entries(modules).sort(([, a], [, b]) => b - a);
  const from = `${count} of them from ${most === '' ? 'the router itself' : most}`;
  return `${lines} lines were left out, ${warnings} warnings and ${errors} errors among them, ${from}: the log may have ${LINES} lines and ${BYTES} bytes a second for long`;
}
