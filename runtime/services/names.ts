/**
 * The name service (paper 3.2.3): any name to a proxy. Senders look names up at every message, so a change is
 * seen by the next one. The upgrader makes changes only at a transaction's commit.
 */
import { HitlessError } from '../errors.ts';
import type { NameView } from '../inspection.ts';
import { LastFound } from '../last-found.ts';
import type { ModuleProxy } from '../module/proxy.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

export class NameService {
  readonly #bound = new LastFound<string, ModuleProxy>();

  /** @throws HitlessError `NAME_INVALID`, or `MODULE_EXISTS` when the name is another proxy's. */
  bind(name: string, proxy: ModuleProxy): void {
    if (!NAME.test(name) || name === 'host') {
      throw new HitlessError(
        'NAME_INVALID',
        `"${name}" cannot be a module's name: a letter, then letters, digits, _ . or -; not "host"`,
      );
    }
    const other = this.#bound.get(name);
    if (other !== undefined && other !== proxy) {
      throw new HitlessError(
        'MODULE_EXISTS',
        `the name ${name} is bound to module ${other.name}; unbind it or choose another`,
      );
    }
    this.#bound.set(name, proxy);
  }

  unbind(name: string): boolean {
    return this.#bound.delete(name);
  }

  /** A copy of the table, to be put back with `restore`. */
  table(): ReadonlyMap<string, ModuleProxy> {
    return new Map(this.#bound);
  }

  restore(table: ReadonlyMap<string, ModuleProxy>): void {
    this.#bound.clear();
    for (const [name, proxy] of table) this.#bound.set(name, proxy);
  }

  /** Every name of a proxy: its own and its further ones. */
  of(proxy: ModuleProxy): string[] {
    return [...this.#bound].filter(([, bound]) => bound === proxy).map(([name]) => name);
  }

  /** Drops every name of a proxy: its own and its aliases. */
  unbindAll(proxy: ModuleProxy): void {
    for (const [name, bound] of this.#bound) if (bound === proxy) this.#bound.delete(name);
  }

  resolve(name: string): ModuleProxy | undefined {
    return this.#bound.get(name);
  }

  /** Every proxy once, in the order in which they were bound. */
  proxies(): ModuleProxy[] {
    return [...new Set(this.#bound.values())];
  }

  view(): NameView[] {
    return [...this.#bound].map(([name, proxy]) => ({ name, module: proxy.name }));
  }
}
