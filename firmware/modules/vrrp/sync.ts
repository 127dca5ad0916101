/** Sync groups: virtual routers that are Active together, or none is. */
import type { VrrpAgenda } from './agenda.ts';
import { configOf, keyOf, type State, type VirtualRouter, type VirtualRouterState } from './state.ts';

/** One has another role: the others of its group follow. Its coming from Initialize moves nobody. */
export function lead(
  state: State,
  router: VirtualRouter,
  before: VirtualRouterState,
  agenda: VrrpAgenda,
): void {
  const { sync } = configOf(state, router);
  const { state: now } = router;
  if (sync === undefined || now === 'Initialize' || (now === 'Backup' && before !== 'Active')) return;
  for (const other of state.config.groups) {
    if (other.sync !== sync || keyOf(other) === keyOf(router)) continue;
    agenda.virtualRouter(state.groups.get(keyOf(other))!, { type: 'Follow', state: now });
  }
}
