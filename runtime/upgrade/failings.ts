/**
 * The modules that fail outside of a transaction. A version on probation goes back at the next look. Any other one stays in
 * service, for a module that is slow now and then is better than none; until its cut handlers keep the event loop from
 * all others, or its code throws again and again when nobody called it.
 */
import { now } from '../clock.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import type { NameService } from '../services/names.ts';

/** Handlers that were cut may have had so much of the last `HOLDING_MS`. */
const MOST_HELD_MS = 5_000;
const HOLDING_MS = 10_000;
/** So many late errors within `THROWING_MS` are too many. */
const MOST_THROWN = 3;
const THROWING_MS = 60_000;

interface Failing {
  readonly at: number;
  readonly weight: number;
}

export class Failings {
  readonly #names: NameService<ModuleProxy>;
  readonly #onProbation: () => readonly string[];
  readonly #cuts = new Map<string, Failing[]>();
  readonly #errors = new Map<string, Failing[]>();

  /** @param onProbation the modules that are watched */
  constructor(names: NameService<ModuleProxy>, onProbation: () => readonly string[]) {
    this.#names = names;
    this.#onProbation = onProbation;
  }

  /** A handler of this module was cut. */
  readonly cut = (module: string): void => {
    const held = this.#names.resolve(module)?.maxHandlerMs ?? 0;
    if (sumOf(this.#cuts, module, held, HOLDING_MS) < MOST_HELD_MS) return;
    this.#takeOut(module, 'its handlers that were cut kept the event loop from all others');
  };

  /** Code of this module threw when nobody had called it. */
  readonly threwLate = (module: string): void => {
    if (sumOf(this.#errors, module, 1, THROWING_MS) < MOST_THROWN) return;
    this.#takeOut(module, `its code threw ${MOST_THROWN} times within a minute when nobody called it`);
  };

  #takeOut(module: string, why: string): void {
    const proxy = this.#names.resolve(module);
    if (proxy?.service !== 'service' || this.#onProbation().includes(module)) return;
    this.#cuts.delete(module);
    this.#errors.delete(module);
    proxy.disable(why);
    proxy.log(
      'error',
      `out of service, for ${why}; "enable" puts it back, or "remove" it and "add" another version`,
    );
  }
}

/** Adds a failing; returns the sum of those within the last `within` ms. */
function sumOf(failings: Map<string, Failing[]>, module: string, weight: number, within: number): number {
  const at = now();
  const recent = (failings.get(module) ?? []).filter((failing) => at - failing.at < within);
  recent.push({ at, weight });
  failings.set(module, recent);
  return recent.reduce((sum, failing) => sum + failing.weight, 0);
}
