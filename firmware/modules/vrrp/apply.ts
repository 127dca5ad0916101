/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import { awaitAdjacencies } from './adjacency.ts';
import type { VrrpAgenda } from './agenda.ts';
import { keepDependencies, reconsider } from './dependency.ts';
import { hold, isHeldOtherwise, newlyHeld, release, tellUnknown } from './holding.ts';
import { forgetUnconfigured, tellContradictions, usePorts } from './interface.ts';
import type { Plan } from './plan.ts';
import { useScripts } from './script.ts';
import { changesOf, configOf, keyOf, newRouter, type State } from './state.ts';
import { track } from './tracking.ts';

/** 6.4.3: virtual routers that are configured no more say so, as long as nothing of them has changed. */
export function leaveRemoved(state: State, { removed }: Plan, agenda: VrrpAgenda): void {
  for (const key of removed) agenda.virtualRouter(state.groups.get(key)!, { type: 'Leave', why: 'left' });
}

/** Puts the configuration in force, when those that leave have left. */
export function apply(
  state: State,
  { config, added, changed, removed }: Plan,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  const before = state.config;
  const were = new Map(changed.map((key) => [key, configOf(state, state.groups.get(key)!)]));
  for (const key of removed) {
    state.groups.delete(key);
    state.limited.delete(changesOf(key));
    forgetSources(state.limited, key);
  }
  release(state, removed, agenda);
  state.config = config;
  for (const group of config.groups)
    if (added.includes(keyOf(group))) state.groups.set(keyOf(group), newlyHeld(newRouter(group), group));
  forgetUnconfigured(state);
  keepDependencies(state, ctx.now());
  track(state, before, ctx);
  awaitAdjacencies(state, ctx);
  usePorts(state, ctx);
  useScripts(state, ctx);
  for (const group of config.groups)
    if (added.includes(keyOf(group)) || changed.includes(keyOf(group))) tellContradictions(state, group, ctx);
  for (const [key, was] of were) {
    const router = state.groups.get(key)!;
    if (isHeldOtherwise(was, configOf(state, router))) hold(router, agenda);
    agenda.virtualRouter(router, { type: 'ParametersChanged', interval: was.interval });
  }
  const others = [...added, ...changed].map((key) => state.groups.get(key)!);
  tellUnknown(state, others, ctx);
  // Another sync group, or another track, may stop some and start others.
  for (const router of state.groups.values()) reconsider(state, router, agenda);
}
