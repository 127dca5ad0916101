/**
 * The router's routes as they should be, worked out anew each time from the rest of the kernel's tables and the
 * configuration: no index, no difference, no code of the router. Next hops that lead over other routes are two deep at most.
 */
import { BlockList, isIPv6 } from 'node:net';
import type { TableLines } from './listing.ts';
import { OURS, type StaticRoutes } from './place.ts';

const KERNEL = 2;
const MAIN = 254;
/** Metric of the router's routes. */
const METRIC = 72;

interface Hop {
  gateway: string;
  interface: string;
  weight: number;
}

/** The way to a prefix: next hops, or a word such as `blackhole`. */
interface Entry {
  hops: readonly Hop[];
  word?: string;
}

/** By prefix. */
type Table = Map<string, Entry>;

/** @returns lines such as `10.9.0.0/16 10.2.0.2%wan0*1`, in order */
export function expectedLines(tables: TableLines, routes: StaticRoutes): string[] {
  const connected = connectedOf(tables);
  const foreign = foreignOf(tables);
  // Each round resolves what leads over the routes of the one before.
  let table: Table = new Map([...foreign.first, ...connected]);
  let ours: Table = new Map();
  for (let round = 0; round < 3; round++) {
    ours = new Map();
    for (const [prefix, hops] of Object.entries(routes)) {
      const entry = bestOf(hops, table, tables);
      if (entry !== undefined) ours.set(prefix, entry);
    }
    table = new Map([...foreign.last, ...ours, ...foreign.first, ...connected]);
  }
  return [...ours]
    .filter(([prefix]) => !connected.has(prefix) && !foreign.inPlace.has(prefix))
    .map(([prefix, entry]) => `${prefix} ${textOf(entry)}`)
    .sort();
}

/** The networks of links that can be used. */
function connectedOf({ routes, links }: TableLines): Table {
  const usable = new Set(links.filter((link) => link.usable).map(({ name }) => name));
  const rows = routes.filter(({ protocol, table }) => protocol === KERNEL && table === MAIN);
  return new Map(
    rows
      .map(({ prefix, to }) => [prefix, { hops: hopsIn(to) }] as const)
      .filter(([, { hops }]) => hops.every((hop) => hop.gateway === '' && usable.has(hop.interface))),
  );
}

/** Of other programs: those that go before ours, those behind, and prefixes where one stands in our place. */
function foreignOf({ routes }: TableLines): { first: Table; last: Table; inPlace: Set<string> } {
  const rows = routes
    .filter(({ protocol, table }) => protocol !== KERNEL && protocol !== OURS && table === MAIN)
    // The lowest metric is the last that is put.
    .sort((one, other) => other.metric - one.metric);
  const entry = ({ prefix, to }: (typeof rows)[number]) =>
    [prefix, /%/.test(to) ? { hops: hopsIn(to) } : { hops: [], word: to }] as const;
  return {
    first: new Map(rows.filter(({ metric }) => metric <= METRIC).map(entry)),
    last: new Map(rows.filter(({ metric }) => metric > METRIC).map(entry)),
    inPlace: new Set(rows.filter(({ metric }) => metric === METRIC).map(({ prefix }) => prefix)),
  };
}

/** Of those with the lowest distance of which any can be used, all that can be. */
function bestOf(hops: StaticRoutes[string], table: Table, tables: TableLines): Entry | undefined {
  const settings = Object.entries(hops).map(([name, { distance = 1, weight = 1 }]) => ({
    ...{ name, distance, weight },
  }));
  for (const distance of [...new Set(settings.map((each) => each.distance))].sort((a, b) => a - b)) {
    const some = settings.filter((each) => each.distance === distance);
    const word = some.find(({ name }) => name === 'blackhole' || name === 'unreachable')?.name;
    if (word !== undefined) return { hops: [], word };
    const ways = some.flatMap(({ name, weight }) => {
      const way = wayTo(name, table, tables);
      const sum = way.reduce((total, hop) => total + hop.weight, 0);
      return way.length === 0 ? [] : [{ way, weight, sum }];
    });
    // The least number that each of these can be divided by what it leads over.
    let unit = 1;
    while (ways.some(({ sum }) => unit % sum !== 0)) unit++;
    const found = ways.flatMap(({ way, weight, sum }) =>
      way.map((hop) => ({ ...hop, weight: (hop.weight * weight * unit) / sum })),
    );
    if (found.length > 0) return { hops: merged(found) };
  }
  return undefined;
}

/** The neighbours by which a next hop is reached; none where it is not. */
function wayTo(name: string, table: Table, { links, addresses }: TableLines): readonly Hop[] {
  if (!/[.:]/.test(name))
    return links.some((link) => link.name === name && link.usable)
      ? [{ gateway: '', interface: name, weight: 1 }]
      : [];
  if (addresses.some(({ address }) => address === name)) return [];
  const [prefix] = [...table.keys()]
    .filter((each) => lengthOf(each) > 0 && covers(each, name))
    .sort((one, other) => lengthOf(other) - lengthOf(one));
  const hops = table.get(prefix ?? '')?.hops ?? [];
  return hops.map((hop) => (hop.gateway === '' ? { ...hop, gateway: name } : hop));
}

function covers(prefix: string, address: string): boolean {
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  if (prefix.includes(':') !== (family === 'ipv6')) return false;
  const list = new BlockList();
  list.addSubnet(prefix.slice(0, prefix.indexOf('/')), lengthOf(prefix), family);
  return list.check(address, family);
}

function lengthOf(prefix: string): number {
  return Number(prefix.slice(prefix.indexOf('/') + 1));
}

/** Each neighbour once. */
function merged(hops: readonly Hop[]): Hop[] {
  const all = new Map<string, Hop>();
  for (const hop of hops) {
    const id = `${hop.gateway}%${hop.interface}`;
    all.set(id, { ...hop, weight: (all.get(id)?.weight ?? 0) + hop.weight });
  }
  return all.size === 1 ? [...all.values()].map((hop) => ({ ...hop, weight: 1 })) : [...all.values()];
}

function hopsIn(to: string): Hop[] {
  return to.split(' ').map((text) => {
    const [, gateway = '', name = '', weight] = /^(.*)%(.*)\*(\d+)$/.exec(text) ?? [];
    return { gateway, interface: name, weight: Number(weight) };
  });
}

function textOf({ hops, word }: Entry): string {
  return (
    word ??
    hops
      .map((hop) => `${hop.gateway}%${hop.interface}*${hop.weight}`)
      .sort()
      .join(' ')
  );
}
