/**
 * A kernel as far as the port `kernel` shows it: beside links and addresses it has routes of both families, with the habits of
 * Linux (../../drivers/kernel-tables.ts): what it refuses, what it drops in silence, and what it tells of.
 */
import type {
  KernelChange,
  KernelIn,
  KernelOut,
  KernelRefusal,
  KernelRow,
  KernelTold,
} from '../../drivers/kernel-tables.ts';
import type { InterfaceAddress } from '../../drivers/netlink/address.ts';
import type { Link } from '../../drivers/netlink/link.ts';
import type { NextHop, Route, RouteWanted } from '../../drivers/netlink/route.ts';
import { addressText, covers, familyOf, networkOf, parseAddress } from '../../firmware/modules/prefix.ts';
import { FakeKernel } from './fake-kernel.ts';

export const OURS = 72;
const ENETUNREACH = 101;
const ESRCH = 3;

/** Something that became of a route, in its order. */
export interface RouteEvent {
  did: 'replace' | 'remove' | 'foreign remove' | 'silent remove';
  id: string;
}

export class RouteKernel extends FakeKernel {
  /** By prefix, table and metric. */
  readonly routes = new Map<string, Route>();
  /** Gateways that it refuses, though they are on a link. */
  readonly bad = new Set<string>();
  readonly events: RouteEvent[] = [];
  /** Data that wait for their delivery. */
  readonly told: KernelIn[] = [];
  /** Changes that were asked for, in all. */
  changes = 0;
  #session = 0;
  #number = 0;
  #open = false;
  /** Told behind the answer to the request that is carried out now. */
  #behind: KernelRow[] | undefined;

  // --- the port

  open(): void {
    this.#session += 1;
    this.#number = 0;
    this.#open = true;
    this.told.length = 0;
    this.list();
  }

  close(): void {
    this.#open = false;
    this.told.length = 0;
  }

  /** Carries out what the module has sent. */
  take(out: KernelOut): void {
    if (out.do === 'list') this.list();
    else if (out.do === 'withdraw') {
      for (const [id, { protocol }] of this.routes) if (protocol === OURS) this.#drop(id, 'remove');
      this.#tell({ of: 'done', request: out.request, refusals: [] });
    } else if (out.do === 'change') {
      this.#changeAll(out.request, out.changes);
    }
  }

  list(): void {
    const rows: KernelRow[] = [
      ...[...this.links.values()].map((row) => ({ kind: 'link' as const, row: { ...row } })),
      ...[...this.addresses.values()].map((row) => ({ kind: 'address' as const, row })),
      ...[...this.routes.values()].map((row) => ({ kind: 'route' as const, row })),
    ];
    this.#tell({ of: 'list', at: 'begin' });
    for (let i = 0; i < rows.length; i += 16) this.#tell({ of: 'rows', rows: rows.slice(i, i + 16) });
    this.#tell({ of: 'list', at: 'end' });
  }

  // --- its own life

  addLink(name: string, index: number, settings: Partial<Link> = {}): void {
    this.link(name, { index, mac: '', kind: '', ...settings });
  }

  /** Down, as `ip link set down`: routes of IPv4 go in silence, addresses and routes of IPv6 are told. */
  override set(index: number, changed: Partial<Link>): void {
    const before = this.links.get(index);
    if (before === undefined) return;
    const wasUp = before.up;
    super.set(index, changed);
    if (!wasUp || before.up) return;
    this.#dropThrough(index);
    for (const { family, index: of, address, prefixLength } of [...this.addresses.values()])
      if (family === 6 && of === index) this.takeAway(index, address, prefixLength);
    this.list();
  }

  removeLink(index: number): void {
    const link = this.links.get(index);
    if (link !== undefined) this.remove(link);
  }

  override remove(link: Link): void {
    this.set(link.index, { up: false, carrier: false });
    super.remove(link);
    for (const [id, { hops }] of this.routes)
      if (hops.some((hop) => hop.interface === link.index)) this.#drop(id, 'silent remove');
    this.list();
  }

  addAddress(index: number, text: string, flags = 0): void {
    this.give(this.links.get(index)!.name, text, { flags });
  }

  removeAddress(index: number, address: string): void {
    const row = this.addressOf(index, address);
    if (row !== undefined) this.takeAway(index, address, row.prefixLength);
  }

  addressOf(index: number, address: string): InterfaceAddress | undefined {
    return [...this.addresses.values()].find((row) => row.index === index && row.address === address);
  }

  override takeAway(index: number, address: string, prefixLength: number): boolean {
    if (!super.takeAway(index, address, prefixLength)) return false;
    const isLast = ![...this.addresses.values()].some((other) => other.index === index && other.family === 4);
    if (familyOf(address) === 4 && isLast) {
      this.#dropThrough(index);
      this.list();
    }
    return true;
  }

  /** Another program's route, or one in place of ours. */
  addForeign(wanted: RouteWanted): void {
    const route = routeOf(wanted);
    this.routes.set(idOf(route), route);
    this.#rows({ kind: 'route', row: route });
  }

  removeRoute(id: string): void {
    const row = this.routes.get(id);
    if (row === undefined) return;
    this.#drop(id, 'foreign remove');
    this.#rows({ kind: 'route', row, gone: true });
  }

