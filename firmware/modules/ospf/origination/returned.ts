/**
 * LSAs of ours that have come back from an earlier life (13.4) and that nothing here makes: after a restart the routes that they
 * tell of may only not be known yet. Neighbours would lose the routes, were such LSAs flushed and made again.
 */
import { LS_EXTERNAL, LS_NSSA, LS_SUMMARY_ASBR, LS_SUMMARY_NETWORK } from '../constants.ts';
import { isExchanging } from '../lsdb/lsdb.ts';
import { soughtDefaults } from '../selectors.ts';
import type { Lsa, State } from '../state.ts';

/** Until such an LSA is looked at again, in ms. */
export const LOOK_AGAIN_MS = 1_000;
/** Whatever is still not known then, such an LSA goes, in ms: IP says each 30 s what it has of our subscription. */
const LONGEST_MS = 60_000;

const OF_ROUTES: ReadonlySet<number> = new Set([LS_SUMMARY_NETWORK, LS_SUMMARY_ASBR, LS_EXTERNAL, LS_NSSA]);

/** Whether an LSA with our router id may be made by and by, as one of this life. */
export function mayBeMadeYet(state: State, lsa: Lsa, now: number): boolean {
  if (lsa.router !== state.routerId || !OF_ROUTES.has(lsa.type)) return false;
  return now - lsa.installed < LONGEST_MS && !areRoutesKnown(state);
}

/** Routes of other sources are all told, no database is being exchanged, and no calculation is due. */
function areRoutesKnown(state: State): boolean {
  const { due, running } = state.routing;
  const isToldAll = state.redistribution.how === 'sweep' || state.redistribution.how === 'whole';
  if (redistributes(state) && !isToldAll) return false;
  return due === undefined && running === undefined && state.leaves.size === 0 && !isExchanging(state);
}

function redistributes({ config }: State): boolean {
  return Object.keys(config.redistribute).length > 0 || soughtDefaults(config).length > 0;
}
