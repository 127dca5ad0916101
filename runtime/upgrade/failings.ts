/**
 * The modules that fail outside of a transaction: a handler of theirs was cut, or their code threw when nobody called it. A
 * version on probation goes back at the next look. Any other one stays in service, until it has failed too often.
 */
import { now } from '../clock.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import type { NameService } from '../services/names.ts';

/** So many within `WITHIN_MS` take a module out of service. */
const MOST_FAILINGS = 3;
const WITHIN_MS = 60_000;

export class Failings {
  readonly #names: NameService<ModuleProxy>;
  readonly #times = new Map<string, number[]>();

  constructor(names: NameService<ModuleProxy>) {
    this.#names = names;
  }

  /**
   * This module failed.
   * @param onProbation the modules that are watched
   */
  add(module: string, onProbation: readonly string[]): void {
    const proxy = this.#names.resolve(module);
    if (proxy?.service !== 'service' || onProbation.includes(module)) return;
    const time = now();
    const recent = (this.#times.get(module) ?? []).filter((at) => time - at < WITHIN_MS);
    recent.push(time);
    this.#times.set(module, recent);
    if (recent.length < MOST_FAILINGS) return;
    this.#times.delete(module);
    const why = `it failed ${MOST_FAILINGS} times within a minute`;
    proxy.disable(why);
    proxy.log(
      'error',
      `out of service, for ${why}; "enable" puts it back, or "remove" it and "add" another version`,
    );
  }
}
