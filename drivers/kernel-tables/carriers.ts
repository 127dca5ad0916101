/** Carriers, asked after for as long as the kernel is slow to tell of them. */
import { CARRIER_HELD, CARRIER_PERIOD, hasCarrier, MOST_CARRIERS } from '../carriers.ts';
import { LINKS, type Link } from '../netlink/link.ts';
import type { Netlink } from '../netlink/netlink.ts';

export interface CarrierHooks {
  /** Whether to ask now: not while all is listed. */
  mayAsk(): boolean;
  /** Takes the events that came so far. Returns false where there are more. */
  catchUp(): boolean;
  /** A carrier came or went, and no event has told of it yet. */
  found(link: Link): void;
}

export class Carriers {
  readonly counters = { carriersFound: 0 };
  readonly #netlink: Netlink;
  readonly #hooks: CarrierHooks;
  /** By index: whether it had a carrier when it was told last. */
  readonly #had = new Map<number, boolean>();
  /** Indexes of links that were told since it asked. */
  readonly #told = new Set<number>();
  #until = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(netlink: Netlink, hooks: CarrierHooks) {
    this.#netlink = netlink;
    this.#hooks = hooks;
  }

  /** Takes note of a link, of a list or as an event. */
  told(link: Link, gone: boolean): void {
    const { index } = link;
    const had = this.#had.get(index) ?? false;
    const has = !gone && hasCarrier(link);
    this.#told.add(index);
    if (gone) this.#had.delete(index);
    else this.#had.set(index, has);
    if (has === had) return;
    this.#until = performance.now() + CARRIER_HELD;
    this.#askLater();
  }

  /** Asks no more. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #askLater(): void {
    if (this.#stopped || this.#had.size > MOST_CARRIERS) return;
    this.#timer ??= setTimeout(() => {
      void this.#ask().then(() => {
        this.#timer = undefined;
        if (performance.now() < this.#until) this.#askLater();
      });
    }, CARRIER_PERIOD);
  }

  async #ask(): Promise<void> {
    if (!this.#hooks.mayAsk()) return;
    this.#told.clear();
    let links: readonly Link[];
    try {
      links = await this.#netlink.dump(LINKS, {});
    } catch {
      // The kernel itself tells, only later.
      return;
    }
    if (this.#stopped || !this.#hooks.mayAsk()) return;
    // An older event that is read behind this answer would take it back.
    if (!this.#hooks.catchUp()) return;
    for (const link of links) {
      const had = this.#had.get(link.index);
      if (had === undefined || had === hasCarrier(link) || this.#told.has(link.index)) continue;
      this.counters.carriersFound++;
      this.#hooks.found(link);
    }
  }
}
