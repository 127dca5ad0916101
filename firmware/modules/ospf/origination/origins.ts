/** Which LSAs of ours a change concerns: their makers then say what they hold, or that there are none. */
import { toAddress } from '../../address.ts';
import { areasOf, hasBackbone, isAreaBorder } from '../routing/role.ts';
import { areaConfigOf, isDesignating } from '../selectors.ts';
import type { Id, Origin, State } from '../state.ts';
import { forwardingInto } from './nssa-lsa.ts';

/** Summaries for a network, or a range of them. */
export function summariesOf(state: State, prefix: string): Origin[] {
  return [...state.areas.keys()].map((area) => ({ lsa: 'summary', area, prefix }));
}

/** Summaries for an AS boundary router. */
export function boundariesOf(state: State, router: Id): Origin[] {
  return [...state.areas.keys()].map((area) => ({ lsa: 'asbr', area, router }));
}

/** LSAs for the AS, and for NSSAs that we are in, of a prefix outside of it. */
export function externalsOf(state: State, prefix: string): Origin[] {
  const origins: Origin[] = [{ lsa: 'external', prefix }];
  for (const area of state.areas.keys())
    if (areaConfigOf(state, area).type === 'nssa') origins.push({ lsa: 'nssa', area, prefix });
  return origins;
}

/** Those that follow from areas and interfaces, and not from routes. */
export function* standingOrigins({ areas, interfaces }: State): Generator<Origin, void, undefined> {
  for (const area of areas.keys()) {
    yield { lsa: 'router', area };
    yield { lsa: 'router-information', area };
  }
  for (const [key, iface] of interfaces) if (isDesignating(iface)) yield { lsa: 'network', iface: key };
}

/** All that depend on what we are. Those that are there already may have to go. */
export function* allOrigins(state: State): Generator<Origin, void, undefined> {
  for (const area of state.areas.keys()) yield { lsa: 'router', area };
  yield* summariesOf(state, DEFAULT);
  yield* externalsOf(state, DEFAULT);
  for (const [prefix, { path }] of state.routes)
    if (path === 'intra' || path === 'inter') yield* summariesOf(state, prefix);
  for (const key of state.ranges.keys()) {
    const [area, prefix] = key.split(' ');
    if (area !== 'nssa' && prefix !== undefined) yield* summariesOf(state, prefix);
  }
  for (const { router, asbr } of state.borders.values()) if (asbr) yield* boundariesOf(state, router);
  for (const prefix of state.redistributable.keys()) yield* externalsOf(state, prefix);
  for (const prefix of state.translated.keys()) yield* externalsOf(state, prefix);
  for (const { origin } of state.originated.values()) if (!BY_OTHERS.has(origin.lsa)) yield origin;
}

export const DEFAULT = '0.0.0.0/0';
const BY_OTHERS: ReadonlySet<Origin['lsa']> = new Set(['network', 'router-information']);

/** Our role, on which these depend besides routes: border or not, areas, and interfaces that are up. */
export function roleText(state: State): string {
  const parts = [String(isAreaBorder(state)), String(hasBackbone(state))];
  for (const { id, transit, translator } of areasOf(state))
    parts.push(`${toAddress(id)} ${transit} ${translator} ${toAddress(forwardingInto(state, id) ?? 0)}`);
  for (const { key, area, address, state: how, subnet, virtual } of state.interfaces.values())
    if (how !== 'Down' && virtual === undefined)
      parts.push(`${key} ${area} ${toAddress(address)}/${subnet?.prefixLength ?? ''}`);
  return parts.join(', ');
}
