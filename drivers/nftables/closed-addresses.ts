/**
 * Addresses of this host whose packets it does not take, whoever sends them, but for neighbour discovery: the kernel drops
 * them as they come in. ARP is answered, and packets are forwarded.
 *
 * - They are elements of sets in a table of its own (closed-table.ts), added and removed in place, so that none is open for a
 *   moment. The table is there as long as one address is closed.
 * - The table is this socket's: no other program can change it, and the kernel removes it when the process ends, also by a kill.
 * - One address may be closed for several links. It is open again when the last of these lets it go.
 */
import { firstLine } from '../errors.ts';
import { Channel, type ChannelOptions } from '../netlink/channel.ts';
import { EINVAL, EPERM } from '../netlink/constants.ts';
import { openNetlink } from '../netlink/socket.ts';
import { carryOut, type NftChange, type NftRefusal } from './batch.ts';
import { changeElements, type Element, elementOf, keyOf, makeTable, removeTable } from './closed-table.ts';
import { NETLINK_NETFILTER } from './constants.ts';

/** An address of the link with this index. */
export interface ClosedAddress {
  index: number;
  address: string;
}

/** `replace` closes it, `remove` opens it; where it is so already, nothing changes. */
export interface ClosedChange {
  verb: 'replace' | 'remove';
  wanted: ClosedAddress;
}

/** None of the changes was carried out. */
export type ClosedRefusal = Pick<NftRefusal, 'errno' | 'message'>;

interface Closed extends Element {
  /** Indexes of links. */
  readonly links: ReadonlySet<number>;
}

const EIO = 5;
/** Elements of one batch: a datagram has 200 kB at most. */
const MOST_AT_ONCE = 2_048;

export class ClosedAddresses {
  readonly #allOpen: () => void;
  readonly #options: ChannelOptions;
  #channel: Channel;
  /** The kernel has the table, with all that is in `#closed`. */
  #isMade = false;
  /** By `keyOf`. */
  #closed = new Map<string, Closed>();
  #line: Promise<unknown> = Promise.resolve();
  #isAllowed = true;

  /**
   * Its socket is opened with the first address.
   * @param allOpen is called when what the kernel has was lost: all that was closed is open until the next change
   */
  constructor(allOpen: () => void, options: ChannelOptions = {}) {
    this.#allOpen = allOpen;
    this.#options = { open: (size) => openNetlink(size, NETLINK_NETFILTER), ...options };
    this.#channel = new Channel(this.#options);
  }

  /** How many are closed. */
  get size(): number {
    return this.#closed.size;
  }

  /** Carries out all of them at once, or none and says why. Never throws. */
  change(changes: readonly ClosedChange[]): Promise<ClosedRefusal | undefined> {
    return this.#inTurn(async () => {
      if (!this.#isAllowed)
        return { errno: EPERM, message: 'close addresses: the port was opened without `closed`' };
      const after = new Map(this.#closed);
      try {
        for (const { verb, wanted } of changes) put(after, verb, wanted);
      } catch (thrown) {
        return { errno: EINVAL, message: firstLine(thrown) };
      }
      return this.#become(after);
    });
  }

  /** A link is gone: what was closed for it is open. */
  forget(index: number): Promise<ClosedRefusal | undefined> {
    return this.#inTurn(async () => {
      const after = new Map(this.#closed);
      for (const [key, closed] of this.#closed) if (closed.links.has(index)) without(after, key, index);
      const refusal = await this.#become(after);
      // The kernel has nothing of it any more, and is not to have it again.
      if (refusal !== undefined && !this.#isMade) this.#closed = after;
      return refusal;
    });
  }

  /** Whether any may be closed; where not, all are opened, and what still comes is refused. */
  allow(isAllowed: boolean): void {
    this.#isAllowed = isAllowed;
    if (!isAllowed) void this.#inTurn(() => this.#become(new Map()));
  }

  /** All are open. What still waits closes none again. */
  close(): void {
    this.#closed = new Map();
    this.#isMade = false;
    this.#channel.close();
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#line.then(work);
    this.#line = result.catch(() => {});
    return result;
  }

  async #become(after: Map<string, Closed>): Promise<ClosedRefusal | undefined> {
    const before = this.#isMade ? this.#closed : new Map<string, Closed>();
    const [added, removed] = [missingIn(before, after), missingIn(after, before)];
    if (added.length + removed.length === 0) {
      this.#closed = after;
      return undefined;
    }
    try {
      const refusal = await this.#carryOut(added, removed, after.size);
      if (refusal === undefined) this.#closed = after;
      return refusal && { errno: refusal.errno, message: `close addresses: ${refusal.message}` };
    } catch (thrown) {
      // Nobody knows what the kernel has: without the socket it has nothing, and the next change makes it anew.
      const had = this.#isMade;
      this.#channel.close();
      this.#channel = new Channel(this.#options);
      this.#isMade = false;
      if (had) this.#allOpen();
      return { errno: EIO, message: `close addresses: ${firstLine(thrown)}` };
    }
  }

  /** Adds before it removes. */
  async #carryOut(added: Element[], removed: Element[], left: number): Promise<NftRefusal | undefined> {
    if (left === 0) {
      const refusal = await this.#batch([removeTable()]);
      if (refusal === undefined) this.#isMade = false;
      return refusal;
    }
    const batches: NftChange[][] = [];
    for (const [verb, elements] of [
      ['add', added],
      ['delete', removed],
    ] as const)
      for (let at = 0; at < elements.length; at += MOST_AT_ONCE)
        batches.push(changeElements(verb, elements.slice(at, at + MOST_AT_ONCE)));
    // Small ones are one batch.
    const whole = added.length + removed.length <= MOST_AT_ONCE ? [batches.flat()] : batches;
    if (!this.#isMade) whole[0] = [...makeTable(), ...whole[0]!];
    for (const [at, batch] of whole.entries()) {
      const refusal = await this.#batch(batch);
      if (refusal !== undefined && at > 0) throw new Error(refusal.message);
      if (refusal !== undefined) return refusal;
      this.#isMade = true;
    }
    return undefined;
  }

  async #batch(changes: readonly NftChange[]): Promise<NftRefusal | undefined> {
    const channel = this.#channel;
    const end = await channel.inTurn(() => carryOut(channel, changes));
    if (end === 'lost') throw new Error('answers of the kernel about nf_tables were lost');
    return end;
  }
}

/** @throws DriverError NETLINK_INVALID */
function put(all: Map<string, Closed>, verb: ClosedChange['verb'], { index, address }: ClosedAddress): void {
  const element = elementOf(index, address);
  const key = keyOf(element);
  if (verb === 'remove') without(all, key, index);
  else all.set(key, { ...element, links: new Set([...(all.get(key)?.links ?? []), index]) });
}

function without(all: Map<string, Closed>, key: string, index: number): void {
  const closed = all.get(key);
  if (closed === undefined) return;
  const links = new Set([...closed.links].filter((link) => link !== index));
  if (links.size === 0) all.delete(key);
  else all.set(key, { ...closed, links });
}

function missingIn(some: ReadonlyMap<string, Closed>, others: ReadonlyMap<string, Closed>): Closed[] {
  return [...others].flatMap(([key, closed]) => (some.has(key) ? [] : [closed]));
}
