/**
 * The kernel's part of virtual routers (RFC 9568 7.3, 8.2.2): a macvlan with the virtual MAC, which is there as long as the
 * virtual router is and always up, and its addresses while it is Active. They are settings of interfaces, and given as these.
 *
 * - A Backup Router says nothing with the virtual MAC: its device has no address, and no IPv6 of its own.
 * - The kernel announces all addresses of the device in the batch that gives them, and twice more.
 */
import type { Context } from 'hitless/runtime';
import type { KernelChange } from '../../../../drivers/kernel-tables.ts';
import { isSame } from '../../difference.ts';
import type { VirtualRouterChange, VirtualRouterHeld } from '../../messages/virtual-routers.ts';
import { removeDevice } from '../interfaces/device.ts';
import { type Address, readAddress } from '../interfaces/interface-address.ts';
import { addressChange } from '../interfaces/interface-settings.ts';
import type { Wanted } from '../interfaces/wanted.ts';
import type { State } from '../state.ts';
import { noVirtual, type VirtualRouter, type VirtualState } from './virtual-record.ts';

/** Begins the key of the timer `settings`, before `source id`. */
export const AGAIN = 'virtual ';
/** Announcements are repeated so long after each other, in ms: the first may be lost. */
const REPEAT_MS: readonly number[] = [1_000, 3_000];

/** How a device is set up whatever its family. Where the variable of all interfaces is set, the higher value counts. */
const VARIABLES = {
  // A strict rp_filter would drop what hosts send to the virtual MAC: their route is that of the interface.
  'ipv4/rp_filter': '2',
  'ipv4/arp_ignore': '1',
  'ipv4/arp_notify': '1',
  'ipv4/forwarding': '1',
} as const;
/** The interface answers for its own addresses alone, and asks from none but these: its MAC is not that of a virtual address. */
const VARIABLES_OF_INTERFACE = { 'ipv4/arp_ignore': '1', 'ipv4/arp_announce': '2' } as const;
const VARIABLES6 = {
  // No link-local address of its own, no default router that it hears of.
  'ipv6/addr_gen_mode': '1',
  'ipv6/accept_ra': '0',
  'ipv6/ndisc_notify': '1',
} as const;

/** The agenda, as far as it is about this. */
export interface VirtualAgenda {
  /** Another is wanted of these. */
  wantedChanged(names: readonly string[]): void;
}

/** A virtual router is this one from now on. */
export function setVirtual(
  state: State,
  source: string,
  change: VirtualRouterChange,
  agenda: VirtualAgenda,
  ctx: Context,
): void {
  const virtual = virtualOf(state);
  const { id, interface: name = '', family = 4, group = 0, mac, addresses = [] } = change;
  const key = `${source} ${id}`;
  const before = virtual.routers.get(key);
  const { active = false, announced = 0 } = change;
  const begins = active && (before?.active !== true || before.announced !== announced);
  const router: VirtualRouter = {
    source,
    id,
    interface: name,
    family,
    group,
    ...(mac !== undefined && { mac }),
    addresses,
    active,
    announced,
    repeated: begins ? 0 : (before?.repeated ?? 0),
  };
  virtual.routers.set(key, router);
  if (begins) ctx.setTimer('settings', `${AGAIN}${key}`, REPEAT_MS[0]!);
  if (!active) ctx.cancelTimer('settings', `${AGAIN}${key}`);
  refresh(state, name, agenda);
  if (before !== undefined && before.interface !== name) refresh(state, before.interface, agenda);
  tellHeld(state, key, router, ctx);
}

/** It is held no more. */
export function removeVirtual(state: State, key: string, agenda: VirtualAgenda, ctx: Context): void {
  const virtual = virtualOf(state);
  const before = virtual.routers.get(key);
  if (before === undefined) return;
  virtual.routers.delete(key);
  ctx.cancelTimer('settings', `${AGAIN}${key}`);
  refresh(state, before.interface, agenda);
  if (!virtual.heldTold.delete(key)) return;
  const { source, id } = before;
  ctx.publish('virtualRouterHeld', { source, id } satisfies VirtualRouterHeld, { withdraw: key });
}

/** The timer is due: its addresses are announced again. @param key `source id` */
export function announceAgain(state: State, key: string, agenda: VirtualAgenda, ctx: Context): void {
  const router = state.virtual?.routers.get(key);
  if (router?.active !== true) return;
  const repeated = router.repeated + 1;
  state.virtual!.routers.set(key, { ...router, repeated });
  const next = REPEAT_MS[repeated];
  if (next !== undefined) ctx.setTimer('settings', `${AGAIN}${key}`, next);
  refresh(state, router.interface, agenda);
}

/** A link came, went, or is another: devices on it are others, or what is told of them is. */
export function virtualLinkChanged(state: State, name: string, agenda: VirtualAgenda, ctx: Context): void {
  const { routers, wanted } = state.virtual ?? noVirtual();
  const isInterface = [...routers.values()].some((router) => router.interface === name);
  if (isInterface) refresh(state, name, agenda);
  else if (!wanted.has(name)) return;
  for (const [key, router] of routers)
    if (router.interface === name || deviceOf(state, router) === name) tellHeld(state, key, router, ctx);
}

