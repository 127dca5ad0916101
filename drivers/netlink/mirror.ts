/**
 * A copy of one of the kernel's tables that follows it: it listens first, lists, and applies what it heard. After an overrun
 * it lists again, and tells the differences. So it misses nothing but states that lasted shorter than that.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { DriverError, firstLine } from '../errors.ts';
import type { NetlinkEvents } from './events.ts';
import type { Asks } from './kind.ts';
import type { Netlink } from './netlink.ts';
import { Slices } from './slice.ts';

/** @param row undefined: it is gone @param was undefined: it is new */
export type MirrorChange<Value> = (row: Value | undefined, was: Value | undefined) => void;

export interface MirrorOptions<Value, Filter> {
  /** One list each. */
  filters: readonly Filter[];
  /** Which rows it is about, of those that events tell; all unless told. */
  keeps?: (row: Value) => boolean;
  onChange?: MirrorChange<Value>;
}

/** Events that wait until a list is there; where more come, it lists again. */
const MOST_WAITING = 50_000;
/** Milliseconds until a list that was refused is tried again: doubled each time. */
const FIRST_RETRY = 100;
const LAST_RETRY = 10_000;

export class Mirror<Value extends object, Filter> {
  readonly #netlink: Netlink;
  readonly #kind: Asks<Value, Filter>;
  readonly #options: MirrorOptions<Value, Filter>;
  #rows = new Map<string, Value>();
  /** Changes that were heard while it lists; undefined while it does not. */
  #heard: { row: Value; gone: boolean }[] | undefined;
  /** The list that is under way is not to be the last. */
  #again = false;
  #listing: Promise<void> | undefined;
  /** Aborted by `stop`. */
  readonly #stopped = new AbortController();
  /** Ends the listening. */
  readonly #deafen: readonly (() => void)[];
  #lastError = '';

  /** @param events not started yet, or started: either way from now on nothing is missed once it is */
  constructor(
    netlink: Netlink,
    events: NetlinkEvents,
    kind: Asks<Value, Filter>,
    options: MirrorOptions<Value, Filter>,
  ) {
    this.#netlink = netlink;
    this.#kind = kind;
    this.#options = options;
    this.#deafen = [
      events.on(kind, (row, gone) => this.#hear(row, gone)),
      events.onLost(() => void this.resync()),
    ];
  }

  /** By `Kind.key`. */
  get rows(): ReadonlyMap<string, Value> {
    return this.#rows;
  }

  /** Why the last list failed; empty when all is well. */
  get lastError(): string {
    return this.#lastError;
  }

  /**
   * Lists the table and tells what differs: for the start, and where the kernel tells nothing, as of IPv4 routes that go
   * with their link. Resolves when a list is there that is newer than the call, or never will be: after `stop` or
   * `Netlink.close`.
   */
  resync(): Promise<void> {
    this.#again = true;
    this.#listing ??= this.#follow().finally(() => {
      this.#listing = undefined;
    });
    return this.#listing;
  }

  /** Nothing is told after it, and nothing is waited for. A second call does nothing. */
  stop(): void {
    this.#stopped.abort();
    for (const deafen of this.#deafen) deafen();
  }

  async #follow(): Promise<void> {
    let retry = FIRST_RETRY;
    while (this.#again && !this.#stopped.signal.aborted) {
      this.#again = false;
      this.#heard = [];
      try {
        await this.#merge(await this.#list());
        this.#lastError = '';
      } catch (thrown) {
        this.#lastError = firstLine(thrown);
        if (thrown instanceof DriverError && thrown.code === 'NETLINK_CLOSED') break;
        this.#again = true;
        // Rejected where it is stopped.
        await delay(retry, undefined, { signal: this.#stopped.signal }).catch(() => {});
        retry = Math.min(2 * retry, LAST_RETRY);
      }
    }
    this.#heard = undefined;
  }

  async #list(): Promise<Map<string, Value>> {
    const listed = new Map<string, Value>();
    const slices = new Slices();
    for (const filter of this.#options.filters) {
      for (const row of await this.#netlink.dump(this.#kind, filter)) {
        if (this.#keeps(row)) listed.set(this.#kind.key(row), row);
        if (slices.over()) await slices.next();
      }
    }
    return listed;
  }

  async #merge(listed: Map<string, Value>): Promise<void> {
    const slices = new Slices();
    for (const key of this.#rows.keys()) {
      if (!listed.has(key)) this.#put(key, undefined);
      if (slices.over()) await slices.next();
    }
    for (const [key, row] of listed) {
      this.#put(key, row);
      if (slices.over()) await slices.next();
    }
    // From here on what is heard is applied at once: there is no turn of the loop in between.
    const heard = this.#heard ?? [];
    for (let i = 0; i < heard.length; i++) {
      this.#apply(heard[i] as { row: Value; gone: boolean });
      if (slices.over()) await slices.next();
    }
    this.#heard = undefined;
  }

  #hear(row: Value, gone: boolean): void {
    if (this.#stopped.signal.aborted || !this.#keeps(row)) return;
    if (this.#heard === undefined) this.#apply({ row, gone });
    else if (this.#heard.length < MOST_WAITING) this.#heard.push({ row, gone });
    else this.#again = true;
  }

  #apply({ row, gone }: { row: Value; gone: boolean }): void {
    const key = this.#kind.key(row);
    const kept = this.#rows.get(key);
    // Of an IPv6 route with many hops the kernel tells the one that goes in the same words as a whole route.
    if (gone && kept !== undefined && !same(kept, row)) void this.resync();
    else this.#put(key, gone ? undefined : row);
  }

  #put(key: string, row: Value | undefined): void {
    const was = this.#rows.get(key);
    if (row === undefined) this.#rows.delete(key);
    else this.#rows.set(key, row);
    if (was === row || (was !== undefined && row !== undefined && same(was, row))) return;
    if (this.#stopped.signal.aborted) return;
    try {
      this.#options.onChange?.(row, was);
    } catch (thrown) {
      // It is the receiver's, and no reason to list again.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }

  #keeps(row: Value): boolean {
    return this.#options.keeps?.(row) ?? true;
  }
}

/** Both were decoded by the same code: their keys have one order. */
function same(one: object, other: object): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
