/** OSPF by itself: a router 1.1.1.1 at 10.0.0.1 on r0 and 10.0.1.1 on r1, Hellos for it, and what it sends. */
import Ospf, { manifest } from '../../firmware/modules/ospf/module.ts';
import { decode, decodeHello, encodeHello, type Hello } from '../../firmware/modules/ospf/packet.ts';
import { linkUp, Served } from './fake-context.ts';

export const ALL_SPF_ROUTERS = '224.0.0.5';
export const config = {
  routerId: '1.1.1.1',
  area: '0.0.0.0',
  interfaces: {
    r0: { helloInterval: 1, deadInterval: 4, priority: 0 },
    r1: { helloInterval: 10, deadInterval: 40, priority: 0 },
  },
};

export type ServedOspf = ReturnType<typeof served>;

export function served() {
  const ospf = new Served(Ospf, manifest, { config });
  ospf.link(linkUp('r0', '10.0.0.1/24'));
  ospf.link(linkUp('r1', '10.0.1.1/24'));
  return ospf;
}

export const HELLO: Hello = {
  mask: '255.255.255.0',
  helloInterval: 1,
  options: 2,
  priority: 0,
  deadInterval: 4,
  dr: '0.0.0.0',
  bdr: '0.0.0.0',
  neighbors: [],
};

export interface Sent {
  from?: string;
  to?: string;
  routerId?: string;
  area?: string;
  /** Changes the bytes before they are received. */
  change?: (bytes: Uint8Array) => Uint8Array;
}

/** Lets the router receive a Hello of 2.2.2.2 at 10.0.0.2 on r0, with what is told differently. */
export function receive(ospf: ServedOspf, hello: Partial<Hello> = {}, sent: Sent = {}): void {
  const { from = '10.0.0.2', to = ALL_SPF_ROUTERS, routerId = '2.2.2.2', area = '0.0.0.0' } = sent;
  const bytes = encodeHello(routerId, area, { ...HELLO, ...hello });
  ospf.packet('ospf', 'r0', { from, to, ttl: 1, payload: sent.change?.(bytes) ?? bytes });
}

/** Hellos sent since the last call. */
export function hellos(ospf: ServedOspf) {
  return ospf.ctx.transmitted.splice(0).map(({ key, ...datum }) => helloIn(key, datum));
}

/** A Hello as it was sent. */
export function helloIn(key: string, { to, payload }: { to: string; payload: Uint8Array }) {
  const packet = decode(payload);
  if ('error' in packet) throw new Error(packet.error);
  return { key, to, routerId: packet.routerId, area: packet.area, ...(decodeHello(packet.body) as Hello) };
}

export function states(ospf: ServedOspf): string[] {
  return (ospf.ask('neighbors') as { routerId: string; state: string }[]).map(
    ({ routerId, state }) => `${routerId} ${state}`,
  );
}

export const NEIGHBOR_HEARD = { neighbors: ['1.1.1.1'] };
