/**
 * The settings of interfaces while the module runs: what is asked of the kernel when a link, an address or the configuration
 * changes, what becomes of its answers, and how all is taken back.
 *
 * A change that is asked for is taken for done, so that nothing is asked twice; a refusal takes that back.
 */
import type { Context } from 'hitless/runtime';
import type { KernelChange, KernelRefusal } from '../../../../drivers/kernel-tables.ts';
import type { InterfaceAddress } from '../../../../drivers/netlink/address.ts';
import type { Link } from '../../../../drivers/netlink/link.ts';
import { MOST_CHANGES } from '../request.ts';
import { OWN_PROTOCOL } from '../rib/route-record.ts';
import { doubt, forgetRefusals, isClosed, refusalsOf } from './closed-address.ts';
import {
  deviceText,
  isDevice,
  isOwnDevice,
  makeDevice,
  notThisText,
  ownDevices,
  removeDevice,
} from './device.ts';
import { lookAtAddresses, lookLater, stepsBack } from './given-address.ts';
import type {
  AskedAspect,
  Aspect,
  Kept,
  Lingering,
  Owned,
  OwnValue,
  SettingsRequest,
  SettingsState,
} from './interface-record.ts';
import { linkNamed, type Step, stepsTo, type View } from './interface-settings.ts';
import { lingeringOf } from './lingering.ts';
import { FORCE, FORWARD_ALL } from './sysctl.ts';
import {
  type Device,
  dependentsOf,
  LOOPBACK,
  namesWanted,
  type Wanted,
  type WantedView,
  wantedNamed,
} from './wanted.ts';

/** The part of the module's state that this is about. */
export interface SettingsView extends View, WantedView {
  readonly settings: SettingsState;
  /** Requests under way, by number. */
  readonly requests: { has(number: number): boolean };
}

/** Takes what is to be looked at within the same handler. */
export interface SettingsAgenda {
  /** The link with this index is compared with what is wanted of it. */
  linkSettings(index: number): void;
  /** The device of this name is made where it is wanted and not there. */
  device(name: string): void;
}

/** Asks the kernel for at most `MOST_CHANGES`; returns the request's number, or undefined where none can be taken now. */
export type Ask = (changes: KernelChange[], keys: string[]) => number | undefined;

/** So many of those that wait are looked at with each answer. */
const MOST_AT_ONCE = 8;
const ENOENT = 2;
const EEXIST = 17;
const ENODEV = 19;
const EADDRNOTAVAIL = 99;
const ETIMEDOUT = 110;

/** A list of the kernel's tables is whole: all is compared with what is wanted. */
export function compareAll(state: SettingsView, agenda: SettingsAgenda, ctx: Context): void {
  const { links, names, addresses, settings } = state;
  for (const [number, about] of settings.underWay)
    if (!state.requests.has(number)) forgetAnswer(state, number, about);
  for (const index of [...settings.ours.keys()]) if (!links.has(index)) forget(state, index, ctx);
  for (const row of addresses.values()) adopt(state, row, ctx);
  for (const owned of settings.ours.values()) doubt(owned);
  const busy = new Set([...settings.underWay.values()].map((about) => ('index' in about ? about.index : 0)));
  for (const [index, owned] of settings.ours) lookAtAddresses(addresses, index, owned, !busy.has(index), ctx);
  settings.waiting.clear();
  const indexes = new Set(settings.ours.keys());
  for (const { link } of links.values()) if (isOwnDevice(link)) indexes.add(link.index);
  for (const name of namesWanted(state)) {
    const index = names.get(name);
    if (index !== undefined) indexes.add(index);
    else if (
      wantedNamed(state, name)?.device !== undefined &&
      settings.devices.get(name)?.refused === undefined
    ) {
      settings.devices.delete(name);
      agenda.device(name);
    }
  }
  for (const index of indexes) agenda.linkSettings(index);
}

/** Another configuration is in force, in which these interfaces are wanted otherwise. */
export function compareNamed(
  { names, settings }: SettingsView,
  changed: readonly string[],
  agenda: SettingsAgenda,
): void {
  for (const name of changed) {
    settings.devices.delete(name);
    const index = names.get(name);
    if (index === undefined) agenda.device(name);
    else {
      tryAgain(settings.ours.get(index));
      agenda.linkSettings(index);
    }
  }
}

