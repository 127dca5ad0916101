/** A virtual router under test: one group on r0, in the module as it is served. */
import type { StartReason } from 'hitless/runtime';
import type { RawIpIn } from '../../drivers/raw-ip.ts';
import { GROUPS } from '../../firmware/modules/vrrp/constants.ts';
import Vrrp, { manifest } from '../../firmware/modules/vrrp/module.ts';
import { type Advertisement, checksumForms, decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { type ChecksumForm, type GroupConfig, keyOf, type State } from '../../firmware/modules/vrrp/state.ts';
import { type FakeContext, linkUp, Served, told } from './fake-context.ts';

export const VRRP_GROUP = GROUPS[4];
export const VRRP_GROUP6 = GROUPS[6];
export const OWN = '10.0.0.10';
export const PEER = '10.0.0.2';
export const OWN6 = 'fe80::10';
export const PEER6 = 'fe80::2';
export const GROUP: GroupConfig = {
  interface: 'r0',
  group: 51,
  family: 4,
  version: 3,
  priority: 100,
  interval: 100,
  preempt: true,
  virtualMac: true,
  addresses: ['10.0.0.100'],
};
export const GROUP6: GroupConfig = { ...GROUP, family: 6, addresses: ['fe80::100', 'fd00::100'] };

/** VRRP with these groups, and no link yet; or with a state of before. */
export class ServedVrrp extends Served<State> {
  constructor(...from: Partial<GroupConfig>[] | [{ state: State; before: FakeContext; why?: StartReason }]) {
    const [first] = from;
    super(
      Vrrp,
      manifest,
      first !== undefined && 'before' in first
        ? first
        : { config: { groups: from.map((group) => ({ ...GROUP, ...group })) } },
    );
    // As soon after the start as a timer of 0 ms is due.
    this.advance(0);
    this.ctx.sent.length = 0;
  }

  override link(link: Parameters<typeof told>[0]): void {
    this.event('IP', '3.3.0', 'links', told(link));
  }

  router(key = 'r0/51') {
    return this.state.groups.get(key)!;
  }
}

/** Its interface is up with these addresses. */
export function served(other: Partial<GroupConfig> = {}, ...addresses: string[]): ServedVrrp {
  const vrrp = new ServedVrrp(other);
  vrrp.link(
    linkUp('r0', ...(addresses.length === 0 ? [`${OWN}/24`, `${OWN6}/64`, 'fd00::10/64'] : addresses)),
  );
  return vrrp;
}

/** It is Active, and what it sent so far is taken. */
export function active(other: Partial<GroupConfig> = {}, ...addresses: string[]): ServedVrrp {
  const vrrp = served(other, ...addresses);
  vrrp.advance(4000);
  vrrp.ctx.transmitted.length = 0;
  vrrp.ctx.sent.length = 0;
  return vrrp;
}

/** Lets it receive an advertisement of a peer, of a lower priority unless told. */
export function receive(
  vrrp: ServedVrrp,
  adv: Partial<Advertisement> = {},
  form: ChecksumForm = 'pseudo-header',
  from = PEER,
): void {
  const family = from.includes(':') ? 6 : 4;
  const { version, group, interval, addresses } = family === 6 ? GROUP6 : GROUP;
  const to = GROUPS[family];
  const payload = encode({ version, group, interval, addresses, priority: 90, ...adv }, from, to, form);
  hear(vrrp, from, payload);
}

/** Lets it receive these bytes. */
export function hear(vrrp: ServedVrrp, from: string, payload: Uint8Array, hops = 255): void {
  if (from.includes(':'))
    vrrp.packet('vrrp6', 'r0', { from, to: GROUPS[6], hopLimit: hops, payload } as unknown as RawIpIn);
  else vrrp.packet('vrrp', 'r0', { from, to: GROUPS[4], ttl: hops, payload });
}

/** Advertisements sent since the last call, each with where, its source and the forms in which its checksum is right. */
export function sent(
  vrrp: ServedVrrp,
): (Advertisement & { port: string; key: string; from: string; forms: ChecksumForm[] })[] {
  return vrrp.ctx.transmitted.splice(0).map((packet) => {
    const { from = '', to, payload, port, key } = packet as typeof packet & { from?: string };
    const datum = { from, to, hops: 255, payload };
    const adv = decode(datum);
    if ('error' in adv) throw new Error(`a bad advertisement: ${adv.error}`);
    return { ...adv, port, key, from, forms: checksumForms(datum) };
  });
}

/** The forms of the advertisements that it sends on its next tick. */
export function formsOnTick(vrrp: ServedVrrp): ChecksumForm[] {
  vrrp.ctx.transmitted.length = 0;
  vrrp.tick(0);
  return sent(vrrp).flatMap(({ forms }) => forms);
}

/** The group as its key names it. */
export function keyOfGroup(group: Partial<GroupConfig>): string {
  return keyOf({ ...GROUP, ...group });
}
