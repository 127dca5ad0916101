/** OSPF by itself, when its first Hellos have left: a router 1.1.1.1 at 10.0.0.1 on r0 and 10.0.1.1 on r1, Hellos for it, and what it sends. */
import type { StartReason } from 'hitless/runtime';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import Ospf, { manifest } from '../../firmware/modules/ospf/module.ts';
import { decodePacket, encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { decodeHello, encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import type { State } from '../../firmware/modules/ospf/state.ts';
import { type FakeContext, linkUp, Served, told } from './fake-context.ts';

export const ALL_SPF_ROUTERS = '224.0.0.5';
/** As versions before 3.0.0 have it: one area, times in seconds. */
export const config = {
  routerId: '1.1.1.1',
  area: '0.0.0.0',
  interfaces: {
    r0: { helloInterval: 1, deadInterval: 4, priority: 0 },
    r1: { helloInterval: 10, deadInterval: 40, priority: 0 },
  },
};

/** A Hello with ids and addresses as people write them. */
export interface HelloText {
  mask: string;
  helloInterval: number;
  options: number;
  priority: number;
  deadInterval: number;
  dr: string;
  bdr: string;
  neighbors: string[];
}

export const HELLO: HelloText = {
  mask: '255.255.255.0',
  helloInterval: 1,
  options: 2,
  priority: 0,
  deadInterval: 4,
  dr: '0.0.0.0',
  bdr: '0.0.0.0',
  neighbors: [],
};

export function helloBytes(routerId: string, area: string, hello: HelloText): Uint8Array {
  const body = encodeHello({
    ...hello,
    mask: toNumber(hello.mask),
    dr: toNumber(hello.dr),
    bdr: toNumber(hello.bdr),
    neighbors: hello.neighbors.map(toNumber),
  });
  return encodePacket({ type: 1, routerId: toNumber(routerId), area: toNumber(area) }, body, { type: 0 });
}

export class ServedOspf extends Served<State> {
  constructor(from: { config: unknown } | { state: State; before?: FakeContext; why?: StartReason }) {
    super(Ospf, manifest, from);
  }

  /** IP tells of a link. */
  override link(link: Parameters<typeof told>[0]): void {
    this.event('IP', '3.0.0', 'links', told(link));
  }

  neighbors(): Record<string, unknown>[] {
    return [...(this.ask('neighbors') as Iterable<object | undefined>)].filter(
      (row) => row !== undefined,
    ) as Record<string, unknown>[];
  }
}

export function served(): ServedOspf {
  const ospf = new ServedOspf({ config });
  ospf.link(linkUp('r0', '10.0.0.1/24'));
  ospf.link(linkUp('r1', '10.0.1.1/24'));
  ospf.ctx.logged.length = 0;
  ospf.ctx.transmitted.length = 0;
  ospf.state.counters = {};
  return ospf;
}

export interface Sent {
  from?: string;
  to?: string;
  routerId?: string;
  area?: string;
  /** Changes the bytes before they are received. */
  change?: (bytes: Uint8Array) => Uint8Array;
}

/** Lets the router receive a Hello of 2.2.2.2 at 10.0.0.2 on r0, with what is told differently. */
export function receive(ospf: ServedOspf, hello: Partial<HelloText> = {}, sent: Sent = {}): void {
  const { from = '10.0.0.2', to = ALL_SPF_ROUTERS, routerId = '2.2.2.2', area = '0.0.0.0' } = sent;
  const bytes = helloBytes(routerId, area, { ...HELLO, ...hello });
  ospf.packet('ospf', 'r0', { from, to, ttl: 1, payload: sent.change?.(bytes) ?? bytes });
}

/** Hellos sent since the last call. */
export function hellos(ospf: ServedOspf) {
  return ospf.ctx.transmitted.splice(0).map(({ key, ...datum }) => helloIn(key, datum));
}

/** A Hello as it was sent. */
export function helloIn(key: string, { to, payload }: { to: string; payload: Uint8Array }) {
  const packet = decodePacket(payload);
  if ('error' in packet) throw new Error(packet.error);
  const hello = decodeHello(packet.body);
  if ('error' in hello) throw new Error(hello.error);
  return {
    key,
    to,
    routerId: toAddress(packet.routerId),
    area: toAddress(packet.area),
    ...hello,
    mask: toAddress(hello.mask),
    dr: toAddress(hello.dr),
    bdr: toAddress(hello.bdr),
    neighbors: hello.neighbors.map(toAddress),
  };
}

export function states(ospf: ServedOspf): string[] {
  return ospf.neighbors().map(({ routerId, state }) => `${routerId} ${state}`);
}

export const NEIGHBOR_HEARD = { neighbors: ['1.1.1.1'] };
