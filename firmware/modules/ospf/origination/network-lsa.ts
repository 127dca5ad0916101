/** The network-LSA (RFC 2328 12.4.2): of the designated router, with all routers that are fully adjacent to it. */
import { maskOf } from '../../address.ts';
import { LS_NETWORK } from '../constants.ts';
import { areaScope } from '../lsdb/lsdb.ts';
import { isTold } from '../selectors.ts';
import { type Maker, optionsOf } from './maker.ts';

export const makeNetworkLsa: Maker<'network'> = (state, { iface: key }) => {
  const iface = state.interfaces.get(key);
  if (iface?.state !== 'DR' || iface.subnet === undefined) return undefined;
  const full = [...iface.neighbors.values()].filter(isTold);
  if (full.length === 0) return undefined;
  return {
    scope: areaScope(iface.area),
    type: LS_NETWORK,
    id: iface.address,
    options: optionsOf(state, iface.area),
    body: {
      kind: 'network',
      mask: maskOf(iface.subnet.prefixLength),
      routers: [state.routerId, ...full.map(({ routerId }) => routerId)],
    },
  };
};
