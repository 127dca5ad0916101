/**
 * The area that all sides are given: routers on a grid of point-to-point links, each with a host address of its own, and
 * networks from outside of the AS, told of by every tenth of them. The same numbers make the same LSAs.
 */

import {
  INITIAL_SEQUENCE,
  LS_EXTERNAL,
  LS_ROUTER,
  NONE,
  OPTION_E,
} from '../../firmware/modules/ospf/constants.ts';
import { encodeLsa, type RouterLink } from '../../firmware/modules/ospf/packet/lsa.ts';
import { LINK_POINT_TO_POINT, LINK_STUB, ROUTER_E } from '../../firmware/modules/ospf/packet/lsa-router.ts';

/** The router that is measured, and its two links: to router 0, and to router 1 at a higher cost. */
export const DEVICE = '10.255.0.1';
export const DEVICE_ID = 0x0aff0001;
export const ENDS = [
  { near: 'net0', far: 'peer0', own: '10.254.0.1', peer: '10.254.0.2', peerNumber: 0x0afe0002, cost: 10 },
  { near: 'net1', far: 'peer1', own: '10.254.1.1', peer: '10.254.1.2', peerNumber: 0x0afe0102, cost: 1_000 },
] as const;

const COST = 10;
const HOST = 0xffff_ffff;
const NETWORK_24 = 0xffff_ff00;
/** A network that comes and goes, and the router that has it. */
const NETWORK = 0x1e00_0000;
export const NETWORK_ROUTER = 7;
const EVERY = 10;
const AGE = 1;

export interface AreaSize {
  routers: number;
  /** All of them, of any type. */
  lsas: number;
}

/** Router ids are lower than that of whoever is measured, so that it is master of the exchange. */
export function routerId(router: number): number {
  return 0x0100_0001 + router;
}

/** The address that a router has as a host. */
export function hostOf(router: number): number {
  return 0x1400_0001 + router;
}

export function networkOf(external: number): number {
  return 0x2000_0000 + external * 256;
}

/** The routers that one has links to: beside it, and above and below. */
export function neighborsOf(router: number, { routers }: AreaSize): number[] {
  const width = Math.ceil(Math.sqrt(routers));
  const column = router % width;
  const beside = [...(column > 0 ? [router - 1] : []), ...(column + 1 < width ? [router + 1] : [])];
  return [...beside, router - width, router + width].filter((other) => other >= 0 && other < routers);
}

/** @param network it has a network more */
export function routerLsa(router: number, size: AreaSize, sequence = 0, network = false): Uint8Array {
  const links: RouterLink[] = neighborsOf(router, size).map((other) => ({
    type: LINK_POINT_TO_POINT,
    id: routerId(other),
    data: linkAddress(router, other),
    metric: COST,
  }));
  const end = ENDS[router];
  if (end !== undefined)
    links.push({ type: LINK_POINT_TO_POINT, id: DEVICE_ID, data: end.peerNumber, metric: end.cost });
  links.push({ type: LINK_STUB, id: hostOf(router), data: HOST, metric: 0 });
  if (network) links.push({ type: LINK_STUB, id: NETWORK, data: NETWORK_24, metric: COST });
  const id = routerId(router);
  return encodeLsa(
    { age: AGE, options: OPTION_E, type: LS_ROUTER, id, router: id, sequence: INITIAL_SEQUENCE + sequence },
    { kind: 'router', flags: router % EVERY === 0 ? ROUTER_E : 0, links },
  );
}

export function externalLsa(external: number, { routers }: AreaSize, sequence = 0): Uint8Array {
  const teller = (external * EVERY) % (Math.ceil(routers / EVERY) * EVERY);
  return encodeLsa(
    {
      age: AGE,
      options: OPTION_E,
      type: LS_EXTERNAL,
      id: networkOf(external),
      router: routerId(teller),
      sequence: INITIAL_SEQUENCE + sequence,
    },
    { kind: 'external', mask: NETWORK_24, type: 2, metric: 20, forwarding: NONE, tag: 0 },
  );
}

/** All LSAs of the area. */
export function databaseOf(size: AreaSize): Uint8Array[] {
  return [
    ...Array.from({ length: size.routers }, (_, router) => routerLsa(router, size)),
    ...Array.from({ length: externalsOf(size) }, (_, external) => externalLsa(external, size)),
  ];
}

export function externalsOf({ routers, lsas }: AreaSize): number {
  return lsas - routers;
}

/** A router's address on its link to another: no network is told of it. */
function linkAddress(router: number, other: number): number {
  return (
    0x6000_0000 + router * 16 + (other - router === 1 ? 1 : other > router ? 2 : router - other === 1 ? 3 : 4)
  );
}
