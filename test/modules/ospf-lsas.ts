/** A router's OSPF state with neighbours as a test wants them, LSAs of made-up routers, and what its database parts do. */

import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import { type Item, OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import { PLAIN_AREA } from '../../firmware/modules/ospf/config/area-config.ts';
import { DEFAULTS } from '../../firmware/modules/ospf/config.ts';
import type { AreaConfig, InterfaceConfig } from '../../firmware/modules/ospf/config-record.ts';
import {
  INITIAL_SEQUENCE,
  LS_ROUTER,
  NONE,
  OPTION_E,
  OPTION_O,
} from '../../firmware/modules/ospf/constants.ts';
import { sendDelayed } from '../../firmware/modules/ospf/lsdb/acknowledgment.ts';
import { age, removeAged } from '../../firmware/modules/ospf/lsdb/aging.ts';
import { flood, receiveUpdate, sendUpdates } from '../../firmware/modules/ospf/lsdb/flooding.ts';
import { originate, originateWaiting } from '../../firmware/modules/ospf/lsdb/origination.ts';
import {
  type RetransmitBody,
  receiveAcknowledgment,
  retransmit,
} from '../../firmware/modules/ospf/lsdb/retransmission.ts';
import { decodeAcknowledgment } from '../../firmware/modules/ospf/packet/acknowledgment.ts';
import { decodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeLsa, type LsaBody } from '../../firmware/modules/ospf/packet/lsa.ts';
import { decodeLsaHeader, type LsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { decodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { graceIsOver, lsaChanged } from '../../firmware/modules/ospf/restart/helping.ts';
import { findNeighbor } from '../../firmware/modules/ospf/selectors.ts';
import {
  type Id,
  type Interface,
  initialState,
  type Neighbor,
  type NeighborState,
  type State,
} from '../../firmware/modules/ospf/state.ts';
import { FakeContext } from './fake-context.ts';

export const OUR_ID = '10.0.0.1';

const INTERFACE: InterfaceConfig = {
  link: '',
  area: '0.0.0.0',
  passive: false,
  priority: 1,
  helloInterval: 10_000,
  deadInterval: 40_000,
  retransmitInterval: 5_000,
  transmitDelay: 1_000,
  mtuIgnore: false,
  authentication: { type: 'none' },
  neighbors: {},
};

/** One packet that left. */
export interface Left {
  link: string;
  to: string;
  kind: 'update' | 'acknowledgment' | 'other';
  headers: LsaHeader[];
}

/** The database parts of a router: what a test gives to them is worked off as settle.ts does it. */
export class LsdbRouter {
  readonly state: State;
  readonly ctx = new FakeContext('OSPF', '3.0.0');
  /** Consequences for other nouns, in order. */
  readonly told: Item[] = [];
  /** One handler's longest agenda. */
  most = 0;
  #read = 0;

  constructor(routerId = OUR_ID) {
    this.state = initialState(structuredClone({ ...DEFAULTS, routerId }), toNumber(routerId), 's');
    this.addArea(0);
  }

  addArea(id: Id, config: Partial<AreaConfig> = {}): void {
    this.state.config.areas[toAddress(id)] = { ...PLAIN_AREA, ...config };
    this.state.areas.set(id, { id, transit: false, trees: 0, translator: 'disabled' });
  }

  addInterface(
    name: string,
    given: Partial<Interface> = {},
    config: Partial<InterfaceConfig> = {},
  ): Interface {
    const index = this.state.interfaces.size + 1;
    const address = `10.${index}.0.1`;
    const area = given.area ?? 0;
    this.state.config.interfaces[name] = { ...INTERFACE, link: name, area: toAddress(area), ...config };
    const iface: Interface = {
      key: name,
      link: name,
      area,
      type: 'broadcast',
      subnet: { address, prefixLength: 24 },
      address: toNumber(address),
      mtu: 1500,
      cost: 10,
      state: 'DROther',
      since: 0,
      dr: NONE,
      bdr: NONE,
      neighbors: new Map(),
      events: {},
      unsent: 0,
      acknowledgments: [],
      flooding: [],
      ...given,
    };
    this.state.interfaces.set(name, iface);
    return iface;
  }

  /** The n-th host of the interface's network, with the router id 10.0.0.n unless given. */
  addNeighbor(
    iface: Interface,
    n: number,
    state: NeighborState = 'Full',
    routerId = `10.0.0.${n}`,
  ): Neighbor {
    const address = (iface.address & 0xffff_ff00) + n;
    const name = iface.type === 'point-to-point' || iface.type === 'virtual' ? routerId : toAddress(address);
    const neighbor: Neighbor = {
      key: `${iface.key}/${name}`,
      timer: `${iface.key}/${routerId}`,
      routerId: toNumber(routerId),
      address,
      state,
      since: 0,
      priority: 1,
      dr: NONE,
      bdr: NONE,
      options: OPTION_E | OPTION_O,
      requested: 0,
      asked: [],
      unacknowledged: 0,
      sequences: {},
      hindrance: '',
      events: {},
    };
    iface.neighbors.set(name, neighbor);
    return neighbor;
  }

  /** An Update comes from a neighbour. */
  update(iface: Interface, neighbor: Neighbor, ...lsas: Uint8Array[]): void {
    this.#settle((agenda) => {
      for (const _ of receiveUpdate(this.state, iface, neighbor, lsas, agenda, this.ctx));
    });
  }

  /** An acknowledgment comes from a neighbour. */
  acknowledge(iface: Interface, neighbor: Neighbor, ...headers: LsaHeader[]): void {
    this.#settle((agenda) => receiveAcknowledgment(this.state, iface, neighbor, headers, agenda, this.ctx));
  }

  originate(...items: Parameters<OspfAgenda['originate']>): void {
    this.#settle((agenda) => agenda.originate(...items));
  }

  settle(push: (agenda: OspfAgenda) => void): void {
    this.#settle(push);
  }

  /** Lets time pass. */
  advance(ms: number): void {
    const end = this.ctx.time + ms;
    for (;;) {
      const [first] = [...this.ctx.timers.values()].sort((one, other) => one.due - other.due);
      if (first === undefined || first.due > end) break;
      this.ctx.timers.delete(`${first.name} ${first.key}`);
      this.ctx.time = Math.max(this.ctx.time, first.due);
      this.#expire(first.name, first.key, first.body);
    }
    this.ctx.time = end;
  }

  #expire(name: string, key: string, body: unknown): void {
    const { state, ctx } = this;
    this.#settle((agenda) => {
      if (name === 'aging') age(state, agenda, ctx);
      if (name === 'grace') graceIsOver(state, key, agenda, ctx);
      if (name === 'originate') originateWaiting(state, key, agenda, ctx);
      if (name === 'acknowledge') sendDelayed(state, state.interfaces.get(key)!, ctx);
      const found = name === 'retransmit' ? findNeighbor(state, key) : undefined;
      if (found !== undefined) retransmit(state, ...found, body as RetransmitBody | undefined, ctx);
    });
  }

  #settle(push: (agenda: OspfAgenda) => void): void {
    const { state, ctx } = this;
    const agenda = new OspfAgenda();
    push(agenda);
    for (let done = 1; ; done++) {
      const item = agenda.next();
      if (item === undefined) return;
      this.most = Math.max(this.most, done);
      if (item.on === 'origination') originate(state, item, agenda, ctx);
      else if (item.on === 'flooding') flood(state, item.key, agenda, ctx);
      else if (item.on === 'updates') sendUpdates(state, item.iface, ctx);
      else if (item.on === 'restart' && item.key !== undefined) lsaChanged(state, item.key, agenda, ctx);
      else if (item.on === 'aging') removeAged(state, item.key, agenda, ctx.now());
      else this.told.push(item);
    }
  }

  /** Consequences of a kind since the last call. */
  takeTold<On extends Item['on']>(on: On): Extract<Item, { on: On }>[] {
    const taken = this.told.filter((item) => item.on === on) as Extract<Item, { on: On }>[];
    this.told.splice(0, this.told.length, ...this.told.filter((item) => item.on !== on));
    return taken;
  }

  /** Packets that left since the last call. */
  takeLeft(): Left[] {
    const packets = this.ctx.transmitted.slice(this.#read);
    this.#read = this.ctx.transmitted.length;
    return packets.map(({ key, to, payload }) => {
      const packet = decodePacket(payload);
      if ('error' in packet) throw new Error(packet.error);
      if (packet.type === 4) {
        const lsas = decodeUpdate(packet.body);
        if ('error' in lsas) throw new Error(lsas.error);
        return { link: key, to, kind: 'update', headers: lsas.map((lsa) => decodeLsaHeader(lsa)) };
      }
      const headers = packet.type === 5 ? decodeAcknowledgment(packet.body) : [];
      if ('error' in headers) throw new Error(headers.error);
      return { link: key, to, kind: packet.type === 5 ? 'acknowledgment' : 'other', headers };
    });
  }

  count(name: keyof State['counters']): number {
    return this.state.counters[name] ?? 0;
  }
}

