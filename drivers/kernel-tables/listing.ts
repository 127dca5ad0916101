/**
 * Lists of all tables, told row by row: at the start, where changes were missed, and where the kernel tells nothing, as of
 * IPv4 routes that go with their link. One that is torn by a change begins anew.
 */
import { firstLine } from '../errors.ts';
import { ADDRESSES } from '../netlink/address.ts';
import { LINKS } from '../netlink/link.ts';
import { NEIGHBORS } from '../netlink/neighbor.ts';
import { NETCONFS } from '../netlink/netconf.ts';
import type { Netlink } from '../netlink/netlink.ts';
import { ROUTES } from '../netlink/route.ts';
import { Slices } from '../netlink/slice.ts';
import type { KernelRow } from './datum.ts';

/** Milliseconds from the beginning of one list to that of the next, at least; and how many times as long as it took. */
const APART = 100;
const TIMES_AS_LONG = 4;
/** Milliseconds until one that failed or was torn is tried again: doubled each time. */
const FIRST_RETRY = 5;
const LAST_RETRY = 5_000;

export interface ListingCounters {
  /** Lists that were told whole. */
  lists: number;
  /** Lists that began anew because a table changed meanwhile. */
  torn: number;
  /** Lists that the kernel refused or did not end. */
  failed: number;
}

/** The receiving end of lists. */
export interface Listed {
  begin(): void;
  row(row: KernelRow): void;
  /** Undefined where there is room for more rows; else resolves when there is. */
  room(): Promise<void> | undefined;
  end(): void;
  /** It is no longer under way, whether it was whole or not. */
  over(): void;
}

export class Listing {
  readonly counters: ListingCounters = { lists: 0, torn: 0, failed: 0 };
  neighbors = false;
  readonly #netlink: Netlink;
  readonly #listed: Listed;
  /** Another list is to come behind the one that is under way. */
  #wanted = false;
  #running = false;
  #underWay = false;
  #stopped = false;
  #endPause: () => void = () => {};
  #failure = '';

  constructor(netlink: Netlink, listed: Listed) {
    this.#netlink = netlink;
    this.#listed = listed;
  }

  /** A list is being taken from the kernel. */
  get underWay(): boolean {
    return this.#underWay;
  }

  /** Why the last list failed; empty when all is well. */
  get failure(): string {
    return this.#failure;
  }

  /** A list that is newer than the call is to be told. */
  want(): void {
    this.#wanted = true;
    if (this.#running || this.#stopped) return;
    this.#running = true;
    void this.#follow().finally(() => {
      this.#running = false;
    });
  }

  /** Nothing is told after it. */
  stop(): void {
    this.#stopped = true;
    this.#endPause();
  }

  async #follow(): Promise<void> {
    let retry = FIRST_RETRY;
    while (this.#wanted && !this.#stopped) {
      this.#wanted = false;
      const begun = performance.now();
      const whole = await this.#tell();
      if (this.#stopped) return;
      if (!whole) {
        this.#wanted = true;
        await this.#pause(retry);
        retry = Math.min(2 * retry, LAST_RETRY);
        continue;
      }
      this.counters.lists++;
      retry = FIRST_RETRY;
      const took = performance.now() - begun;
      await this.#pause(Math.max(APART, TIMES_AS_LONG * took) - took);
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Tells one list; false where it is torn or failed. */
  async #tell(): Promise<boolean> {
    this.#listed.begin();
    this.#underWay = true;
    try {
      const whole = await this.#each();
      // A change just before the end is heard in this turn.
      await new Slices().next();
      if (this.#stopped) return false;
      if (whole) {
        this.#failure = '';
        this.#listed.end();
        return true;
      }
      this.counters.torn++;
      this.#failure = 'the tables changed each time while they were listed; they are listed again';
    } catch (thrown) {
      if (this.#stopped) return false;
      this.counters.failed++;
      this.#failure = firstLine(thrown);
    } finally {
      this.#underWay = false;
      this.#listed.over();
    }
    return false;
  }

  /** Links first: addresses and routes are on them. */
  async #each(): Promise<boolean> {
    const netlink = this.#netlink;
    const { row, room } = this.#listed;
    return (
      (await netlink.each(LINKS, {}, (link) => row({ kind: 'link', row: link }), room)) &&
      (await netlink.each(ADDRESSES, {}, (address) => row({ kind: 'address', row: address }), room)) &&
      (await this.#eachOf(4)) &&
      (await this.#eachOf(6))
    );
  }

  async #eachOf(family: 4 | 6): Promise<boolean> {
    const netlink = this.#netlink;
    const { row, room } = this.#listed;
    const switches = await netlink.each(
      NETCONFS,
      { family },
      (one) => row({ kind: 'netconf', row: one }),
      room,
    );
    if (!switches) return false;
    const whole = await netlink.each(ROUTES, { family }, (route) => row({ kind: 'route', row: route }), room);
    if (!whole || !this.neighbors) return whole;
    return netlink.each(NEIGHBORS, { family }, (one) => row({ kind: 'neighbor', row: one }), room);
  }
}
