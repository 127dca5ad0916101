/** Handlers that are in the middle of something: each waits for an answer, or for a promise. */
import type { Sender } from '../kernel.ts';
import type { Answer, Waiting } from '../services/requests.ts';
import type { Ask } from './ask.ts';
import type { Handling } from './handling.ts';

export class Suspension implements Waiting {
  readonly handling: Handling;
  /** The version that waits. */
  readonly #who: Sender;
  /** Root request of what it waits for; 0 when none. */
  readonly root: number;
  /** The question; undefined where a promise is waited for. */
  readonly ask: Ask | undefined;
  readonly #resume: (suspension: Suspension) => void;
  /** How the handler goes on. */
  answer: Answer | undefined;
  due = 0;
  /** Its index among the module's suspensions; -1 when it is not one of them. */
  place = -1;

  constructor(
    who: Sender,
    handling: Handling,
    root: number,
    ask: Ask | undefined,
    resume: (suspension: Suspension) => void,
  ) {
    this.#who = who;
    this.handling = handling;
    this.root = root;
    this.ask = ask;
    this.#resume = resume;
  }

  get timeout(): number {
    return this.ask?.timeout ?? 0;
  }

  get what(): string {
    return `${this.#who.name} ${this.#who.version} asked ${this.ask?.to} "${this.ask?.type}", which`;
  }

  deliver(answer: Answer): void {
    this.answer = answer;
    this.#resume(this);
  }
}

/** In no order: who is done is replaced by the last one, for a Set would have to hash each. */
export class Suspensions {
  readonly #all: Suspension[] = [];

  get size(): number {
    return this.#all.length;
  }

  add(suspension: Suspension): void {
    suspension.place = this.#all.length;
    this.#all.push(suspension);
  }

  /** Returns whether it was there. */
  delete(suspension: Suspension): boolean {
    const { place } = suspension;
    if (this.#all[place] !== suspension) return false;
    const last = this.#all.pop()!;
    if (last !== suspension) {
      this.#all[place] = last;
      last.place = place;
    }
    suspension.place = -1;
    return true;
  }

  clear(): void {
    this.#all.length = 0;
  }

  [Symbol.iterator](): IterableIterator<Suspension> {
    return this.#all[Symbol.iterator]();
  }
}
