/** Reads of the configuration that somebody asks for: one at a time, and one more for all who ask meanwhile. */
import { describeError } from '../errors.ts';
import type { Tell } from './interfaces.ts';

export class Reloads {
  readonly #tell: Tell;
  #reload: (() => Promise<void>) | undefined;
  #state: 'idle' | 'running' | 'asked again' = 'idle';

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  /** The router is there: from now on it can be asked. */
  begin(reload: () => Promise<void>): void {
    this.#reload = reload;
  }

  /** Never throws: what comes of it is told. */
  ask(): void {
    if (this.#reload === undefined)
      this.#tell('warn', 'the router starts, and reads its configuration anyway');
    else if (this.#state === 'idle') void this.#run(this.#reload);
    else this.#state = 'asked again';
  }

  async #run(reload: () => Promise<void>): Promise<void> {
    do {
      this.#state = 'running';
      try {
        await reload();
      } catch (thrown) {
        const { code, message } = describeError(thrown);
        this.#tell('error', `the configuration was read again, and nothing changed: ${code}: ${message}`);
      }
    } while (this.#isAskedAgain());
    this.#state = 'idle';
  }

  #isAskedAgain(): boolean {
    return this.#state === 'asked again';
  }
}
