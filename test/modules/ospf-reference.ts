/**
 * The routes of an OSPF router, computed naively out of its database: distances by Bellman-Ford, next hops by going back along
 * all shortest paths, and RFC 2328 16.2 to 16.4 LSA by LSA, as the text has it. Nothing of the module's calculation is used.
 */
import { maskOf, toAddress, toNumber } from '../../firmware/modules/address.ts';
import { decodeLsa, type ExternalBody, type LsaBody } from '../../firmware/modules/ospf/packet/lsa.ts';
import type { Hop, Interface, Lsa, Route, State } from '../../firmware/modules/ospf/state.ts';

const INFINITY = 0xff_ffff;
type Way = { cost: number; hops: Hop[] };
interface Area {
  id: number;
  /** `r ID` and `n ID`. */
  ways: Map<string, Way>;
  flags: Map<number, number>;
  networks: Map<string, Way & { id: number }>;
}
type Entry = { -readonly [Key in keyof Omit<Route, 'from' | 'hops'>]: Route[Key] } & { hops: Hop[] };
type Border = { area: number; path: 'intra' | 'inter'; cost: number; hops: Hop[]; asbr: boolean };

export type ReferenceRoute = { path: string; area: number; cost: number; metric2: number; hops: string[] };

export function referenceRoutes(state: State, now: number): Map<string, ReferenceRoute> {
  const alive = [...state.lsas.values()].filter(
    (lsa) => lsa.age + Math.floor((now - lsa.installed) / 1000) < 3600,
  );
  const areas = new Map<number, Area>();
  const ids = [...new Set([...state.interfaces.values()].filter(isUp).map(({ area }) => area))];
  for (const id of ids.filter((area) => area !== 0)) areas.set(id, tree(state, alive, id, areas));
  if (ids.includes(0)) areas.set(0, tree(state, alive, 0, areas));
  const table = new Map<string, Entry>();
  for (const { id: area, networks } of areas.values())
    for (const [prefix, { cost, hops }] of networks) {
      const old = table.get(prefix);
      if (old === undefined || cost < old.cost || (cost === old.cost && area > old.area))
        table.set(prefix, { path: 'intra', area, cost, metric2: 0, tag: 0, hops });
    }
  const border = isBorder(state);
  const active = border ? activeRanges(state, table) : new Set<string>();
  const summaryAreas = border && hasBackbone(state) ? [0] : [...areas.keys()];
  const borders = new Map<number, Border[]>();
  for (const { id: area, ways, flags } of areas.values())
    for (const [router, bits] of flags) {
      const way = ways.get(`r ${router}`);
      if (way === undefined || router === state.routerId || (bits & 3) === 0) continue;
      borders.set(router, [
        ...(borders.get(router) ?? []),
        { area, path: 'intra', ...way, asbr: (bits & 2) !== 0 },
      ]);
    }
  summaries(state, alive, areas, table, borders, summaryAreas, active);
  if (border) transitAreas(state, alive, areas, table, borders);
  externals(state, alive, table, borders, border);
  const routes = new Map<string, ReferenceRoute>();
  for (const [prefix, { path, area, cost, metric2, hops }] of table)
    routes.set(prefix, { path, area, cost, metric2, hops: hops.map(hopText).sort() });
  for (const prefix of active) {
    const told = Object.values(state.config.areas).some(({ ranges }) => ranges[prefix]?.advertise === true);
    if (told && !routes.has(prefix))
      routes.set(prefix, { path: 'intra', area: 0, cost: 0, metric2: 0, hops: [] });
  }
  return routes;
}

