/** Data that pass between the kernel's tables and the module that owns them: see `KernelTables`. */
import type { AddressWanted, InterfaceAddress } from '../netlink/address.ts';
import type { Link, LinkSettings } from '../netlink/link.ts';
import type { Neighbor } from '../netlink/neighbor.ts';
import type { Netconf } from '../netlink/netconf.ts';
import type { Route, RouteWanted } from '../netlink/route.ts';
import type { ClosedChange } from '../nftables/closed-addresses.ts';

/** Kinds of rows that are told. Neighbours only where the settings ask for them. */
export type KernelRowKind = 'link' | 'address' | 'netconf' | 'route' | 'neighbor';

/** A row of a table as it is now, or with `gone` as it was last. */
export type KernelRow =
  | { kind: 'link'; row: Link; gone?: true }
  | { kind: 'address'; row: InterfaceAddress; gone?: true }
  /** The kernel's switch of forwarding, of each family, by interface and of all (`index` -1); `forwarding` is always there. */
  | { kind: 'netconf'; row: Netconf; gone?: true }
  | { kind: 'route'; row: Route; gone?: true }
  | { kind: 'neighbor'; row: Neighbor; gone?: true };

/**
 * From the kernel to the module. `session` is of the port's opening; `number` is consecutive from 1 in it. A datum that was
 * not acknowledged comes again with the same number, so one that was handled already is to be passed over.
 */
export type KernelIn = { session: string; number: number } & KernelTold;

export type KernelTold =
  /**
   * Between `begin` and `end` all rows come that there are: a row that is not told there is gone. A `begin` behind a `begin`
   * means that the list was torn, and begins anew. `leftOut`: routes of other programs over the limit, which are not told.
   */
  | { of: 'list'; at: 'begin' | 'end'; leftOut?: number }
  /** At most `MOST_ROWS`: of a list, or changes in the kernel's order. */
  | { of: 'rows'; rows: KernelRow[] }
  /**
   * A request was carried out, but for what was refused, in order of `at`. `was` is there where the request set values of
   * sysctl: at the place of each its old value, undefined where that could not be read.
   */
  | { of: 'done'; request: number; refusals: KernelRefusal[]; was?: (string | undefined)[] };

/** A change that was not carried out. */
export interface KernelRefusal {
  /** Its place in the request. */
  at: number;
  /** Positive, of Linux. ETIMEDOUT: the answer was lost, and the list that follows tells what is so. */
  errno: number;
  /** `ENETUNREACH`. */
  name: string;
  /** Says which change was refused and why, in the kernel's words where it has some. */
  message: string;
}

/** From the module to the kernel. */
export type KernelOut =
  /** All data up to this number were handled. At most `MOST_UNDER_WAY` are under way that were not. */
  | { do: 'taken'; number: number }
  /** Asks for a list: it comes behind what is under way. */
  | { do: 'list' }
  /**
   * At most `MOST_CHANGES`, carried out in their order, one request behind the other, also behind a change that is refused.
   * `full` where `MOST_REQUESTS` are under way; with `leaving`, for a module that stops, more are taken (`MOST_LEAVING`). `after`:
   * not before so many ms have passed since, `MOST_WAIT_MS` at most; what is behind it waits, too.
   */
  | { do: 'change'; request: number; changes: KernelChange[]; leaving?: true; after?: number }
  /**
   * Removes all routes of `OWN_PROTOCOL` with `OWN_METRIC`, of both families and all tables, behind the requests before it: for a module that
   * stops. It counts as one request; the places of its refusals say nothing. `after` as above.
   */
  | { do: 'withdraw'; request: number; after?: number };

export type KernelChange =
  | { verb: 'replace' | 'remove'; kind: 'route'; wanted: RouteWanted }
  | { verb: 'replace' | 'remove'; kind: 'address'; wanted: AddressWanted }
  | { verb: 'add' | 'set' | 'remove'; kind: 'link'; wanted: LinkWanted }
  | KernelSysctl
  | KernelClosed;

export interface LinkWanted extends LinkSettings {
  /** Of a macvlan that was told: should this process be killed, it stays for so many ms, and is removed then. Nothing else is set. */
  outlives?: number;
}

/** Sets a value below /proc/sys/net of the own network namespace: `net/ipv4/conf/lan0/forwarding`. */
export interface KernelSysctl {
  verb: 'set';
  kind: 'sysctl';
  path: string;
  value: string;
  /** The next change, which sets a value too, is carried out in the same instant: nothing of ours comes between. */
  joined?: true;
}

/**
 * With `replace` this host takes no packets to the address from then on, but for neighbour discovery; with `remove` it does
 * again, and when the link is gone. ARP is answered. Several that follow each other are carried out at once, or none is.
 */
export interface KernelClosed extends ClosedChange {
  kind: 'closed';
}

/** Settings of the port; the key is ''. */
export interface KernelSettings {
  /** Neighbours are told, too. */
  neighbors?: boolean;
  /**
   * Addresses stay closed. A module that does not say so does not know of it, and could open none: all are open as soon as
   * such a one has the port. A list comes where it is said anew, for then none is closed.
   */
  closed?: boolean;
}

/** Rows of one datum. */
export const MOST_ROWS = 256;
/** Data that are under way to the module and not acknowledged. */
export const MOST_UNDER_WAY = 8;
/** Changes of one request. */
export const MOST_CHANGES = 256;
/** Requests that are under way to the kernel; and with `leaving`. */
export const MOST_REQUESTS = 8;
export const MOST_LEAVING = 4096;
/** A request waits no longer than that, in ms: the end of the program waits for it. */
export const MOST_WAIT_MS = 10_000;
/** Routes of other programs that are told; those of the kernel itself (RTPROT_KERNEL) are always told, and own ones. */
export const MOST_FOREIGN = 200_000;
/** Protocol number of own routes (rt_protos), and their metric; their TOS is 0. */
export const OWN_PROTOCOL = 72;
export const OWN_METRIC = 72;