/** A link came, went, or is another than before; or so are its addresses. @param name its name, or the one that it had */
export function linkSettingsChanged(
  state: SettingsView,
  index: number,
  name: string,
  agenda: SettingsAgenda,
  ctx: Context,
): void {
  const link = state.links.get(index)?.link;
  const owned = state.settings.ours.get(index);
  if (link === undefined) forget(state, index, ctx);
  else {
    if (owned !== undefined) lookAtAddresses(state.addresses, index, owned, false, ctx);
    const condition = conditionOf(link);
    if (owned !== undefined && owned.condition !== condition) tryAgain(owned);
    if (owned !== undefined) owned.condition = condition;
    agenda.linkSettings(index);
  }
  for (const each of new Set([name, owned?.name ?? name, link?.name ?? name])) {
    if (!state.names.has(each)) agenda.device(each);
    dependentsTold(state, each, agenda);
  }
  if (owned !== undefined && link !== undefined) owned.name = link.name;
}

/** Those on it or in it may be served now, or have to be anew. */
function dependentsTold(state: SettingsView, name: string, agenda: SettingsAgenda): void {
  const { names, settings } = state;
  for (const dependent of dependentsOf(state, name)) {
    const device = settings.devices.get(dependent);
    if (device?.refused !== undefined) device.refused.again = true;
    const index = names.get(dependent);
    if (index === undefined) agenda.device(dependent);
    else agenda.linkSettings(index);
  }
}

/** Does what is left to do at the link with this index. */
export function settleLink(state: SettingsView, index: number, ask: Ask, ctx: Context): void {
  const { links, settings } = state;
  const link = links.get(index)?.link;
  if (link === undefined) return;
  const lingering = isOwnDevice(link) ? lingeringOf(settings, link.name, ctx.now()) : undefined;
  if (lingering !== undefined) {
    leaveAsIs(state, link, lingering, ask, ctx);
    return;
  }
  const wanted = withoutNeedless(state, index, wantedNamed(state, link.name));
  if (!isAsWanted(state, link, wanted, ask, ctx)) return;
  if (wanted === undefined && !settings.ours.has(index)) return;
  const owned = ownedOf(state, link);
  forgetRefusals(owned, wanted?.closed ?? []);
  const steps = [...stepsTo(wanted, link, owned, state, ctx.now()), ...stepsBack(wanted, link, owned, ctx)];
  for (let at = 0; at < steps.length; at += MOST_CHANGES)
    if (!take(state, index, steps.slice(at, at + MOST_CHANGES), ask)) {
      settings.waiting.add(`link ${index}`);
      break;
    }
  if (wanted === undefined && owned.kept.size === 0) settings.ours.delete(index);
}

/** Until its time is over. Should the program be killed meanwhile, it stays no longer either. */
function leaveAsIs(state: SettingsView, link: Link, { ms, until }: Lingering, ask: Ask, ctx: Context): void {
  const now = ctx.now();
  lookLater(link.index, until - now, ctx);
  const { closed = [] } = wantedNamed(state, link.name) ?? {};
  const steps = stepsTo({ addresses: [], outlives: ms, closed }, link, ownedOf(state, link), state, now);
  // Its addresses are closed, but none is opened that it still has.
  const marks = steps.filter(
    ({ aspect, change }) => aspect === 'outlives' || (isClosed(aspect) && change?.verb === 'replace'),
  );
  if (!take(state, link.index, marks, ask)) state.settings.waiting.add(`link ${link.index}`);
}

/** The settings without `forwardAll`, unless the kernel has refused some interface to forward IPv6 alone, or it is set. */
function withoutNeedless(
  { settings: { ours } }: SettingsView,
  index: number,
  wanted: Wanted | undefined,
): Wanted | undefined {
  if (wanted?.forwardAll === undefined || ours.get(index)?.kept.has(`sysctl ${FORWARD_ALL}`)) return wanted;
  for (const { refusals } of ours.values()) if (refusals.has(`sysctl ${FORCE}`)) return wanted;
  const { forwardAll: _, ...others } = wanted;
  return others;
}

/** Whether its settings may be applied: it is the device that is wanted. One of ours that is not is removed. */
function isAsWanted(
  state: SettingsView,
  link: Link,
  wanted: Wanted | undefined,
  ask: Ask,
  ctx: Context,
): boolean {
  const { index, name } = link;
  const { settings } = state;
  const device = wanted?.device;
  if (device !== undefined && isDevice(link, device, parentOf(state, device))) {
    settings.devices.delete(name);
    return true;
  }
  if (isOwnDevice(link)) {
    // Where another is wanted under its name, that one is made once this one is gone.
    if (ask([removeDevice(link)], [name]) === undefined) settings.waiting.add(`link ${index}`);
    return false;
  }
  if (device === undefined) return true;
  refuseDevice(state, name, notThisText(name, device), ctx);
  return false;
}

