/** Messages of other modules as they are to be: each is read into a value, or into a sentence what is wrong with it. */
import {
  MOST_MESSAGE_HOPS,
  MOST_ROUTE_CHANGES,
  type RouteChange,
  type RouteHop,
  type Routes,
} from '../../messages/routes.ts';
import {
  canonicalAddress,
  familyOf,
  hasHostBits,
  isLinkLocal,
  isMulticast,
  parseAddress,
  parsePrefix,
  prefixText,
  textOf,
} from '../../prefix.ts';
import {
  type CandidateHop,
  type CandidateType,
  hopKey,
  MAIN_TABLE,
  type Offered,
  prefixKey,
  type State,
} from '../state.ts';

const SOURCE = /^[a-z][a-z0-9-]{0,14}$/;
/** Sources of IP itself. */
const OURS: readonly string[] = ['connected', 'static', 'kernel'];
const WHOLE: readonly unknown[] = [undefined, 'begin', 'more', 'end', 'all'];
const TYPES: readonly unknown[] = ['unicast', 'blackhole', 'unreachable', 'prohibit'];
const LONGEST_SESSION = 64;
const LONGEST_INTERFACE = 15;
const LONGEST_FILTER = 63;
const DEFAULT_DISTANCE = 110;
const MOST_DISTANCE = 254;
const MOST_NUMBER = 4_294_967_295;
const MOST_WEIGHT = 256;
/** Of one route. */
const MOST_ROUTE_HOPS = 64;

/** One change as it was read. */
export type ReadChange =
  | { key: string; offered: Offered }
  | { key: string; remove: true }
  /** The key is there where the prefix is known all the same. */
  | { key?: string; wrong: string };

/** Whether a name may be that of a protocol or subscriber. */
export function isName(name: unknown): name is string {
  return typeof name === 'string' && SOURCE.test(name);
}

/** Whether a prefix list or route map may be called so; undefined where none is named. */
export function isFilterName(name: unknown): boolean {
  return name === undefined || (typeof name === 'string' && name.length <= LONGEST_FILTER);
}

