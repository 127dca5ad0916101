/**
 * The name service (paper 3.2.3): any name to a module. Senders look names up at every message, so a change is
 * seen by the next one. The upgrader makes changes only at a transaction's commit.
 */
import { HitlessError } from '../errors.ts';
import type { NameView } from '../inspection.ts';
import { LastFound } from '../last-found.ts';
import type { Message, SendResult } from '../message.ts';

const NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** A module as those see it who send to it. */
export interface Addressee {
  readonly name: string;
  accept(message: Message): SendResult;
  /** Promises room to an output that is held; `acceptReserved` or `unreserve` must follow. */
  reserveFor(message: Message): SendResult;
  acceptReserved(message: Message): void;
  unreserve(): void;
  /** Takes back what a call that was cut has sent: this sender's messages after this id. */
  takeBackFrom(sender: string, id: number): void;
}

export class NameService<Module extends Addressee = Addressee> {
  readonly #bound = new LastFound<string, Module>();

  /** @throws HitlessError `NAME_INVALID`, or `MODULE_EXISTS` when the name is another module's. */
  bind(name: string, module: Module): void {
    if (!NAME.test(name) || name === 'host') {
      throw new HitlessError(
        'NAME_INVALID',
        `"${name}" cannot be a module's name: a letter, then letters, digits, _ . or -; not "host"`,
      );
    }
    const other = this.#bound.get(name);
    if (other !== undefined && other !== module) {
      throw new HitlessError(
        'MODULE_EXISTS',
        `the name ${name} is bound to module ${other.name}; unbind it or choose another`,
      );
    }
    this.#bound.set(name, module);
  }

  unbind(name: string): boolean {
    return this.#bound.delete(name);
  }

  /** A copy of the table, to be put back with `restore`. */
  table(): ReadonlyMap<string, Module> {
    return new Map(this.#bound);
  }

  restore(table: ReadonlyMap<string, Module>): void {
    this.#bound.clear();
    for (const [name, module] of table) this.#bound.set(name, module);
  }

  /** Every name of a module: its own and its further ones. */
  of(module: Module): string[] {
    return [...this.#bound].filter(([, bound]) => bound === module).map(([name]) => name);
  }

  /** Drops every name of a module: its own and its aliases. */
  unbindAll(module: Module): void {
    for (const [name, bound] of this.#bound) if (bound === module) this.#bound.delete(name);
  }

  resolve(name: string): Module | undefined {
    return this.#bound.get(name);
  }

  /** Every module once, in the order in which they were bound. */
  proxies(): Module[] {
    return [...new Set(this.#bound.values())];
  }

  view(): NameView[] {
    return [...this.#bound].map(([name, module]) => ({ name, module: module.name }));
  }
}
