/**
 * Next hops: how each is reached now, over which prefix, through which links. One that leads over another route is
 * resolved down to a link, for the kernel takes neighbours alone. It waits for all that may change its way: the prefixes
 * that it asked for, its interface, its own address. So a change finds the next hops that it concerns at once.
 */
import type { Context } from 'hitless/runtime';
import { covers, isLinkLocal, parseAddress, parsePrefix, type Words } from '../../prefix.ts';
import type { IpAgenda } from '../agenda.ts';
import {
  type LinkRow,
  type NextHop,
  type ResolvedHop,
  type State,
  sameHops,
  type Unreachable,
} from '../state.ts';
import {
  addTo,
  BUCKETS,
  bestOf,
  bucketKey,
  bucketOf,
  EMPTY,
  inOrder,
  keysOver,
  lengthsOf,
  removeFrom,
  WAITER_BUCKETS,
  waitsKey,
} from './rib.ts';

/** Routes that lead by each other, up to a link. */
export const DEEPEST = 8;
/** Next hops that led by each other are left alone for so long, in ms: their routes would come and go for ever. */
export const HELD_MS = 10_000;

/** The way to a next hop. */
interface Way {
  state: 'reachable' | Unreachable;
  via?: string;
  resolved: readonly ResolvedHop[];
  depth: number;
  waitsFor: readonly string[];
}

/**
 * Looks for a next hop that may be reached otherwise than before, or is not wanted any more.
 * @returns how much was done: where prefixes have many lengths, it is looked for under many
 */
export function lookFor(state: State, key: string, agenda: IpAgenda, ctx: Context): number {
  const hop = state.nextHops.get(key);
  if (hop === undefined) return 1;
  if (hop.users === 0 && hop.trackers.length === 0) {
    forget(state, key, hop);
    return 1 + hop.waitsFor.length;
  }
  if (state.held.has(key)) return 1;
  const way = wayTo(state, hop);
  wait(state, key, hop.waitsFor, way.waitsFor);
  if (way.state === 'too deep') state.held.set(key, ctx.now() + HELD_MS);
  const isSame =
    hop.state === way.state &&
    hop.via === way.via &&
    hop.depth === way.depth &&
    sameHops(hop.resolved, way.resolved);
  state.nextHops.update(key, (row) => {
    row.waitsFor = way.waitsFor;
    if (isSame) return;
    row.state = way.state;
    if (way.via === undefined) delete row.via;
    else row.via = way.via;
    row.resolved = way.resolved;
    row.depth = way.depth;
    row.since = ctx.now();
  });
  const done = 1 + way.waitsFor.length;
  if (isSame) return done;
  if (hop.users > 0) state.spreading.set(key, 0);
  agenda.hopChanged(key);
  return done;
}

/**
 * Has the prefixes of the next bucket looked at, of those that use a next hop that has changed.
 * @param look has it done
 * @returns how much was done
 */
export function spread(state: State, key: string, bucket: number, look: (prefix: string) => void): number {
  const hop = state.nextHops.get(key);
  if (bucket + 1 < (hop?.wide ? BUCKETS : 1)) state.spreading.set(key, bucket + 1);
  else state.spreading.delete(key);
  const users = hop && state.users.get(bucketKey(hop.id, bucket));
  if (users === undefined) return EMPTY;
  for (const prefix of users) look(prefix);
  return users.size;
}

/** Looks again for next hops that led by each other, as long ago as they are held. */
export function release(state: State, now: number): void {
  for (const [key, until] of state.held) {
    if (until > now) return;
    state.held.delete(key);
    state.dirtyHops.set(key, now);
  }
}

function forget(state: State, key: string, { waitsFor }: Readonly<NextHop>): void {
  wait(state, key, waitsFor, []);
  state.nextHops.delete(key);
  state.spreading.delete(key);
  state.held.delete(key);
}

/** Puts a next hop down where it waits, and away from where it does not any more. */
function wait(state: State, key: string, before: readonly string[], after: readonly string[]): void {
  const bucket = bucketOf(key, WAITER_BUCKETS);
  for (const waiter of before) {
    if (after.includes(waiter)) continue;
    const left = (state.waiters.get(waiter) ?? 1) - 1;
    if (left > 0) state.waiters.set(waiter, left);
    else state.waiters.delete(waiter);
    removeFrom(state.waits, waitsKey(waiter, bucket), key);
  }
  for (const waiter of after) {
    if (before.includes(waiter)) continue;
    state.waiters.set(waiter, (state.waiters.get(waiter) ?? 0) + 1);
    addTo(state.waits, waitsKey(waiter, bucket), key);
  }
}

