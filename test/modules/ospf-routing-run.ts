/** OSPF's calculation on its own, turn by turn, with what it sets off. */
import { maskOf, toAddress, toNumber } from '../../firmware/modules/address.ts';
import { OspfAgenda, type RoutingChange, type VirtualWay } from '../../firmware/modules/ospf/agenda.ts';
import type { AreaConfig } from '../../firmware/modules/ospf/config-record.ts';
import { make } from '../../firmware/modules/ospf/origination/makers.ts';
import type { LsaBody, RouterLink } from '../../firmware/modules/ospf/packet/lsa.ts';
import { announceLater } from '../../firmware/modules/ospf/routing/announcing.ts';
import {
  calculateSome,
  hasToCalculate,
  routingChanged,
  waitIsOver,
} from '../../firmware/modules/ospf/routing/routing.ts';
import { newWorking } from '../../firmware/modules/ospf/routing/working.ts';
import type { Interface, Origin } from '../../firmware/modules/ospf/state.ts';
import { FakeContext } from './fake-context.ts';
import { configOf, Database, ifaceOf, neighborOf } from './ospf-world.ts';

export const id = toNumber;
/** We, and bits of router-LSAs. */
export const SELF = '1.1.1.1';
export const [B, E, V, NT] = [1, 2, 4, 16];

export function stub(prefix: string, metric = 1): RouterLink {
  const [address = '', length] = prefix.split('/');
  return { type: 3, id: id(address), data: maskOf(Number(length)), metric };
}

export function link(to: string, data: string, metric = 1, type: 1 | 2 | 4 = 1): RouterLink {
  return { type, id: id(to), data: id(data), metric };
}

export class RoutingRun extends Database {
  readonly ctx = new FakeContext('OSPF', '3.0.0');
  working = newWorking();
  /** Origins that were to be looked at, and ways of virtual links, since the last `run`. */
  originated: Origin[] = [];
  virtual: { iface: Interface; way?: VirtualWay }[] = [];

  constructor(areas: number[], config: Record<string, Partial<AreaConfig>> = {}) {
    const base = configOf(64);
    for (const [area, more] of Object.entries(config)) base.areas[area] = { ...base.areas[area]!, ...more };
    super(base);
    this.ctx.time = this.time;
    for (const area of areas) this.addArea(area);
  }

  /** A point-to-point interface of ours, `10.A.N.1/30`, with its neighbour at `.2`. */
  attach(key: string, area: number, address: string, neighbor?: string): Interface {
    const iface = ifaceOf(key, area, id(address), { type: 'point-to-point', state: 'Point-to-point' });
    if (neighbor !== undefined)
      iface.neighbors.set(neighbor, neighborOf(iface, id(neighbor), id(address) + 1));
    this.state.interfaces.set(key, iface);
    return iface;
  }

  router(area: number, router: string, flags: number, links: RouterLink[], more = {}): void {
    this.take(this.put(`area ${area}`, 1, id(router), id(router), { kind: 'router', flags, links }, more));
  }

  /** @param address of its designated router, which makes the LSA */
  network(area: number, address: string, router: string, routers: string[], more = {}): void {
    const body = { kind: 'network', mask: 0xffff_ff00, routers: routers.map(id) } as const;
    this.take(this.put(`area ${area}`, 2, id(address), id(router), body, more));
  }

  summary(area: number, router: string, prefix: string, metric: number): void {
    const [address = '', length] = prefix.split('/');
    const body = { kind: 'summary', mask: maskOf(Number(length)), metric } as const;
    this.take(this.put(`area ${area}`, 3, id(address), id(router), body));
  }

  external(
    router: string,
    prefix: string,
    [type, metric]: [1 | 2, number],
    {
      area,
      forwarding = '0.0.0.0',
      propagate = false,
    }: { area?: number; forwarding?: string; propagate?: boolean } = {},
  ): void {
    const [address = '', length] = prefix.split('/');
    const mask = maskOf(Number(length));
    const body: LsaBody = { kind: 'external', mask, type, metric, forwarding: id(forwarding), tag: 7 };
    const scope = area === undefined ? 'as' : `area ${area}`;
    const options = area === undefined ? 2 : propagate ? 8 : 0;
    this.take(this.put(scope, area === undefined ? 5 : 7, id(address), id(router), body, { options }));
  }

  take(change: RoutingChange | undefined): void {
    if (change !== undefined) routingChanged(this.state, change, this.ctx);
  }

  all(): void {
    this.take({ of: 'all' });
    this.run();
  }

  /** Works all of it off, as it is due. @param until when a turn ends, unless it is one step @param onTurn behind each */
  run(until = 0, onTurn = () => {}): void {
    const { state, working, ctx } = this;
    this.originated = [];
    this.virtual = [];
    const spf = ctx.timerDue('spf');
    if (spf !== undefined) {
      ctx.time += spf;
      ctx.timers.delete('spf ');
      waitIsOver(state, '', ctx);
    }
    for (let turns = 0; hasToCalculate(state, working, ctx); turns++) {
      if (turns > 10_000) throw new Error('the calculation has no end');
      const agenda = new OspfAgenda();
      calculateSome(state, working, until, agenda, ctx);
      onTurn();
      for (let item = agenda.next(); item !== undefined; item = agenda.next()) {
        if (item.on === 'announcing') announceLater(state, item.prefix);
        else if (item.on === 'origination') this.originated.push(item.of);
        else if (item.on === 'virtual') this.virtual.push(item);
      }
    }
  }

  /** `intra 5 over p0 10.0.0.2`; `none`. */
  route(prefix: string): string {
    const route = this.state.routes.get(prefix);
    if (route === undefined) return 'none';
    const hops = route.hops.map(({ iface, address }) => `${iface} ${toAddress(address)}`);
    return `${route.path} ${route.cost} over ${hops.join(', ') || 'nothing'}`;
  }

  /** The body of an LSA of ours as things are now. */
  made(of: Origin): (LsaBody & { options: number }) | undefined {
    const made = make(this.state, of, this.ctx.now());
    return made && { ...made.body, options: made.options };
  }
}

/** We with two neighbours in one area, both with the same stub network. */
export function triangle(): RoutingRun {
  const run = new RoutingRun([1]);
  run.attach('p2', 1, '10.1.2.1', '2.2.2.2');
  run.attach('p3', 1, '10.1.3.1', '3.3.3.3');
  run.router(1, SELF, 0, [link('2.2.2.2', '10.1.2.1', 5), link('3.3.3.3', '10.1.3.1', 5)]);
  run.router(1, '2.2.2.2', E, [link(SELF, '10.1.2.2'), stub('10.9.0.0/24')]);
  run.router(1, '3.3.3.3', E, [link(SELF, '10.1.3.2'), stub('10.9.0.0/24')]);
  run.run();
  return run;
}
