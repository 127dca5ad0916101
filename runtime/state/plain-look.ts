/**
 * Looks at adopted states after a swap, for what is not plain data: a swap does not, for its window would grow with them.
 * A function or an instance of a class in a state is code of the old version that goes on running. It is looked for in short
 * slices, a while after the last swap, and told once.
 */
import { now } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Guard } from '../services/guard.ts';
import { notPlain, partsOf } from './plain.ts';
import { tablesIn, withoutTables } from './state.ts';

/** After the last commit, in ms: what follows a swap comes first. */
const QUIET_MS = 100;
/** A slice of the event loop, and the pause after it, in ms: a fiftieth of a processor. */
const SLICE_MS = 0.4;
const PAUSE_MS = 20;
/** Pieces looked at of one state. */
const MOST_PIECES = 1_000_000;

/** A module that holds a state. */
export interface StateHolder {
  readonly name: string;
  readonly state: unknown;
  /** It has ended. */
  readonly retired: boolean;
}

/** A state that is being looked at. */
interface Looking<Holder> {
  readonly holder: Holder;
  readonly pieces: Iterator<() => string | undefined>;
  left: number;
}

export class PlainLook<Holder extends StateHolder> {
  readonly #tell: (holder: Holder, wrong: string) => void;
  readonly #guard: Guard;
  readonly #waiting = new Set<Holder>();
  /** Texts that were told, by module. */
  readonly #told = new WeakMap<Holder, Set<string>>();
  #now: Looking<Holder> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** @param tell called with what is wrong with a state, as the rest of a sentence */
  constructor(guard: Guard, tell: (holder: Holder, wrong: string) => void) {
    this.#guard = guard;
    this.#tell = tell;
  }

  /** The states of these are looked at, when no further swap comes. */
  after(holders: readonly Holder[]): void {
    for (const holder of holders) this.#waiting.add(holder);
    if (this.#now !== undefined) this.#waiting.add(this.#now.holder);
    this.#now = undefined;
    this.#soon(QUIET_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#waiting.clear();
    this.#now = undefined;
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#now !== undefined || this.#waiting.size > 0)
      this.#timer = setTimeout(() => this.#slice(), ms).unref();
  }

  #slice(): void {
    const end = now() + SLICE_MS;
    do {
      this.#now ??= this.#next();
      if (this.#now === undefined) return;
      this.#lookUntil(this.#now, end);
    } while (now() < end);
    this.#soon(PAUSE_MS);
  }

  #lookUntil(one: Looking<Holder>, end: number): void {
    let goesOn = true;
    const slice = () => {
      do goesOn = this.#look(one);
      while (goesOn && now() < end);
    };
    try {
      // A `vm` time-out for each slice would hold the loop up for longer than the slice.
      if (this.#guard.everyTurn) this.#guard.look(one.holder.name, 'state', slice);
      else slice();
    } catch (thrown) {
      this.#wrong(one.holder, `that could not be looked at: ${reasonOf(thrown)}`);
      goesOn = false;
    }
    if (!goesOn) this.#now = undefined;
  }

  #next(): Looking<Holder> | undefined {
    for (const holder of this.#waiting) {
      this.#waiting.delete(holder);
      if (!holder.retired) return { holder, pieces: piecesOf(holder.state), left: MOST_PIECES };
    }
    return undefined;
  }

  /** One piece; false when there is none left, or something was found. */
  #look(one: Looking<Holder>): boolean {
    const next = one.pieces.next();
    if (next.done === true || one.left-- <= 0 || one.holder.retired) return false;
    const wrong = next.value();
    if (wrong === undefined) return true;
    this.#wrong(
      one.holder,
      `that is not plain data: ${wrong}; code of an older version may go on running there, and its bundle stays in memory`,
    );
    return false;
  }

  #wrong(holder: Holder, wrong: string): void {
    const told = this.#told.get(holder) ?? new Set();
    this.#told.set(holder, told);
    if (!told.has(wrong)) this.#tell(holder, wrong);
    told.add(wrong);
  }
}

/** The state in pieces, each small enough to be looked at in one go unless it is one deep value. */
function* piecesOf(state: unknown): Generator<() => string | undefined> {
  for (const [name, table] of tablesIn(state)) {
    for (const [key, row] of table) yield () => notPlain(row, `state.${name}.get(${JSON.stringify(key)})`);
  }
  yield* partsOf(withoutTables(state), 'state', 3);
}
