/** Looks at the state: the configuration of an interface or area, the neighbour that is meant. */
import { toAddress, toNumber } from '../address.ts';
import { PLAIN_AREA } from './config/area-config.ts';
import type { AreaConfig, Config, ExternalConfig, InterfaceConfig } from './config-record.ts';
import { ALL_D_ROUTERS, LS_EXTERNAL, LS_NETWORK, LS_NSSA, LS_OPAQUE_AS, NONE } from './constants.ts';
import type { Id, Interface, InterfaceState, Lsa, Neighbor, NeighborState, State } from './state.ts';

/** The configuration of an interface. A virtual link has what it may have, and else what belongs to one. */
export function configOf({ config }: State, { key, virtual }: Interface): InterfaceConfig {
  if (virtual === undefined) return config.interfaces[key]!;
  const link = config.areas[toAddress(virtual.area)]!.virtualLinks[toAddress(virtual.router)]!;
  return { ...OF_VIRTUAL_LINK, ...link };
}

const OF_VIRTUAL_LINK = {
  link: '',
  area: '0.0.0.0',
  passive: false,
  priority: 0,
  mtuIgnore: false,
  neighbors: {},
} as const;

export function areaConfigOf({ config }: State, area: Id): AreaConfig {
  return config.areas[toAddress(area)] ?? PLAIN_AREA;
}

/** Default routes that are told only where IP has one: to the AS, then to NSSAs, those with a route map first. */
export function soughtDefaults({ defaultInformation, areas }: Config): ExternalConfig[] {
  const sought = (each: AreaConfig['defaultInformation']) => (each?.always === false ? [each] : []);
  const ofAreas = Object.values(areas).flatMap((area) => sought(area.defaultInformation));
  const rank = ({ routeMap }: ExternalConfig) => (routeMap === undefined ? 1 : 0);
  return [...sought(defaultInformation), ...ofAreas.sort((one, other) => rank(one) - rank(other))];
}

/** Types that an area takes: those of the AS do not go into stub areas, those of an NSSA into no other (3.6; RFC 3101 2.2; RFC 5250 3). */
export function takesType(state: State, area: Id, type: number): boolean {
  const kind = areaConfigOf(state, area).type;
  if (type === LS_EXTERNAL || type === LS_OPAQUE_AS) return kind === 'normal';
  return type !== LS_NSSA || kind === 'nssa';
}

/** The key of a virtual link's interface. */
export function virtualKey(area: Id, router: Id): string {
  return `vlink ${toAddress(area)} ${toAddress(router)}`;
}

/** 10: whether neighbours of the interface are known by their router id, and not by their address. */
export function areKnownById({ type }: Interface): boolean {
  return type === 'point-to-point' || type === 'virtual';
}

/** The neighbour with that source and router id in its packets. */
export function neighborOf(iface: Interface, address: Id, routerId: Id): Neighbor | undefined {
  return iface.neighbors.get(nameOf(iface, address, routerId));
}

/** The name of a neighbour in its interface's map. */
export function nameOf(iface: Interface, address: Id, routerId: Id): string {
  return toAddress(areKnownById(iface) ? routerId : address);
}

/** The neighbour of that key, with its interface. Keys of interfaces may have slashes, names of neighbours have none. */
export function findNeighbor({ interfaces }: State, key: string): [Interface, Neighbor] | undefined {
  const slash = key.lastIndexOf('/');
  const iface = interfaces.get(key.slice(0, slash));
  const neighbor = iface?.neighbors.get(key.slice(slash + 1));
  return iface && neighbor && [iface, neighbor];
}

/** The neighbour whose inactivity timer has this key. */
export function findByTimer({ interfaces }: State, timer: string): [Interface, Neighbor] | undefined {
  for (const iface of interfaces.values())
    for (const neighbor of iface.neighbors.values()) if (neighbor.timer === timer) return [iface, neighbor];
  return undefined;
}

const STATES: readonly NeighborState[] = [
  'Down',
  'Attempt',
  'Init',
  '2-Way',
  'ExStart',
  'Exchange',
  'Loading',
  'Full',
];

/** 10.1: states are ordered, "2-Way or greater". */
export function isAtLeast({ state }: Pick<Neighbor, 'state'>, least: NeighborState): boolean {
  return STATES.indexOf(state) >= STATES.indexOf(least);
}

/** LSAs of ours tell of it: it is fully adjacent, or was when it began to restart (RFC 3623 3). */
export function isTold({ state, helping }: Pick<Neighbor, 'state' | 'helping'>): boolean {
  return state === 'Full' || helping !== undefined;
}

/** No LSA of ours is made, and those that come back are not touched: neighbours may be waiting for us (RFC 3623 2). */
export function isRestarting({ restarting }: Pick<State, 'restarting'>): boolean {
  return restarting?.phase === 'looking' || restarting?.phase === 'grace';
}

/** By which a router is named as designated: its address, or NONE where there is no designation. */
export function isDesignating({ type }: Interface): boolean {
  return type === 'broadcast' || type === 'non-broadcast';
}

/** 8.1: it listens to what is for designated routers. */
export function isDesignated(state: InterfaceState): boolean {
  return state === 'DR' || state === 'Backup';
}

/** A link's port is a member of that group while one of the link's interfaces is one of them. */
export function portSettings({ interfaces }: State, link: string): { groups: readonly string[] } {
  for (const iface of interfaces.values())
    if (iface.link === link && isDesignated(iface.state)) return { groups: [ALL_D_ROUTERS] };
  return { groups: [] };
}

/** It is up, and may have neighbours. */
export function isTalking(state: State, iface: Interface): boolean {
  return (
    iface.state !== 'Down' &&
    iface.state !== 'Loopback' &&
    iface.address !== NONE &&
    !configOf(state, iface).passive
  );
}

/** Whether an address is one of ours. That of an interface that is down may be another router's by now. */
export function isOwnAddress({ interfaces }: State, address: Id): boolean {
  for (const iface of interfaces.values())
    if (iface.address === address && iface.state !== 'Down') return true;
  return false;
}

/** 13.4 (3): a network-LSA of a network of ours, by our router id of before or whoever had our address. */
export function isOfFormerId(
  state: State,
  { type, id, router }: Pick<Lsa, 'type' | 'id' | 'router'>,
): boolean {
  return type === LS_NETWORK && router !== state.routerId && isOwnAddress(state, id);
}

/** 13.4: an LSA of ours, of this life or an earlier one. */
export function isOwnLsa(state: State, lsa: Pick<Lsa, 'type' | 'id' | 'router'>): boolean {
  return lsa.router === state.routerId || isOfFormerId(state, lsa);
}

/** Dotted text of configuration as a number. */
export function idOf(text: string): Id {
  return toNumber(text);
}