/** 16.2 */
function summaries(
  state: State,
  alive: Lsa[],
  areas: Map<number, Area>,
  table: Map<string, Entry>,
  borders: Map<number, Border[]>,
  summaryAreas: number[],
  active: Set<string>,
): void {
  const most = state.config.maximumPaths;
  const intraBorders = new Set(
    [...borders].flatMap(([router, all]) => all.map(({ area }) => `${router} ${area}`)),
  );
  for (const lsa of alive) {
    const body = decodeLsa(lsa.bytes) as LsaBody;
    if (body.kind !== 'summary' || body.metric >= INFINITY || lsa.router === state.routerId) continue;
    const area = areaOf(lsa);
    if (!summaryAreas.includes(area)) continue;
    const via = borderWay(areas.get(area), lsa.router);
    if (via === undefined || via.cost + body.metric >= INFINITY) continue;
    const cost = via.cost + body.metric;
    if (lsa.type === 4) {
      if (lsa.id === state.routerId || intraBorders.has(`${lsa.id} ${area}`)) continue;
      const all = borders.get(lsa.id) ?? [];
      const old = all.find((one) => one.area === area);
      const rest = all.filter((one) => one !== old);
      if (old !== undefined && old.cost < cost) continue;
      const hops = old?.cost === cost ? union(old.hops, via.hops, most) : via.hops;
      borders.set(lsa.id, [...rest, { area, path: 'inter', cost, hops, asbr: true }]);
      continue;
    }
    const prefix = prefixOf(lsa.id, body.mask);
    const old = table.get(prefix);
    if (active.has(prefix) && old?.path !== 'intra') continue;
    if (old?.path === 'intra') continue;
    const fresh: Entry = { path: 'inter', area, cost, metric2: 0, tag: 0, hops: via.hops };
    if (old === undefined || cost < old.cost || (cost === old.cost && area > old.area))
      table.set(prefix, fresh);
    else if (cost === old.cost && area === old.area)
      table.set(prefix, { ...old, hops: union(old.hops, via.hops, most) });
  }
}

/** 16.3 */
function transitAreas(
  state: State,
  alive: Lsa[],
  areas: Map<number, Area>,
  table: Map<string, Entry>,
  borders: Map<number, Border[]>,
): void {
  const most = state.config.maximumPaths;
  for (const lsa of alive) {
    const body = decodeLsa(lsa.bytes) as LsaBody;
    if (body.kind !== 'summary' || body.metric >= INFINITY || lsa.router === state.routerId) continue;
    const area = areas.get(areaOf(lsa));
    if (area === undefined || area.id === 0 || !isTransit(area)) continue;
    const via = borderWay(area, lsa.router);
    const entry =
      lsa.type === 4
        ? borders.get(lsa.id)?.find((one) => one.area === 0 && one.asbr)
        : table.get(prefixOf(lsa.id, body.mask));
    if (via === undefined || entry === undefined || entry.area !== 0) continue;
    const cost = via.cost + body.metric;
    if (cost > entry.cost) continue;
    entry.hops = cost < entry.cost ? via.hops : union(entry.hops, via.hops, most);
    entry.cost = cost;
  }
}

