/** Prefixes and next hops that virtual routers depend on: IP tells whether they are there (../messages/track.ts). */
import type { Context } from 'hitless/runtime';
import type { Subscriptions } from '../messages/redistribute.ts';
import type { Tracked, Tracking, Track as Wanted } from '../messages/track.ts';
import { type Config, type State, type Track, trackId } from './state.ts';

const BY = 'vrrp';
const IP = 'IP';

/** Asks IP for what the configuration wants, and for nothing else any more. @param before the configuration until now */
export function track(state: State, before: Config | undefined, ctx: Context): void {
  const wanted = tracksOf(state.config);
  for (const id of before === undefined ? [] : tracksOf(before).keys())
    if (!wanted.has(id)) {
      state.tracked.delete(id);
      ctx.send(IP, 'track', { by: BY, id, remove: true } satisfies Wanted);
    }
  for (const [id, one] of wanted) if (!state.tracked.has(id)) ask(id, one, ctx);
}

/** IP's event `subscriptions`: what it does not track, it is asked for again. */
export function takeTracks({ config }: State, { track: known }: Subscriptions, ctx: Context): void {
  let isKnown = false;
  for (const [id, one] of tracksOf(config)) {
    if (known.includes(`${BY} ${id}`)) isKnown = true;
    else ask(id, one, ctx);
  }
  if (isKnown) ctx.send(IP, 'tracking', { by: BY } satisfies Tracking);
}

/** IP's event `tracked`. @returns whether something came or went */
export function takeTracked(state: State, { by, id, reachable, why }: Tracked, ctx: Context): boolean {
  const track = by === BY ? tracksOf(state.config).get(id) : undefined;
  if (track === undefined) return false;
  const before = state.tracked.get(id)?.there;
  state.tracked.set(id, { there: reachable, ...(why !== undefined && { why }) });
  if (before === reachable) return false;
  if (before !== undefined || !reachable)
    ctx.log(
      'info',
      `${track.of} is ${reachable ? 'there' : `not there${why === undefined ? '' : `: ${why}`}`}`,
    );
  return true;
}

/** By `trackId`, what IP is to be asked for; interfaces are told by their links. */
function tracksOf({ groups }: Config): Map<string, Track> {
  const tracks = groups.flatMap(({ track = [] }) => track).filter(({ what }) => what !== 'interface');
  return new Map(tracks.map((one) => [trackId(one), one]));
}

function ask(id: string, { what, of }: Track, ctx: Context): void {
  ctx.send(IP, 'track', { by: BY, id, what: what as 'prefix' | 'next-hop', address: of } satisfies Wanted);
}
