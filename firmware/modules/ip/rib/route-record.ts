/** Records: routes as they are offered and as the kernel takes them. They are replaced, never written. */
import type { Route } from '../../../../drivers/netlink/route.ts';

/** Of our routes (rt_protos) and of the addresses that we give (IFA_PROTO, which Linux keeps from 5.18 on). */
export const OWN_PROTOCOL = 72;
/** Of our routes in the kernel, in both families. */
export const OWN_METRIC = 72;

/** Where a route is from: `connected`, `static`, `kernel` (other programs), or the protocol that sent it, such as `ospf`. */
export type Source = string;
export type CandidateType = 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';

/** One way to a prefix. Candidates are told apart by source and id; but for `lastSet` they are replaced, never written. */
export interface Candidate {
  source: Source;
  /** Tells candidates of one source apart: an interface, a static route's distance and tag; empty for protocols. */
  id: string;
  distance: number;
  metric: number;
  tag?: number;
  type: CandidateType;
  /** At most MOST_HOPS. Lists of them are shared and never written. */
  hops: readonly CandidateHop[];
  /** Of what is in the kernel by itself, connected and foreign routes: where it leads. Its `hops` are empty. */
  direct?: readonly ResolvedHop[];
  /** When it came, or was changed last. */
  since: number;
  /** The last whole set that had it: a protocol's by its number, of other programs' routes the kernel's list. 0 of others. Owner: rib/rib.ts */
  lastSet: number;
}

/** As it is offered: the RIB sets the rest. */
export type Offered = Omit<Candidate, 'since' | 'lastSet'>;

/** A next hop as it is wanted: by a gateway, by the name of an interface, or both. */
export interface Hop {
  gateway?: string;
  interface?: string;
  /** 1 to 256; 1 where it is absent. */
  weight?: number;
  /** The gateway is on the interface's link, though no address says so (unnumbered links). */
  onLink?: true;
}

/** A next hop of a candidate. */
export interface CandidateHop extends Hop {
  /** In `nextHops` (`hopKey`): it is looked up often. */
  key: string;
}

/** A next hop as the kernel takes it. Lists of them are shared and never written. */
export interface ResolvedHop {
  gateway?: string;
  /** Index of the interface. */
  interface: number;
  weight: number;
  onLink?: true;
  /** As the link's row had it: after it was down, the same hop is another. */
  ups: number;
}

/** A route of ours as it is wanted in the kernel, or is there. */
export interface FibRoute {
  type: CandidateType;
  hops: readonly ResolvedHop[];
}

/** Tells a prefix's candidates apart. */
export function candidateKey({ source, id }: Pick<Candidate, 'source' | 'id'>): string {
  return id === '' ? source : `${source} ${id}`;
}

/**
 * The rest of an IPv6 route when the kernel tells that some of its next hops are gone, one by one. Empty when the
 * whole route is gone, which is so for IPv4 always.
 */
export function hopsLeft(
  hops: readonly ResolvedHop[],
  { family, hops: gone }: Pick<Route, 'family' | 'hops'>,
): readonly ResolvedHop[] {
  if (family !== 6 || gone.length >= hops.length) return [];
  const left = hops.filter((hop) => !isAmong(hop, gone));
  return left.length < hops.length ? left : [];
}

/** Whether none of the next hops is among those that the kernel tells as gone, though both have some. */
export function isWithout(hops: readonly ResolvedHop[], { hops: gone }: Pick<Route, 'hops'>): boolean {
  if (hops.length === 0 || gone.length === 0) return false;
  return !hops.some((hop) => isAmong(hop, gone));
}

function isAmong({ gateway, interface: index }: ResolvedHop, gone: Route['hops']): boolean {
  return gone.some((other) => other.gateway === gateway && other.interface === index);
}

/** Whether both are in the kernel's eyes the same next hops. */
export function sameHops(one: readonly ResolvedHop[], other: readonly ResolvedHop[]): boolean {
  if (one === other) return true;
  return one.length === other.length && one.every((hop, i) => sameHop(hop, other[i]!));
}

function sameHop(one: ResolvedHop, other: ResolvedHop): boolean {
  return (
    one.gateway === other.gateway &&
    one.interface === other.interface &&
    one.weight === other.weight &&
    one.ups === other.ups &&
    one.onLink === other.onLink
  );
}

export function sameRoute(one: FibRoute | undefined, other: FibRoute | undefined): boolean {
  if (one === undefined || other === undefined) return one === other;
  return one.type === other.type && sameHops(one.hops, other.hops);
}
