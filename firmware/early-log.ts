/** Log lines from before anybody listens to the log: kept, and told in their order once somebody does. */
import type { LogLevel } from '../runtime/index.ts';
import type { Notice } from './start.ts';

export class EarlyLog {
  readonly #kept: Notice[] = [];
  #listener: ((level: LogLevel, text: string) => void) | undefined;

  readonly tell = (level: LogLevel, text: string): void => {
    if (this.#listener === undefined) this.#kept.push({ level, text });
    else this.#listener(level, text);
  };

  /** From now on every line goes there, those kept so far at once. */
  open(listener: (level: LogLevel, text: string) => void): void {
    this.#listener = listener;
    for (const { level, text } of this.#kept.splice(0)) listener(level, text);
  }
}
