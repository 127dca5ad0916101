/** The difference that another configuration makes, before anything of it is done. */
import { differenceOf } from '../difference.ts';
import { subnetInUse } from '../subnet.ts';
import type { Config, Interface, InterfaceConfig, State } from './state.ts';

/** The work that is left for after the decision; interfaces are told by name. */
export interface Plan {
  /** The configuration from then on. */
  config: Config;
  added: readonly string[];
  removed: readonly string[];
  /** Interfaces that stay, with something about them that is not as before. */
  changed: readonly InterfaceChange[];
}

export interface InterfaceChange {
  name: string;
  /** It goes down and comes up again: its neighbours were those of another router, area or subnet. */
  restarts: boolean;
  /** Its HelloInterval is another. */
  retimed: boolean;
}

/**
 * A plan that leads from the state as it is to a configuration. Any can be had: the way back of a change is one of them, and
 * no packet may bar it.
 */
export function planFor({ config: before, interfaces }: State, config: Config): Plan {
  const { added, removed, stayed, changed } = differenceOf(before.interfaces, config.interfaces);
  // 5: with another router id the router's OSPF is started again. All interfaces are in the one area (6).
  const startsAgain = before.routerId !== config.routerId || before.area !== config.area;
  const changeOf = (name: string): InterfaceChange => {
    const [was, next] = [before.interfaces[name]!, config.interfaces[name]!];
    return {
      name,
      restarts: startsAgain || !isSameSubnet(interfaces.get(name)!, was, next),
      retimed: was.helloInterval !== next.helloInterval,
    };
  };
  return { config, added, removed, changed: (startsAgain ? stayed : changed).map(changeOf) };
}

function isSameSubnet({ link }: Interface, was: InterfaceConfig, next: InterfaceConfig): boolean {
  const [one, other] = [subnetInUse(link, was.address), subnetInUse(link, next.address)];
  return one?.address === other?.address && one?.prefixLength === other?.prefixLength;
}
