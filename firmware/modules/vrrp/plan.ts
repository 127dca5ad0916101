/** The difference that another configuration makes, before anything of it is done. */
import { differenceOf, type NameDifference } from '../difference.ts';
import { type Config, type GroupConfig, keyOf } from './state.ts';

/** The work that is left for after the decision; virtual routers are told by their keys. */
export interface Plan extends NameDifference {
  /** The configuration from then on. */
  readonly config: Config;
}

/** A plan that leads from one configuration to another, or a sentence why none does. */
export function planFor(before: Config, config: Config): Plan | string {
  const [was, next] = [byKey(before), byKey(config)];
  const twice = config.groups.find((group) => next[keyOf(group)] !== group);
  if (twice !== undefined)
    return `the virtual router ${twice.group} on ${twice.interface} is configured twice; name it once (RFC 9568 1.6)`;
  return { config, ...differenceOf(was, next) };
}

function byKey({ groups }: Config): Record<string, GroupConfig> {
  return Object.fromEntries(groups.map((group) => [keyOf(group), group]));
}
