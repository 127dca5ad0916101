/**
 * Whether a next hop or prefix can be reached: the messages `track` and `tracking` to IP, and IP's event `tracked`, each of
 * version 1.
 *
 * - `tracked` comes once after `track`, as soon as that is known, and then with each change. It is the whole truth of its
 *   track, so nothing is numbered: it is retained, and one that had no room is given the last word when there is room.
 * - Sent again, `track` takes the place of the one of the same `by` and `id`, and is told anew.
 * - A track is its sender's: what another module sends with the same `by` and `id` is refused, and logged.
 * - A swap of either side changes nothing. IP's event `subscriptions` (redistribute.ts) lists what is tracked. It is answered
 *   by `track` for what is not in it, and by one `tracking` where something is. Who does not answer for the time of three
 *   questions is taken for removed: its tracks end, and the log says so.
 */

/** All that is listed of it is still to be tracked. */
export interface Tracking {
  by: string;
}

export interface Track {
  /** Names who wants to know, such as `vrrp`: lower-case letters, digits and `-`, at most 15. */
  by: string;
  /** Tells tracks of one apart; 1 to 64 characters, no space. */
  id: string;
  /** It is not tracked any more; nothing else is read then. The event is withdrawn. */
  remove?: true;
  /**
   * A next hop can be reached over a link that is up: by a connected route, or by others that lead to one, but not by a
   * default route. A prefix, exactly this one, can be reached when the RIB has a route for it that drops no packets.
   */
  what?: 'next-hop' | 'prefix';
  /** An address, or a prefix such as `0.0.0.0/0`. */
  address?: string;
  /** The interface that a next hop is to be on. */
  interface?: string;
  /** Number of a table; 254, the main table, where it is absent. */
  table?: number;
}

/** Retained by `by id`. */
export interface Tracked {
  by: string;
  id: string;
  reachable: boolean;
  /** The prefix that leads there. */
  via?: string;
  /** In words, where it cannot be reached. */
  why?: string;
  /** Where it leads: neighbours on links. */
  hops: readonly { gateway?: string; interface: string }[];
}
