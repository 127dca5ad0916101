/** Router-LSAs (RFC 2328 A.4.2). */
import type { Id } from '../state.ts';
import { read16, read32, write16, write32 } from './bytes.ts';
import { LSA_HEADER } from './lsa-header.ts';

/** Flags: border router of areas, of the AS, end of a virtual link; translator of an NSSA (RFC 3101 B). */
export const ROUTER_B = 0x01;
export const ROUTER_E = 0x02;
export const ROUTER_V = 0x04;
export const ROUTER_NT = 0x10;

/** Types of links. */
export const LINK_POINT_TO_POINT = 1;
export const LINK_TRANSIT = 2;
export const LINK_STUB = 3;
export const LINK_VIRTUAL = 4;

const BEFORE_LINKS = LSA_HEADER + 4;
const LINK = 12;
const TOS_METRIC = 4;

export interface RouterLink {
  type: 1 | 2 | 3 | 4;
  id: Id;
  data: Id;
  metric: number;
}

export interface RouterBody {
  kind: 'router';
  flags: number;
  links: RouterLink[];
}

/**
 * Metrics of other types of service are passed over: they are no part of a tree. With a link of an unknown type it is none:
 * FRR and BIRD do not take it either, and would lack what we flood.
 */
export function decodeRouterLsa(lsa: Uint8Array): RouterBody | undefined {
  if (lsa.length < BEFORE_LINKS) return undefined;
  const links: RouterLink[] = [];
  let at = BEFORE_LINKS;
  for (let left = read16(lsa, LSA_HEADER + 2); left > 0; left--) {
    if (at + LINK > lsa.length) return undefined;
    const type = lsa[at + 8]!;
    if (!isLinkType(type)) return undefined;
    links.push({ type, id: read32(lsa, at), data: read32(lsa, at + 4), metric: read16(lsa, at + 10) });
    at += LINK + lsa[at + 9]! * TOS_METRIC;
  }
  return at === lsa.length ? { kind: 'router', flags: lsa[LSA_HEADER]!, links } : undefined;
}

export function sizeOfRouterLsa({ links }: RouterBody): number {
  return BEFORE_LINKS + links.length * LINK;
}

export function putRouterLsa(lsa: Uint8Array, { flags, links }: RouterBody): void {
  lsa[LSA_HEADER] = flags;
  write16(lsa, LSA_HEADER + 2, links.length);
  let at = BEFORE_LINKS;
  for (const { id, data, type, metric } of links) {
    write32(lsa, at, id);
    write32(lsa, at + 4, data);
    lsa[at + 8] = type;
    write16(lsa, at + 10, metric);
    at += LINK;
  }
}

function isLinkType(type: number): type is RouterLink['type'] {
  return type >= LINK_POINT_TO_POINT && type <= LINK_VIRTUAL;
}
