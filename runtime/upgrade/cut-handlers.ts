/**
 * The modules whose handlers are cut outside of a transaction. A version on probation goes back at the next look. Any other
 * one stays in service, until it has been cut so often that the others do not have the event loop any more.
 */
import { now } from '../clock.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import type { NameService } from '../services/names.ts';

/** So many within `WITHIN_MS` take a module out of service. */
const MOST_CUTS = 3;
const WITHIN_MS = 60_000;

export class CutHandlers {
  readonly #names: NameService<ModuleProxy>;
  readonly #times = new Map<string, number[]>();

  constructor(names: NameService<ModuleProxy>) {
    this.#names = names;
  }

  /**
   * A handler of this module was cut.
   * @param onProbation the modules that are watched
   */
  add(module: string, onProbation: readonly string[]): void {
    const proxy = this.#names.resolve(module);
    if (proxy?.service !== 'service' || onProbation.includes(module)) return;
    const time = now();
    const recent = (this.#times.get(module) ?? []).filter((at) => time - at < WITHIN_MS);
    recent.push(time);
    this.#times.set(module, recent);
    if (recent.length < MOST_CUTS) return;
    this.#times.delete(module);
    const why = `${MOST_CUTS} of its handlers were cut within a minute`;
    proxy.disable(why);
    proxy.log(
      'error',
      `it is out of service: ${why}; "enable" puts it back, or "remove" it and "add" another version`,
    );
  }
}