export function isWhole(value: unknown, least: number, most = MOST_NUMBER): value is number {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether there is a table of this number. */
export function isTable({ config }: State, table: unknown): table is number {
  return table === MAIN_TABLE || Object.values(config.tables).some(({ number }) => number === table);
}

/** Reads all but the changes, which are read one by one. */
export function readRoutes(body: unknown): Routes | { wrong: string } {
  if (!isRecord(body)) return { wrong: 'it has no body' };
  const { source, session, number, whole, filter, changes } = body;
  if (!isName(source) || OURS.includes(source)) return { wrong: 'its source is no name of a protocol' };
  if (typeof session !== 'string' || session.length > LONGEST_SESSION)
    return { wrong: `its session is no text of at most ${LONGEST_SESSION} characters` };
  if (!isWhole(number, 0, Number.MAX_SAFE_INTEGER)) return { wrong: 'its number is no whole number' };
  if (!WHOLE.includes(whole)) return { wrong: 'its `whole` is none of begin, more, end, all' };
  if (filter !== undefined && !isFilter(filter)) return { wrong: 'its filter is none' };
  if (!Array.isArray(changes)) return { wrong: 'its changes are no list' };
  return body as unknown as Routes;
}

function isFilter(filter: unknown): boolean {
  return isRecord(filter) && isFilterName(filter.prefixList) && isFilterName(filter.routeMap);
}

/** @returns why a message is not carried out though it can be read */
export function wrongLength({ changes }: Routes): string | undefined {
  if (changes.length > MOST_ROUTE_CHANGES)
    return `it has ${changes.length} changes, and ${MOST_ROUTE_CHANGES} are the most`;
  let hops = 0;
  for (const change of changes as readonly unknown[])
    if (isRecord(change) && Array.isArray(change.hops)) hops += change.hops.length;
  return hops <= MOST_MESSAGE_HOPS
    ? undefined
    : `it has ${hops} next hops, and ${MOST_MESSAGE_HOPS} are the most`;
}

/** The next hops of the route that was read last: most have the same ones as the one before, and share the list then. */
export interface LastHops {
  table: number;
  family: 4 | 6;
  list: readonly CandidateHop[];
}

/** @param before of the change before, in the same message */
export function readChange(
  state: State,
  source: string,
  change: unknown,
  before: LastHops = { table: 0, family: 4, list: [] },
): ReadChange {
  if (!isRecord(change)) return { wrong: 'a change that is none' };
  const { prefix, table = MAIN_TABLE, remove, type = 'unicast' } = change as Partial<RouteChange>;
  const value = typeof prefix === 'string' ? parsePrefix(prefix) : undefined;
  if (value === undefined) return { wrong: 'a prefix that is none' };
  if (!isWhole(table, 1)) return { wrong: 'a table that is no number' };
  if (hasHostBits(value))
    return remove === true
      ? { key: prefixKey(table, prefixText(value.words, value.length)), remove }
      : { wrong: 'a prefix with bits beyond its length' };
  const key = prefixKey(table, textOf(prefix as string, value));
  if (remove === true) return { key, remove };
  if (isMulticast(value.words)) return { key, wrong: 'a prefix of multicast' };
  if (!isTable(state, table)) return { key, wrong: `table ${table}, which is not in the configuration` };
  if (!TYPES.includes(type))
    return { key, wrong: 'a type that is none of unicast, blackhole, unreachable, prohibit' };
  const family = value.words.length === 1 ? 4 : 6;
  if (before.table !== table || before.family !== family) Object.assign(before, { table, family, list: [] });
  return readValues(change as Partial<RouteChange>, source, key, type, before);
}

function readValues(
  { distance = DEFAULT_DISTANCE, metric = 0, tag, hops = [] }: Partial<RouteChange>,
  source: string,
  key: string,
  type: CandidateType,
  before: LastHops,
): ReadChange {
  if (!isWhole(distance, 1, MOST_DISTANCE))
    return { key, wrong: `a distance that is not from 1 to ${MOST_DISTANCE}` };
  if (!isWhole(metric, 0)) return { key, wrong: 'a metric that is no number' };
  if (tag !== undefined && !isWhole(tag, 0)) return { key, wrong: 'a tag that is no number' };
  const count = Array.isArray(hops) ? hops.length : -1;
  const isCount = type === 'unicast' ? count >= 1 && count <= MOST_ROUTE_HOPS : count === 0;
  if (!isCount)
    return { key, wrong: `next hops that are not 1 to ${MOST_ROUTE_HOPS}, or where there are to be none` };
  const read = readHops(hops, before);
  if ('wrong' in read) return { key, wrong: read.wrong };
  const offered: Offered = { source, id: '', distance, metric, type, hops: read };
  if (tag !== undefined) offered.tag = tag;
  return { key, offered };
}

function readHops(hops: readonly RouteHop[], before: LastHops): readonly CandidateHop[] | { wrong: string } {
  const { table, family, list: last } = before;
  if (hops.length === last.length && hops.every((hop, at) => isAs(hop, last[at]!))) return last;
  // A list that grows by `push` has room for 17.
  const read = hops.map((hop) => readHop(hop, table, family));
  for (const hop of read) if ('wrong' in hop) return hop;
  before.list = read as CandidateHop[];
  return before.list;
}

/** Whether a next hop would be read as this one. */
function isAs(hop: unknown, { gateway, interface: name, weight = 1, onLink }: CandidateHop): boolean {
  if (!isRecord(hop)) return false;
  const given = hop.weight === undefined ? 1 : hop.weight;
  return (
    hop.gateway === gateway &&
    hop.interface === name &&
    given === weight &&
    (hop.onLink === true) === (onLink === true)
  );
}

function readHop(
  hop: Partial<RouteHop> | undefined,
  table: number,
  family: 4 | 6,
): CandidateHop | { wrong: string } {
  if (!isRecord(hop)) return { wrong: 'a next hop that is none' };
  const { gateway, interface: name, weight, onLink } = hop as Partial<RouteHop>;
  if (name !== undefined && !isInterface(name)) return { wrong: 'an interface that has no name' };
  if (weight !== undefined && !isWhole(weight, 1, MOST_WEIGHT))
    return { wrong: `a weight that is not from 1 to ${MOST_WEIGHT}` };
  if (gateway === undefined && name === undefined)
    return { wrong: 'a next hop without gateway and interface' };
  const read: CandidateHop = { key: '' };
  if (gateway !== undefined) {
    const wrong = wrongGateway(gateway, name, onLink, family);
    if (wrong !== undefined) return { wrong };
    read.gateway = canonicalAddress(gateway)!;
  }
  if (name !== undefined) read.interface = name;
  if (weight !== undefined && weight !== 1) read.weight = weight;
  if (gateway !== undefined && onLink === true) read.onLink = onLink;
  read.key = hopKey(table, read);
  return read;
}

/** A link-local address says nothing without its interface, nor does "on its link". */
function wrongGateway(
  gateway: unknown,
  name: string | undefined,
  onLink: unknown,
  family: 4 | 6,
): string | undefined {
  const words = typeof gateway === 'string' ? parseAddress(gateway) : undefined;
  if (words === undefined || isMulticast(words)) return 'a gateway that is no address of a host';
  if (familyOf(gateway as string) !== family) return 'a gateway of the other family';
  if (name === undefined && (isLinkLocal(words) || onLink === true))
    return 'a gateway that needs an interface';
  return undefined;
}

export function isInterface(name: unknown): name is string {
  return typeof name === 'string' && name.length > 0 && name.length <= LONGEST_INTERFACE;
}
