/**
 * The kernel's tables of this network namespace as a port: links, addresses, whether interfaces forward, routes and, where
 * asked for, neighbours are listed and then told as they change; what the module wants changed is carried out, each request
 * with an answer.
 *
 * - After the opening a list comes, then changes as events. After an overrun, a lost answer, or where too much waits, another
 *   list comes unasked; also after a link went down or lost an address, where IPv4 routes went with it: no event tells of them.
 * - The speed of a link, where its driver knows it, is told some milliseconds behind the link.
 * - A carrier that comes or goes is told within some milliseconds, also where the kernel holds it back for a second.
 * - Routes that the module changed are not told back: `done` tells. While a list is under way they are, behind it.
 * - Some data are under way to the module at most, then the next waits for `taken`; what is not acknowledged comes again.
 * - What was handed over before the closing is carried out after it: see `finished`.
 * - Addresses that are closed are so as long as the port is open and its link is there.
 * - Macvlans that are made with a group do not outlive the process, or only for as long as the module says: should it be killed,
 *   a child removes them.
 *
 * Nothing here holds the event loop for longer than a millisecond.
 */
import { randomUUID } from 'node:crypto';
import type { Port, PortResult } from '../runtime/module/port.ts';
import { Carriers } from './kernel-tables/carriers.ts';
import {
  type KernelIn,
  type KernelOut,
  type KernelRow,
  type KernelSettings,
  MOST_CHANGES,
} from './kernel-tables/datum.ts';
import { Delivery } from './kernel-tables/delivery.ts';
import { ForeignRoutes } from './kernel-tables/foreign-routes.ts';
import { guardLinks, holdLinks, noteLink, releaseLinks } from './kernel-tables/link-guard.ts';
import { Listing } from './kernel-tables/listing.ts';
import { type KernelRequest, Requests } from './kernel-tables/requests.ts';
import { SilentLosses } from './kernel-tables/silent-losses.ts';
import { Speeds } from './kernel-tables/speeds.ts';
import { Tidings } from './kernel-tables/tidings.ts';
import { ADDRESSES } from './netlink/address.ts';
import { NetlinkEvents } from './netlink/events.ts';
import type { Reads } from './netlink/kind.ts';
import { LINKS, type Link } from './netlink/link.ts';
import { NEIGHBORS } from './netlink/neighbor.ts';
import { NETCONFS } from './netlink/netconf.ts';
import { Netlink } from './netlink/netlink.ts';
import { ROUTES } from './netlink/route.ts';
import { openNetlink } from './netlink/socket.ts';
import { ClosedAddresses } from './nftables/closed-addresses.ts';

export * from './kernel-tables/datum.ts';

/** Own addresses and broadcasts as routes, which the kernel keeps itself: not told. */
const LOCAL_TABLE = 255;

export interface KernelTablesOptions extends KernelSettings {
  /** Nothing is listed or changed before it: such as while another port is still at work. */
  after?: Promise<void>;
  /** Bytes of the receive buffer of events; 4 MiB unless told. */
  receiveBuffer?: number;
  /** Routes of other programs that are told; `MOST_FOREIGN` unless told. */
  mostForeign?: number;
}

export class KernelTables implements Port<KernelIn, KernelOut> {
  readonly #options: KernelTablesOptions;
  readonly #tidings = new Tidings();
  readonly #foreign: ForeignRoutes;
  readonly #silent = new SilentLosses();
  #neighbors: boolean;
  #keepsClosed: boolean;
  #parts: Parts | undefined;
  #closed = false;
  #failure = '';
  /** Ends the waiting for room; undefined when nobody waits. */
  #hasRoom: (() => void) | undefined;
  #endNeighbors: () => void = () => {};
  #finished: Promise<void> = Promise.resolve();

  constructor(options: KernelTablesOptions = {}) {
    this.#options = options;
    this.#neighbors = options.neighbors ?? false;
    this.#keepsClosed = options.closed ?? false;
    this.#foreign = new ForeignRoutes(options.mostForeign);
  }

