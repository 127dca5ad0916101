/** Log records as lines, in the manner of the paper's Figures 10 and 11. */
import { figureName, type LogLevel, type LogRecord, type StepLine } from '../../runtime/index.ts';

/** Set before the lines of a transaction, as in the figures. */
export const RULE = '-----';

/** `OSPF V1 got msg : 89 from IP V1`, `IP V1: disable..`; warnings and errors say so first. */
export function figureLine(record: LogRecord): string {
  const name = figureName(record.module, record.version);
  const joined =
    /^[\s:]/.test(record.text) || name === '' ? `${name}${record.text}` : `${name} ${record.text}`;
  return record.level === 'info' || record.level === 'debug'
    ? joined
    : `${record.level === 'warn' ? 'warning' : record.level}: ${joined}`;
}

/** A step of a transaction's report, as the log showed it. */
export function stepLine({ module, version, text }: StepLine): string {
  const joined = /^[\s:]/.test(text) || module === '' ? text : `: ${text}`;
  return figureLine({ at: 0, level: 'info', module, version, text: joined });
}

/** Turns the log into the lines that one session shows, with a rule before each transaction. */
export class Figures {
  readonly #debug: boolean;
  #transaction: number | undefined;

  /** @param least the log's own level; a session leaves out `debug` only, whatever the log does */
  constructor(least: LogLevel = 'info') {
    this.#debug = least === 'debug';
  }

  lines(record: LogRecord): string[] {
    if (record.level === 'debug' && !this.#debug) return [];
    const line = figureLine(record);
    if (record.transaction === undefined || record.transaction === this.#transaction) return [line];
    this.#transaction = record.transaction;
    return [RULE, line];
  }
}
