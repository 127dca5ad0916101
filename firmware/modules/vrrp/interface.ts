/** An interface with virtual routers: when they start and stop (RFC 9568 6.4.1), and what contradicts on it. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import type { LinkState } from '../messages/link.ts';
import type { VrrpAgenda } from './agenda.ts';
import { sentencesOn } from './ownership.ts';
import { running } from './running.ts';
import { type GroupConfig, keyOf, type State } from './state.ts';

/** Takes note of a link's state: up with an address is the event Startup, anything else is Shutdown. */
export function linkChanged(state: State, link: LinkState, agenda: VrrpAgenda, ctx: Context): void {
  state.links.set(link.name, link);
  for (const config of state.config.groups)
    if (config.interface === link.name) tellContradictions(state, config, ctx);
  for (const router of state.groups.values()) {
    if (router.interface !== link.name) continue;
    const run = running(state, router);
    if (run === undefined) agenda.virtualRouter(router, { type: 'Shutdown' });
    else if (router.state === 'Initialize') agenda.virtualRouter(router, { type: 'Startup' }, run);
    else agenda.virtualRouter(router, { type: 'AddressesChanged' }, run);
  }
}

/** The port of each interface that has virtual routers, and of no other. */
export function usePorts(state: State, ctx: Context): void {
  const names = interfacesOf(state);
  for (const name of ctx.ports('vrrp')) if (!names.has(name)) ctx.closePort('vrrp', name);
  for (const name of names) ctx.openPort('vrrp', name);
}

/** Nothing is kept of interfaces and virtual routers that have left the configuration. */
export function forgetUnconfigured(state: State): void {
  const names = interfacesOf(state);
  for (const name of state.links.keys()) {
    if (names.has(name)) continue;
    state.links.delete(name);
    forgetSources(state.limited, name);
  }
  for (const key of state.said.keys()) if (!state.groups.has(key)) state.said.delete(key);
}

function interfacesOf({ config }: State): Set<string> {
  return new Set(config.groups.map(({ interface: name }) => name));
}

/** 6.4.1 for virtual routers that nothing else starts: service began, or goes on, with the links as they were. */
export function startIdle(state: State, agenda: VrrpAgenda): void {
  for (const router of state.groups.values()) {
    if (router.state !== 'Initialize') continue;
    const run = running(state, router);
    if (run !== undefined) agenda.virtualRouter(router, { type: 'Startup' }, run);
  }
}

/** Shutdown where the interface is of use (6.4.3), for every virtual router. */
export function leaveAll(state: State, agenda: VrrpAgenda): void {
  for (const router of state.groups.values()) agenda.virtualRouter(router, { type: 'Leave' });
}

/** A version before did not hold the configuration against the links, which are told with their changes only. */
export function checkOnce(state: State, ctx: Context): void {
  if (state.checked) return;
  state.checked = true;
  for (const config of state.config.groups) tellContradictions(state, config, ctx);
}

/**
 * Says of a group what contradicts and which subnet is used, once for each change: at the start, and when addresses or configuration
 * change.
 * The words depend on configuration and link alone, never on a packet.
 */
export function tellContradictions(state: State, config: GroupConfig, ctx: Context): void {
  const link = state.links.get(config.interface);
  // A link without any address says nothing about the configuration: it may be on its way up.
  if (link === undefined || link.addresses.length === 0) return;
  const sentences = sentencesOn(link, config);
  const key = keyOf(config);
  const text = sentences.map(({ text }) => text).join('\n');
  if (text === (state.said.get(key) ?? '')) return;
  state.said.set(key, text);
  for (const { level, text } of sentences) ctx.log(level, text);
}
