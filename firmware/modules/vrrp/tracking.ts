/** Prefixes and next hops that virtual routers depend on: IP tells whether they are there (../messages/track.ts). */
import type { Context } from 'hitless/runtime';
import type { Subscriptions } from '../messages/redistribute.ts';
import type { Tracked, Tracking, Track as Wanted } from '../messages/track.ts';
import type { VrrpAgenda } from './agenda.ts';
import { dependencyTold } from './dependency.ts';
import { type Config, type State, type Track, tracksOf } from './state.ts';

const BY = 'vrrp';
const IP = 'IP';

/** Asks IP for what the configuration wants, and for nothing else any more. @param before the configuration until now */
export function track(state: State, before: Config | undefined, ctx: Context): void {
  const wanted = askedOf(state.config);
  const known = before === undefined ? new Map() : askedOf(before);
  for (const id of known.keys())
    if (!wanted.has(id)) ctx.send(IP, 'track', { by: BY, id, remove: true } satisfies Wanted);
  for (const [id, one] of wanted) if (!known.has(id)) ask(id, one, ctx);
}

/** IP's event `subscriptions`: what it does not track, it is asked for again. */
export function takeTracks({ config }: State, { track: known }: Subscriptions, ctx: Context): void {
  let isKnown = false;
  for (const [id, one] of askedOf(config)) {
    if (known.includes(`${BY} ${id}`)) isKnown = true;
    else ask(id, one, ctx);
  }
  if (isKnown) ctx.send(IP, 'tracking', { by: BY } satisfies Tracking);
}

/** IP's event `tracked`. */
export function takeTracked(
  state: State,
  { by, id, reachable, why }: Tracked,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  if (by !== BY || !askedOf(state.config).has(id)) return;
  dependencyTold(state, id, { there: reachable, ...(why !== undefined && { why }) }, agenda, ctx);
}

/** By `trackId`, what IP is to be asked for. */
function askedOf(config: Config): Map<string, Track> {
  return new Map([...tracksOf(config)].filter(([, { what }]) => what === 'prefix' || what === 'next-hop'));
}

function ask(id: string, { what, of }: Track, ctx: Context): void {
  ctx.send(IP, 'track', { by: BY, id, what: what as 'prefix' | 'next-hop', address: of } satisfies Wanted);
}