/** Asks for one request's worth of steps, and takes note of them; false where the kernel takes nothing now. */
function take({ settings }: SettingsView, index: number, steps: readonly Step[], ask: Ask): boolean {
  const owned = settings.ours.get(index)!;
  const changes = steps.flatMap(({ change }) => change ?? []);
  if (changes.length > 0) {
    const changing = steps.filter(({ change }) => change !== undefined);
    const number = ask(
      changes,
      changing.map(({ aspect }) => aspect),
    );
    if (number === undefined) return false;
    const asked = changing.map(
      ({ aspect, before }): AskedAspect => ({ aspect, ...(before !== undefined && { before }) }),
    );
    settings.underWay.set(number, { index, asked });
  }
  for (const { aspect, after } of steps) {
    keep(owned, aspect, after);
    delete owned.refusals.get(aspect)?.again;
  }
  return true;
}

/** Makes the device of this name where it is wanted and not there. */
export function settleDevice(state: SettingsView, name: string, ask: Ask): void {
  const { names, settings } = state;
  const device = wantedNamed(state, name)?.device;
  if (device === undefined) settings.devices.delete(name);
  if (device === undefined || names.has(name)) return;
  const asked = settings.devices.get(name);
  if (asked !== undefined && asked.refused?.again === undefined) return;
  const change = makeDevice(name, device, parentOf(state, device));
  // It is made when its parent comes.
  if (change === undefined) return;
  const number = ask([change], [name]);
  if (number === undefined) {
    settings.waiting.add(`device ${name}`);
    return;
  }
  settings.underWay.set(number, { device: name });
  if (asked?.refused !== undefined) delete asked.refused.again;
  else settings.devices.set(name, {});
}

/** A request of ours is answered. @param was old values of variables, by place */
export function settingsAnswered(
  state: SettingsView,
  number: number,
  refusals: readonly KernelRefusal[],
  was: readonly (string | undefined)[],
  agenda: SettingsAgenda,
  ctx: Context,
): void {
  const { settings } = state;
  const about = settings.underWay.get(number);
  settings.underWay.delete(number);
  if (about !== undefined && 'device' in about) deviceAnswered(state, about.device, refusals[0], ctx);
  else if (about !== undefined) linkAnswered(state, about, refusals, was, agenda, ctx);
  for (const key of [...settings.waiting].slice(0, MOST_AT_ONCE)) {
    settings.waiting.delete(key);
    lookAgain(key, agenda);
  }
}

function linkAnswered(
  state: SettingsView,
  { index, asked }: Extract<SettingsRequest, { index: number }>,
  refusals: readonly KernelRefusal[],
  was: readonly (string | undefined)[],
  agenda: SettingsAgenda,
  ctx: Context,
): void {
  const link = state.links.get(index)?.link;
  const owned = state.settings.ours.get(index);
  if (link === undefined || owned === undefined) return;
  const byPlace = new Map(refusals.map((refusal) => [refusal.at, refusal]));
  for (const [at, one] of asked.entries()) {
    const refusal = byPlace.get(at);
    if (refusal !== undefined) {
      refused(state, link, owned, one, refusal, ctx);
      if (one.aspect === `sysctl ${FORCE}`)
        for (const each of [index, state.names.get(LOOPBACK) ?? index]) agenda.linkSettings(each);
      continue;
    }
    const value = was[at];
    const kept = owned.kept.get(one.aspect) as OwnValue<string> | undefined;
    if (value !== undefined && kept !== undefined && kept.was === undefined) kept.was = value;
    if (owned.refusals.delete(one.aspect))
      ctx.log('info', `${link.name}: ${one.aspect} is as the configuration says now`);
  }
}

