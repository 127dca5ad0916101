/** What every module should be like: version, service, state and timers, by what was handled and decided. */
import { accepts, VERSIONS, type Version } from './family.ts';
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
  facts: Facts;
  readonly timers: Map<string, ArmedTimer>;
  /** Number of the instance in service; 0: not known yet. */
  instance: number;
  /** The state when the module last agreed to be frozen, until it handles something. */
  frozen: { exact: string; normal: string; instance: number } | undefined;
  /** Handlers that were cut. */
  cut: number;
}

export class Model {
  readonly modules: readonly Modelled[];
  readonly #mailboxOf: (name: string, state: number) => number;

  constructor(names: readonly string[], mailboxOf: (name: string, state: number) => number) {
    this.#mailboxOf = mailboxOf;
    this.modules = names.map((name) => ({
      name,
      version: undefined,
      disabled: false,
      facts: noFacts(),
      timers: new Map(),
      instance: 0,
      frozen: undefined,
      cut: 0,
    }));
  }

  get(name: string): Modelled {
    return this.modules.find((module) => module.name === name)!;
  }

  get present(): Modelled[] {
    return this.modules.filter(({ version }) => version !== undefined);
  }

  /** Who must hear what is published now: subscribed, and with more room than a case can fill. */
  get listeners(): string[] {
    return this.present
      .filter(({ name, version }) => version!.subscribes && this.#mailboxOf(name, version!.state) >= 1_000)
      .map(({ name }) => name);
  }
}

export function noFacts(): Facts {
  return { handled: 0, digest: 0, got: new Map(), table: new Map() };
}

/** Would everybody understand everybody, after these modules have these versions? */
export function understood(after: ReadonlyMap<string, Version>, members: ReadonlySet<string>): boolean {
  for (const [sender, { speaks }] of after)
    for (const [receiver, version] of after)
      if ((members.has(sender) || members.has(receiver)) && !accepts(receiver, version).includes(speaks))
        return false;
  return true;
}

/** The versions that a module could become. */
export function choices(version: Version | undefined): Version[] {
  return VERSIONS.filter((candidate) => candidate !== version);
}
