/** Carries out what was planned for another configuration (plan.ts). What the plan does not name is not touched. */
import type { Context } from 'hitless/runtime';
import { forgetSources } from '../limited-log.ts';
import type { VrrpAgenda } from './agenda.ts';
import { forgetUnconfigured, startIdle, tellContradictions, usePorts } from './interface.ts';
import type { Plan } from './plan.ts';
import { changesOf, configOf, keyOf, newRouter, type State } from './state.ts';

/** 6.4.3: virtual routers that are configured no more say so, as long as nothing of them has changed. */
export function leaveRemoved(state: State, { removed }: Plan, agenda: VrrpAgenda): void {
  for (const key of removed) agenda.virtualRouter(state.groups.get(key)!, { type: 'Leave' });
}

/** Puts the configuration in force, when those that leave have left. */
export function apply(
  state: State,
  { config, added, changed, removed }: Plan,
  agenda: VrrpAgenda,
  ctx: Context,
): void {
  for (const key of changed) {
    const router = state.groups.get(key)!;
    agenda.virtualRouter(router, { type: 'ParametersChanged', interval: configOf(state, router).interval });
  }
  for (const key of removed) {
    state.groups.delete(key);
    state.limited.delete(changesOf(key));
    forgetSources(state.limited, key);
  }
  state.config = config;
  for (const group of config.groups)
    if (added.includes(keyOf(group))) state.groups.set(keyOf(group), newRouter(group));
  forgetUnconfigured(state);
  // The host says of the link of an interface what it knows when the port comes into use: virtual routers start then.
  usePorts(state, ctx);
  for (const group of config.groups)
    if (added.includes(keyOf(group)) || changed.includes(keyOf(group))) tellContradictions(state, group, ctx);
  startIdle(state, agenda);
}
