/**
 * Routes of other programs: candidates of source `kernel`. They are never changed. The kernel's own routes over a link are
 * not among them, for they are connected prefixes (connected.ts).
 */
import type { Context } from 'hitless/runtime';
import type { Route } from '../../../../drivers/netlink/route.ts';
import { count, isMilestone } from '../../counter.ts';
import { isMulticast, parseAddress } from '../../prefix.ts';
import {
  type CandidateType,
  hopsLeft,
  MAIN_TABLE,
  type Prefix,
  prefixKey,
  type ResolvedHop,
  type State,
} from '../state.ts';
import { inOrder, MOST_PREFIXES, offer, withdraw } from './rib.ts';
import { OWN_METRIC, OWN_PROTOCOL } from './route-record.ts';

const TYPES: readonly string[] = ['unicast', 'blackhole', 'unreachable', 'prohibit'];

/** Key in the RIB of the prefix that a route of the kernel leads to. */
export function keyOf({ table, destination, prefixLength }: Route): string {
  return prefixKey(table, `${destination}/${prefixLength}`);
}

/** Whether a route of the kernel is ours. */
export function isOwn({ protocol, metric, tos }: Route): boolean {
  return protocol === OWN_PROTOCOL && metric === OWN_METRIC && tos === 0;
}

/** Whether another program has put its route where ours would be. */
export function isInPlaceOfOurs({ metric, tos }: Route): boolean {
  return metric === OWN_METRIC && tos === 0;
}

/** The kernel tells of another program's route. */
export function toldForeign(state: State, route: Route, ctx: Context): void {
  const key = keyOf(route);
  const id = idOf(route);
  const { metric, type } = route;
  const refusal = offer(
    state,
    key,
    {
      source: 'kernel',
      id,
      distance: 0,
      metric,
      type: type as CandidateType,
      hops: [],
      direct: hopsOf(state, route),
    },
    ctx,
    state.kernel.lists,
  );
  if (refusal === undefined) return;
  const left = count(state.counters, 'foreignLeftOut');
  if (isMilestone(left))
    ctx.log(
      'warn',
      `${left} routes of other programs are left out: there are ${MOST_PREFIXES} prefixes, which is the most`,
    );
}

/** Whether a route leads somewhere that the RIB has: it is of a table that it has, for all packets, and not for several hosts. */
export function concernsUs({ config }: State, { table, type, tos, destination }: Route): boolean {
  if (tos !== 0 || !TYPES.includes(type)) return false;
  const isKnown = table === MAIN_TABLE || Object.values(config.tables).some(({ number }) => number === table);
  return isKnown && !isMulticast(parseAddress(destination) ?? []);
}

/** Another program's route is gone. */
export function goneForeign(state: State, route: Route, ctx: Context): void {
  const key = keyOf(route);
  const id = idOf(route);
  const known = state.rib.get(key)?.candidates.find((other) => other.source === 'kernel' && other.id === id);
  const direct = hopsLeft(known?.direct ?? [], route);
  if (known !== undefined && direct.length > 0) offer(state, key, { ...known, direct }, ctx, known.lastSet);
  else withdraw(state, key, 'kernel', id, ctx);
}

/** Forgets those of a prefix that the last whole list did not have. */
export function forgetForeign(
  state: State,
  key: string,
  { candidates }: Readonly<Prefix>,
  ctx: Context,
): void {
  for (const { source, id, lastSet } of candidates)
    if (source === 'kernel' && lastSet < state.kernel.whole) withdraw(state, key, source, id, ctx);
}

/** Routes are told from others of the prefix by metric, and those of IPv6 without a gateway by the link, too. */
function idOf({ metric, hops: [hop] }: Route): string {
  return hop === undefined || hop.gateway !== undefined ? `${metric}` : `${metric} ${hop.interface}`;
}

function hopsOf(state: State, { type, hops }: Route): readonly ResolvedHop[] {
  if (type !== 'unicast') return [];
  return inOrder(
    hops.map(({ gateway, interface: index, weight }) => ({
      ...(gateway !== undefined && { gateway }),
      interface: index,
      weight,
      ups: state.links.get(index)?.ups ?? 0,
    })),
  );
}
