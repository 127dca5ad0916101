/**
 * All that virtual routers depend on: one record for each, whoever depends on it; and the virtual routers that are to look
 * again when something came or went. What nobody has told of yet holds a start back, and ends no role.
 */
import type { Context } from 'hitless/runtime';
import { leftOutText, lineDue, noteWell } from '../limited-log.ts';
import type { VrrpAgenda } from './agenda.ts';
import { running, sending } from './running.ts';
import {
  adjacencyNamed,
  type Dependency,
  type GroupConfig,
  keyOf,
  type State,
  type Track,
  trackId,
  tracksOf,
  type VirtualRouter,
} from './state.ts';

/** Lines about one that comes and goes that need not wait. */
const CHANGES_AT_ONCE = 16;

/** A record for each that is configured, and no other. What is known already is in it. */
export function keepDependencies(state: State, now: number): void {
  const tracks = tracksOf(state.config);
  for (const id of state.dependencies.keys()) {
    if (tracks.has(id)) continue;
    state.dependencies.delete(id);
    state.limited.get('dependency')?.told.delete(id);
  }
  for (const [id, track] of tracks)
    if (!state.dependencies.has(id)) state.dependencies.set(id, { ...knownOf(state, track), since: now });
}

/** Nothing is known of any: service begins anew. */
export function forgetAll(state: State, now: number): void {
  state.dependencies.clear();
  keepDependencies(state, now);
}

/** Nothing is known of this one any more. */
export function forget(state: State, id: string, now: number): void {
  if (state.dependencies.has(id)) state.dependencies.set(id, { since: now });
}

/** Whether it is there now, as far as that follows from what is known. */
export function knownOf(state: State, { what, of }: Track): Pick<Dependency, 'there' | 'why'> {
  if (what === 'interface') return { there: state.links.get(of)?.up === true };
  if (what !== 'adjacency') return {};
  const { by, who } = adjacencyNamed(of);
  const neighbors = state.adjacencies.get(by);
  if (neighbors === undefined) return {};
  const there = neighbors.some(({ id, address, interface: name }) => [id, address, name].includes(who));
  return there ? { there } : { there, why: 'no neighbour is Full there' };
}

/** It is there, or not: those that depend on it follow. @param id its `trackId`; one that is not configured is nobody's */
export function dependencyTold(
  state: State,
  id: string,
  { there, why }: { there: boolean; why?: string },
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const track = tracksOf(state.config).get(id);
  const row = state.dependencies.get(id);
  if (track === undefined || row === undefined) return;
  const was = row.there;
  row.there = there;
  delete row.why;
  if (why !== undefined) row.why = why;
  if (was === there) return;
  row.since = ctx.now();
  if (was !== undefined || !there) tell(state, id, track, there, why, ctx);
  for (const config of state.config.groups) {
    const depends = config.track?.find((one) => trackId(one) === id);
    if (depends === undefined) continue;
    reconsiderWithMates(state, config, agenda);
    if (depends.decrement !== undefined && there !== (was ?? true))
      agenda.virtualRouter(state.groups.get(keyOf(config))!, { type: 'PriorityChanged' });
  }
}

/** One and the others of its sync group: none of these runs where one cannot. */
export function reconsiderWithMates(state: State, config: GroupConfig, agenda: VrrpAgenda): void {
  for (const one of state.config.groups)
    if (one === config || (config.sync !== undefined && one.sync === config.sync))
      reconsider(state, state.groups.get(keyOf(one))!, agenda);
}

/** A virtual router whose surroundings are others: it starts, stops, or goes on with other addresses. */
export function reconsider(state: State, router: VirtualRouter, agenda: VrrpAgenda): void {
  const run = running(state, router);
  if (run !== undefined) {
    const type = router.state === 'Initialize' ? 'Startup' : 'AddressesChanged';
    agenda.virtualRouter(router, { type }, run);
  } else if (sending(state, router) === undefined) agenda.virtualRouter(router, { type: 'Shutdown' });
  else agenda.virtualRouter(router, { type: 'Leave', why: 'tracked' });
}

/** Of a program only its return is told here: the other is told where it is run (script.ts). */
function tell(
  { limited }: State,
  id: string,
  { what, of }: Track,
  there: boolean,
  why: string | undefined,
  ctx: Context,
): void {
  if (there) noteWell(limited, 'dependency', id, ctx.now());
  if (what === 'program' && !there) return;
  const due = lineDue(limited, 'dependency', id, ctx.now(), CHANGES_AT_ONCE);
  if (due === undefined) return;
  const how = there ? 'there' : `not there${why === undefined ? '' : `: ${why}`}`;
  ctx.log('info', `${of} is ${how}${leftOutText(due)}`);
}
