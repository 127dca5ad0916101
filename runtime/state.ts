/**
 * State across versions (paper 3.3, 3.4.1): the checkpoint that a quiescent module leaves, and the chain of
 * state handlers that carries it from one state version to another, up or down.
 */
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import type { Bundle } from './bundle.ts';
import { HitlessError } from './errors.ts';

/** What a module left in the store: the live object itself, which nobody writes until the decision. */
export interface Checkpoint {
  readonly module: string;
  readonly version: number;
  readonly state: unknown;
}

/** Carries a state one version further. Pure: it never writes its argument. */
export interface StateHandler {
  readonly from: number;
  readonly to: number;
  readonly carry: (state: unknown) => unknown;
}

/** Where checkpoints are kept in memory during a transaction. */
export class StateStore {
  readonly #checkpoints = new Map<string, Checkpoint>();

  put(module: string, version: number, state: unknown): void {
    this.#checkpoints.set(module, { module, version, state });
  }

  get(module: string): Checkpoint | undefined {
    return this.#checkpoints.get(module);
  }

  drop(module: string): void {
    this.#checkpoints.delete(module);
  }
}

/**
 * The handlers that lead from one bundle's state version to another's. The later version brings them, both
 * ways: it is the one that knows the other. Empty when the versions are the same.
 * @throws HitlessError `STATE_NO_HANDLER`, naming the missing step.
 */
export function handlersBetween(from: Bundle, to: Bundle): StateHandler[] {
  const chain: StateHandler[] = [];
  const [start, end] = [from.manifest.state.version, to.manifest.state.version];
  const author = end > start ? to : from;
  const way = end > start ? 'up' : 'down';
  for (let version = start; version !== end; version += end > start ? 1 : -1) {
    const next = end > start ? version + 1 : version - 1;
    const carry = author.manifest.state[way]?.[Math.min(version, next)];
    if (carry === undefined) {
      throw new HitlessError(
        'STATE_NO_HANDLER',
        `${from.ref} has state version ${start}, ${to.ref} has ${end}: ${author.ref} has no handler state.${way}[${Math.min(version, next)}] for the step from ${version} to ${next}`,
        { module: from.manifest.name },
      );
    }
    chain.push({ from: version, to: next, carry });
  }
  return chain;
}

/**
 * A copy of a state, by which development mode proves that nothing wrote it, and puts it back if something did.
 * Costs as much as the state is large.
 */
export class Snapshot {
  readonly #bytes: Buffer;

  /** @throws when the state is not plain data */
  constructor(state: unknown) {
    this.#bytes = serialize(state);
  }

  /** Compares values, not bytes: reading a state may change how the engine keeps its numbers. */
  matches(state: unknown): boolean {
    return isDeepStrictEqual(state, this.restore());
  }

  restore(): unknown {
    return deserialize(this.#bytes);
  }
}

/** The path of the first value that is not plain data (structured-cloneable, no behaviour); undefined when all is plain. */
export function notPlain(value: unknown, path = 'state', seen = new Set<unknown>()): string | undefined {
  if (typeof value === 'function' || typeof value === 'symbol') return `${path} is a ${typeof value}`;
  if (typeof value !== 'object' || value === null || seen.has(value)) return undefined;
  seen.add(value);
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer || value instanceof Date) return undefined;
  if (value instanceof Map || value instanceof Set) {
    for (const [key, item] of value.entries()) {
      const wrong = notPlain(key, `${path} key`, seen) ?? notPlain(item, `${path}.get(${String(key)})`, seen);
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null && !Array.isArray(value)) {
    return `${path} is an instance of ${(value.constructor as { name?: string } | undefined)?.name ?? 'a class'}`;
  }
  for (const [key, item] of Object.entries(value)) {
    const wrong = notPlain(item, `${path}.${key}`, seen);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

/** @throws HitlessError `STATE_NOT_PLAIN` with the path of the offender. Looks only in development: it costs as much as the state is large. */
export function mustBePlain({ manifest, ref }: Bundle, state: unknown, development: boolean): void {
  const wrong = development ? notPlain(state) : undefined;
  if (wrong === undefined) return;
  throw new HitlessError('STATE_NOT_PLAIN', `${ref}: ${wrong}; state must be plain data`, {
    module: manifest.name,
  });
}

/**
 * Carries a state that was kept in a file to the version of a bundle, which has to bring the handlers.
 * @throws HitlessError `STATE_NO_HANDLER`
 */
export function carriedTo(bundle: Bundle, version: number, state: unknown, from: string): unknown {
  const { manifest, ref } = bundle;
  if (version > manifest.state.version) {
    throw new HitlessError(
      'STATE_NO_HANDLER',
      `${from} has state version ${version}, ${ref} has ${manifest.state.version} and cannot know what came later; add a version that does`,
      { module: manifest.name },
    );
  }
  const then = { ...bundle, ref: from, manifest: { ...manifest, state: { version } } };
  return handlersBetween(then, bundle).reduce((value, { carry }) => carry(value), state);
}
