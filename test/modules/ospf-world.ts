/** An OSPF router's database and interfaces, made up by chance and changed by chance: for tests of its calculation. */

import { maskOf, toAddress } from '../../firmware/modules/address.ts';
import type { RoutingChange } from '../../firmware/modules/ospf/agenda.ts';
import { PLAIN_AREA } from '../../firmware/modules/ospf/config/area-config.ts';
import { DEFAULTS } from '../../firmware/modules/ospf/config.ts';
import type { AreaConfig, Config } from '../../firmware/modules/ospf/config-record.ts';
import {
  findLsa,
  install,
  keyOf,
  lsaKey,
  removeLsa,
  routingChangeOf,
} from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { encodeLsa, type LsaBody, type RouterLink } from '../../firmware/modules/ospf/packet/lsa.ts';
import {
  type Interface,
  initialState,
  type Neighbor,
  type State,
} from '../../firmware/modules/ospf/state.ts';
import type { Chance } from './differential.ts';

export const SELF = router(1);
const STUB = '0.0.0.2';
const NSSA = '0.0.0.3';

export function router(n: number): number {
  return (n * 0x0101_0101) >>> 0;
}

/** Areas 0 and 1 are normal ones, 2 is a stub area, 3 an NSSA. */
export function configOf(maximumPaths: number, ranges: AreaConfig['ranges'] = {}): Config {
  return {
    ...DEFAULTS,
    routerId: toAddress(SELF),
    maximumPaths,
    areas: {
      '0.0.0.0': PLAIN_AREA,
      '0.0.0.1': { ...PLAIN_AREA, ranges },
      [STUB]: { ...PLAIN_AREA, type: 'stub' },
      [NSSA]: { ...PLAIN_AREA, type: 'nssa' },
    },
  };
}

export function ifaceOf(
  key: string,
  area: number,
  address: number,
  more: Partial<Interface> = {},
): Interface {
  return {
    key,
    link: key,
    area,
    type: 'broadcast',
    subnet: { address: toAddress(address), prefixLength: 24 },
    address,
    mtu: 1500,
    cost: 10,
    state: 'DROther',
    since: 0,
    dr: 0,
    bdr: 0,
    neighbors: new Map(),
    events: {},
    unsent: 0,
    acknowledgments: [],
    ...more,
  } as Interface;
}

export function neighborOf(iface: Interface, routerId: number, address: number): Neighbor {
  return {
    key: `${iface.key}/${toAddress(address)}`,
    routerId,
    address,
    state: 'Full',
    since: 0,
    priority: 1,
    dr: 0,
    bdr: 0,
    options: 0,
    requested: 0,
    asked: [],
    unacknowledged: 0,
    sequences: {},
    hindrance: '',
    events: {},
  } as unknown as Neighbor;
}

/** A database into which LSAs are put as peers would, with what that concerns. */
export class Database {
  readonly state: State;
  time = 1_000_000;
  #sequence = 1;

  constructor(config: Config) {
    this.state = initialState(config, SELF, 'session');
  }

  addArea(id: number): void {
    this.state.areas.set(id, { id, transit: false, translator: 'disabled', trees: 0 });
  }

  put(
    scope: string,
    type: number,
    id: number,
    from: number,
    body: LsaBody,
    { options = 2, age = 0 } = {},
  ): RoutingChange | undefined {
    const header = { age, options, type, id, router: from, sequence: this.#sequence++ };
    const { lsa, changed } = install(this.state, scope, encodeLsa(header, body), this.time);
    return changed ? routingChangeOf(lsa) : undefined;
  }

  /** One goes: it is of MaxAge, and stays for a while or is removed at once. */
  remove(key: string, stays: boolean): RoutingChange | undefined {
    const lsa = findLsa(this.state, key);
    if (lsa === undefined) return undefined;
    const bytes = Uint8Array.from(lsa.bytes);
    new DataView(bytes.buffer).setUint16(0, 3600);
    install(this.state, lsa.scope, bytes, this.time);
    if (!stays) removeLsa(this.state, keyOf(lsa));
    return routingChangeOf(lsa);
  }
}

interface Member {
  flags: number;
  links: RouterLink[];
}

/** An AS by chance, as one router knows it. */
export class OspfWorld extends Database {
  readonly #chance: Chance;
  readonly #members = new Map<number, Map<number, Member>>();
  readonly #networks: { area: number; id: number; routers: number[] }[] = [];
  readonly #areas: number[];
  #count = 0;