  /** One next hop of an IPv6 route goes, by another program or with its link. */
  removeHop(id: string, gateway: string): void {
    const row = this.routes.get(id)!;
    this.routes.set(id, { ...row, hops: row.hops.filter((hop) => hop.gateway !== gateway) });
    const hops = row.hops.filter((hop) => hop.gateway === gateway);
    this.#rows({ kind: 'route', row: { ...row, hops }, gone: true });
  }

  /** Tells late of next hops of a route that are gone, be it that it is another by now. */
  goneHops(id: string, gateway: string, index: number): void {
    const hops = [{ gateway, interface: index, weight: 1, flags: 0 }];
    this.#rows({ kind: 'route', row: { ...this.routes.get(id)!, hops }, gone: true });
  }

  /** Our routes, one line each. */
  ours(): string[] {
    return [...this.routes.values()]
      .filter(({ protocol }) => protocol === OURS)
      .map(routeText)
      .sort();
  }

  // --- how it does it

  /** Rows that differ then are told behind the answer. */
  #changeAll(request: number, changes: readonly KernelChange[]): void {
    this.#behind = [];
    const was: (string | undefined)[] = [];
    const refusals = changes.flatMap((change, at) => {
      this.changes++;
      if (change.kind === 'route') return this.#change(change, at);
      const result = this.do(change);
      if (change.kind === 'sysctl') was[at] = 'was' in result ? result.was : undefined;
      if (!('errno' in result)) return [];
      const { errno, name, text } = result;
      return [{ at, errno, name, message: `${change.verb} ${change.kind}: ${text}` }];
    });
    const rows = this.#behind;
    this.#behind = undefined;
    this.#tell({ of: 'done', request, refusals, ...(was.length > 0 && { was }) });
    if (rows.length > 0) this.#rows(...rows);
  }

  #change(change: KernelChange & { kind: 'route' }, at: number): KernelRefusal[] {
    const route = routeOf(change.wanted);
    const id = idOf(route);
    if (change.verb === 'remove') {
      const found = this.routes.get(id);
      if (found === undefined || found.protocol !== route.protocol)
        return [{ at, errno: ESRCH, name: 'ESRCH', message: `remove route ${id}: No such process` }];
      this.#drop(id, 'remove');
      return [];
    }
    const wrong = route.hops.find((hop) => !this.reaches(hop));
    if (wrong !== undefined)
      return [
        { at, errno: ENETUNREACH, name: 'ENETUNREACH', message: `route ${id}: Nexthop has invalid gateway` },
      ];
    this.routes.set(id, route);
    this.events.push({ did: 'replace', id });
    return [];
  }

  /** Whether a route by it would be taken. */
  reaches({ interface: index, gateway }: NextHop): boolean {
    if (this.links.get(index)?.up !== true) return false;
    if (gateway === undefined) return true;
    const address = parseAddress(gateway)!;
    const all = [...this.addresses.values()];
    if (this.bad.has(gateway) || all.some((own) => own.address === gateway)) return false;
    if (gateway.startsWith('fe80:')) return true;
    return all.some(
      (own) =>
        own.index === index &&
        covers({ words: parseAddress(own.address)!, length: own.prefixLength }, address),
    );
  }

  /** IPv4 routes with one next hop through the link go in silence; those of IPv6 are told. */
  #dropThrough(index: number): void {
    for (const [id, route] of this.routes) {
      if (route.hops.length !== 1 || route.hops[0]!.interface !== index) continue;
      this.#drop(id, 'silent remove');
      if (route.family === 6) this.#rows({ kind: 'route', row: route, gone: true });
    }
  }

  #drop(id: string, did: RouteEvent['did']): void {
    this.routes.delete(id);
    this.events.push({ did, id });
  }

  protected override tell(row: KernelRow): void {
    if (this.#behind !== undefined) this.#behind.push(row);
    else this.#rows(row);
  }

  #rows(...rows: KernelRow[]): void {
    this.#tell({ of: 'rows', rows });
  }

  #tell(told: KernelTold): void {
    if (!this.#open) return;
    this.#number += 1;
    this.told.push({ session: `s${this.#session}`, number: this.#number, ...told } as KernelIn);
  }
}

function routeOf(wanted: RouteWanted): Route {
  const { destination, prefixLength, protocol, type = 'unicast', table = 254, metric = 0 } = wanted;
  return {
    family: familyOf(destination),
    destination: addressText(networkOf(parseAddress(destination)!, prefixLength)),
    prefixLength,
    type,
    table,
    protocol,
    metric,
    tos: 0,
    scope: 0,
    hops: (wanted.hops ?? []).map(({ gateway, interface: index = 0, weight = 1, flags = 0 }) => ({
      ...(gateway !== undefined && { gateway }),
      interface: index,
      weight,
      flags,
    })),
  };
}

function idOf({ table, destination, prefixLength, metric }: Route): string {
  return `${table} ${destination}/${prefixLength} ${metric}`;
}

/** `254 10.0.0.0/8 via 10.0.0.2%2*3`. */
function routeText({ table, destination, prefixLength, type, hops }: Route): string {
  const each = hops
    .map(({ gateway = '', interface: index, weight }) => `${gateway}%${index}*${weight}`)
    .sort();
  return `${table} ${destination}/${prefixLength} ${type === 'unicast' ? `via ${each.join(' ')}` : type}`;
}
