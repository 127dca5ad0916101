/**
 * IPv4 routes that go without an event: with their link, when it goes down or loses its last address, and with the address that
 * they send from. Only what was told, or asked for, can be lost: a link without routes may come and go and nothing is listed.
 */
import type { Route, RouteWanted } from '../netlink/route.ts';
import type { KernelChange, KernelRow } from './datum.ts';

/** Of the networks of a link's addresses: when an address goes, an event tells that they do. */
const RTPROT_KERNEL = 2;

export class SilentLosses {
  /** By index: whether the link was up when it was told last. */
  readonly #up = new Map<number, boolean>();
  /** Indexes of links over which there were routes, since they came; and such as are not of their own networks. */
  readonly #routed = new Set<number>();
  readonly #others = new Set<number>();
  /** Addresses that routes send from. */
  readonly #sources = new Set<string>();
  /** Some lead by a next hop object that does not tell its links. */
  #anywhere = false;

  /** A list begins. Links stay: routes that are asked for now may be there before it and not in it. */
  begin(): void {
    this.#up.clear();
    this.#sources.clear();
  }

  /** Takes note of a row, of a list or as an event. @returns whether routes may have gone with it */
  told(told: KernelRow): boolean {
    const { kind, row } = told;
    const gone = told.gone === true;
    if (kind === 'address')
      return (
        gone && row.family === 4 && (this.#has(this.#others, row.index) || this.#sources.has(row.address))
      );
    if (kind === 'route' && !gone && row.family === 4) this.#route(row);
    if (kind !== 'link') return false;
    const wentDown = !row.up && (this.#up.get(row.index) ?? true);
    const loses = (gone || wentDown) && this.#has(this.#routed, row.index);
    if (gone) for (const known of [this.#up, this.#routed, this.#others]) known.delete(row.index);
    else this.#up.set(row.index, row.up);
    return loses;
  }

  /** Takes note of what is asked for: own routes are not told. */
  asked(changes: readonly KernelChange[]): void {
    for (const change of changes)
      if (change.kind === 'route' && change.verb === 'replace') this.#route(change.wanted);
  }

  #route({ protocol, hops = [], source, group }: Route | RouteWanted): void {
    if (group !== undefined) this.#anywhere = true;
    for (const { interface: index = 0 } of hops) {
      this.#routed.add(index);
      if (protocol !== RTPROT_KERNEL) this.#others.add(index);
    }
    if (source !== undefined && protocol !== RTPROT_KERNEL) this.#sources.add(source);
  }

  #has(indexes: ReadonlySet<number>, index: number): boolean {
    return this.#anywhere || indexes.has(index);
  }
}
