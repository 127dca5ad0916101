/** The maker of each kind of LSA of ours. */
import type { Origin, State } from '../state.ts';
import { makeExternalLsa } from './external-lsa.ts';
import type { Made, Maker } from './maker.ts';
import { makeNetworkLsa } from './network-lsa.ts';
import { makeNssaLsa } from './nssa-lsa.ts';
import { makeRouterInformationLsa } from './router-information-lsa.ts';
import { makeRouterLsa } from './router-lsa.ts';
import { makeAsbrLsa, makeSummaryLsa } from './summary-lsa.ts';

const MAKERS: { readonly [Kind in Origin['lsa']]: Maker<Kind> } = {
  router: makeRouterLsa,
  network: makeNetworkLsa,
  summary: makeSummaryLsa,
  asbr: makeAsbrLsa,
  external: makeExternalLsa,
  nssa: makeNssaLsa,
  'router-information': makeRouterInformationLsa,
};

/** The LSA of ours as it would be as things are now; undefined where there is to be none. */
export function make(state: State, of: Origin, now: number): Made | undefined {
  return (MAKERS[of.lsa] as (state: State, of: Origin, now: number) => Made | undefined)(state, of, now);
}
