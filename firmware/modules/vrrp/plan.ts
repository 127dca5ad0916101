/** The difference that another configuration makes, before anything of it is done. */
import { differenceOf, type NameDifference } from '../difference.ts';
import { type Config, type GroupConfig, keyOf } from './state.ts';

/** The work that is left for after the decision; virtual routers are told by their keys. */
export interface Plan extends Pick<NameDifference, 'added' | 'changed' | 'removed'> {
  /** The configuration from then on. */
  readonly config: Config;
}

/** A plan that leads from one configuration to another. Any can be had. */
export function planFor(before: Config, config: Config): Plan {
  const { added, changed, removed } = differenceOf(byKey(before), byKey(config));
  return { config, added, changed, removed };
}

function byKey({ groups }: Config): Record<string, GroupConfig> {
  return Object.fromEntries(groups.map((group) => [keyOf(group), group]));
}