/** An LSA as another router would make it; `router` and `id` as dotted text. */
export function lsa(
  given: {
    type?: number;
    id?: string;
    router?: string;
    sequence?: number;
    age?: number;
    options?: number;
    body?: LsaBody;
  } = {},
): Uint8Array {
  const { type = LS_ROUTER, router = '10.0.0.9', age: seconds = 1, options = OPTION_E } = given;
  return encodeLsa(
    {
      type,
      id: toNumber(given.id ?? router),
      router: toNumber(router),
      sequence: given.sequence ?? INITIAL_SEQUENCE,
      age: seconds,
      options,
    },
    given.body ?? bodyFor(type),
  );
}

/** A router-LSA's body with so many stub networks. */
export function links(count: number, metric = 1): LsaBody {
  return {
    kind: 'router',
    flags: 0,
    links: Array.from({ length: count }, (_, i) => ({
      type: 3,
      id: toNumber('10.99.0.0') + i * 256,
      data: 0xffff_ff00,
      metric,
    })),
  };
}

function bodyFor(type: number): LsaBody {
  if (type === 1) return links(1);
  if (type === 2) return { kind: 'network', mask: 0xffff_ff00, routers: [1, 2] };
  if (type === 3 || type === 4) return { kind: 'summary', mask: type === 3 ? 0xffff_ff00 : 0, metric: 5 };
  if (type === 5 || type === 7)
    return { kind: 'external', mask: 0xffff_ff00, type: 2, metric: 20, forwarding: 0, tag: 0 };
  return { kind: 'opaque', data: new Uint8Array([0, 1, 0, 0]) };
}
