/** Log lines from before anybody listens to the log: kept, and told in their order once somebody does. */
import type { LogLevel, LogLine } from '../../runtime/index.ts';

/** Lines; what comes later is left out, and counted. */
const MOST_KEPT = 1_000;

export class EarlyLog {
  readonly #kept: LogLine[] = [];
  #leftOut = 0;
  #listener: ((level: LogLevel, text: string) => void) | undefined;

  readonly tell = (level: LogLevel, text: string): void => {
    if (this.#listener !== undefined) this.#listener(level, text);
    else if (this.#kept.length < MOST_KEPT) this.#kept.push({ level, text });
    else this.#leftOut++;
  };

  /** From now on every line goes there, those kept so far at once. */
  open(listener: (level: LogLevel, text: string) => void): void {
    this.#listener = listener;
    for (const { level, text } of this.#kept.splice(0)) listener(level, text);
    if (this.#leftOut > 0) listener('warn', `${this.#leftOut} further lines of the start were left out`);
    this.#leftOut = 0;
  }
}
