/**
 * Routes of other sources for a protocol: the messages `redistribute` and `redistributionTaken` to IP, IP's events
 * `redistributed` and `subscriptions`, each of version 1.
 *
 * - Who sends `redistribute` is told by `redistributed` all that it asks for: a whole set, then the differences. Sent
 *   again, it takes the place of the one before, and asks for the whole.
 * - Events for one subscriber are numbered consecutively. A whole set begins with `begin`, and ends with `end`; `all` is
 *   both in one. What it does not have is not there any more. A set that begins anew in the middle counts alone. Differences
 *   may come while it is told: they belong to it. Another session begins with a whole set.
 * - Whatever is not the last number and one more is a gap: send `redistribute` again, and pass over all that comes up to the
 *   next `begin` or `all`. The last event is retained, so that one whose mailbox was full sees the gap when there is room.
 * - Who has handled an event says so by `redistributionTaken`, of each or of several. At most MOST_AHEAD events are told
 *   ahead of that. Meanwhile nothing is lost: what has changed is told, once, when there is room again. One that `send` did
 *   not take goes with the next event, or with the next `subscriptions`.
 * - A swap of either side changes nothing: number and session are in its state. After each start, and each 30 s, IP
 *   publishes `subscriptions`. One that is not in it, or with another session or number than it has, sends `redistribute`;
 *   all others send `redistributionTaken`.
 * - A subscription lasts until it is ended, over the swap of its subscriber as well. One that says nothing for the time of
 *   three questions is taken for removed: its subscription ends, and the log says so.
 */

export interface Redistribute {
  /** Names the subscriber, such as `ospf`: lower-case letters, digits and `-`, at most 15. */
  to: string;
  /** At most MOST_SOURCES_ASKED. None ends the subscription. */
  sources: readonly RedistributedSource[];
  /** Number of a table; 254, the main table, where it is absent. */
  table?: number;
  /** Both where it is absent. */
  family?: 4 | 6;
}

export const MOST_SOURCES_ASKED = 16;

/** All that is selected from this source, and passes what is named here. A list or map that there is not passes nothing. */
export interface RedistributedSource {
  /** `connected`, `static`, `kernel` (routes of other programs), or a protocol that sends `routes`. */
  source: string;
  /** A prefix list of IP's configuration. */
  prefixList?: string;
  /** A route map of IP's configuration, which may set metric, tag and type as well. */
  routeMap?: string;
  /** Only routes with this tag. */
  tag?: number;
}

/** Retained by `to`. */
export interface Redistributed {
  to: string;
  session: string;
  number: number;
  whole?: 'begin' | 'more' | 'end' | 'all';
  /** At most MOST_REDISTRIBUTED. */
  changes: readonly RedistributedChange[];
}

/** Of one event. */
export const MOST_REDISTRIBUTED = 128;
/** Events that are told and not taken yet. */
export const MOST_AHEAD = 64;

/** All events for the subscriber up to this number were handled. */
export interface RedistributionTaken {
  to: string;
  session: string;
  number: number;
}

export type RedistributedChange = { prefix: string; remove: true } | RedistributedRoute;

/** A prefix has one route: this one from now on. */
export interface RedistributedRoute {
  prefix: string;
  source: string;
  /** As its source has it, or as the route map sets it. */
  metric: number;
  tag?: number;
  /** OSPF's type of an external metric (RFC 2328 2.3), where the route map sets one. */
  type?: 1 | 2;
  /** Where it leads, neighbours on links: empty where it drops packets. */
  hops: readonly { gateway?: string; interface: string }[];
}

/** Retained. What IP has of those that subscribe and track, as `by id`. */
export interface Subscriptions {
  redistribute: Readonly<Record<string, { session: string; number: number }>>;
  track: readonly string[];
}
