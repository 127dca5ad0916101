/** AS-external-LSAs (12.4.4): routes of other sources, a default route, and what we translate of NSSAs (RFC 3101 3.2). */
import { maskOf, toNumber } from '../../address.ts';
import type { AreaConfig } from '../config-record.ts';
import { LS_EXTERNAL, LS_INFINITY, NONE, OPTION_E } from '../constants.ts';
import { addressOf, keyOfLength, lengthOf, parseKey } from '../routing/prefix.ts';
import { isTransitCapable } from '../routing/role.ts';
import { isPreferred } from '../routing/translation.ts';
import type { Id, Interface, Redistributable, State, Translated } from '../state.ts';
import type { Maker } from './maker.ts';

export const makeExternalLsa: Maker<'external'> = (state, { prefix }) => {
  const isAnywhere = [...state.areas.keys()].some((area) => isTransitCapable(state, area));
  if (!isAnywhere) return undefined;
  const told = bestOf(redistributed(state, prefix, isTransitCapable), state.translated.get(prefix));
  if (told === undefined) return undefined;
  const key = parseKey(prefix);
  const { type, forwarding, tag } = told;
  const metric = Math.min(told.metric, LS_INFINITY - 1);
  return {
    scope: 'as',
    type: LS_EXTERNAL,
    id: addressOf(key),
    options: OPTION_E,
    body: { kind: 'external', mask: maskOf(lengthOf(key)), type, metric, forwarding, tag },
  };
};

function bestOf(
  one: Translated | undefined,
  other: Readonly<Translated> | undefined,
): Readonly<Translated> | undefined {
  if (one === undefined || other === undefined) return one ?? other;
  return isPreferred(other, one) ? other : one;
}

/**
 * A route of another source as it is to be told; undefined where it is not. The default route is told where the configuration
 * says so, with or without there being one.
 * @param into areas whose networks may have a forwarding address
 */
export function redistributed(
  state: State,
  prefix: string,
  into: (state: State, area: Id) => boolean,
): Translated | undefined {
  const { config, redistributable } = state;
  const route = redistributable.get(prefix);
  if (prefix === DEFAULT) {
    const { defaultInformation: told } = config;
    return told && defaultRoute(state, told);
  }
  const told = route && config.redistribute[route.source];
  if (route === undefined || told === undefined || isOurs(state, route, prefix)) return undefined;
  return {
    type: route.type ?? told.type,
    // A route map may set it. What sources have themselves, mostly 0, is no cost of the AS's.
    metric: told.routeMap !== undefined && route.metric > 0 ? route.metric : told.metric,
    forwarding: forwardingTo(state, route.gateway, into),
    tag: told.tag ?? route.tag,
  };
}

/** The default route as it is to be told; undefined where it is not. */
export function defaultRoute(
  { redistributable }: State,
  { always = true, type, metric, tag, routeMap }: NonNullable<AreaConfig['defaultInformation']>,
): Translated | undefined {
  const route = redistributable.get(DEFAULT);
  if (always) return { type, metric, forwarding: NONE, tag: tag ?? 0 };
  if (route === undefined) return undefined;
  const isSet = routeMap !== undefined;
  return {
    type: (isSet ? route.type : undefined) ?? type,
    metric: isSet && route.metric > 0 ? route.metric : metric,
    forwarding: NONE,
    tag: tag ?? route.tag,
  };
}

/** A connected network of an interface that takes part is told by router-LSAs already. */
function isOurs({ interfaces }: State, { source, link }: Readonly<Redistributable>, prefix: string): boolean {
  if (source !== 'connected') return false;
  const key = parseKey(prefix);
  for (const { link: name, subnet, state } of interfaces.values())
    if (name === link && state !== 'Down' && subnet !== undefined)
      if (keyOfLength(toNumber(subnet.address), subnet.prefixLength) === key) return true;
  return false;
}

const DEFAULT = '0.0.0.0/0';

/** 12.4.4.1: the next hop itself, where it is on a network of the AS that others reach. */
function forwardingTo(state: State, gateway: Id | undefined, into: (state: State, area: Id) => boolean): Id {
  if (gateway === undefined) return NONE;
  for (const iface of state.interfaces.values())
    if (isOn(iface, gateway) && into(state, iface.area)) return gateway;
  return NONE;
}

/** Whether an address is on the interface's network, and more than its two ends are. */
function isOn({ state, type, subnet }: Interface, address: Id): boolean {
  if (state === 'Down' || subnet === undefined || (type !== 'broadcast' && type !== 'non-broadcast'))
    return false;
  return ((toNumber(subnet.address) ^ address) & maskOf(subnet.prefixLength)) === 0;
}
