/**
 * Routes of a protocol for IP: the message `routes` to IP, and IP's event `routesWanted`, each of version 1.
 *
 * - Messages of a source are numbered consecutively, from any number on. Whatever is not the last number and one more is a
 *   gap: a message was lost, or one side has gone back to an earlier state. IP then passes over all that comes, asks with
 *   `routesWanted` each second, and goes on with the next whole set. The routes of before stay meanwhile.
 * - A whole set begins with `begin`, and ends with `end`; `all` is both in one. What it does not have is withdrawn after its
 *   end. A set that begins anew in the middle counts alone. Differences may come while it is told: they belong to it.
 * - `session` is another whenever the sender has begun with an empty state. Another session begins with a whole set.
 * - A swap of either side changes nothing: number and session are in its state. IP asks at each start with what it `has`, and
 *   each 30 s: whoever is listed with its session sends a message without changes, which shows a gap, if there is one; whoever
 *   is not sends its whole set. So a sender that begins need not know whether IP is there.
 * - A whole set may name a filter of IP's configuration, from its `begin` or `all` on, also for the differences behind it. Routes
 *   that it denies are absent in IP. Whenever its rules change, IP asks for the whole set. `filters` in `routesWanted` says that
 *   this IP has filters; one before 3.2.0 passes over the name, and takes all routes.
 * - `send` may return `full`, or `unknown` where there is no IP. The number is then not used up.
 * - Who ends for good sends `all` without changes. The routes of one that ends without a word stay for the time of three
 *   questions without an answer, and are then withdrawn.
 */

export interface Routes {
  /** Names the protocol, such as `ospf`, in what people see: lower-case letters, digits and `-`, at most 15. */
  source: string;
  /** At most 64 characters. */
  session: string;
  /** From 0 on. */
  number: number;
  whole?: 'begin' | 'more' | 'end' | 'all';
  /** Of a whole set, with `begin` or `all`; absent where all routes are taken. */
  filter?: RouteFilter;
  /** At most MOST_ROUTE_CHANGES, with at most MOST_MESSAGE_HOPS next hops in all. */
  changes: readonly RouteChange[];
}

/** By name; a list or map that there is not denies all. A route map may set metric and tag as well. */
export interface RouteFilter {
  /** A prefix list of IP's configuration. */
  prefixList?: string;
  /** A route map of IP's configuration. */
  routeMap?: string;
}

/** Of one message: with more the handler would hold the loop for too long. */
export const MOST_ROUTE_CHANGES = 128;
/** Of one message, for the same reason: routes with many next hops are fewer in one. */
export const MOST_MESSAGE_HOPS = 512;

/** A prefix has one route of a source: this one from now on. A route that IP refuses is absent, and told in the log. */
export interface RouteChange {
  /** As `10.0.0.0/8` or `fd00::/64`, without host bits. */
  prefix: string;
  /** Number of a table of the configuration; 254, the main table, where it is absent. */
  table?: number;
  /** It has no route of the source any more; nothing else is read then. */
  remove?: true;
  /** `unicast` where it is absent. */
  type?: 'unicast' | 'blackhole' | 'unreachable' | 'prohibit';
  /** 1 to 254, lower is preferred over other sources; 110 where it is absent. */
  distance?: number;
  /** 0 where it is absent. */
  metric?: number;
  tag?: number;
  /** 1 to 64 of a unicast route, none of others. */
  hops?: readonly RouteHop[];
}

/** By its gateway, by the name of an interface, or both. */
export interface RouteHop {
  gateway?: string;
  interface?: string;
  /** 1 to 256; 1 where it is absent. */
  weight?: number;
  /** The gateway is on the interface's link, though no address says so (unnumbered links). */
  onLink?: true;
}

/** Retained where all are asked, so that whoever subscribes later is asked as well. */
export interface RoutesWanted {
  /** Whose whole set is wanted; all are asked where it is absent. */
  source?: string;
  /** This IP takes `filter`; said where all are asked. */
  filters?: true;
  /** By source, what was taken last of those from whom no whole set is wanted. */
  has: Readonly<Record<string, { session: string; number: number }>>;
}
