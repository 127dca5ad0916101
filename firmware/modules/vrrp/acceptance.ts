/** Accept_Mode (RFC 9568 6.1, 6.4.3): which virtual routers are to take no packets to their addresses, and whether that is so. */
import { OWNER } from './constants.ts';
import { priorityOn } from './ownership.ts';
import { configOf, type State, type VirtualRouter } from './state.ts';

/** Says why accept: false is of no use with that IP. */
export const UNKNOWN_TO_IP = 'the IP that runs does not know `accept`, 3.5.0 does';

/** Packets to its addresses are not to be taken: the owner takes them always. */
export function isRefusing(state: State, router: VirtualRouter): boolean {
  const config = configOf(state, router);
  if (config.accept !== false) return false;
  const link = state.links.get(router.interface);
  return (link === undefined ? config.priority : priorityOn(link, config)) !== OWNER;
}

/** Why they are taken all the same; undefined where they are not, or may be. */
export function whyTaken(state: State, router: VirtualRouter): string | undefined {
  const { holding } = router;
  if (!isRefusing(state, router) || holding.closed) return undefined;
  if (state.telling.takesAccept === false) return UNKNOWN_TO_IP;
  return holding.problem ?? 'IP has not said yet that they are not';
}
