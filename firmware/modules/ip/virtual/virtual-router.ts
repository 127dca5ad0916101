/**
 * The kernel's part of virtual routers (RFC 9568 7.3, 8.2.2): a macvlan with the virtual MAC, which is there as long as the
 * virtual router is and always up, and its addresses while it is Active. They are settings of interfaces, and given as these.
 *
 * - One that leaves has its device for a while as it was: another router takes over then, and hosts lose nothing.
 * - A Backup Router says nothing with the virtual MAC: its device has no address, and no IPv6 of its own.
 * - Where packets to its addresses are not to be taken, these are closed before the kernel has them, also of a Backup Router:
 *   becoming Active takes as few changes as can be. They are open again once the kernel does not have them any more.
 * - The kernel announces all addresses of the device in the batch that gives them, and twice more.
 */
import type { Context, StopReason } from 'hitless/runtime';
import type { KernelChange } from '../../../../drivers/kernel-tables.ts';
import { isSame } from '../../difference.ts';
import type { VirtualRouterChange, VirtualRouterHeld } from '../../messages/virtual-routers.ts';
import { areClosed } from '../interfaces/closed-address.ts';
import { isOwnDevice, removeDevice } from '../interfaces/device.ts';
import { type Address, readAddress } from '../interfaces/interface-address.ts';
import { stepsTo } from '../interfaces/interface-settings.ts';
import { endLinger, linger, lingeringOf, lingersFor } from '../interfaces/lingering.ts';
import { FORCE, FORWARDING6 } from '../interfaces/sysctl.ts';
import { type Wanted, wantedNamed } from '../interfaces/wanted.ts';
import type { State } from '../state.ts';
import { type Held, noVirtual, type VirtualRouter, type VirtualState } from './virtual-record.ts';

/** Begins the key of the timer `settings`, before `source id`. */
export const AGAIN = 'virtual ';
/** Announcements are repeated so long after each other, in ms: the first may be lost. */
const REPEAT_MS: readonly number[] = [1_000, 3_000];

/** A device of an earlier life stays so long until somebody has told of it, in ms. */
const CLAIM_MS = 2_000;

/** How a device is set up whatever its family. Where the variable of all interfaces is set, the higher value counts. */
const VARIABLES = {
  // A strict rp_filter would drop what hosts send to the virtual MAC: their route is that of the interface.
  'ipv4/rp_filter': '2',
  'ipv4/arp_ignore': '1',
  'ipv4/arp_notify': '1',
  'ipv4/forwarding': '1',
  // As with any address, but from the beginning: becoming Active takes as few changes as can be.
  'ipv4/promote_secondaries': '1',
} as const;
/** The interface answers for its own addresses alone, and asks from none but these: its MAC is not that of a virtual address. */
const VARIABLES_OF_INTERFACE = { 'ipv4/arp_ignore': '1', 'ipv4/arp_announce': '2' } as const;
const VARIABLES6 = {
  // No link-local address of its own, no default router that it hears of.
  'ipv6/addr_gen_mode': '1',
  'ipv6/accept_ra': '0',
  'ipv6/ndisc_notify': '1',
  'ipv6/keep_addr_on_down': '1',
} as const;

/** The agenda, as far as it is about this. */
export interface VirtualAgenda {
  /** Another is wanted of these. */
  wantedChanged(names: readonly string[]): void;
  /** Virtual routers of these interfaces are others, or are Active or not. */
  virtualChanged(names: readonly string[]): void;
}

/**
 * A virtual router is this one from now on. Call `refresh` behind the last of a message.
 * @param touched takes the names of interfaces of which something else is wanted
 */
export function setVirtual(
  state: State,
  source: string,
  change: VirtualRouterChange,
  touched: Set<string>,
  agenda: VirtualAgenda,
  ctx: Context,
): void {
  const virtual = virtualOf(state);
  const {
    id,
    interface: name = '',
    family = 4,
    group = 0,
    mac,
    addresses = [],
    takeover,
    linger: ms,
  } = change;
  const key = `${source} ${id}`;
  const before = virtual.routers.get(key);
  const { active = false, announced = 0, accept } = change;
  const isNews =
    before?.active !== true || before.announced !== announced || !isSame(before.addresses, addresses);
  const begins = active && isNews;
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
    ...(accept === false && { accept }),
    repeated: begins ? 0 : (before?.repeated ?? 0),
    ...(takeover !== undefined && { takeover }),
    ...(ms !== undefined && { linger: ms }),
  };
  virtual.routers.set(key, router);
  lingerAs(state, router, before, agenda, ctx.now());
  // Whoever says so again may not know what became of it: this is told anew.
  if (accept === false) virtual.heldTold.delete(key);
  if (begins) ctx.setTimer('settings', `${AGAIN}${key}`, REPEAT_MS[0]!);
  if (!active) ctx.cancelTimer('settings', `${AGAIN}${key}`);
  touched.add(name);
  if (before !== undefined) touched.add(before.interface);
}

