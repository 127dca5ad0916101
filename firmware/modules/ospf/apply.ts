/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import { toNumber } from '../address.ts';
import { isSame } from '../difference.ts';
import { forgetSources } from '../limited-log.ts';
import {
  beginHellos,
  beginPolls,
  endHellos,
  retimeHellos,
  retimePolls,
  sayFarewell,
} from './adjacency/hello.ts';
import { refresh, restart, takeDown } from './adjacency/interface.ts';
import { knowConfigured, tellTaken } from './adjacency/neighbor.ts';
import type { OspfAgenda } from './agenda.ts';
import type { Config } from './config-record.ts';
import { areaScope, enterScope, forgetAll, leaveScope, removeScope } from './lsdb/lsdb.ts';
import { flushAll, flushArea, forgetOwn } from './lsdb/origination.ts';
import { standingOrigins } from './origination/origins.ts';
import { type InterfaceChange, interfacesOf, type Plan } from './plan.ts';
import { endRestart } from './restart/restarting.ts';
import { announceAll } from './routing/announcing.ts';
import { subscribe } from './routing/redistribution.ts';
import { forgetRole, rethrottle } from './routing/routing.ts';
import { configOf, portSettings, virtualKey } from './selectors.ts';
import { type Interface, newArea, newInterface, type State } from './state.ts';

/**
 * LSAs of ours are flushed where their area goes, or all of them where our router id is another: first, by the configuration
 * that they were made by.
 */
export function leave(state: State, plan: Plan, agenda: OspfAgenda, ctx: Context): void {
  endRestart(state, 'its configuration is another', agenda, ctx);
  if (plan.startsAgain) {
    tellTaken(state, toNumber(plan.config.routerId), ctx);
    flushAll(state, agenda, ctx);
  } else {
    for (const area of plan.areas.removed) flushArea(state, area, agenda, ctx);
  }
}

/** When what is flushed has left: interfaces that go, or begin anew, go down with their neighbours (9.3). */
export function leaveInterfaces(state: State, plan: Plan, agenda: OspfAgenda, ctx: Context): void {
  const restarting = plan.changed.filter(({ restarts }) => restarts).map(({ key }) => key);
  for (const key of [...plan.removed, ...restarting]) {
    const iface = state.interfaces.get(key)!;
    sayFarewell(state, iface, ctx);
    takeDown(state, iface, agenda, ctx);
  }
}

/** Puts the configuration in force, when all that goes is down. */
export function apply(state: State, plan: Plan, agenda: OspfAgenda, ctx: Context): void {
  const { config, added, removed, changed, areas } = plan;
  const links = linksOf(state);
  const { spf } = state.config.timers;
  for (const key of removed) forget(state, state.interfaces.get(key)!, ctx);
  if (plan.startsAgain) {
    // 5: the database is that of a router that is no more. What others made comes again from them.
    forgetAll(state);
    forgetOwn(state);
    state.routerId = toNumber(config.routerId);
  }
  for (const id of areas.removed) {
    leaveScope(state, areaScope(id));
    state.areas.delete(id);
  }
  if (!isSame(announcedBy(state.config), announcedBy(config))) announceAll(state, config, ctx);
  state.config = config;
  if (!isSame(spf, config.timers.spf)) rethrottle(state, ctx);
  for (const id of areas.added) {
    enterScope(state, areaScope(id));
    state.areas.set(id, newArea(id));
  }
  for (const change of changed) follow(state, change, agenda, ctx);
  for (const key of added) begin(state, key, agenda, ctx);
  for (const link of links) if (!linksOf(state).has(link)) ctx.closePort('ospf', link);
  openPorts(state, ctx);
  if (plan.redistributes) subscribe(state, ctx);
  if (plan.routes) {
    originateAll(state, agenda);
    // The rest of ours that follows from the configuration, such as a metric, is looked at with the routes.
    forgetRole(state);
  }
}

function announcedBy({ distance, distributeList }: Config) {
  return { distance, distributeList };
}

/** Ports that the state needs: said again in each `start`. */
export function openPorts(state: State, ctx: Context): void {
  for (const link of linksOf(state)) ctx.openPort('ospf', link, portSettings(state, link));
}

