/**
 * Links and addresses as the kernel has them, and the routes that follow from them: each network of a link that can be
 * used is a connected prefix. The kernel makes these routes itself; here they lead next hops to their links. Where an
 * address makes none, a program may have put one in the kernel's name: it counts as much.
 */
import type { Context } from 'hitless/runtime';
import type { InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import type { Route } from '../../../../drivers/netlink/route.ts';
import { count, isMilestone } from '../../counter.ts';
import { isSame } from '../../difference.ts';
import { canonicalPrefix } from '../../prefix.ts';
import type { IpAgenda } from '../agenda.ts';
import {
  addressKey,
  type LinkRow,
  MAIN_TABLE,
  prefixKey,
  prefixOfKey,
  type State,
  tableOfKey,
} from '../state.ts';
import { offer, wake, withdraw } from './rib.ts';
import { saw, unsee } from './seen.ts';

/** IFA_F_NOPREFIXROUTE: the kernel makes no route of this address. */
const NO_PREFIX_ROUTE = 0x200;
/** Never leave the host, and are no routes. */
const HOST_NETWORKS: readonly (string | undefined)[] = ['127.0.0.0/8', '::1/128'];
/** RTPROT_KERNEL */
const KERNEL = 2;
/** Prefixes of the kernel's own routes over one link. */
export const MOST_LINK_ROUTES = 256;

/** The kernel tells of a link. */
export function toldLink(state: State, link: Link, agenda: IpAgenda, ctx: Context): void {
  const before = state.links.get(link.index);
  saw(state, 'link', link.index);
  if (before !== undefined && isSame(before.link, link)) return;
  const comesUp = isUsable(link) && before !== undefined && !isUsable(before.link);
  const ups = (before?.ups ?? 0) + (comesUp ? 1 : 0);
  const { addresses = [], networks = [] } = before ?? {};
  const row: LinkRow = { link, ups, table: tableOf(state, link), addresses, networks };
  state.links.set(link.index, row);
  if (before !== undefined && before.link.name !== link.name) {
    forgetName(state, before.link);
    agenda.linkChanged(link.index, before.link.name);
  }
  state.names.set(link.name, link.index);
  const isOther =
    before === undefined ||
    before.table !== row.table ||
    before.ups !== ups ||
    isUsable(before.link) !== isUsable(link);
  if (isOther) reconnect(state, before, row, ctx);
  if (before !== undefined && before.table !== row.table) wakeOwn(state, row);
  wake(state, `%${link.name}`);
  if (link.kind === 'vrf') retableAll(state, agenda, ctx);
  agenda.linkChanged(link.index, link.name);
}

/** A link is gone, with all its addresses. */
export function goneLink(state: State, index: number, agenda: IpAgenda, ctx: Context): void {
  const row = state.links.get(index);
  unsee(state, 'link', index);
  if (row === undefined) return;
  reconnect(state, row, undefined, ctx);
  state.linkRoutes.delete(index);
  for (const key of row.addresses) forgetAddress(state, key);
  state.links.delete(index);
  forgetName(state, row.link);
  if (row.link.kind === 'vrf') retableAll(state, agenda, ctx);
  agenda.linkChanged(index, row.link.name);
}

/** The kernel tells of an address. */
export function toldAddress(state: State, address: InterfaceAddress, agenda: IpAgenda, ctx: Context): void {
  const key = addressKey(address);
  const before = state.addresses.get(key);
  saw(state, 'address', key);
  if (before !== undefined && isSame(before, address)) return;
  const row = state.links.get(address.index);
  // Its link has gone meanwhile.
  if (row === undefined) return;
  state.addresses.set(key, address);
  if (before === undefined) {
    const indexes = state.owned.get(address.address) ?? [];
    state.owned.set(address.address, [...indexes, address.index]);
  }
  const network = networkOf(address);
  const now = withAddress(row, key, network);
  if (now !== row) state.links.set(address.index, now);
  const lost = row.networks[row.addresses.indexOf(key)];
  if (!now.networks.includes(lost) && !hasRoute(state, row, lost)) disconnect(state, row, lost, ctx);
  connect(state, row, network, ctx);
  addressChanged(state, row, address.address, agenda);
}

/** An address is gone. @param key as `addressKey` has it */
export function goneAddress(state: State, key: string, agenda: IpAgenda, ctx: Context): void {
  const address = state.addresses.get(key);
  unsee(state, 'address', key);
  if (address === undefined) return;
  const row = state.links.get(address.index);
  forgetAddress(state, key);
  if (row === undefined) return;
  const at = row.addresses.indexOf(key);
  if (at < 0) return;
  const network = row.networks[at];
  const now = { ...row, addresses: row.addresses.toSpliced(at, 1), networks: row.networks.toSpliced(at, 1) };
  state.links.set(address.index, now);
  if (!now.networks.includes(network) && !hasRoute(state, row, network)) disconnect(state, row, network, ctx);
  addressChanged(state, row, address.address, agenda);
}

/** Whether a route is the kernel's own over a link: it leads to a network there, without a gateway. */
export function isLinkRoute({ protocol, type, prefixLength, hops: [hop, ...others] }: Route): boolean {
  if (protocol !== KERNEL || type !== 'unicast' || prefixLength === 0) return false;
  return hop !== undefined && hop.gateway === undefined && others.length === 0;
}

/** The kernel tells of a route of its own over a link. @param key of its prefix */
export function toldLinkRoute(state: State, key: string, { metric, hops }: Route, ctx: Context): void {
  const index = hops[0]!.interface;
  const row = state.links.get(index);
  // Its link has gone meanwhile.
  if (row === undefined || HOST_NETWORKS.includes(prefixOfKey(key))) return;
  const known = state.linkRoutes.get(index);
  const metrics = known?.get(key) ?? [];
  if (metrics.length === 0 && (known?.size ?? 0) >= MOST_LINK_ROUTES) {
    leaveOut(state, row, key, ctx);
    return;
  }
  saw(state, 'linkRoute', linkRouteId(index, metric, key));
  if (metrics.includes(metric)) return;
  const all = [...metrics, metric];
  if (known === undefined) state.linkRoutes.set(index, new Map([[key, all]]));
  else
    state.linkRoutes.update(index, (routes) => {
      routes.set(key, all);
    });
  if (isUsable(row.link)) connectTo(state, key, row, ctx);
}

/** A route of the kernel's own over a link is gone. @param key of its prefix */
export function goneLinkRoute(state: State, key: string, { metric, hops }: Route, ctx: Context): void {
  forgetLinkRoute(state, linkRouteId(hops[0]!.interface, metric, key), ctx);
}

/** @param id as it was seen: index, metric, and the prefix's key */
export function forgetLinkRoute(state: State, id: string, ctx: Context): void {
  unsee(state, 'linkRoute', id);
  const [index = 0, metric = 0] = id.split(' ', 2).map(Number);
  const key = id.slice(linkRouteId(index, metric, '').length);
  const metrics = state.linkRoutes.get(index)?.get(key) ?? [];
  if (!metrics.includes(metric)) return;
  const left = metrics.filter((other) => other !== metric);
  state.linkRoutes.update(index, (routes) => {
    if (left.length > 0) routes.set(key, left);
    else routes.delete(key);
  });
  const row = state.links.get(index);
  if (left.length === 0 && !(row && isOfAddress(row, key)))
    withdraw(state, key, 'connected', String(index), ctx);
}

function linkRouteId(index: number, metric: number, key: string): string {
  return `${index} ${metric} ${key}`;
}

/** There are too many: nothing is lost where an address of the link is of the same network. */
function leaveOut(state: State, row: Readonly<LinkRow>, key: string, ctx: Context): void {
  if (isOfAddress(row, key)) return;
  const left = count(state.counters, 'foreignLeftOut');
  if (isMilestone(left))
    ctx.log(
      'warn',
      `${left} routes of other programs are left out: ${row.link.name} has ${MOST_LINK_ROUTES} networks, which is the most`,
    );
}

/** Whether an address of the link makes this prefix connected. */
function isOfAddress({ table, networks }: Readonly<LinkRow>, key: string): boolean {
  return table === tableOfKey(key) && networks.includes(prefixOfKey(key));
}

/** Whether the kernel has a route of its own there, whatever becomes of the address. */
function hasRoute(state: State, { link, table }: Readonly<LinkRow>, prefix: string | undefined): boolean {
  if (prefix === undefined || !isUsable(link)) return false;
  return state.linkRoutes.get(link.index)?.has(prefixKey(table, prefix)) === true;
}

/** The link's row with this address; the same row where it has it so already. */
function withAddress(row: Readonly<LinkRow>, key: string, network: string | undefined): Readonly<LinkRow> {
  const at = row.addresses.indexOf(key);
  if (at < 0) return { ...row, addresses: [...row.addresses, key], networks: [...row.networks, network] };
  return row.networks[at] === network ? row : { ...row, networks: row.networks.with(at, network) };
}

function isUsable({ up, carrier }: Link): boolean {
  return up && carrier;
}

/** The table of a link's routes: that of its VRF, whose device is called as the table is. */
function tableOf(state: State, { master, kind }: Link): number {
  const device = state.links.get(master)?.link;
  if (kind === 'vrf' || device?.kind !== 'vrf') return MAIN_TABLE;
  return state.config.tables[device.name]?.number ?? 0;
}

/** VRFs came or went, or tables are others: the links in them are of other tables. */
export function retableAll(state: State, agenda: IpAgenda, ctx: Context): void {
  for (const [index, row] of state.links) {
    const table = tableOf(state, row.link);
    if (table === row.table) continue;
    const now = { ...row, table };
    state.links.set(index, now);
    reconnect(state, row, now, ctx);
    wakeOwn(state, now);
    agenda.linkChanged(index, row.link.name);
  }
}

/** In another table its addresses are own ones of others. */
function wakeOwn(state: State, { addresses }: Readonly<LinkRow>): void {
  for (const key of addresses) wake(state, `@${state.addresses.get(key)?.address}`);
}

function forgetName(state: State, { name, index }: Link): void {
  // Another may be called so by now.
  if (state.names.get(name) === index) state.names.delete(name);
  wake(state, `%${name}`);
}

/** Its connected prefixes go where they are not any more, and come where they are now. */
function reconnect(
  state: State,
  before: Readonly<LinkRow> | undefined,
  after: Readonly<LinkRow> | undefined,
  ctx: Context,
): void {
  for (const prefix of new Set((after ?? before)!.networks)) {
    const stays = after !== undefined && isUsable(after.link) && after.table === before?.table;
    if (before !== undefined && !stays) disconnect(state, before, prefix, ctx);
    if (after !== undefined) connect(state, after, prefix, ctx);
  }
  // These are of the tables that they are in, whatever becomes of the link's.
  const { index } = (after ?? before)!.link;
  for (const key of state.linkRoutes.get(index)?.keys() ?? []) {
    if (after !== undefined && isUsable(after.link)) connectTo(state, key, after, ctx);
    else withdraw(state, key, 'connected', String(index), ctx);
  }
}

function connect(state: State, row: Readonly<LinkRow>, prefix: string | undefined, ctx: Context): void {
  if (prefix === undefined || row.table === 0 || !isUsable(row.link)) return;
  connectTo(state, prefixKey(row.table, prefix), row, ctx);
}

function connectTo(state: State, key: string, { link, ups }: Readonly<LinkRow>, ctx: Context): void {
  const direct = [{ interface: link.index, weight: 1, ups }];
  offer(
    state,
    key,
    {
      source: 'connected',
      id: String(link.index),
      distance: 0,
      metric: 0,
      type: 'unicast',
      hops: [],
      direct,
    },
    ctx,
  );
}

function disconnect(
  state: State,
  { link, table }: Readonly<LinkRow>,
  prefix: string | undefined,
  ctx: Context,
): void {
  if (prefix !== undefined) withdraw(state, prefixKey(table, prefix), 'connected', String(link.index), ctx);
}

function forgetAddress(state: State, key: string): void {
  const address = state.addresses.get(key);
  unsee(state, 'address', key);
  if (address === undefined) return;
  state.addresses.delete(key);
  const indexes = [...(state.owned.get(address.address) ?? [])];
  indexes.splice(indexes.indexOf(address.index), 1);
  if (indexes.length > 0) state.owned.set(address.address, indexes);
  else state.owned.delete(address.address);
  wake(state, `@${address.address}`);
}

function addressChanged(state: State, { link }: Readonly<LinkRow>, address: string, agenda: IpAgenda): void {
  wake(state, `@${address}`);
  wake(state, `%${link.name}`);
  agenda.linkChanged(link.index, link.name);
}

/** The network of an address; that of the other end where there is one. Undefined where it makes no route. */
function networkOf(address: Readonly<InterfaceAddress>): string | undefined {
  if ((address.flags & NO_PREFIX_ROUTE) !== 0) return undefined;
  const prefix = canonicalPrefix(`${address.peer ?? address.address}/${address.prefixLength}`);
  return HOST_NETWORKS.includes(prefix) ? undefined : prefix;
}
