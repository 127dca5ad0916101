/** The difference that another configuration makes, before anything of it is done. */
import { differenceOf, isSame } from '../difference.ts';
import { differingIn } from './interfaces/wanted.ts';
import { staticDifference } from './rib/static-route.ts';
import { type Config, isDiscovered } from './state.ts';

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
  /** Those that stay and are advertised from now on. */
  readonly discovered: readonly string[];
  /** Those that stay and are advertised no more. */
  readonly quieted: readonly string[];
  /** Those that are to be set otherwise in the kernel, also where another one's settings need them. */
  readonly resettled: readonly string[];
  /** Those whose speed is told otherwise; also such as come or go. */
  readonly retold: readonly string[];
  /** Prefixes by key, whose static routes are new, otherwise, or gone. */
  readonly statics: readonly string[];
  /** Tables have other names or numbers: the kernel is listed for what is in them. */
  readonly retabled: boolean;
  /** Those that stay and begin to send IPv6 advertisements, go on with others, or send none any more. */
  readonly advertising: {
    readonly begin: readonly string[];
    readonly change: readonly string[];
    readonly end: readonly string[];
  };
}

/** A plan that leads from one configuration to another. Any can be had. */
export function planFor(before: Config, config: Config): Plan {
  const { added, removed, stayed } = differenceOf(before.interfaces, config.interfaces);
  const [was, will] = [before, config].map((one) => stayed.filter((name) => isDiscovered(one, name)));
  const advertised = stayed.filter((name) => was!.includes(name) && will!.includes(name));
  const differs = (name: string, key: 'interval' | 'preference') =>
    before.interfaces[name]![key] !== config.interfaces[name]![key];
  const advertises = (which: Config, name: string) => which.interfaces[name]?.advertising;
  const other = stayed.filter((name) => !isSame(advertises(before, name), advertises(config, name)));
  return {
    config,
    added,
    removed,
    otherwise: advertised.filter(
      (name) => before.lifetime !== config.lifetime || differs(name, 'preference'),
    ),
    retimed: advertised.filter((name) => differs(name, 'interval')),
    discovered: will!.filter((name) => !was!.includes(name)),
    quieted: was!.filter((name) => !will!.includes(name)),
    retold: retoldIn(before, config),
    resettled: differingIn(before, config),
    statics: staticDifference(before, config),
    retabled: !isSame(numbersOf(before), numbersOf(config)),
    advertising: {
      begin: other.filter((name) => advertises(before, name) === undefined),
      change: other.filter((name) => advertises(before, name) && advertises(config, name)),
      end: other.filter((name) => advertises(config, name) === undefined),
    },
  };
}

function retoldIn({ interfaces: before }: Config, { interfaces: after }: Config): string[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => before[name]?.bandwidth !== after[name]?.bandwidth);
}

function numbersOf({ tables }: Config): Record<string, number> {
  return Object.fromEntries(Object.entries(tables).map(([name, { number }]) => [name, number]));
}