/** The kernel has answered: what it said may be told. */
export function tellAllHeld(state: State, ctx: Context): void {
  for (const [key, router] of state.virtual?.routers ?? []) tellHeld(state, key, router, ctx);
}

/** The changes that take all of them back, when the module's service ends and the settings of the configuration stay. */
export function takeBackVirtual(state: State): KernelChange[] {
  const { virtual, names, links } = state;
  const changes: KernelChange[] = [];
  for (const [name, { device, addresses }] of virtual?.wanted ?? []) {
    const index = names.get(name);
    const link = index === undefined ? undefined : links.get(index)?.link;
    if (link === undefined) continue;
    if (device !== undefined) changes.push(removeDevice(link));
    else changes.push(...addresses.map((address) => addressChange('remove', link, address)));
  }
  return changes;
}

function virtualOf(state: State): VirtualState {
  state.virtual ??= noVirtual();
  return state.virtual;
}

/** An interface and the devices on it are wanted as its virtual routers say. */
function refresh(state: State, name: string, agenda: VirtualAgenda): void {
  const virtual = virtualOf(state);
  const now = wantedOn(state, name);
  const names = new Set([name, ...(virtual.devicesOn.get(name) ?? []), ...now.keys()]);
  const changed = [...names].filter((each) => {
    const wanted = now.get(each);
    if (isSame(virtual.wanted.get(each), wanted)) return false;
    if (wanted === undefined) virtual.wanted.delete(each);
    else virtual.wanted.set(each, wanted);
    return true;
  });
  const devices = [...now.keys()].filter((each) => each !== name);
  if (devices.length === 0) virtual.devicesOn.delete(name);
  else virtual.devicesOn.set(name, devices);
  if (changed.length > 0) agenda.wantedChanged(changed);
}

/** By name of a link. */
function wantedOn(state: State, name: string): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  const own: Address[] = [];
  let isUsed = false;
  for (const router of state.virtual!.routers.values()) {
    if (router.interface !== name) continue;
    isUsed = true;
    const device = deviceOf(state, router);
    if (router.mac === undefined) own.push(...addressesOf(router));
    else if (device !== undefined) wanted.set(device, wantedOfDevice(router, router.mac));
  }
  if (isUsed) wanted.set(name, { addresses: own, variables: VARIABLES_OF_INTERFACE });
  return wanted;
}

function wantedOfDevice(router: VirtualRouter, mac: string): Wanted {
  const { interface: parent, family, active, announced, repeated } = router;
  return {
    device: { kind: 'macvlan', parent, mac },
    up: true,
    addresses: addressesOf(router),
    variables:
      family === 4
        ? { ...VARIABLES, 'ipv6/disable_ipv6': '1' }
        : // A router's neighbour advertisements say so, and its device joins a group of its own: only while it is Active.
          { ...VARIABLES, ...VARIABLES6, 'ipv6/forwarding': active ? '1' : '0' },
    ...(active && { announced: `${announced} ${repeated}` }),
  };
}

/** As those of hosts: the network is the interface's. */
function addressesOf({ active, addresses, family }: VirtualRouter): Address[] {
  if (!active) return [];
  return addresses.flatMap((text) => {
    const address = readAddress(`${text}/${family === 4 ? 32 : 128}`);
    return address === undefined ? [] : [{ ...address, ...(family === 6 && { noDad: true as const }) }];
  });
}

/** The name of its device; undefined where it has none, or its interface is not there. */
function deviceOf(
  { names }: State,
  { interface: name, family, group, mac }: VirtualRouter,
): string | undefined {
  const index = names.get(name);
  return mac === undefined || index === undefined ? undefined : `vrrp${family}-${index}-${group}`;
}

/** Tells what became of it, where that is otherwise than before. */
function tellHeld(state: State, key: string, router: VirtualRouter, ctx: Context): void {
  const now = heldOf(state, router);
  const { heldTold } = state.virtual!;
  if (isSame(heldTold.get(key), now)) return;
  heldTold.set(key, now);
  const { source, id } = router;
  ctx.publish('virtualRouterHeld', { source, id, ...now } satisfies VirtualRouterHeld, { retain: key });
}

function heldOf(state: State, router: VirtualRouter): { device?: string; problem?: string } {
  const { names, links, settings } = state;
  const device = deviceOf(state, router);
  const name = device ?? router.interface;
  const index = names.get(name);
  const link = index === undefined ? undefined : links.get(index)?.link;
  const refused = settings.devices.get(name)?.refused?.message;
  const refusal = index === undefined ? undefined : settings.ours.get(index)?.refusals.values().next().value;
  const problem = refused ?? (refusal && `the kernel refused: ${refusal.message}`);
  return {
    ...(device !== undefined && link?.up === true && { device }),
    ...(problem !== undefined && { problem }),
  };
}