/** 16.4; RFC 3101 2.5 */
function externals(
  state: State,
  alive: Lsa[],
  table: Map<string, Entry>,
  borders: Map<number, Border[]>,
  border: boolean,
): void {
  const internal = new Map(table);
  const chosen = new Map<string, { entry: Entry; rank: number[] }>();
  const typeOf = (area: number) => state.config.areas[toAddress(area)]?.type ?? 'normal';
  const own = new Set([...state.interfaces.values()].map(({ address }) => address));
  for (const lsa of alive) {
    const body = decodeLsa(lsa.bytes) as LsaBody;
    if (body.kind !== 'external' || body.metric >= INFINITY || lsa.router === state.routerId) continue;
    const prefix = prefixOf(lsa.id, body.mask);
    if (internal.has(prefix)) continue;
    const is7 = lsa.type === 7;
    const fits = ({ area, path }: { area: number; path: string }) =>
      is7 ? area === areaOf(lsa) && path === 'intra' : typeOf(area) === 'normal';
    const entries = (borders.get(lsa.router) ?? []).filter((one) => one.asbr && fits(one));
    if (entries.length === 0) continue;
    if (is7 && prefix === '0.0.0.0/0' && border) {
      const summaries = state.config.areas[toAddress(areaOf(lsa))]?.summaries ?? true;
      if ((lsa.options & 8) === 0 || !summaries) continue;
    }
    const way =
      body.forwarding === 0 ? nearest(entries) : forwarded(internal, body.forwarding, fits, own, state);
    if (way === undefined) continue;
    const entry: Entry = {
      path: body.type === 1 ? 'external-1' : 'external-2',
      area: way.area,
      cost: body.type === 1 ? way.cost + body.metric : way.cost,
      metric2: body.type === 1 ? 0 : body.metric,
      tag: body.tag,
      hops: way.hops,
    };
    const rank = rankOf(body, way, entry);
    const old = chosen.get(prefix);
    const order = old === undefined ? -1 : compare(rank, old.rank);
    if (order < 0) chosen.set(prefix, { entry, rank });
    else if (order === 0 && old !== undefined) {
      old.entry.hops = union(old.entry.hops, way.hops, state.config.maximumPaths);
      old.entry.area = Math.max(old.entry.area, way.area);
    }
  }
  for (const [prefix, { entry }] of chosen) table.set(prefix, entry);
}

function rankOf(body: ExternalBody, way: { area: number; path: string }, entry: Entry): number[] {
  const preferred = way.path === 'intra' && way.area !== 0 ? 0 : 1;
  return [body.type, entry.metric2, preferred, entry.cost];
}

function compare(one: number[], other: number[]): number {
  for (const [i, value] of one.entries()) if (value !== other[i]) return value - other[i]!;
  return 0;
}

function nearest(entries: Border[]): Border {
  const rank = ({ path, area }: Border) => (path === 'intra' && area !== 0 ? 0 : 1);
  return [...entries].sort((a, b) => rank(a) - rank(b) || a.cost - b.cost || b.area - a.area)[0]!;
}

function forwarded(
  internal: Map<string, Entry>,
  address: number,
  fits: (entry: { area: number; path: string }) => boolean,
  own: Set<number>,
  state: State,
): Entry | undefined {
  if (own.has(address)) return undefined;
  for (let length = 32; length >= 0; length--) {
    const entry = internal.get(prefixOf(address, maskOf(length)));
    if (entry === undefined) continue;
    if (!fits(entry)) return undefined;
    const hops = entry.hops.map((hop) => (hop.address === 0 ? { ...hop, address } : hop));
    return { ...entry, hops: union(hops, [], state.config.maximumPaths) };
  }
  return undefined;
}

// ——— 16.1 ———

