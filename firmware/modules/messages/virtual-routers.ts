/**
 * Virtual routers whose addresses the kernel is to have: the message `virtualRouters` to IP, and IP's events
 * `virtualRoutersWanted` and `virtualRouterHeld`, each of version 1.
 *
 * - Messages are numbered consecutively, from any number on. Whatever is not the last number and one more is a gap: IP passes
 *   over all that comes, asks with `virtualRoutersWanted` each second, and goes on with the next whole set.
 * - A whole set is one message: `whole`. What it does not have is held no more.
 * - `session` is another whenever the sender has begun with an empty state. Another session begins with a whole set.
 * - A swap of either side changes nothing. IP asks at each start, and each 30 s: whoever has that session and number sends a
 *   message without changes; whoever has not sends its whole set. One that does not answer for the time of three questions
 *   is taken for removed: its virtual routers are held no more.
 * - `send` may return `full`, or `unknown` where there is no IP. The number is then not used up.
 * - `virtualRouterHeld` tells of each what became of it: it is the whole truth, so it is not numbered, and retained by `id`.
 * - `takeover`, `linger` and `lingers` are new in IP 3.4.0 and VRRP 4.1.0: versions before do not read them, and lack nothing else.
 *   IP asks for a whole set where the last one was taken by such a version.
 * - `accept` is newer than the rest. An IP that knows it says `takesAccept` whenever it asks, a sender `saysAccept` with each
 *   message: after one without it nothing is closed. IP tells anew what became of a change that has it.
 */

export interface VirtualRouters {
  /** Names the protocol, such as `vrrp`: lower-case letters, digits and `-`, at most 15. */
  source: string;
  /** At most 64 characters. */
  session: string;
  number: number;
  whole?: true;
  /** `accept` in its changes says so; without it, all accept, whatever was told before. */
  saysAccept?: true;
  /** At most MOST_VIRTUAL_ROUTERS. */
  changes: readonly VirtualRouterChange[];
}

/** Of one source, and so of one message. */
export const MOST_VIRTUAL_ROUTERS = 1_024;

/** A virtual router is this one from now on. */
export interface VirtualRouterChange {
  /** At most 64 characters without space. */
  id: string;
  /** It is held no more; nothing else is read then. */
  remove?: true;
  /** Where it is. */
  interface?: string;
  family?: 4 | 6;
  /** VRID. */
  group?: number;
  /** Its own MAC, on an interface of its own; absent, its addresses are on `interface`, with the MAC of that. */
  mac?: string;
  /** At most 255, of one family. */
  addresses?: readonly string[];
  /** The kernel has the addresses, and is to have none where it is absent. The interface with the MAC stays. */
  active?: true;
  /** Another number: they are announced once more. */
  announced?: number;
  /** Of an active one: how long other routers need until they have taken over. Absent, all goes with us at once. */
  takeover?: Takeover;
  /**
   * Of one that is active no more, or of an earlier life: others may not have taken over yet, so what the kernel has of it with a
   * MAC of its own stays for so many ms more, at most MOST_TAKEOVER_MS; also when it is removed meanwhile. Absent, it goes at once.
   */
  linger?: number;
  /**
   * This host takes no packets to the addresses, whoever sends them and whether it is active or not (Accept_Mode of RFC 9568
   * 6.1). ARP and neighbour discovery go on.
   */
  accept?: false;
}

/** In ms, at most MOST_TAKEOVER_MS: what the kernel has stays for so long when we end. */
export interface Takeover {
  /** Where we fall silent: others wait until they miss us. */
  silent: number;
  /** Where we have told them that we go. */
  told: number;
}

export const MOST_TAKEOVER_MS = 300_000;

/** Retained. What IP has of each source. */
export interface VirtualRoutersWanted {
  readonly has: Readonly<Record<string, { session: string; number: number }>>;
  readonly takesAccept?: true;
}

/** Retained by `source id`. */
export interface VirtualRouterHeld {
  source: string;
  id: string;
  /** Name of the interface with its MAC, up; absent while there is none. */
  device?: string;
  /** The kernel drops packets to its addresses, as was asked for. */
  closed?: true;
  /** Why the kernel does not have what was asked for, in words. */
  problem?: string;
  /** It has the addresses still (`linger`). */
  lingers?: true;
}
