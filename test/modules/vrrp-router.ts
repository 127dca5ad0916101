/** A virtual router under test: one group on r0, in the module as it is served. */
import Vrrp, { manifest } from '../../firmware/modules/vrrp/module.ts';
import {
  type Advertisement,
  checksumForms,
  decode,
  encode,
  VRRP_GROUP,
} from '../../firmware/modules/vrrp/packet.ts';
import type { ChecksumForm, GroupConfig } from '../../firmware/modules/vrrp/state.ts';
import { linkUp, Served } from './fake-context.ts';

export const OWN = '10.0.0.10';
export const PEER = '10.0.0.2';
export const GROUP: GroupConfig = {
  interface: 'r0',
  group: 51,
  priority: 100,
  interval: 100,
  preempt: true,
  addresses: ['10.0.0.100'],
};

/** Its interface is up with these addresses. */
export function served(other: Partial<GroupConfig> = {}, ...addresses: string[]) {
  const vrrp = new Served(Vrrp, manifest, { config: { groups: [{ ...GROUP, ...other }] } });
  vrrp.link(linkUp('r0', ...(addresses.length === 0 ? [`${OWN}/24`] : addresses)));
  return vrrp;
}
export type ServedVrrp = ReturnType<typeof served>;

/** It is Active, and what it sent so far is taken. */
export function active(other: Partial<GroupConfig> = {}, ...addresses: string[]): ServedVrrp {
  const vrrp = served(other, ...addresses);
  vrrp.advance(4000);
  vrrp.ctx.transmitted.length = 0;
  return vrrp;
}

/** Lets it receive an advertisement of a peer, of a lower priority unless told. */
export function receive(
  vrrp: ServedVrrp,
  adv: Partial<Advertisement> = {},
  form: ChecksumForm = 'pseudo-header',
  from = PEER,
): void {
  const { group, interval, addresses } = GROUP;
  const payload = encode({ group, interval, addresses, priority: 90, ...adv }, from, VRRP_GROUP, form);
  vrrp.packet('vrrp', 'r0', { from, to: VRRP_GROUP, ttl: 255, payload });
}

/** Advertisements sent since the last call, each with its source and the forms in which its checksum is right. */
export function sent(vrrp: ServedVrrp): (Advertisement & { from: string; forms: ChecksumForm[] })[] {
  return vrrp.ctx.transmitted.splice(0).map((packet) => {
    const { from = '', to, payload } = packet as typeof packet & { from?: string };
    const datum = { from, to, ttl: 255, payload };
    const adv = decode(datum);
    if ('error' in adv) throw new Error(`a bad advertisement: ${adv.error}`);
    return { ...adv, from, forms: checksumForms(datum) };
  });
}

/** The forms of the advertisements that it sends on its next tick. */
export function formsOnTick(vrrp: ServedVrrp): ChecksumForm[] {
  vrrp.ctx.transmitted.length = 0;
  vrrp.tick(0);
  return sent(vrrp).flatMap(({ forms }) => forms);
}
