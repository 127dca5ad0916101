/**
 * A maker of LSAs of ours is pure: it says what an LSA would hold as things are now (RFC 2328 12.4). When it is made, with
 * which sequence number, and which link state id of several prefixes it takes (Appendix E), is lsdb/origination.ts's.
 */
import { OPTION_E } from '../constants.ts';
import type { LsaBody } from '../packet/lsa.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Id, Origin, Scope, State } from '../state.ts';

export interface Made {
  scope: Scope;
  type: number;
  /** Of types 3, 5 and 7 the network's address: another host of it is taken where a longer or shorter prefix has that. */
  id: Id;
  options: number;
  body: LsaBody;
}

/** Undefined: there is to be no such LSA, and the one that there is, is flushed. @param now the monotonic clock in ms */
export type Maker<Kind extends Origin['lsa']> = (
  state: State,
  of: Extract<Origin, { lsa: Kind }>,
  now: number,
) => Made | undefined;

/** Options of LSAs of ours in an area (12.1.2). */
export function optionsOf(state: State, area: Id): number {
  return areaConfigOf(state, area).type === 'normal' ? OPTION_E : 0;
}