  constructor(chance: Chance) {
    const ranges = chance.once(2)
      ? { '10.1.0.0/17': { advertise: true }, '10.1.0.0/18': { advertise: false } }
      : {};
    super(configOf(chance.of([1, 2, 4, 64]), ranges));
    this.#chance = chance;
    this.#areas = [0, 1, 2, 3].filter(() => !chance.once(3));
    if (this.#areas.length === 0) this.#areas.push(1);
    for (const area of this.#areas) this.#makeArea(area);
    if (this.#areas.includes(0) && this.#areas.includes(1)) this.#makeVirtualLink();
    for (const area of this.#areas) for (const id of this.#members.get(area)!.keys()) this.#tell(area, id);
    for (let i = 0; i < 40; i++) this.change();
  }

  /** Something is another than before. */
  change(): RoutingChange | undefined {
    const chance = this.#chance;
    const area = chance.of(this.#areas);
    if (chance.once(4)) return this.#changeRouter(area);
    if (chance.once(8)) return this.remove(chance.of([...this.state.lsas.keys()]), chance.once(2));
    if (chance.once(30)) return this.#changeNetwork();
    if (chance.once(20)) return this.#changeOwn();
    return chance.once(2) ? this.#changeSummary(area) : this.#changeExternal();
  }

  #makeArea(area: number): void {
    const chance = this.#chance;
    this.addArea(area);
    const members = new Map<number, Member>();
    this.#members.set(area, members);
    const ids = [SELF, ...Array.from({ length: 2 + chance.whole(7) }, () => router(2 + chance.whole(12)))];
    for (const id of ids) members.set(id, { flags: chance.whole(8) | (chance.once(3) ? 3 : 0), links: [] });
    const all = [...members.keys()];
    for (let i = 0; i < 2 + chance.whole(all.length); i++) {
      const some = all.filter((id) => chance.once(3) || (i === 0 && id === SELF));
      this.#makeLan(area, some.length > 1 ? some : all.slice(0, 2));
    }
    for (let i = 0; i < 2 + chance.whole(2 * all.length); i++) {
      const one = i === 0 ? SELF : chance.of(all);
      const other = chance.of(all.filter((id) => id !== one));
      this.#makePointToPoint(area, one, other, chance.once(3));
    }
    for (const id of all) for (let i = chance.whole(3); i > 0; i--) this.#addStub(members.get(id)!);
  }

  /** Costs are few, so that many paths cost the same. */
  #cost(): number {
    return this.#chance.of([1, 1, 2, 3, 10]);
  }

  #makeLan(area: number, ids: number[]): void {
    const base = ((10 << 24) | (area << 16) | (this.#count++ << 8)) >>> 0;
    const dr = base + 1 + ids.indexOf(this.#chance.of(ids));
    for (const [i, id] of ids.entries()) {
      const address = base + 1 + i;
      this.#members.get(area)!.get(id)!.links.push({ type: 2, id: dr, data: address, metric: this.#cost() });
      if (id !== SELF) continue;
      const iface = ifaceOf(`lan${this.#count}`, area, address);
      for (const [j, other] of ids.entries())
        if (other !== SELF)
          iface.neighbors.set(toAddress(base + 1 + j), neighborOf(iface, other, base + 1 + j));
      this.state.interfaces.set(iface.key, iface);
    }
    this.#networks.push({ area, id: dr, routers: ids });
    this.put(`area ${area}`, 2, dr, ids[dr - base - 1]!, { kind: 'network', mask: maskOf(24), routers: ids });
  }

  #makePointToPoint(area: number, one: number, other: number, unnumbered: boolean): void {
    const base = ((10 << 24) | (area << 16) | (this.#count++ << 8)) >>> 0;
    const index = 100 + this.#count;
    for (const [i, id] of [one, other].entries()) {
      const to = i === 0 ? other : one;
      const data = unnumbered ? index : base + 1 + i;
      const { links } = this.#members.get(area)!.get(id)!;
      links.push({ type: 1, id: to, data, metric: this.#cost() });
      if (!unnumbered) links.push({ type: 3, id: base, data: maskOf(30), metric: this.#cost() });
      if (id !== SELF) continue;
      const address = unnumbered ? router(99) : base + 1 + i;
      const iface = ifaceOf(`p2p${this.#count}`, area, address, {
        type: 'point-to-point',
        state: 'Point-to-point',
        ...(!unnumbered && { subnet: { address: toAddress(address), prefixLength: 30 } }),
      });
      if (unnumbered) {
        delete iface.subnet;
        this.state.links.set(iface.link, { name: iface.link, index, addresses: [] } as never);
      }
      iface.neighbors.set(toAddress(to), neighborOf(iface, to, base + 2 - i));
      this.state.interfaces.set(iface.key, iface);
    }
  }

  #addStub(member: Member): void {
    const id = this.#stub();
    member.links.push({ type: 3, id, data: maskOf(24), metric: this.#cost() });
  }

  #stub(): number {
    return ((10 << 24) | (this.#chance.whole(3) << 16) | ((64 + this.#chance.whole(6)) << 8)) >>> 0;
  }

  #makeVirtualLink(): void {
    const chance = this.#chance;
    const to = chance.of([...this.#members.get(1)!.keys()].filter((id) => id !== SELF));
    const backbone = this.#members.get(0)!;
    if (chance.once(3)) return;
    if (!backbone.has(to)) backbone.set(to, { flags: 3, links: [] });
    const cost = this.#cost();
    const iface = ifaceOf('vlink', 0, router(77), {
      type: 'virtual',
      state: 'Point-to-point',
      virtual: { area: 1, router: to, to: 1, over: '' },
    });
    delete iface.subnet;
    iface.neighbors.set(toAddress(to), neighborOf(iface, to, router(78)));
    this.state.interfaces.set(iface.key, iface);
    backbone.get(SELF)!.links.push({ type: 4, id: to, data: router(77), metric: cost });
    backbone.get(to)!.links.push({ type: 4, id: SELF, data: router(78), metric: cost });
    this.#members.get(1)!.get(to)!.flags |= 5;
  }

  #tell(area: number, id: number): RoutingChange | undefined {
    const { flags, links } = this.#members.get(area)!.get(id)!;
    return this.put(`area ${area}`, 1, id, id, {
      kind: 'router',
      flags,
      links: links.map((link) => ({ ...link })),
    });
  }

  #changeRouter(area: number): RoutingChange | undefined {
    const chance = this.#chance;
    const id = chance.of([...this.#members.get(area)!.keys()]);
    const member = this.#members.get(area)!.get(id)!;
    const link = member.links[chance.whole(member.links.length)];
    if (chance.once(6)) member.flags = chance.whole(8);
    else if (chance.once(4)) this.#addStub(member);
    else if (chance.once(8) && link !== undefined) member.links.splice(member.links.indexOf(link), 1);
    else if (link !== undefined) link.metric = this.#cost();
    return this.#tell(area, id);
  }

  #changeNetwork(): RoutingChange | undefined {
    const chance = this.#chance;
    const { area, id, routers } = chance.of(this.#networks);
    const some = routers.filter(() => !chance.once(6));
    const from = chance.of(routers);
    for (const other of routers) removeLsa(this.state, lsaKey(`area ${area}`, 2, id, other));
    return this.put(`area ${area}`, 2, id, from, { kind: 'network', mask: maskOf(24), routers: some });
  }

  /** An interface of ours goes down or up, and our router-LSA is another with it. */
  #changeOwn(): RoutingChange | undefined {
    const iface = this.#chance.of([...this.state.interfaces.values()]);
    iface.state = iface.state === 'Down' ? 'DROther' : 'Down';
    const member = this.#members.get(iface.area)!.get(SELF)!;
    const link = member.links.find(({ data }) => data === iface.address);
    if (link !== undefined) link.metric++;
    this.#tell(iface.area, SELF);
    return { of: 'all' };
  }

  #changeSummary(area: number): RoutingChange | undefined {
    const chance = this.#chance;
    const from = chance.of([...this.#members.get(area)!.keys()]);
    const metric = chance.of([1, 2, 3, 10, 0xff_ffff]);
    if (chance.once(3)) {
      const id = router(1 + chance.whole(16));
      return this.put(`area ${area}`, 4, id, from, { kind: 'summary', mask: 0, metric });
    }
    const [id, mask] = this.#prefix();
    return this.put(`area ${area}`, 3, id, from, { kind: 'summary', mask, metric });
  }

  #changeExternal(): RoutingChange | undefined {
    const chance = this.#chance;
    const isNssa = this.#areas.includes(3) && chance.once(2);
    const from = isNssa ? chance.of([...this.#members.get(3)!.keys()]) : router(1 + chance.whole(16));
    const [id, mask] = this.#prefix();
    const address = chance.of(this.#networks).id;
    const body: LsaBody = {
      kind: 'external',
      mask,
      type: chance.of([1, 2]),
      metric: chance.of([1, 2, 5, 0xff_ffff]),
      forwarding: chance.of([
        0,
        0,
        address,
        (this.#stub() + 9) >>> 0,
        (0xac10_0009 + (chance.whole(12) << 8)) >>> 0,
      ]),
      tag: 0,
    };
    const options = isNssa ? chance.of([0, 8]) : 2;
    return this.put(isNssa ? 'area 3' : 'as', isNssa ? 7 : 5, id, from, body, { options });
  }

  #prefix(): [number, number] {
    const chance = this.#chance;
    if (chance.once(12)) return [0, 0];
    if (chance.once(12)) return [0x0a01_0000, maskOf(chance.of([17, 18]))];
    if (chance.once(4)) return [this.#stub(), maskOf(24)];
    return [(0xac10_0000 + (chance.whole(12) << 8)) >>> 0, maskOf(chance.of([24, 24, 24, 16]))];
  }
}
