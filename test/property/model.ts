/** Each module as it should be: version, service, state and timers, by what was handled and decided. */
import type { NamedChange } from '../../runtime/index.ts';
import { accepts, carries, NAMES, refOf, VERSIONS, type Version } from './family.ts';
import type { Program } from './plan.ts';
import type { Facts } from './shape.ts';

export interface ArmedTimer {
  token: number;
  program: Program;
}

export interface Modelled {
  readonly name: string;
  /** Undefined: there is no such module. */
  version: Version | undefined;
  disabled: boolean;
  /** It had its last word, and was not started again: an `enable` that comes to nothing starts nothing. */
  stopped: boolean;
  facts: Facts;
  readonly timers: Map<string, ArmedTimer>;
  /** Number of the instance in service; 0: not known yet. */
  instance: number;
  /** The state when the module last agreed to be frozen, until it handles something. */
  frozen: { exact: string; normal: string; instance: number } | undefined;
  /** Handlers that were cut. */
  cut: number;
  /** Messages that came back because their receiver was removed. */
  undeliverable: number;
}

/** A change of a transaction; one that undoes another says what was before. */
export interface Part {
  readonly change: NamedChange;
  readonly before?: Before;
}

export interface Before {
  /** Of a module that is added again, and of one whose state cannot be carried back: a checkpoint. */
  readonly facts: Facts | undefined;
  /** Those that ended with the change. */
  readonly timers: ReadonlyMap<string, ArmedTimer>;
  readonly disabled: boolean;
}

export class Model {
  readonly modules: readonly Modelled[];
  /** The way back from the last committed transaction; empty if that was a way back itself. */
  last: readonly Part[] = [];
  readonly #mailboxOf: (name: string, state: number) => number;

  constructor(names: readonly string[], mailboxOf: (name: string, state: number) => number) {
    this.#mailboxOf = mailboxOf;
    this.modules = names.map((name) => ({
      name,
      version: undefined,
      disabled: false,
      stopped: false,
      facts: noFacts(),
      timers: new Map(),
      instance: 0,
      frozen: undefined,
      cut: 0,
      undeliverable: 0,
    }));
  }

  get(name: string): Modelled {
    return this.modules.find((module) => module.name === name)!;
  }

  has(name: string): boolean {
    return this.get(name).version !== undefined;
  }

  get present(): Modelled[] {
    return this.modules.filter(({ version }) => version !== undefined);
  }

  /** There, and with more room than a case can fill. */
  hasRoom(name: string): boolean {
    const module = this.modules.find((candidate) => candidate.name === name);
    return module?.version !== undefined && this.#mailboxOf(name, module.version.state) >= 1_000;
  }

  /** Those that must hear an event that is published now: subscribed, and with more room than a case can fill. */
  get listeners(): string[] {
    return this.present
      .filter(({ name, version }) => version!.subscribes && this.hasRoom(name))
      .map(({ name }) => name);
  }
}

export function noFacts(): Facts {
  return { handled: 0, digest: 0, got: new Map(), table: new Map() };
}

/** Would everybody understand everybody, after these modules have these versions? */
export function understood(after: ReadonlyMap<string, Version>, members: ReadonlySet<string>): boolean {
  for (const [sender, { speaks, reach }] of after)
    for (const [receiver, version] of after)
      if (
        NAMES.indexOf(receiver as (typeof NAMES)[number]) < reach &&
        (members.has(sender) || members.has(receiver)) &&
        !accepts(receiver, version).includes(speaks)
      )
        return false;
  return true;
}

/** The versions that a module could become. */
export function choices(version: Version | undefined): Version[] {
  const others = VERSIONS.filter((candidate) => candidate !== version);
  // Those that adopt the state as often as those that do not.
  if (version?.version !== '6.0.0')
    return others.flatMap((other) => (other.state === version?.state ? [other, other, other] : other));
  // Else it would stay what it is in most cases.
  return others.flatMap((other) => (carries(version, other) ? Array<Version>(9).fill(other) : other));
}

/** Does somebody declare that it sends to one of those that are gone? */
export function needed(after: ReadonlyMap<string, Version>, gone: readonly string[]): boolean {
  const places = gone.map((name) => NAMES.indexOf(name as (typeof NAMES)[number]));
  return [...after.values()].some(({ reach }) => places.some((place) => place < reach));
}

/** How a change that is about to be made is undone. */
export function wayBack(change: NamedChange, module: Modelled): Part {
  const { name, version, disabled } = module;
  const before = { facts: undefined, timers: new Map(module.timers), disabled };
  switch (change.change) {
    case 'add':
      return { change: { change: 'remove', module: name, force: true }, before };
    case 'remove':
      return {
        change: { change: 'add', module: name, bundle: refOf(name, version!.version) },
        before: { ...before, facts: module.facts },
      };
    case 'replace':
      return {
        change: { change: 'replace', module: name, bundle: refOf(name, version!.version) },
        // Others are carried back.
        before: {
          ...before,
          facts: change.bundle.endsWith('@6.0.0') ? structuredClone(module.facts) : undefined,
        },
      };
    default:
      return { change: { change: change.change === 'enable' ? 'disable' : 'enable', module: name }, before };
  }
}
