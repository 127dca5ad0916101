/** One entry being handled, from its handler's call to its end, across suspensions. */

import { types } from 'node:util';
import type { LastFound } from '../last-found.ts';
import type { Entry } from '../message.ts';
import type { Answer } from '../services/requests.ts';
import type { Effort } from '../services/turn-time.ts';
import type { Ask } from './ask.ts';
import { handlerName } from './manifest.ts';
import type { Slice, Steps } from './protocol.ts';

export type Handler = (entry: Entry) => unknown;

/** One type of input. */
export interface Input extends Effort {
  readonly handle: Handler;
  /** Versions of the messages, or of the event, that are understood; none of timers and ports. */
  readonly messages: readonly number[];
  readonly events: readonly number[];
  /** One of the last that were handled: a sample for warming a later version up. */
  last: Entry | undefined;
}

/** By type. */
export type Inputs = LastFound<string, Input>;

export class Handling {
  readonly entry: Entry;
  /** The handler, of the version that began. */
  readonly handle: Handler;
  /** Root request that what this handler sends is caused by; 0 when none. */
  readonly cause: number;
  steps: Steps<unknown> | undefined;
  /** The last call's result: the value that it returned, yielded or threw. */
  value: unknown;

  constructor(entry: Entry, handle: Handler) {
    this.entry = entry;
    this.handle = handle;
    this.cause =
      entry.kind === 'timer' || entry.kind === 'packet'
        ? 0
        : entry.cause || (entry.kind === 'request' ? entry.id : 0);
  }

  /** The handler's name, as its author wrote it. */
  get hook(): string {
    return handlerName(this.entry.type);
  }

  /** Runs the generator to its next `yield`; an error is thrown where it waits. */
  resume(answer: Answer | undefined): IteratorResult<Slice | Ask, unknown> {
    if (answer === undefined) return this.steps!.next();
    return 'error' in answer ? this.steps!.throw(answer.error) : this.steps!.next(answer.value);
  }
}

const GENERATOR: object = Object.getPrototypeOf(function* () {}).prototype;
const isGenerator = Object.prototype.isPrototypeOf;

/** A generator of any realm, and not some other iterator that a handler may answer with. */
export function isSteps(value: unknown): value is Steps<unknown> {
  if (typeof value !== 'object' || value === null) return false;
  return isGenerator.call(GENERATOR, value) || types.isGeneratorObject(value);
}