/** Its device is left as it is where it was active, or that of an earlier life, and others may not have taken over yet. */
function lingerAs(
  state: State,
  router: VirtualRouter,
  before: VirtualRouter | undefined,
  agenda: VirtualAgenda,
  now: number,
): void {
  const { settings } = state;
  const { active, linger: ms } = router;
  const device = deviceNameOf(state, router);
  if (device === undefined) return;
  const isLingering = lingeringOf(settings, device, now) !== undefined;
  if (!active && ms !== undefined && (isLingering || before?.active === true))
    linger(settings, device, ms, now);
  else if (isLingering) endLinger(settings, device);
  else return;
  agenda.wantedChanged([device]);
}

/** The kernel's first list is whole: devices with addresses are of an earlier life, and stay until it is known whose they are. */
export function lingerFound(state: State, ctx: Context): void {
  const { links, settings, virtual } = state;
  for (const { link, addresses } of links.values()) {
    const kept = settings.ours.get(link.index)?.kept.size ?? 0;
    if (link.kind !== 'macvlan' || !isOwnDevice(link) || addresses.length === 0 || kept > 0) continue;
    const router = virtual?.routers.get(virtual.deviceOf.get(link.name) ?? '');
    const ms = router === undefined ? CLAIM_MS : router.active ? undefined : router.linger;
    if (ms !== undefined) linger(settings, link.name, ms, ctx.now());
  }
}

/** All of a source take packets to their addresses: it does not know of anything else. @param touched as above */
export function acceptAll(state: State, source: string, touched: Set<string>): void {
  const { routers } = virtualOf(state);
  for (const [key, { accept, ...router }] of routers) {
    if (router.source !== source || accept === undefined) continue;
    routers.set(key, router);
    touched.add(router.interface);
  }
}

/** It is held no more; its device may linger. @param touched as above */
export function removeVirtual(state: State, key: string, touched: Set<string>, ctx: Context): void {
  const virtual = virtualOf(state);
  const before = virtual.routers.get(key);
  if (before === undefined) return;
  virtual.routers.delete(key);
  ctx.cancelTimer('settings', `${AGAIN}${key}`);
  touched.add(before.interface);
  if (virtual.heldTold.delete(key)) withdrawHeld(key, before, ctx);
}

/** The timer is due: its addresses are announced again. @param key `source id` */
export function announceAgain(state: State, key: string, agenda: VirtualAgenda, ctx: Context): void {
  const router = state.virtual?.routers.get(key);
  if (router?.active !== true) return;
  const repeated = router.repeated + 1;
  state.virtual!.routers.set(key, { ...router, repeated });
  const next = REPEAT_MS[repeated];
  if (next !== undefined) ctx.setTimer('settings', `${AGAIN}${key}`, next);
  refresh(state, new Set([router.interface]), agenda, ctx);
}

/** A link came, went, or is another: devices on it are others, or what is told of them is. */
export function virtualLinkChanged(state: State, name: string, agenda: VirtualAgenda, ctx: Context): void {
  const virtual = state.virtual;
  if (virtual === undefined || !virtual.wanted.has(name)) return;
  if (virtual.deviceOf.has(name)) tellHeldAt(state, name, ctx);
  else refresh(state, new Set([name]), agenda, ctx);
}

/** The kernel has answered, or its link is no device of ours: what became of the virtual routers there may be told. */
export function tellHeldAt(state: State, name: string, ctx: Context): void {
  const virtual = state.virtual;
  if (virtual === undefined || !virtual.wanted.has(name)) return;
  const key = virtual.deviceOf.get(name);
  if (key !== undefined) tellHeld(state, key, virtual.routers.get(key)!, ctx);
  else tellHeldOn(state, new Set([name]), ctx);
}