/** Interfaces of the configuration, as they are at first. */
export function firstInterfaces(state: State): void {
  for (const id of Object.keys(state.config.areas).map(toNumber))
    if (!state.areas.has(id)) state.areas.set(id, newArea(id));
  for (const key of Object.keys(interfacesOf(state.config)))
    if (!state.interfaces.has(key)) state.interfaces.set(key, made(state, key));
}

/** The timers of an interface that it has in each state. */
export function beginTimers(state: State, iface: Interface, ctx: Context): void {
  if (iface.virtual !== undefined || iface.type !== 'loopback') beginHellos(state, iface, ctx);
  beginPolls(state, iface, ctx);
  // Of a version before 3.0.0, which did not elect.
  if (iface.state === 'Waiting' && ctx.timerDue('wait', iface.key) === undefined)
    ctx.setTimer('wait', iface.key, configOf(state, iface).deadInterval);
}

/** Makes all of ours as things are now. */
export function originateAll(state: State, agenda: OspfAgenda): void {
  for (const origin of standingOrigins(state)) agenda.originate(origin);
  agenda.routing({ of: 'all' });
}

function linksOf({ interfaces }: State): Set<string> {
  return new Set([...interfaces.values()].flatMap(({ link }) => (link === '' ? [] : [link])));
}

/** The record of an interface of the configuration, down. */
function made({ config }: State, key: string): Interface {
  const plain = config.interfaces[key];
  if (plain !== undefined) return newInterface(key, plain.link, toNumber(plain.area));
  for (const [area, { virtualLinks }] of Object.entries(config.areas))
    for (const router of Object.keys(virtualLinks)) {
      if (virtualKey(toNumber(area), toNumber(router)) !== key) continue;
      const virtual = { area: toNumber(area), router: toNumber(router), to: 0, over: '' };
      return { ...newInterface(key, '', 0), type: 'virtual', virtual };
    }
  throw new Error(`there is no interface ${key} in the configuration`);
}

function begin(state: State, key: string, agenda: OspfAgenda, ctx: Context): void {
  const iface = made(state, key);
  state.interfaces.set(key, iface);
  knowConfigured(state, iface, agenda, ctx);
  beginTimers(state, iface, ctx);
  refresh(state, iface, agenda, ctx);
}

function follow(
  state: State,
  { key, restarts, retimed, elects, costs }: InterfaceChange,
  agenda: OspfAgenda,
  ctx: Context,
): void {
  const iface = state.interfaces.get(key)!;
  const plain = state.config.interfaces[key];
  if (plain !== undefined) iface.area = toNumber(plain.area);
  knowConfigured(state, iface, agenda, ctx);
  if (retimed) retimeHellos(state, iface, ctx);
  retimePolls(state, iface, ctx);
  hasten(state, iface, ctx);
  if (restarts) restart(state, iface, agenda, ctx);
  else refresh(state, iface, agenda, ctx);
  if (elects) agenda.interface(iface, 'NeighborChange');
  if (costs) agenda.originate({ lsa: 'router', area: iface.area });
}

/** With a shorter RxmtInterval nothing waits for the one of before. */
function hasten(state: State, iface: Interface, ctx: Context): void {
  const { retransmitInterval } = configOf(state, iface);
  for (const { key } of iface.neighbors.values())
    for (const timer of ['exchange', 'request', 'retransmit'] as const)
      if ((ctx.timerDue(timer, key) ?? 0) > retransmitInterval) ctx.setTimer(timer, key, retransmitInterval);
}

/** An interface that is configured no more. */
function forget(state: State, iface: Interface, ctx: Context): void {
  const { key } = iface;
  state.interfaces.delete(key);
  forgetSources(state.drops, key);
  forgetSources(state.changes, key);
  endHellos(key, ctx);
  removeScope(state, `link ${key}`);
  ctx.cancelTimer('acknowledge', key);
  ctx.cancelTimer('wait', key);
  for (const neighbor of iface.neighbors.values()) ctx.cancelTimer('poll', neighbor.key);
}
