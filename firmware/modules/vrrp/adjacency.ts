/** Adjacencies of routing protocols that virtual routers depend on: each protocol tells of its own (../messages/adjacencies.ts). */
import type { Context } from 'hitless/runtime';
import { type Adjacencies, SILENCE_MS } from '../messages/adjacencies.ts';
import type { VrrpAgenda } from './agenda.ts';
import { dependencyTold, knownOf } from './dependency.ts';
import { adjacencyNamed, type State, tracksOf } from './state.ts';

/** After a time in which the process did not run, a protocol may be about to tell. In ms. */
const LAST_CHANCE_MS = 1_000;

/** A protocol that somebody depends on and that has told nothing so far is waited for. */
export function awaitAdjacencies(state: State, ctx: Context): void {
  for (const { what, of } of tracksOf(state.config).values()) {
    if (what !== 'adjacency') continue;
    const { by } = adjacencyNamed(of);
    if (ctx.timerDue('silence', by) === undefined) ctx.setTimer('silence', by, SILENCE_MS);
  }
}

/** The event `adjacencies`: the whole truth of a protocol. */
export function takeAdjacencies(
  state: State,
  { by, neighbors }: Adjacencies,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  state.adjacencies.set(by, neighbors);
  ctx.setTimer('silence', by, SILENCE_MS);
  for (const [id, track] of tracksOf(state.config)) {
    if (track.what !== 'adjacency' || adjacencyNamed(track.of).by !== by) continue;
    const { there = false, ...known } = knownOf(state, track);
    dependencyTold(state, id, { there, ...known }, agenda, ctx);
  }
}

/** A protocol has told nothing for long. @param isLast it had its last chance */
export function protocolSilent(
  state: State,
  by: string,
  isLast: boolean,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  if (!isLast) {
    ctx.setTimer('silence', by, LAST_CHANCE_MS, { body: 'last' });
    return;
  }
  state.adjacencies.delete(by);
  const why = `nobody tells of the neighbours of ${by.toUpperCase()}`;
  for (const [id, { what, of }] of tracksOf(state.config))
    if (what === 'adjacency' && adjacencyNamed(of).by === by)
      dependencyTold(state, id, { there: false, why }, agenda, ctx);
}
