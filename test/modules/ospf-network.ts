/**
 * OSPF routers in one process, on a virtual clock: LANs and point-to-point links between them that lose, duplicate and
 * reorder packets by a seed, and swaps of any router between any two inputs.
 */

import { Table } from 'hitless/runtime';
import type { RawIpOut } from '../../drivers/raw-ip.ts';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import type { LinkAndAddresses } from '../../firmware/modules/messages/links.ts';
import { PLAIN_AREA } from '../../firmware/modules/ospf/config/area-config.ts';
import { DEFAULTS } from '../../firmware/modules/ospf/config.ts';
import type { Config, InterfaceConfig } from '../../firmware/modules/ospf/config-record.ts';
import { ageOf } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import Ospf, { manifest } from '../../firmware/modules/ospf/module.ts';
import type { Neighbor, NeighborState, State } from '../../firmware/modules/ospf/state.ts';
import { randomFrom } from '../random.ts';
import { Served } from './fake-context.ts';

/** A link that routers are on, with what becomes of packets there. */
export interface Medium {
  readonly name: string;
  /** Between two routers, without a network of addresses to elect in. */
  readonly pointToPoint: boolean;
  /** Of a packet, for each receiver: from 0 to 1. */
  loss: number;
  duplication: number;
  /** Delay of a packet in ms; the second is the most that chance adds, so that packets overtake each other. */
  delay: number;
  jitter: number;
  /** Routers hear those of their own part only; all are in one part by default. */
  readonly parts: Map<string, number>;
}

interface Attachment {
  readonly router: NetworkRouter;
  readonly medium: Medium;
  /** The name of the link there. */
  readonly link: string;
  readonly address: string;
  up: boolean;
}

interface Flight {
  readonly at: number;
  readonly order: number;
  readonly to: Attachment;
  readonly from: string;
  readonly destination: string;
  readonly payload: Uint8Array;
}

/** An interface of a test's router, where nothing else is said. */
export const INTERFACE: Omit<InterfaceConfig, 'link' | 'area'> = {
  passive: false,
  priority: 1,
  helloInterval: 1000,
  deadInterval: 4000,
  retransmitInterval: 5000,
  transmitDelay: 1000,
  mtuIgnore: false,
  authentication: { type: 'none' },
  neighbors: {},
};

/** A packet that a router has sent. */
export interface TransmittedPacket {
  readonly at: number;
  readonly router: string;
  readonly link: string;
  readonly to: string;
  readonly payload: Uint8Array;
}

export class NetworkRouter {
  readonly id: string;
  readonly network: Network;
  config: Config;
  /** Links as IP would tell them, by name. */
  readonly links = new Map<string, LinkAndAddresses>();
  served: Served<State>;
  /** Swaps that it has gone through. */
  swaps = 0;
  /** False from `kill` or `end` to `restart`. */
  alive = true;

  constructor(network: Network, id: string, config: Config) {
    this.network = network;
    this.id = id;
    this.config = config;
    this.served = new Served<State>(Ospf, manifest, { config, time: network.time });
  }

  get state(): State {
    return this.served.state;
  }

  neighbors(): { iface: string; neighbor: Neighbor }[] {
    return [...this.state.interfaces.values()].flatMap(({ key, neighbors }) =>
      [...neighbors.values()].map((neighbor) => ({ iface: key, neighbor })),
    );
  }

  /** The state of the neighbour with that router id. */
  neighborState(id: string): NeighborState | undefined {
    return this.neighbors().find(({ neighbor }) => neighbor.routerId === toNumber(id))?.neighbor.state;
  }

  /** An interface's state, designated router and backup, as text. */
  role(key: string): string {
    const { state, dr, bdr } = this.state.interfaces.get(key)!;
    return `${state} ${toAddress(dr)} ${toAddress(bdr)}`;
  }

  /** LSAs that it has, without those of a link alone: key, sequence and checksum. */
  database(): string[] {
    const rows: string[] = [];
    for (const [key, { scope, sequence, checksum, ...lsa }] of this.state.lsas) {
      const age = ageOf(lsa, this.network.time) >= 3600 ? ' MaxAge' : '';
      if (!scope.startsWith('link')) rows.push(`${key} ${sequence >>> 0} ${checksum}${age}`);
    }
    return rows.sort();
  }

