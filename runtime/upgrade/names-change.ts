/** The names that a transaction binds and unbinds: all at once, with its decision (paper Figure 3). */
import type { ModuleProxy } from '../module/proxy.ts';
import type { NameService } from '../services/names.ts';

export class NameChange {
  readonly unbind: readonly string[];
  readonly bind: readonly (readonly [name: string, proxy: ModuleProxy])[];
  /** The names as they were; undefined while they are. */
  #before: ReadonlyMap<string, ModuleProxy> | undefined;

  constructor(unbind: readonly string[], bind: readonly (readonly [string, ModuleProxy])[]) {
    this.unbind = unbind;
    this.bind = bind;
  }

  /** A name that the host has bound to another module since the transaction was planned, and why that is wrong. */
  conflict(names: NameService<ModuleProxy>): { proxy: ModuleProxy; reason: string } | undefined {
    for (const [name, proxy] of this.bind) {
      const other = names.resolve(name);
      if (other === undefined || other === proxy || this.unbind.includes(name)) continue;
      return { proxy, reason: `MODULE_EXISTS: the name ${name} was bound to ${other.name} meanwhile` };
    }
    return undefined;
  }

  apply(names: NameService<ModuleProxy>): void {
    this.#before = names.table();
    for (const name of this.unbind) names.unbind(name);
    for (const [name, proxy] of this.bind) names.bind(name, proxy);
  }

  /** Nothing when it was not applied. */
  restore(names: NameService<ModuleProxy>): void {
    if (this.#before !== undefined) names.restore(this.#before);
    this.#before = undefined;
  }
}
