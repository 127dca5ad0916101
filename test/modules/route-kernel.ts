/**
 * A kernel as far as the port `kernel` shows it: links, addresses and routes of both families, with the habits of Linux
 * (../../drivers/kernel-tables.ts): what it refuses, what it drops in silence, and what it tells of.
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
import {
  addressText,
  covers,
  familyOf,
  networkOf,
  parseAddress,
  parsePrefix,
} from '../../firmware/modules/ip/rib/prefix.ts';

export const OURS = 72;
const ENETUNREACH = 101;
const ESRCH = 3;

/** Something that became of a route, in its order. */
export interface RouteEvent {
  did: 'replace' | 'remove' | 'foreign remove' | 'silent remove';
  id: string;
}

export class RouteKernel {
  readonly links = new Map<number, Link>();
  readonly addresses = new Map<string, InterfaceAddress>();
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
      const refusals = out.changes.flatMap((change, at) => this.#change(change, at));
      this.#tell({ of: 'done', request: out.request, refusals });
    }
  }

  list(): void {
    const rows: KernelRow[] = [
      ...[...this.links.values()].map((row) => ({ kind: 'link' as const, row })),
      ...[...this.addresses.values()].map((row) => ({ kind: 'address' as const, row })),
      ...[...this.routes.values()].map((row) => ({ kind: 'route' as const, row })),
    ];
    this.#tell({ of: 'list', at: 'begin' });
    for (let i = 0; i < rows.length; i += 16) this.#tell({ of: 'rows', rows: rows.slice(i, i + 16) });
    this.#tell({ of: 'list', at: 'end' });
  }

  // --- its own life

  addLink(name: string, index: number, settings: Partial<Link> = {}): void {
    const link: Link = {
      index,
      name,
      flags: 0,
      up: true,
      carrier: true,
      mtu: 1500,
      mac: '',
      kind: '',
      parent: 0,
      master: 0,
      alias: '',
      group: 0,
      hardware: 1,
      operational: 6,
      ...settings,
    };
    this.links.set(index, link);
    this.#rows({ kind: 'link', row: { ...link } });
  }

  /** Down, as `ip link set down`: routes of IPv4 go in silence, addresses and routes of IPv6 are told. */
  set(index: number, changed: Partial<Link>): void {
    const before = this.links.get(index);
    if (before === undefined) return;
    const link = { ...before, ...changed };
    this.links.set(index, link);
    this.#rows({ kind: 'link', row: { ...link } });
    if (!before.up || link.up) return;
    this.#dropThrough(index);
    for (const address of [...this.addresses.values()])
      if (address.family === 6 && address.index === index) this.removeAddress(index, address.address);
    this.list();
  }

  removeLink(index: number): void {
    const link = this.links.get(index);
    if (link === undefined) return;
    this.set(index, { up: false, carrier: false });
    for (const address of [...this.addresses.values()])
      if (address.index === index) this.removeAddress(index, address.address);
    this.links.delete(index);
    this.#rows({ kind: 'link', row: { ...link }, gone: true });
    for (const [id, { hops }] of this.routes)
      if (hops.some((hop) => hop.interface === index)) this.#drop(id, 'silent remove');
    this.list();
  }

  addAddress(index: number, text: string, flags = 0): void {
    const { words, length } = parsePrefix(text)!;
    const address = addressText(words);
    const row: InterfaceAddress = {
      family: familyOf(address),
      index,
      address,
      prefixLength: length,
      flags,
      secondary: false,
      scope: 0,
      protocol: 0,
    };
    this.addresses.set(`${index} ${address}`, row);
    this.#rows({ kind: 'address', row: { ...row } });
  }

  removeAddress(index: number, address: string): void {
    const row = this.addresses.get(`${index} ${address}`);
    if (row === undefined) return;
    this.addresses.delete(`${index} ${address}`);
    this.#rows({ kind: 'address', row, gone: true });
    const isLast = ![...this.addresses.values()].some((other) => other.index === index && other.family === 4);
    if (row.family === 4 && isLast) {
      this.#dropThrough(index);
      this.list();
    }
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

  #change(change: KernelChange, at: number): KernelRefusal[] {
    this.changes++;
    if (change.kind !== 'route') return [];
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