function tree(state: State, alive: Lsa[], id: number, areas: Map<number, Area>): Area {
  const bodies = new Map<string, LsaBody>();
  for (const lsa of alive) {
    if (lsa.scope !== `area ${id}` || lsa.type > 2) continue;
    bodies.set(`${lsa.type === 1 ? 'r' : 'n'} ${lsa.id}`, decodeLsa(lsa.bytes) as LsaBody);
  }
  const root = `r ${state.routerId}`;
  const edges: { from: string; to: string; cost: number; hops?: Hop[] }[] = [];
  for (const [from, body] of bodies) {
    if (body.kind === 'network')
      for (const router of body.routers) edges.push({ from, to: `r ${router}`, cost: 0 });
    if (body.kind !== 'router') continue;
    for (const link of body.links) {
      if (link.type === 3) continue;
      const to = `${link.type === 2 ? 'n' : 'r'} ${link.id}`;
      const hops = from === root ? ownHops(state, id, link, areas) : undefined;
      if (hops === undefined || hops.length > 0)
        edges.push({ from, to, cost: link.metric, ...(hops && { hops }) });
    }
  }
  const back = new Set(edges.map(({ from, to }) => `${from} ${to}`));
  // A link of ours that leads nowhere now is still one back to us.
  const mine = bodies.get(root);
  if (mine?.kind === 'router')
    for (const { type, id: end } of mine.links)
      if (type !== 3) back.add(`${root} ${type === 2 ? 'n' : 'r'} ${end}`);
  const used = edges.filter(
    ({ from, to }) => bodies.has(from) && bodies.has(to) && back.has(`${to} ${from}`),
  );
  const distance = new Map<string, number>(bodies.has(root) ? [[root, 0]] : []);
  for (let changed = true; changed; ) {
    changed = false;
    for (const { from, to, cost } of used) {
      const sum = (distance.get(from) ?? Infinity) + cost;
      if (sum < (distance.get(to) ?? Infinity)) {
        distance.set(to, sum);
        changed = true;
      }
    }
  }
  const ways = new Map<string, Way>();
  const hopsOf = (vertex: string): Hop[] => {
    const known = ways.get(vertex);
    if (known !== undefined) return known.hops;
    let hops: Hop[] = [];
    for (const edge of used) {
      if (edge.to !== vertex || distance.get(edge.from)! + edge.cost !== distance.get(vertex)) continue;
      if (edge.from === root) hops = [...hops, ...(edge.hops ?? [])];
      else
        for (const hop of hopsOf(edge.from))
          hops = [...hops, ...(hop.address === 0 ? onNetwork(bodies.get(vertex)!, edge.from, hop) : [hop])];
    }
    hops = union(hops, [], state.config.maximumPaths);
    ways.set(vertex, { cost: distance.get(vertex)!, hops });
    return hops;
  };
  ways.set(root, { cost: 0, hops: [] });
  for (const vertex of distance.keys()) hopsOf(vertex);
  const flags = new Map<number, number>();
  for (const [vertex, body] of bodies)
    if (body.kind === 'router' && distance.has(vertex)) flags.set(Number(vertex.slice(2)), body.flags);
  return {
    id,
    ways: new Map([...ways].filter(([v]) => distance.has(v))),
    flags,
    networks: networksOf(state, id, bodies, ways, distance),
  };
}

function networksOf(
  state: State,
  area: number,
  bodies: Map<string, LsaBody>,
  ways: Map<string, Way>,
  distance: Map<string, number>,
): Area['networks'] {
  const networks: Area['networks'] = new Map();
  for (const [vertex, body] of bodies) {
    if (body.kind !== 'network' || !distance.has(vertex)) continue;
    const id = Number(vertex.slice(2));
    const prefix = prefixOf(id, body.mask);
    const way = ways.get(vertex)!;
    const old = networks.get(prefix);
    if (old === undefined || way.cost < old.cost || (way.cost === old.cost && id > old.id))
      networks.set(prefix, { ...way, id });
  }
  for (const [vertex, body] of bodies) {
    if (body.kind !== 'router' || !distance.has(vertex)) continue;
    const way = ways.get(vertex)!;
    for (const { type, id, data, metric } of body.links) {
      if (type !== 3) continue;
      const prefix = prefixOf(id, data);
      const cost = way.cost + metric;
      const isOwn = vertex === `r ${state.routerId}`;
      const hops = isOwn ? [{ iface: ownStub(state, area, id, data), address: 0 }] : way.hops;
      const old = networks.get(prefix);
      if (old === undefined || cost < old.cost) networks.set(prefix, { cost, hops, id: 0 });
      else if (cost === old.cost)
        networks.set(prefix, { ...old, hops: union(old.hops, hops, state.config.maximumPaths) });
    }
  }
  return networks;
}

function ownStub(state: State, area: number, id: number, mask: number): string {
  const mine = [...state.interfaces.values()].filter(
    (iface) => iface.area === area && isUp(iface) && !iface.virtual,
  );
  const on = mine.find(
    ({ subnet }) =>
      subnet !== undefined &&
      maskOf(subnet.prefixLength) === mask &&
      (toNumber(subnet.address) & mask) >>> 0 === id,
  );
  return (on ?? mine.find(({ address }) => address === id))?.key ?? '';
}

