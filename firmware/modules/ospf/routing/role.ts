/** Our part in the AS: area border router (RFC 3509, IBM's interpretation), AS boundary router, translator of an NSSA. */

import { BACKBONE } from '../constants.ts';
import { areaConfigOf } from '../selectors.ts';
import type { Area, Id, Interface, State } from '../state.ts';

/** An area with an interface that is not down (RFC 3509 2.1). */
export function isAttached(state: State, area: Id): boolean {
  for (const iface of state.interfaces.values())
    if (iface.area === area && iface.state !== 'Down') return true;
  return false;
}

/** Bit B of router-LSAs. A virtual link configures the backbone, up or not: else neither end would ever be one first. */
export function isAreaBorder(state: State): boolean {
  const attached = new Set<Id>();
  let backbone = false;
  for (const { area, state: how } of state.interfaces.values()) {
    if (area === BACKBONE) backbone = true;
    if (how !== 'Down') attached.add(area);
  }
  return backbone && attached.size > 1;
}

/** An area border router with a neighbour in the backbone that is Full: summaries of the backbone alone count then. */
export function hasBackbone(state: State): boolean {
  for (const { area, state: how, neighbors } of state.interfaces.values()) {
    if (area !== BACKBONE || how === 'Down') continue;
    for (const neighbor of neighbors.values()) if (neighbor.state === 'Full') return true;
  }
  return false;
}

/** Bit E of router-LSAs (12.4.1; RFC 3101 3.1): not in a stub area, and of an NSSA's border router always. */
export function isBoundary(state: State, area: Id): boolean {
  if (areaConfigOf(state, area).type === 'stub') return false;
  const { redistribute, defaultInformation } = state.config;
  if (defaultInformation !== undefined || Object.keys(redistribute).length > 0) return true;
  const nssas = [...state.areas.keys()].filter((id) => areaConfigOf(state, id).type === 'nssa');
  if (nssas.length === 0) return false;
  return isAreaBorder(state) || areaConfigOf(state, area).defaultInformation !== undefined;
}

/** Bit Nt of the router-LSA for an NSSA: it translates whoever else does (RFC 3101 3.1). */
export function translatesAlways(state: State, area: Id): boolean {
  const config = areaConfigOf(state, area);
  return config.type === 'nssa' && config.translate === 'always' && isAreaBorder(state);
}

/** Whether LSAs of type 5 are flooded in it. */
export function isTransitCapable(state: State, area: Id): boolean {
  return areaConfigOf(state, area).type === 'normal';
}

/** Areas in the order of their ids. */
export function areasOf(state: State): Area[] {
  return [...state.areas.values()].sort((one, other) => one.id - other.id);
}

export function interfacesOf(state: State, area: Id): Interface[] {
  return [...state.interfaces.values()].filter((iface) => iface.area === area);
}