  /** The module is swapped for another instance of itself: the state goes through a copy, timers stay. */
  swap(): void {
    const { ctx } = this.served;
    this.served = new Served<State>(Ospf, manifest, { state: copyOfState(this.state), before: ctx });
    this.swaps++;
  }

  /** Another configuration, as the router applies it. */
  configure(config: Config): void {
    const plan = this.served.module.configure(config);
    if (typeof plan === 'string') throw new Error(plan);
    this.config = config;
    this.served.module.apply(plan);
    this.network.collect();
  }

  tellLink(link: LinkAndAddresses): void {
    this.links.set(link.name, link);
    if (!this.alive) return;
    this.served.event('IP', '3.0.0', 'links', link);
    this.network.collect();
  }

  /** Its process ends without a word. */
  kill(): void {
    this.alive = false;
    const { ctx } = this.served;
    ctx.timers.clear();
    ctx.opened.clear();
    ctx.transmitted.length = 0;
  }

  /** Its process ends in order. */
  end(): void {
    this.served.module.stop('shutdown');
    this.network.collect();
    this.kill();
  }

  /** Its process ends without a word, if it has not ended, and begins again with nothing. */
  restart(): void {
    this.alive = true;
    this.served = new Served<State>(Ospf, manifest, { config: this.config, time: this.network.time });
    for (const link of this.links.values()) this.served.event('IP', '3.0.0', 'links', link);
    this.network.collect();
  }
}

/** As the runtime carries a state to another process or version: nothing is shared with the one before. */
export function copyOfState(state: State): State {
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(state))
    copy[name] = value instanceof Table ? new Table(structuredClone([...value])) : structuredClone(value);
  return copy as unknown as State;
}

export class Network {
  time = 1000;
  readonly routers = new Map<string, NetworkRouter>();
  readonly media = new Map<string, Medium>();
  /** All that was sent, in its order. */
  readonly sent: TransmittedPacket[] = [];
  /** Called before each input: a test swaps here. */
  beforeInput: ((router: NetworkRouter) => void) | undefined;
  readonly #attachments: Attachment[] = [];
  #flights: Flight[] = [];
  #order = 0;
  readonly #random: () => number;

  constructor(seed = 1) {
    this.#random = randomFrom(seed);
  }

  /** @param config what is not as by default */
  router(id: string, config: Partial<Config> = {}): NetworkRouter {
    const router = new NetworkRouter(this, id, {
      ...DEFAULTS,
      areas: { '0.0.0.0': PLAIN_AREA },
      ...config,
      routerId: id,
    });
    this.routers.set(id, router);
    return router;
  }

  lan(name: string, faults: Partial<Medium> = {}): Medium {
    return this.#medium(name, false, faults);
  }

  wire(name: string, faults: Partial<Medium> = {}): Medium {
    return this.#medium(name, true, faults);
  }

