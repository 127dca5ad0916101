/**
 * Looks at adopted states after a swap, for what is not plain data: a swap does not, for its window would grow with them.
 * A function or an instance of a class in a state is code of the old version that goes on running. It is looked for in short
 * slices, a while after the last swap, and told once.
 */
import { now } from '../clock.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { notPlain, partsOf } from './plain.ts';
import { tablesIn, withoutTables } from './state.ts';

/** After the last commit, in ms: what follows a swap comes first. */
const QUIET_MS = 100;
/** A slice of the event loop, and the pause after it, in ms: a fiftieth of a processor. */
const SLICE_MS = 0.4;
const PAUSE_MS = 20;
/** Pieces looked at of one state. */
const MOST_PIECES = 1_000_000;

/** A state that is being looked at. */
interface Looking {
  readonly proxy: ModuleProxy;
  readonly pieces: Iterator<() => string | undefined>;
  left: number;
}

export class PlainLook {
  readonly #tell: (proxy: ModuleProxy, text: string) => void;
  readonly #waiting = new Set<ModuleProxy>();
  /** What was told of a module: its paths. */
  readonly #told = new WeakMap<ModuleProxy, Set<string>>();
  #now: Looking | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(tell: (proxy: ModuleProxy, text: string) => void) {
    this.#tell = tell;
  }

  /** The states of these are looked at, when no further swap comes. */
  after(proxies: readonly ModuleProxy[]): void {
    for (const proxy of proxies) this.#waiting.add(proxy);
    if (this.#now !== undefined) this.#waiting.add(this.#now.proxy);
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
      if (!this.#look(this.#now)) this.#now = undefined;
    } while (now() < end);
    this.#soon(PAUSE_MS);
  }

  #next(): Looking | undefined {
    for (const proxy of this.#waiting) {
      this.#waiting.delete(proxy);
      if (!proxy.retired) return { proxy, pieces: piecesOf(proxy.state), left: MOST_PIECES };
    }
    return undefined;
  }

  /** One piece; false when there is none left, or something was found. */
  #look(one: Looking): boolean {
    const next = one.pieces.next();
    if (next.done === true || one.left-- <= 0 || one.proxy.retired) return false;
    const wrong = next.value();
    if (wrong === undefined) return true;
    const told = this.#told.get(one.proxy) ?? new Set();
    this.#told.set(one.proxy, told);
    if (!told.has(wrong)) this.#tell(one.proxy, wrong);
    told.add(wrong);
    return false;
  }
}

/** The state in pieces, each small enough to be looked at in one go unless it is one deep value. */
function* piecesOf(state: unknown): Generator<() => string | undefined> {
  for (const [name, table] of tablesIn(state)) {
    for (const [key, row] of table) yield () => notPlain(row, `state.${name}.get(${JSON.stringify(key)})`);
  }
  yield* partsOf(withoutTables(state), 'state', 3);
}