/** Next hops over a link of ours. */
function ownHops(
  state: State,
  area: number,
  link: { type: number; id: number; data: number },
  areas: Map<number, Area>,
): Hop[] {
  const hops: Hop[] = [];
  for (const iface of state.interfaces.values()) {
    if (iface.area !== area || !isUp(iface)) continue;
    if (link.type === 4) {
      if (iface.virtual?.router === link.id)
        hops.push(...(areas.get(iface.virtual.area)?.ways.get(`r ${link.id}`)?.hops ?? []));
    } else if (
      iface.virtual === undefined &&
      (iface.address === link.data || indexOf(state, iface) === link.data)
    ) {
      if (link.type === 2) hops.push({ iface: iface.key, address: 0 });
      else
        for (const { routerId, address } of iface.neighbors.values())
          if (routerId === link.id) hops.push({ iface: iface.key, address });
    }
  }
  return hops;
}

function onNetwork(body: LsaBody, network: string, hop: Hop): Hop[] {
  if (body.kind !== 'router') return [];
  return body.links
    .filter(({ type, id }) => type === 2 && `n ${id}` === network)
    .map(({ data }) => ({ iface: hop.iface, address: data }));
}

// ——— What we are ———

function isUp({ state }: Interface): boolean {
  return state !== 'Down';
}

function indexOf({ links }: State, { link }: Interface): number {
  return links.get(link)?.index ?? 0;
}

function isBorder({ interfaces }: State): boolean {
  const all = [...interfaces.values()];
  return all.some(({ area }) => area === 0) && new Set(all.filter(isUp).map(({ area }) => area)).size > 1;
}

function hasBackbone({ interfaces }: State): boolean {
  return [...interfaces.values()].some(
    (iface) =>
      iface.area === 0 && isUp(iface) && [...iface.neighbors.values()].some(({ state }) => state === 'Full'),
  );
}

function activeRanges({ config }: State, table: Map<string, Entry>): Set<string> {
  const active = new Set<string>();
  for (const [prefix, { path, area }] of table) {
    if (path !== 'intra') continue;
    const ranges = Object.keys(config.areas[toAddress(area)]?.ranges ?? {});
    const inside = ranges.filter((range) => lengthOf(prefix) >= lengthOf(range) && isIn(prefix, range));
    inside.sort((one, other) => lengthOf(other) - lengthOf(one));
    if (inside[0] !== undefined) active.add(inside[0]);
  }
  return active;
}

function isIn(prefix: string, range: string): boolean {
  return prefixOf(toNumber(prefix.split('/')[0]!), maskOf(lengthOf(range))) === range;
}

function lengthOf(prefix: string): number {
  return Number(prefix.split('/')[1]);
}

function isTransit({ flags, ways }: Area): boolean {
  return [...flags].some(([router, bits]) => (bits & 4) !== 0 && ways.has(`r ${router}`));
}

function borderWay(area: Area | undefined, router: number): Way | undefined {
  return area !== undefined && ((area.flags.get(router) ?? 0) & 1) !== 0
    ? area.ways.get(`r ${router}`)
    : undefined;
}

function areaOf({ scope }: Lsa): number {
  return Number(scope.slice('area '.length));
}

function prefixOf(address: number, mask: number): string {
  let length = 0;
  while (length < 32 && maskOf(length) !== mask) length++;
  return `${toAddress((address & mask) >>> 0)}/${length}`;
}

export function hopText({ iface, address }: Hop): string {
  return `${iface} ${toAddress(address)}`;
}

function union(one: Hop[], other: Hop[], most: number): Hop[] {
  const all = new Map([...one, ...other].map((hop) => [`${hop.iface} ${hop.address}`, hop]));
  const sorted = [...all.values()].sort((a, b) =>
    a.iface === b.iface ? a.address - b.address : a.iface < b.iface ? -1 : 1,
  );
  return sorted.slice(0, most);
}