  #medium(name: string, pointToPoint: boolean, faults: Partial<Medium>): Medium {
    const medium = {
      name,
      pointToPoint,
      loss: 0,
      duplication: 0,
      delay: 1,
      jitter: 0,
      parts: new Map(),
      ...faults,
    };
    this.media.set(name, medium);
    return medium;
  }

  /** Connects a router, with the configuration of its interface, and tells it of the link. @param address with its prefix's length */
  connect(
    router: NetworkRouter,
    medium: Medium,
    address: string,
    config: Partial<InterfaceConfig> = {},
    link: Partial<LinkAndAddresses> = {},
  ): void {
    const [own = '', length = '24'] = address.split('/');
    const name = medium.name;
    const iface: InterfaceConfig = { ...INTERFACE, link: name, area: '0.0.0.0', ...config };
    if (medium.pointToPoint) iface.type ??= 'point-to-point';
    const areas = { [iface.area]: PLAIN_AREA, ...router.config.areas };
    const interfaces = { ...router.config.interfaces, [name]: iface };
    this.#attachments.push({ router, medium, link: name, address: own, up: true });
    router.configure({ ...router.config, areas, interfaces });
    router.tellLink({
      name,
      index: this.#attachments.length,
      admin: true,
      up: true,
      mtu: 1500,
      mac: '02:00:00:00:00:01',
      kind: '',
      pointToPoint: false,
      table: 254,
      addresses: [{ address: own, prefixLength: Number(length) }],
      ...link,
    });
  }

  /** Takes a router's link down, or up. */
  setLink(router: NetworkRouter, name: string, up: boolean): void {
    const attachment = this.#attachments.find((each) => each.router === router && each.link === name)!;
    attachment.up = up;
    router.tellLink({ ...router.links.get(name)!, up });
  }

  /** Takes what routers have handed to their ports, and sends it on its way. */
  collect(): void {
    for (const router of this.routers.values()) {
      const { transmitted } = router.served.ctx;
      for (const { key, ...datum } of transmitted.splice(0)) this.#send(router, key, datum as RawIpOut);
    }
  }

  #send(router: NetworkRouter, link: string, { to, from, payload }: RawIpOut): void {
    this.sent.push({ at: this.time, router: router.id, link, to, payload });
    const own = this.#attachments.find((each) => each.router === router && each.link === link);
    if (own === undefined || !own.up) return;
    const { medium } = own;
    for (const other of this.#attachments) {
      if (other.medium !== medium || other === own || !other.up) continue;
      if ((medium.parts.get(own.router.id) ?? 0) !== (medium.parts.get(other.router.id) ?? 0)) continue;
      if (!this.#hears(other, to)) continue;
      if (this.#random() < medium.loss) continue;
      const copies = this.#random() < medium.duplication ? 2 : 1;
      for (let i = 0; i < copies; i++) {
        const at = this.time + medium.delay + this.#random() * medium.jitter;
        const flight = {
          at,
          order: this.#order++,
          to: other,
          from: from ?? own.address,
          destination: to,
          payload,
        };
        this.#flights.push(flight);
      }
    }
  }

  #hears({ router, link, address }: Attachment, to: string): boolean {
    if (!to.startsWith('224.')) return to === address;
    if (to === '224.0.0.5') return router.served.ctx.opened.has(`ospf ${link}`);
    const settings = router.served.ctx.settings.get(`ospf ${link}`) as { groups?: string[] } | undefined;
    return settings?.groups?.includes(to) === true;
  }

  /** Lets time pass: packets arrive and timers expire, the earliest first. */
  run(ms: number): void {
    const end = this.time + ms;
    this.collect();
    while (this.#step(end));
    this.#setTime(end);
  }

  /** Until something holds, or so long has passed. @returns whether it holds */
  runUntil(holds: () => boolean, most = 120_000): boolean {
    const end = this.time + most;
    this.collect();
    while (!holds()) {
      if (!this.#step(end)) {
        this.#setTime(end);
        return holds();
      }
    }
    return true;
  }

  #setTime(time: number): void {
    this.time = time;
    for (const { served } of this.routers.values()) served.ctx.time = time;
  }

  /** The next input. */
  #step(end: number): boolean {
    const flight = earliest(this.#flights);
    const expiring = earliestTimer([...this.routers.values()]);
    const at = Math.min(flight?.at ?? Number.POSITIVE_INFINITY, expiring?.due ?? Number.POSITIVE_INFINITY);
    if (at > end) return false;
    this.#setTime(Math.max(this.time, at));
    if (flight !== undefined && flight.at === at) {
      this.#flights = this.#flights.filter((each) => each !== flight);
      this.#deliver(flight);
    } else if (expiring !== undefined) {
      this.beforeInput?.(expiring.router);
      const { served } = expiring.router;
      served.expire(served.ctx.timers.get(expiring.id)!);
    }
    this.collect();
    return true;
  }

  #deliver({ to, from, destination, payload }: Flight): void {
    if (!to.up || !to.router.alive) return;
    this.beforeInput?.(to.router);
    to.router.served.packet('ospf', to.link, { from, to: destination, ttl: 1, payload: payload.slice() });
  }
}

function earliest(flights: readonly Flight[]): Flight | undefined {
  let first: Flight | undefined;
  for (const flight of flights)
    if (first === undefined || flight.at < first.at || (flight.at === first.at && flight.order < first.order))
      first = flight;
  return first;
}

function earliestTimer(routers: readonly NetworkRouter[]) {
  let first: { router: NetworkRouter; id: string; due: number } | undefined;
  for (const router of routers)
    for (const [id, { due }] of router.served.ctx.timers)
      if (first === undefined || due < first.due) first = { router, id, due };
  return first;
}

/** Whether all routers have the same LSAs, by checksum. */
export function haveEqualDatabases(routers: Iterable<NetworkRouter>): boolean {
  const [first, ...others] = [...routers].map((router) => router.database().join('\n'));
  return others.every((other) => other === first);
}
