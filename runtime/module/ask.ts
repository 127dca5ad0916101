import { checkMs, checkOptions, checkString } from '../argument.ts';

/**
 * A request as a value: a handler that is a generator yields it and goes on when the answer is there.
 * @example const { neighbors } = yield* this.ctx.ask<Neighbors>('OSPF', 'neighbors');
 */
export interface AskOptions {
  /** Milliseconds to wait for the answer; 5,000 unless told. */
  timeout?: number;
}

export const DEFAULT_ASK_MS = 5_000;

const ASK_OPTIONS = ['timeout'] as const satisfies (keyof AskOptions)[];

/** A request as a value, made by `ctx.ask`: it is sent when it is yielded. */
export class Ask<Answer = unknown> {
  /** The module that is asked, or one of its names. */
  readonly to: string;
  /** Message type; the receiver must accept it. */
  readonly type: string;
  /** The question's body; it is not copied. */
  readonly body: unknown;
  /** Milliseconds to wait for the answer. */
  readonly timeout: number;

  readonly #made = true;

  /** Whether it is one; runs no code of its own. */
  static is(value: unknown): value is Ask {
    return typeof value === 'object' && value !== null && #made in value && value.#made;
  }

  /** @throws HitlessError `ARGUMENT_INVALID` */
  constructor(to: string, type: string, body: unknown, options: AskOptions = {}) {
    checkString('ask', 'to', to);
    checkString('ask', 'type', type);
    checkOptions('ask', options, ASK_OPTIONS);
    if (options.timeout !== undefined) checkMs('ask', 'timeout', options.timeout, 0);
    this.to = to;
    this.type = type;
    this.body = body;
    this.timeout = options.timeout ?? DEFAULT_ASK_MS;
  }

  /** Lets `yield* ask` have the answer's type; the proxy steps in at the one `yield`. */
  [Symbol.iterator](): Iterator<Ask<Answer>, Answer, Answer> {
    return new Asking(this);
  }
}

/** Does as a generator with one `yield` would, at a third of its cost. An error is thrown where the handler waits. */
class Asking<Answer> implements Iterator<Ask<Answer>, Answer, Answer> {
  readonly #ask: Ask<Answer>;
  #asked = false;

  constructor(ask: Ask<Answer>) {
    this.#ask = ask;
  }

  next(answer: Answer): IteratorResult<Ask<Answer>, Answer> {
    if (this.#asked) return { done: true, value: answer };
    this.#asked = true;
    return { done: false, value: this.#ask };
  }

  throw(error: unknown): never {
    throw error;
  }
}