function refused(
  state: SettingsView,
  link: Link,
  owned: Owned,
  { aspect, before }: AskedAspect,
  { errno, message }: KernelRefusal,
  ctx: Context,
): void {
  const kept = owned.kept.get(aspect);
  if (errno === ETIMEDOUT) {
    // The list that follows tells which addresses there are.
    if (kept !== undefined && 'now' in kept) kept.unsure = true;
    return;
  }
  // It is gone already, or the whole link is, which is told behind this.
  if ((kept === undefined && errno === EADDRNOTAVAIL) || errno === ENODEV) return;
  keep(owned, aspect, before);
  // The same reason keeps all from being closed: it is said once.
  const told = isClosed(aspect)
    ? refusalsOf(state.settings).find((each) => each === message)
    : owned.refusals.get(aspect)?.message;
  owned.refusals.set(aspect, { message });
  const addresses = wantedNamed(state, link.name)?.addresses ?? [];
  // A kernel without IPv6 has none of its variables; an older one forwards by the switch of all.
  const needless =
    errno === ENOENT &&
    (aspect === `sysctl ${FORCE}` ||
      (/^sysctl (all\/)?ipv6\//.test(aspect) && addresses.every(({ family }) => family === 4)));
  if (message !== told && !needless)
    ctx.log('warn', `${link.name}: the kernel refused: ${message}. It is tried again when the link changes`);
}

function deviceAnswered(
  state: SettingsView,
  name: string,
  refusal: KernelRefusal | undefined,
  ctx: Context,
): void {
  const device = wantedNamed(state, name)?.device;
  // Somebody else was faster, or the link's row comes behind this.
  if (refusal === undefined || refusal.errno === EEXIST || device === undefined)
    state.settings.devices.delete(name);
  else refuseDevice(state, name, `${name} is not made as ${deviceText(device)}: ${refusal.message}`, ctx);
}

/** Says so once. */
function refuseDevice({ settings }: SettingsView, name: string, message: string, ctx: Context): void {
  if (settings.devices.get(name)?.refused?.message !== message) ctx.log('warn', message);
  settings.devices.set(name, { refused: { message } });
}

/** The request has no answer any more: whether it was carried out is not known. */
function forgetAnswer({ settings }: SettingsView, number: number, about: SettingsRequest): void {
  settings.underWay.delete(number);
  if ('device' in about) settings.devices.delete(about.device);
  else
    for (const { aspect } of about.asked) {
      const kept = settings.ours.get(about.index)?.kept.get(aspect);
      if (kept !== undefined && 'now' in kept) kept.unsure = true;
    }
}

/** The changes that take back all that is ours, when the module's service ends. Nothing is kept of it. */
export function takeBackAll(state: SettingsView, now: number): KernelChange[] {
  const { links, settings } = state;
  const changes: KernelChange[] = [];
  for (const [index, owned] of settings.ours) {
    const link = links.get(index)?.link;
    // A device of ours goes with all that it has.
    if (link === undefined || isOwnDevice(link)) continue;
    owned.refusals.clear();
    for (const { change } of stepsTo(undefined, link, owned, state, now))
      if (change !== undefined) changes.push(change);
  }
  for (const part of Object.values(settings)) part?.clear();
  return [...changes, ...ownDevices([...links.values()].map(({ link }) => link)).map(removeDevice)];
}

function keep({ kept }: Owned, aspect: Aspect, value: Kept | undefined): void {
  if (value === undefined) kept.delete(aspect);
  else kept.set(aspect, value);
}

function tryAgain(owned: Owned | undefined): void {
  for (const refused of owned?.refusals.values() ?? []) refused.again = true;
}

/**
 * An address that we gave in an earlier life: it is marked so, where the kernel keeps that mark, or is on a macvlan of ours. Those
 * on macvlans of others are of others.
 */
function adopt(state: SettingsView, row: InterfaceAddress, ctx: Context): void {
  const link = state.links.get(row.index)?.link;
  if (link === undefined) return;
  const isOurs = link.kind === 'macvlan' ? isOwnDevice(link) : row.protocol === OWN_PROTOCOL;
  if (!isOurs) return;
  const { kept } = ownedOf(state, link);
  const aspect: Aspect = `address ${row.address}/${row.prefixLength}`;
  if (!kept.has(aspect)) kept.set(aspect, { at: ctx.now(), back: 0, told: true });
}

function ownedOf({ settings }: SettingsView, link: Link): Owned {
  const owned = settings.ours.get(link.index) ?? {
    name: link.name,
    condition: conditionOf(link),
    kept: new Map(),
    refusals: new Map(),
  };
  settings.ours.set(link.index, owned);
  return owned;
}

function conditionOf({ name, up, carrier, mtu, mac, master, parent }: Link): string {
  return JSON.stringify([name, up, carrier, mtu, mac, master, parent]);
}

function forget({ settings }: SettingsView, index: number, ctx: Context): void {
  settings.ours.delete(index);
  ctx.cancelTimer('settings', `link ${index}`);
}

/** The timer `settings` is due. @param key `link 7` or `device lan0.10` */
export function lookAgain(key: string, agenda: SettingsAgenda): void {
  const [about, which = ''] = key.split(' ');
  if (about === 'link') agenda.linkSettings(Number(which));
  else agenda.device(which);
}

function parentOf(view: View, device: Device): Link | undefined {
  return 'parent' in device ? linkNamed(view, device.parent) : undefined;
}
