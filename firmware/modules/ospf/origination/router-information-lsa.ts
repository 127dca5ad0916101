/** Router information of an area (RFC 7770), with the hostname (RFC 5642): other routers' views name us by it. */
import { LS_OPAQUE_AREA } from '../constants.ts';
import { areaScope } from '../lsdb/lsdb.ts';
import {
  CAN_BE_STUB,
  CAN_HELP,
  CAN_RESTART,
  encodeRouterInformation,
  ROUTER_INFORMATION_ID,
} from '../packet/router-information.ts';
import type { State } from '../state.ts';
import type { Maker } from './maker.ts';
import { optionsOf } from './maker.ts';

export const makeRouterInformationLsa: Maker<'router-information'> = (state, { area }) => {
  const { hostname } = state.config;
  if (hostname === '' || !state.areas.has(area)) return undefined;
  const data = encodeRouterInformation({ capabilities: capabilitiesOf(state), hostname });
  return {
    scope: areaScope(area),
    type: LS_OPAQUE_AREA,
    id: ROUTER_INFORMATION_ID,
    options: optionsOf(state, area),
    body: { kind: 'opaque', data },
  };
};

function capabilitiesOf({ config: { gracefulRestart } }: State): number {
  const help = gracefulRestart.helper ? CAN_HELP : 0;
  const restart = gracefulRestart.restarter ? CAN_RESTART : 0;
  return (restart | help | CAN_BE_STUB) >>> 0;
}