function wayTo(state: State, { table, gateway, interface: name, onLink }: Readonly<NextHop>): Way {
  const waitsFor = [
    ...(gateway === undefined ? [] : [`@${gateway}`]),
    ...(name === undefined ? [] : [`%${name}`]),
  ];
  const address = gateway === undefined ? undefined : parseAddress(gateway);
  if (name !== undefined) return { ...overLink(state, name, gateway, address, onLink), depth: 0, waitsFor };
  if (gateway === undefined || address === undefined) return nowhere('no route', waitsFor);
  if (ownersIn(state, table, gateway).length > 0) return nowhere('own address', waitsFor);
  const family = address.length === 1 ? 4 : 6;
  return overRoute(state, table, gateway, address, [...waitsFor, lengthsOf(table, family)]);
}

function nowhere(why: Unreachable, waitsFor: readonly string[]): Way {
  return { state: why, resolved: [], depth: 0, waitsFor };
}

/** By the interface that is named. */
function overLink(
  state: State,
  name: string,
  gateway: string | undefined,
  address: Words | undefined,
  onLink: true | undefined,
): Pick<Way, 'state' | 'resolved'> {
  const index = state.names.get(name);
  const row = index === undefined ? undefined : state.links.get(index);
  const wrong = wrongLink(state, row, gateway, address, onLink);
  if (wrong !== undefined || row === undefined) return { state: wrong ?? 'no interface', resolved: [] };
  const hop: ResolvedHop = {
    ...(gateway !== undefined && { gateway }),
    interface: row.link.index,
    weight: 1,
    ...(onLink && { onLink }),
    ups: row.ups,
  };
  return { state: 'reachable', resolved: [hop] };
}

function wrongLink(
  state: State,
  row: Readonly<LinkRow> | undefined,
  gateway: string | undefined,
  address: Words | undefined,
  onLink: true | undefined,
): Unreachable | undefined {
  if (row === undefined) return 'no interface';
  if (!row.link.up || !row.link.carrier) return 'interface down';
  if (gateway === undefined || address === undefined) return undefined;
  const owners = ownersIn(state, row.table, gateway);
  if (isLinkLocal(address)) return owners.includes(row.link.index) ? 'own address' : undefined;
  if (owners.length > 0) return 'own address';
  return onLink || isOnLink(state, row, address) ? undefined : 'not on link';
}

/** Indexes of the links of a table that have an address: another table's links may have it besides. */
function ownersIn({ owned, links }: State, table: number, address: string): number[] {
  return (owned.get(address) ?? []).filter((index) => links.get(index)?.table === table);
}

/** Whether an address of the link is of a network with this one. */
function isOnLink(state: State, { addresses }: Readonly<LinkRow>, address: Words): boolean {
  return addresses.some((key) => {
    const own = state.addresses.get(key);
    const prefix = own && parsePrefix(`${own.peer ?? own.address}/${own.prefixLength}`);
    return prefix !== undefined && covers(prefix, address);
  });
}

/** By the longest prefix that it is in. A default route does not count: all addresses are in it, also wrong ones. */
function overRoute(
  state: State,
  table: number,
  gateway: string,
  address: Words,
  waitsFor: readonly string[],
): Way {
  const asked = [...waitsFor];
  // Without its interface a link-local address says nothing.
  if (isLinkLocal(address)) return nowhere('no interface', asked);
  for (const key of keysOver(state, table, address)) {
    if (key.endsWith('/0')) break;
    asked.push(key);
    const row = state.rib.get(key);
    const best = bestOf(row);
    if (row === undefined || best === undefined) continue;
    if (best.type !== 'unicast') return nowhere('blackhole', asked);
    const depth = row.depth + 1;
    if (depth > DEEPEST) return nowhere('too deep', asked);
    // On the link of a route without a gateway: the kernel itself knows that of connected networks alone.
    const onLink = best.source === 'connected' ? {} : { onLink: true as const };
    const resolved = inOrder(
      row.hops.map((hop) => (hop.gateway === undefined ? { ...hop, gateway, ...onLink } : hop)),
    );
    return { state: 'reachable', via: key, resolved, depth, waitsFor: asked };
  }
  return nowhere('no route', asked);
}