/** The changes that take all of them back, when the module's service ends and the settings of the configuration stay. */
export function takeBackVirtual(state: State, ctx: Context): KernelChange[] {
  const { config, virtual, names, links, settings } = state;
  const all = new Set([...(virtual?.wanted.keys() ?? []), ...(settings.lingering?.keys() ?? [])]);
  return [...all].flatMap((name): KernelChange[] => {
    const index = names.get(name);
    const link = index === undefined ? undefined : links.get(index)?.link;
    const owned = index === undefined ? undefined : settings.ours.get(index);
    if (link === undefined) return [];
    if (isOwnDevice(link)) return [removeDevice(link)];
    if (owned === undefined) return [];
    const steps = stepsTo(wantedNamed({ config }, name), link, owned, state, ctx.now());
    return steps.flatMap(({ change }) => change ?? []);
  });
}

/** How long the kernel is to have all as it is when the module's service ends: other routers take over what is active, in ms. */
export function staysFor({ settings, virtual }: State, why: StopReason, now: number): number {
  let longest = lingersFor(settings, now);
  // With the program all modules end, and whoever is active says so.
  if (why === 'shutdown')
    for (const { active, takeover } of virtual?.routers.values() ?? [])
      if (active) longest = Math.max(longest, takeover?.told ?? 0);
  return longest;
}

/** There is no IP from now on: nothing is held of them. */
export function endVirtual(state: State, ctx: Context): void {
  const { routers, heldTold } = state.virtual ?? noVirtual();
  for (const key of heldTold.keys()) withdrawHeld(key, routers.get(key)!, ctx);
  delete state.virtual;
}

/** The record, made where there is none yet. */
export function virtualOf(state: State): VirtualState {
  state.virtual ??= noVirtual();
  return state.virtual;
}

/** These interfaces and the devices on them are wanted as their virtual routers say, and what becomes of these is told. */
export function refresh(
  state: State,
  interfaces: ReadonlySet<string>,
  agenda: VirtualAgenda,
  ctx: Context,
): void {
  if (interfaces.size === 0) return;
  const virtual = virtualOf(state);
  const before = [...interfaces].flatMap((name) => virtual.devicesOn.get(name) ?? []);
  for (const device of before) virtual.deviceOf.delete(device);
  for (const name of interfaces) virtual.devicesOn.delete(name);
  const now = wantedOn(state, interfaces);
  const changed = [...new Set([...interfaces, ...before, ...now.keys()])].filter((each) => {
    const wanted = now.get(each);
    if (isSame(virtual.wanted.get(each), wanted)) return false;
    if (wanted === undefined) virtual.wanted.delete(each);
    else virtual.wanted.set(each, wanted);
    return true;
  });
  if (changed.length > 0) agenda.wantedChanged(changed);
  agenda.virtualChanged([...interfaces]);
  tellHeldOn(state, interfaces, ctx);
}

/** By name of a link. Takes note of the devices. */
function wantedOn(state: State, interfaces: ReadonlySet<string>): Map<string, Wanted> {
  const { routers, devicesOn, deviceOf } = state.virtual!;
  const wanted = new Map<string, Wanted>();
  const own = new Map<string, VirtualRouter[]>();
  for (const [key, router] of routers) {
    const { interface: name, mac } = router;
    if (!interfaces.has(name)) continue;
    const device = deviceNameOf(state, router);
    const some = own.get(name) ?? [];
    own.set(name, some);
    if (mac === undefined) some.push(router);
    // The first of two that want the same has it.
    else if (device !== undefined && !deviceOf.has(device)) {
      deviceOf.set(device, key);
      const devices = devicesOn.get(name);
      if (devices === undefined) devicesOn.set(name, [device]);
      else devices.push(device);
      wanted.set(device, wantedOfDevice(router, mac));
    }
  }
  for (const [name, some] of own) {
    const closed = some.flatMap(closedOf);
    wanted.set(name, {
      addresses: some.flatMap(addressesOf),
      variables: VARIABLES_OF_INTERFACE,
      ...(closed.length > 0 && { closed }),
    });
  }
  return wanted;
}

const known = new WeakMap<VirtualRouter, Wanted>();

