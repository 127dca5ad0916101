/** The difference that another configuration makes, before anything of it is done. */
import { differenceOf, isSame } from '../difference.ts';
import type { Config } from './state.ts';
import { type StaticDifference, staticDifference } from './static-route.ts';

/** The work that is left for after the decision; interfaces are told by name. */
export interface Plan {
  /** The configuration from then on. */
  readonly config: Config;
  readonly added: readonly string[];
  readonly removed: readonly string[];
  /** Those that stay and are advertised otherwise, with another preference or lifetime. */
  readonly otherwise: readonly string[];
  /** Those that stay and have another interval. */
  readonly retimed: readonly string[];
  readonly statics: StaticDifference;
  /** Tables have other names or numbers: the kernel is listed for what is in them. */
  readonly retabled: boolean;
}

/** A plan that leads from one configuration to another. Any can be had. */
export function planFor(before: Config, config: Config): Plan {
  const { added, removed, stayed } = differenceOf(before.interfaces, config.interfaces);
  const differs = (name: string, key: 'interval' | 'preference') =>
    before.interfaces[name]![key] !== config.interfaces[name]![key];
  return {
    config,
    added,
    removed,
    otherwise: stayed.filter((name) => before.lifetime !== config.lifetime || differs(name, 'preference')),
    retimed: stayed.filter((name) => differs(name, 'interval')),
    statics: staticDifference(before, config),
    retabled: !isSame(numbersOf(before), numbersOf(config)),
  };
}

function numbersOf({ tables }: Config): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([name, { number }]) => [name, number]));
}
