/** Links with their addresses, as other modules are told of them (../messages/links.ts): by name, and only what is otherwise. */
import type { Context } from 'hitless/runtime';
import type { InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import { isSame } from '../../difference.ts';
import type { AddressOfLink, LinkAndAddresses } from '../../messages/links.ts';
import type { IpAgenda } from '../agenda.ts';
import type { LinkRow, State } from '../state.ts';

/** IFF_POINTOPOINT (linux/if.h). */
const POINT_TO_POINT = 0x10;
/** IFA_F_DADFAILED and IFA_F_TENTATIVE (linux/if_addr.h). */
const NOT_YET = 0x08 | 0x40;

/** A link or its addresses may be otherwise. */
export function tellLink(state: State, index: number, ctx: Context): void {
  const before = state.linksTold.get(index);
  const row = state.links.get(index);
  const now = row && bodyOf(state, row);
  if (isSame(before, now)) return;
  if (now === undefined) state.linksTold.delete(index);
  else state.linksTold.set(index, now);
  if (before !== undefined && before.name !== now?.name) withdrawName(state, before, ctx);
  if (now !== undefined) ctx.publish('links', now, { retain: now.name });
}

/** A version before 3.2.0 told no speeds: links whose speed is another than was told are told again. */
export function tellSpeeds(state: State, agenda: IpAgenda): void {
  for (const [index, { link }] of state.links)
    if (speedOf(state, link) !== state.linksTold.get(index)?.speed) agenda.linkChanged(index, link.name);
}

/** All links were told: those that went while nobody listened are withdrawn. */
export function withdrawGone(state: State, ctx: Context): void {
  for (const index of state.linksTold.keys()) if (!state.links.has(index)) tellLink(state, index, ctx);
}

/** Nobody tells of links any more. */
export function withdrawLinks({ linksTold }: State, ctx: Context): void {
  for (const { name } of linksTold.values()) ctx.publish('links', absent(name), { withdraw: name });
}

/** Another link may be called so by now. */
function withdrawName(state: State, { name }: LinkAndAddresses, ctx: Context): void {
  if (!state.names.has(name)) ctx.publish('links', absent(name), { withdraw: name });
}

function absent(name: string): LinkAndAddresses {
  const nothing = { mtu: 0, mac: '', kind: '', pointToPoint: false, table: 0, addresses: [] };
  return { name, index: 0, admin: false, up: false, ...nothing };
}

function bodyOf(state: State, { link, table, addresses }: Readonly<LinkRow>): LinkAndAddresses {
  const { name, index, up, carrier, mtu, mac, kind, flags } = link;
  const speed = speedOf(state, link);
  const all = addresses.flatMap((key) => state.addresses.get(key) ?? []);
  const primary = all.filter(({ secondary }) => !secondary);
  const secondary = all.filter((address) => address.secondary);
  return {
    name,
    index,
    admin: up,
    up: up && carrier,
    mtu,
    ...(speed !== undefined && { speed }),
    mac,
    kind,
    pointToPoint: (flags & POINT_TO_POINT) !== 0,
    table,
    addresses: [...primary, ...secondary].map(addressOf),
  };
}

function speedOf({ config }: State, { name, speed }: Link): number | undefined {
  return config.interfaces[name]?.bandwidth ?? speed;
}

function addressOf({
  address,
  prefixLength,
  peer,
  secondary,
  flags,
  family,
}: InterfaceAddress): AddressOfLink {
  return {
    address,
    prefixLength,
    ...(peer !== undefined && { peer }),
    // IPv6 says with the same flag that an address is temporary.
    ...(family === 4 && secondary && { secondary: true as const }),
    ...(family === 6 && (flags & NOT_YET) !== 0 && { tentative: true as const }),
  };
}