/** The same object for the same record: an interface has hundreds, and one changes at a time. */
function wantedOfDevice(router: VirtualRouter, mac: string): Wanted {
  const { interface: parent, family, active, announced, repeated, addresses, takeover } = router;
  const before = known.get(router);
  if (before !== undefined) return before;
  const wanted: Wanted = {
    device: { kind: 'macvlan', parent, mac },
    up: true,
    addresses: addressesOf(router),
    ...(router.accept === false && { closed: addresses }),
    variables:
      family === 4
        ? { ...VARIABLES, 'ipv6/disable_ipv6': '1' }
        : { ...VARIABLES, ...VARIABLES6, ...forwarding6(active) },
    ...(family === 6 && !active && { hushed: true }),
    // Another address is told at once, too.
    outlives: active ? (takeover?.silent ?? 0) : 0,
    ...(active && { announced: [announced, repeated, ...addresses].join(' ') }),
  };
  known.set(router, wanted);
  return wanted;
}

/**
 * A router's neighbour advertisements say so, and its device joins a group of its own: only while it is Active. What hosts send
 * to the virtual MAC comes in by the device, whose switch the kernel asks, not by the interface.
 */
function forwarding6(active: boolean): Record<string, string> {
  const value = active ? '1' : '0';
  return { [FORCE]: value, [FORWARDING6]: value };
}

/** As those of hosts: the network is the interface's. */
function addressesOf({ active, addresses, family }: VirtualRouter): Address[] {
  if (!active) return [];
  return addresses.flatMap((text) => {
    const address = readAddress(`${text}/${family === 4 ? 32 : 128}`);
    return address === undefined ? [] : [{ ...address, ...(family === 6 && { noDad: true as const }) }];
  });
}

/** Those that are closed, whether it is active or not. */
function closedOf({ accept, addresses }: VirtualRouter): readonly string[] {
  return accept === false ? addresses : [];
}

/** The name of its device; undefined where it has none, or its interface is not there. */
function deviceNameOf(
  { names }: State,
  { interface: name, family, group, mac }: VirtualRouter,
): string | undefined {
  const index = names.get(name);
  return mac === undefined || index === undefined ? undefined : `vrrp${family}-${index}-${group}`;
}

function withdrawHeld(key: string, { source, id }: VirtualRouter, ctx: Context): void {
  ctx.publish('virtualRouterHeld', { source, id } satisfies VirtualRouterHeld, { withdraw: key });
}

function tellHeldOn(state: State, interfaces: ReadonlySet<string>, ctx: Context): void {
  for (const [key, router] of state.virtual?.routers ?? [])
    if (interfaces.has(router.interface)) tellHeld(state, key, router, ctx);
}

/** Tells what became of it, where that is otherwise than before. */
function tellHeld(state: State, key: string, router: VirtualRouter, ctx: Context): void {
  const now = heldOf(state, key, router, ctx.now());
  const { heldTold } = state.virtual!;
  if (isSame(heldTold.get(key), now)) return;
  heldTold.set(key, now);
  const { source, id } = router;
  ctx.publish('virtualRouterHeld', { source, id, ...now } satisfies VirtualRouterHeld, { retain: key });
}

function heldOf(state: State, key: string, router: VirtualRouter, now: number): Held {
  const { names, links, settings, virtual } = state;
  const device = deviceNameOf(state, router);
  const holder = device === undefined ? key : virtual?.deviceOf.get(device);
  if (holder !== undefined && holder !== key) return { problem: `${device} is there already for ${holder}` };
  const name = device ?? router.interface;
  const index = names.get(name);
  const link = index === undefined ? undefined : links.get(index)?.link;
  const refused = settings.devices.get(name)?.refused?.message;
  const refusals = index === undefined ? [] : [...(settings.ours.get(index)?.refusals ?? [])];
  // An older kernel has no such variable, and forwards by the switch of all.
  const [, refusal] = refusals.find(([aspect]) => aspect !== `sysctl ${FORCE}`) ?? [];
  const problem = refused ?? (refusal && `the kernel refused: ${refusal.message}`);
  const closed = closedOf(router);
  const isClosed =
    closed.length > 0 &&
    index !== undefined &&
    (areClosed(settings, index, closed) ?? virtual?.heldTold.get(key)?.closed === true);
  return {
    ...(device !== undefined && link?.up === true && { device }),
    ...(isClosed && { closed: true }),
    ...(problem !== undefined && { problem }),
    ...(lingeringOf(settings, name, now) !== undefined && { lingers: true }),
  };
}
