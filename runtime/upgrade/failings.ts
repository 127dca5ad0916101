/**
 * The modules that fail outside of a transaction. A version on probation goes back at the next look. One whose manifest says
 * `onFault: 'restart'` begins again, twice within a minute. Any other one stays in service, for a module that is slow now
 * and then is better than none. It does so until its cut handlers keep the event loop from all others, or its code
 * throws again and again uncalled.
 */
import { now } from '../clock.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import type { HeapWatch } from '../services/heap-watch.ts';
import type { NameService } from '../services/names.ts';

/** Handlers that were cut may have had so much of the last `HOLDING_MS`. */
const MOST_HELD_MS = 5_000;
const HOLDING_MS = 10_000;
/** So many late errors within `THROWING_MS` are too many. */
const MOST_THROWN = 3;
const THROWING_MS = 60_000;
/** With so many faults within `FAULTS_MS`, to begin again does not help. */
const MOST_FAULTS = 3;
const FAULTS_MS = 60_000;

interface Failing {
  readonly at: number;
  readonly weight: number;
}

export class Failings {
  readonly #names: NameService<ModuleProxy>;
  readonly #onProbation: () => readonly string[];
  readonly #condemn: (module: string, why: string) => void;
  readonly #cuts = new Map<string, Failing[]>();
  readonly #errors = new Map<string, Failing[]>();
  readonly #faults = new Map<string, Failing[]>();
  readonly #restart: (proxy: ModuleProxy, why: string) => void;

  /**
   * @param onProbation the modules that are watched
   * @param condemn ends a module's probation: it goes back
   * @param restart begins a module again
   */
  constructor(
    names: NameService<ModuleProxy>,
    onProbation: () => readonly string[],
    condemn: (module: string, why: string) => void,
    restart: (proxy: ModuleProxy, why: string) => void,
  ) {
    this.#names = names;
    this.#onProbation = onProbation;
    this.#condemn = condemn;
    this.#restart = restart;
  }

  /** A handler of this module was cut. */
  readonly cut = (module: string): void => {
    if (this.#restarts(module, 'a handler that was cut')) return;
    const held = this.#names.resolve(module)?.maxHandlerMs ?? 0;
    if (sumOf(this.#cuts, module, held, HOLDING_MS) < MOST_HELD_MS) return;
    this.#takeOut(module, 'its handlers that were cut kept the event loop from all others');
  };

  /** Code of this module threw when nobody had called it. */
  readonly threwLate = (module: string): void => {
    if (this.#restarts(module, 'an error of its code that nobody called')) return;
    if (sumOf(this.#errors, module, 1, THROWING_MS) < MOST_THROWN) return;
    this.#takeOut(module, `its code threw ${MOST_THROWN} times within a minute when nobody called it`);
  };

  /** A module has filled the heap: the process would end of it. It stops at once, whatever its manifest says. */
  readonly heapEnds = (heap: HeapWatch): void => {
    const proxies = new Map(this.#names.proxies().map((proxy) => [proxy.instance.bundle.file, proxy]));
    const proxy = heap.culprit((file) => proxies.get(file));
    if (proxy?.service !== 'service') return;
    const module = proxy.name;
    const why = 'its handlers filled the heap, and the process was about to end';
    if (this.#onProbation().includes(module)) {
      proxy.disable(why);
      proxy.log('error', `out of service, for ${why}; it goes back`);
      this.#condemn(module, `${module} ${proxy.version}: ${why}`);
    } else if (!this.#restarts(module, 'a heap that its handlers had filled')) this.#takeOut(module, why);
  };

  /** Whether a fault is followed by a new beginning, or by its end where that has not helped. */
  #restarts(module: string, fault: string): boolean {
    const proxy = this.#inCharge(module);
    if (proxy?.manifest.onFault !== 'restart') return false;
    if (sumOf(this.#faults, module, 1, FAULTS_MS) < MOST_FAULTS) this.#restart(proxy, fault);
    else this.#takeOut(module, `it had ${MOST_FAULTS} faults within a minute, the last one ${fault}`);
    return true;
  }

  /** It could not be begun again. */
  readonly notRestarted = (proxy: ModuleProxy, why: string): void => this.#takeOut(proxy.name, why);

  /** The module, where what follows a fault is decided here. */
  #inCharge(module: string): ModuleProxy | undefined {
    const proxy = this.#names.resolve(module);
    return proxy?.service === 'service' && !this.#onProbation().includes(module) ? proxy : undefined;
  }

  #takeOut(module: string, why: string): void {
    const proxy = this.#inCharge(module);
    if (proxy === undefined) return;
    this.#cuts.delete(module);
    this.#errors.delete(module);
    this.#faults.delete(module);
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
