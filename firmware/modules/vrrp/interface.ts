/** Links, and the virtual routers that depend on them: when they start and stop (RFC 9568 6.4.1), and what contradicts. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import type { LinkAndAddresses } from '../messages/links.ts';
import { isRefusing } from './acceptance.ts';
import type { VrrpAgenda } from './agenda.ts';
import { PORTS } from './constants.ts';
import { dependencyTold, reconsiderWithMates } from './dependency.ts';
import { sentencesOn } from './ownership.ts';
import { running } from './running.ts';
import { type GroupConfig, keyOf, type State, trackId, type VirtualRouter } from './state.ts';

/** Takes note of a link's state: whoever depends on it may run now, may not, or runs otherwise. */
export function linkChanged(state: State, link: LinkAndAddresses, agenda: VrrpAgenda, ctx: Context): void {
  const { name } = link;
  const isUp = () => state.links.get(name)?.up === true;
  const wasUp = isUp();
  const refused = refusingOn(state, name);
  if (link.index === 0) state.links.delete(name);
  else state.links.set(name, link);
  for (const config of state.config.groups) {
    if (config.interface !== name) continue;
    tellContradictions(state, config, ctx);
    reconsiderWithMates(state, config, agenda);
  }
  // The owner takes packets to its addresses, and an interface may get them, or lose them.
  const refusing = refusingOn(state, name);
  for (const router of state.groups.values())
    if (refused.has(router) !== refusing.has(router)) agenda.acceptChanged(router);
  const there = isUp();
  if (there !== wasUp)
    dependencyTold(state, trackId({ what: 'interface', of: name }), { there }, agenda, ctx);
}

function refusingOn(state: State, name: string): Set<VirtualRouter> {
  const own = [...state.groups.values()].filter((router) => router.interface === name);
  return new Set(own.filter((router) => isRefusing(state, router)));
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
  for (const router of state.groups.values()) agenda.virtualRouter(router, { type: 'Leave', why: 'left' });
}

/** The port of each interface that has virtual routers, of each device with a virtual MAC, and of no other. */
export function usePorts(state: State, ctx: Context): void {
  for (const family of [4, 6] as const) {
    const { heard, virtual } = PORTS[family];
    const routers = [...state.groups.values()].filter((router) => router.family === family);
    keepOpen(heard, new Set(routers.map((router) => router.interface)), ctx);
    keepOpen(virtual, new Set(routers.flatMap(({ holding }) => holding.device ?? [])), ctx);
  }
}

function keepOpen(port: string, names: ReadonlySet<string>, ctx: Context): void {
  for (const name of ctx.ports(port)) if (!names.has(name)) ctx.closePort(port, name);
  for (const name of names) ctx.openPort(port, name);
}

/** Nothing is kept of what was said of interfaces and virtual routers that have left the configuration. */
export function forgetUnconfigured(state: State): void {
  const names = new Set(state.config.groups.map(({ interface: name }) => name));
  for (const name of state.links.keys()) if (!names.has(name)) forgetSources(state.limited, name);
  for (const key of state.said.keys()) if (!state.groups.has(key)) state.said.delete(key);
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