  /** @throws DriverError NETLINK_MISSING, NETLINK_OPEN */
  open(receive: (datum: KernelIn) => void): void {
    if (this.#parts !== undefined) throw new Error('this KernelTables is open already');
    const { after = Promise.resolve(), receiveBuffer } = this.#options;
    const netlink = new Netlink();
    const closed = new ClosedAddresses(() => listing.want());
    closed.allow(this.#keepsClosed);
    const events = new NetlinkEvents({
      ...(receiveBuffer !== undefined && { receiveBuffer }),
      passesOver: (type, port) => this.#isOwn(type, port),
    });
    const begins = after.catch(() => {});
    const listing = new Listing(netlink, {
      begin: () => this.#beginList(),
      row: (row) => this.#listRow(row),
      room: () => this.#room(),
      end: () => this.#tidings.end(this.#foreign.leftOut),
      over: () => this.#deafen(),
    });
    const requests = new Requests(
      netlink,
      closed,
      {
        done: (told) => {
          this.#tidings.done(told, requests.finished);
          this.#deafen();
        },
        lost: () => listing.want(),
      },
      begins,
    );
    const carriers = new Carriers(netlink, {
      mayAsk: () => !listing.underWay,
      catchUp: () => events.catchUp(),
      found: (row) => this.#hear({ kind: 'link', row }, 0),
    });
    const speeds = new Speeds({
      mayTell: () => !listing.underWay,
      found: (row) => this.#tellSpeed(row),
    });
    const delivery = new Delivery(randomUUID(), receive, () => this.#tidings.next());
    this.#tidings.onChange = () => this.#changed();
    this.#tidings.onDone = () => requests.told();
    this.#parts = { netlink, closed, events, listing, requests, carriers, speeds, delivery };
    try {
      this.#listen(events);
    } catch (thrown) {
      netlink.close();
      this.#parts = undefined;
      throw thrown;
    }
    holdLinks(this);
    listing.neighbors = this.#neighbors;
    void begins.then(() => listing.want());
  }

  /** @param settings `KernelSettings`: where one is another, a list comes */
  change(settings: unknown): void {
    const { neighbors = false, closed = false } = (settings ?? {}) as KernelSettings;
    if (neighbors === this.#neighbors && closed === this.#keepsClosed) return;
    const before = this.#neighbors;
    this.#neighbors = neighbors;
    this.#keepsClosed = closed;
    if (this.#parts === undefined) return;
    const { events, listing } = this.#parts;
    this.#parts.closed.allow(closed);
    if (neighbors !== before) {
      this.#endNeighbors();
      if (neighbors) this.#endNeighbors = this.#follow(events, NEIGHBORS, 'neighbor');
    }
    listing.neighbors = neighbors;
    listing.want();
  }

  send(datum: KernelOut): PortResult {
    if (this.#parts === undefined || this.#closed) return this.#refuse('down', 'the port is closed');
    const { delivery, listing } = this.#parts;
    switch (datum?.do) {
      case 'taken':
        delivery.taken(datum.number);
        return 'sent';
      case 'list':
        listing.want();
        return 'sent';
      case 'change':
      case 'withdraw':
        return this.#request(datum, this.#parts.requests);
      default:
        return this.#refuse('down', 'a datum has "do": taken, list, change or withdraw');
    }
  }

  /** Tells nothing more. What was handed over is carried out all the same, and then the sockets are closed. */
  close(): void {
    if (this.#parts === undefined || this.#closed) return;
    this.#closed = true;
    const { netlink, closed, events, listing, requests, carriers, speeds, delivery } = this.#parts;
    events.stop();
    listing.stop();
    carriers.stop();
    speeds.stop();
    delivery.stop();
    this.#hasRoom?.();
    this.#finished = requests.settled().finally(() => {
      netlink.close();
      closed.close();
      releaseLinks(this);
    });
  }

  /** After `close`: resolves when all that was handed over is carried out. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /** Changes that were handed over and not carried out yet. */
  get left(): number {
    return this.#parts?.requests.left ?? 0;
  }

  /** Until the last of what was handed over with a time of its own is due, in ms. */
  get waits(): number {
    return this.#parts?.requests.waits ?? 0;
  }

  get failure(): string {
    return this.#failure || (this.#parts?.listing.failure ?? '');
  }

  get counters(): Readonly<Record<string, number>> {
    if (this.#parts === undefined) return {};
    const { netlink, closed, events, listing, requests, carriers, delivery } = this.#parts;
    const { malformed, timeouts } = netlink.counters;
    const heard = events.counters;
    return {
      ...delivery.counters,
      unacknowledged: delivery.underWay,
      ...listing.counters,
      events: heard.received,
      overruns: heard.overruns,
      ...carriers.counters,
      dropped: this.#tidings.dropped,
      waiting: this.#tidings.waiting,
      malformed: malformed + heard.malformed,
      ...requests.counters,
      timeouts,
      left: requests.left,
      closed: closed.size,
      foreign: this.#foreign.present,
      leftOut: this.#foreign.leftOut,
    };
  }

  #request(request: KernelRequest, requests: Requests): PortResult {
    const { changes } = request.do === 'change' ? request : { changes: [] };
    if (!Array.isArray(changes) || changes.length > MOST_CHANGES)
      return this.#refuse('down', `a request has a list of at most ${MOST_CHANGES} changes`);
    const asked = request.do === 'change' ? { ...request, changes: guardLinks(changes) } : request;
    if (requests.take(asked)) {
      this.#silent.asked(changes);
      return 'sent';
    }
    return this.#refuse('full', 'as many requests are under way as may be: wait until one is done');
  }

  #refuse(result: PortResult, failure: string): PortResult {
    this.#failure = failure;
    return result;
  }

  #changed(): void {
    if (!this.#tidings.full) this.#hasRoom?.();
    this.#parts?.delivery.wake();
  }

  // --- lists

  #beginList(): void {
    this.#parts?.events.deafen(undefined);
    this.#foreign.clear();
    this.#silent.begin();
    this.#tidings.begin();
  }

  #listRow(told: KernelRow): void {
    if (this.#closed) return;
    if (told.kind === 'route' && (told.row.table === LOCAL_TABLE || !this.#foreign.listed(told.row))) return;
    this.#silent.told(told);
    this.#tidings.list(this.#watchLink(told));
  }

  #room(): Promise<void> | undefined {
    // Once it is closed a list is read to its end, and dropped: what is still to be done waits for that.
    if (!this.#tidings.full || this.#closed) {
      this.#parts?.delivery.wake();
      return undefined;
    }
    return new Promise((resolve) => {
      this.#hasRoom = () => {
        this.#hasRoom = undefined;
        resolve();
      };
      this.#parts?.delivery.wake();
    });
  }

  // --- events

  #listen(events: NetlinkEvents): void {
    this.#follow(events, LINKS, 'link');
    this.#follow(events, ADDRESSES, 'address');
    this.#follow(events, NETCONFS, 'netconf');
    this.#follow(events, ROUTES, 'route');
    if (this.#neighbors) this.#endNeighbors = this.#follow(events, NEIGHBORS, 'neighbor');
    events.onLost(() => this.#parts?.listing.want());
    events.start();
  }

  /** Returns how to end that. */
  #follow<Row>(events: NetlinkEvents, kind: Reads<Row>, name: KernelRow['kind']): () => void {
    return events.on(kind, (row, gone, about) => {
      this.#hear({ kind: name, row, ...(gone && { gone }) } as KernelRow, about.flags);
    });
  }

  /** Own changes of routes: `done` tells them. A list that is under way may have them or not, so they are told behind it. */
  #isOwn(type: number, port: number): boolean {
    if (type !== ROUTES.added && type !== ROUTES.removed) return false;
    return port === this.#parts?.netlink.port && !this.#parts.listing.underWay;
  }

  /** Where `isOwn` passes over all of them the kernel need not tell them. */
  #deafen(): void {
    const { netlink, events, listing } = this.#parts!;
    if (!listing.underWay) events.deafen(netlink.port, [ROUTES.added, ROUTES.removed]);
  }

  #hear(told: KernelRow, flags: number): void {
    const parts = this.#parts;
    if (parts === undefined || !this.#isTold(told, flags)) return;
    const loses = this.#silent.told(told);
    const kept = this.#tell(this.#watchLink(told));
    if (!kept || loses || this.#foreign.hasRoom) parts.listing.want();
  }

  #tellSpeed(row: Link): void {
    if (!this.#tell({ kind: 'link', row })) this.#parts?.listing.want();
  }

  /** Returns false where it was dropped. */
  #tell(told: KernelRow): boolean {
    const { requests } = this.#parts!;
    return this.#tidings.hear(told, requests.begun, requests.finished);
  }

  /** Takes note of a link. Returns the row with what else is known of it. */
  #watchLink(told: KernelRow): KernelRow {
    if (told.kind !== 'link' || this.#parts === undefined) return told;
    const { carriers, speeds, closed } = this.#parts;
    carriers.told(told.row, told.gone ?? false);
    noteLink(told.row, told.gone ?? false);
    if (told.gone && closed.size > 0) void closed.forget(told.row.index);
    return { ...told, row: speeds.told(told.row, told.gone ?? false) };
  }

  #isTold(told: KernelRow, flags: number): boolean {
    // An event may be about another switch.
    if (told.kind === 'netconf') return told.gone === true || told.row.forwarding !== undefined;
    if (told.kind !== 'route') return true;
    return told.row.table !== LOCAL_TABLE && this.#foreign.heard(told.row, told.gone ?? false, flags);
  }
}

/** Those of an open port. */
interface Parts {
  readonly netlink: Netlink;
  readonly closed: ClosedAddresses;
  readonly events: NetlinkEvents;
  readonly listing: Listing;
  readonly requests: Requests;
  readonly carriers: Carriers;
  readonly speeds: Speeds;
  readonly delivery: Delivery;
}

/** @throws DriverError NETLINK_MISSING, NETLINK_OPEN where no such port could be opened */
export function probeKernelTables(): void {
  openNetlink(0).close();
}
