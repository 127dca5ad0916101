/** LSAs of type 7 (RFC 3101 2.3, 2.4): what an NSSA is told of routes of other sources, and a border router's default route. */
import { maskOf } from '../../address.ts';
import { LS_INFINITY, LS_NSSA, NONE, OPTION_NP } from '../constants.ts';
import { areaScope } from '../lsdb/lsdb.ts';
import { addressOf, lengthOf, parseKey } from '../routing/prefix.ts';
import { interfacesOf, isAreaBorder } from '../routing/role.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Id, Interface, State, Translated } from '../state.ts';
import { defaultRoute, redistributed } from './external-lsa.ts';
import type { Made, Maker } from './maker.ts';

export const makeNssaLsa: Maker<'nssa'> = (state, { area, prefix }) => {
  const config = areaConfigOf(state, area);
  if (!state.areas.has(area) || config.type !== 'nssa') return undefined;
  const isBorder = isAreaBorder(state);
  const ofArea = prefix === DEFAULT ? config.defaultInformation : undefined;
  if (prefix === DEFAULT && isBorder) {
    // It leads to the backbone (2.4). Where summaries do not come, its default route is one itself (2.7).
    const told = config.summaries && ofArea && defaultRoute(state, { ...ofArea, always: true });
    return told ? made(area, prefix, told, false) : undefined;
  }
  const told =
    ofArea === undefined
      ? redistributed(state, prefix, (_, other) => other === area)
      : defaultRoute(state, ofArea);
  if (told === undefined) return undefined;
  // A border router tells the AS itself (2.4).
  if (isBorder) return made(area, prefix, told, false);
  const forwarding = told.forwarding === NONE ? forwardingInto(state, area) : told.forwarding;
  return forwarding === undefined ? undefined : made(area, prefix, { ...told, forwarding }, true);
};

const DEFAULT = '0.0.0.0/0';

function made(area: Id, prefix: string, told: Readonly<Translated>, propagate: boolean): Made {
  const key = parseKey(prefix);
  const { type, forwarding, tag } = told;
  const metric = Math.min(told.metric, LS_INFINITY - 1);
  return {
    scope: areaScope(area),
    type: LS_NSSA,
    id: addressOf(key),
    options: propagate ? OPTION_NP : 0,
    body: { kind: 'external', mask: maskOf(lengthOf(key)), type, metric, forwarding, tag },
  };
}

/**
 * The address of ours in an NSSA to which packets for the outside go (2.3): of a loopback first, then of a network without
 * other routers, then of any. Undefined while no interface of the area is up: there are no such LSAs then.
 */
export function forwardingInto(state: State, area: Id): Id | undefined {
  if (areaConfigOf(state, area).type !== 'nssa') return undefined;
  const usable = interfacesOf(state, area)
    .filter(
      ({ state: how, subnet, virtual }) => how !== 'Down' && subnet !== undefined && virtual === undefined,
    )
    .sort((one, other) => rankOf(one) - rankOf(other) || other.address - one.address);
  return usable[0]?.address;
}

function rankOf({ type, state, neighbors }: Interface): number {
  if (type === 'loopback' || state === 'Loopback') return 0;
  return neighbors.size === 0 ? 1 : 2;
}
