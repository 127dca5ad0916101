/**
 * The links and IPv4 addresses of this network namespace, whether it forwards there, and what changes of them, by netlink.
 *
 * An event says only *which* link changed: after a moment that gathers what belongs together, the link is asked after anew,
 * and what differs from the last reading is reported. So an event that is lost, or older than the last reading, costs nothing.
 */
import { CARRIER_HELD, CARRIER_PERIOD, hasCarrier, MOST_CARRIERS } from './carriers.ts';
import { DriverError } from './errors.ts';
import { ADDRESSES, type InterfaceAddress } from './netlink/address.ts';
import type { ChannelOptions } from './netlink/channel.ts';
import { EINVAL, ENODEV, GROUP } from './netlink/constants.ts';
import { dumpNow } from './netlink/dump.ts';
import { NetlinkEvents } from './netlink/events.ts';
import { LINKS, type Link } from './netlink/link.ts';
import { ALL_INTERFACES, NETCONFS, type Netconf } from './netlink/netconf.ts';
import { isRefusal, Netlink, type Refusal } from './netlink/netlink.ts';
import { Slices } from './netlink/slice.ts';

export interface LinkAddress {
  /** In dotted notation. */
  address: string;
  prefixLength: number;
  /** The other end, where the address is point-to-point; the prefix is that of the other end then. */
  peer?: string;
}

/** A link as the kernel has it. */
export interface LinkState {
  name: string;
  /** The kernel's interface index; 0 when there is no such interface any more. */
  index: number;
  /** Set up by the administrator, and there is a carrier. */
  up: boolean;
  /** In bytes. */
  mtu: number;
  /** `00:00:5e:00:01:33`; empty when the link has none. */
  mac: string;
  /** IPv4 only, the kernel's primary address first. */
  addresses: LinkAddress[];
  /** The kernel forwards IPv4 packets that come in here; absent where it does not say. */
  forwarding?: boolean;
}

/** `was` is missing when the interface is new. */
export type LinkChange = (link: LinkState, was: LinkState | undefined) => void;

/** @param why links cannot be read, and are tried again; undefined: they are read again */
export type LinkTrouble = (why: string | undefined) => void;

/** Milliseconds for which changes are gathered before links are read; as long as the last reading took, where that is more. */
const GATHER = 2;
/** Of more links than these all are read at once. */
const MOST_SINGLY = 8;
/** Milliseconds until a reading that failed is tried again. */
const REREAD = 1_000;
/** Milliseconds until links are read again of which a table changed all the while, or answers were lost. */
const SETTLE = 50;

const FAMILY = { family: 4 } as const;
/** A link that went away a moment ago: an event tells of it. */
const GONE = [ENODEV];
/** Also a link without IPv4, as one is whose MTU is below 68; EINVAL on older kernels. */
const NOT_IPV4 = [ENODEV, EINVAL];
/** A moment's pause mends these. */
const SOON: ReadonlySet<string> = new Set(['NETLINK_INTERRUPTED', 'NETLINK_LOST']);

/** The sockets while it listens. */
interface Ears {
  readonly netlink: Netlink;
  readonly events: NetlinkEvents;
}

export class LinkMonitor {
  readonly #options: ChannelOptions;
  #known = new Map<string, LinkState>();
  #onChange: LinkChange | undefined;
  #onTrouble: LinkTrouble | undefined;
  #ears: Ears | undefined;
  /** Indexes of links of which an event told. */
  readonly #stale = new Set<number>();
  /** All links are to be read. */
  #allStale = false;
  #timer: NodeJS.Timeout | undefined;
  #reading = false;
  #pause = GATHER;
  /** Until then carriers are asked after. */
  #carriersUntil = 0;
  /** The next reading is to ask after them. */
  #carriersDue = false;
  /** Why the last reading failed. */
  #trouble: string | undefined;

  /** @param options of the socket that asks while it watches */
  constructor(options: ChannelOptions = {}) {
    this.#options = options;
  }

  /**
   * Reads all links now. Blocks for up to some milliseconds: for the start of a program.
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN, NETLINK_REFUSED, NETLINK_INTERRUPTED
   */
  snapshot(): LinkState[] {
    const links = dumpNow(LINKS, {});
    const states = statesOf(links, dumpNow(ADDRESSES, FAMILY), dumpNow(NETCONFS, FAMILY));
    this.#known = new Map(states.map((state) => [state.name, state]));
    return structuredClone(states);
  }

  /**
   * Reports every difference from the last `snapshot`, from now on; without a snapshot every link is new. An
   * interface that went away is reported with index 0, not up, without addresses. Keeps the program running
   * until `stop`. Readings that fail are told once per cause, and tried again until one does not.
   * @throws DriverError NETLINK_MISSING, NETLINK_OPEN
   */
  start(onChange: LinkChange, onTrouble?: LinkTrouble): void {
    if (this.#onChange !== undefined) throw new Error('this LinkMonitor is started already');
    const netlink = new Netlink(this.#options);
    const events = new NetlinkEvents();
    const changed = ({ index }: { index: number }) => {
      if (index !== ALL_INTERFACES) this.#changed(index);
    };
    events.on(LINKS, changed);
    events.on(ADDRESSES, changed, [GROUP.IPV4_IFADDR]);
    events.on(NETCONFS, changed, [GROUP.IPV4_NETCONF]);
    events.onLost(() => this.#readAll());
    try {
      events.start();
    } catch (thrown) {
      netlink.close();
      throw thrown;
    }
    this.#ears = { netlink, events };
    this.#onChange = onChange;
    this.#onTrouble = onTrouble;
    this.#readAll();
  }

  /** Nothing is reported after it, no socket is left. A second call does nothing. */
  stop(): void {
    this.#onChange = undefined;
    this.#onTrouble = undefined;
    this.#trouble = undefined;
    this.#ears?.events.stop();
    this.#ears?.netlink.close();
    this.#ears = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#stale.clear();
    this.#allStale = false;
    this.#carriersUntil = 0;
    this.#carriersDue = false;
  }

  #changed(index: number): void {
    this.#stale.add(index);
    this.#readAfter(this.#pause);
  }

  #readAll(): void {
    this.#allStale = true;
    this.#readAfter(this.#pause);
  }

  #readAfter(ms: number): void {
    if (this.#reading) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      if (this.#ears !== undefined) void this.#read(this.#ears);
    }, ms);
  }

  async #read(ears: Ears): Promise<void> {
    const began = performance.now();
    const all = this.#allStale || this.#stale.size > MOST_SINGLY;
    const indexes = [...this.#stale];
    const carriers = this.#carriersDue;
    this.#stale.clear();
    this.#allStale = false;
    this.#carriersDue = false;
    this.#reading = true;
    let failure: DriverError | undefined;
    try {
      if (all) await this.#lookAtAll(ears);
      else {
        if (indexes.length > 0) await this.#lookAt(ears, indexes);
        if (carriers) await this.#lookAtCarriers(ears);
      }
    } catch (thrown) {
      if (!(thrown instanceof DriverError)) throw thrown;
      failure = thrown;
    } finally {
      this.#reading = false;
    }
    // Stopped meanwhile, and perhaps started anew.
    if (this.#ears !== ears) {
      if (this.#allStale) this.#readAfter(GATHER);
      return;
    }
    this.#pause = Math.max(GATHER, performance.now() - began);
    this.#tellTrouble(failure?.message);
    if (failure !== undefined) {
      this.#allStale = true;
      this.#readAfter(SOON.has(failure.code) ? SETTLE : REREAD);
      return;
    }
    // A link that changes all the time does not keep others from being asked.
    this.#carriersDue = performance.now() <= this.#carriersUntil && this.#known.size <= MOST_CARRIERS;
    if (this.#allStale || this.#stale.size > 0) this.#readAfter(this.#pause);
    else if (this.#carriersDue) this.#readAfter(Math.max(CARRIER_PERIOD, this.#pause));
  }

  #tellTrouble(why: string | undefined): void {
    if (why === this.#trouble) return;
    this.#trouble = why;
    this.#onTrouble?.(why);
  }

  async #lookAtAll({ netlink, events }: Ears): Promise<void> {
    const links = await netlink.dump(LINKS, {});
    const addresses = await netlink.dump(ADDRESSES, FAMILY);
    const states = statesOf(links, addresses, await netlink.dump(NETCONFS, FAMILY));
    const now = new Map(states.map((state) => [state.name, state]));
    const slices = new Slices();
    for (const name of [...new Set([...this.#known.keys(), ...now.keys()])]) {
      if (this.#ears?.events !== events) return;
      this.#put(name, now.get(name));
      if (slices.over()) await slices.next();
    }
  }

  async #lookAt({ netlink, events }: Ears, indexes: readonly number[]): Promise<void> {
    const questions = indexes.map((index) => ({ index }));
    const links = present(await netlink.read(LINKS, questions), GONE);
    const switches = links.map(({ index }) => ({ ...FAMILY, index }));
    const netconfs = present(await netlink.read(NETCONFS, switches), NOT_IPV4);
    const addresses = links.length === 0 ? [] : await netlink.dump(ADDRESSES, FAMILY);
    if (this.#ears?.events !== events) return;
    const states = statesOf(links, addresses, netconfs);
    const now = new Map(states.map((state) => [state.name, state]));
    // A link that is gone, or has another name: nobody has the old one, unless another link took it.
    const left = [...this.#known.values()].filter(
      ({ name, index }) => indexes.includes(index) && !now.has(name),
    );
    for (const { name } of left) this.#put(name, undefined);
    for (const [name, state] of now) this.#put(name, state);
  }

  /** Of links that came, went or have another name, an event tells. */
  async #lookAtCarriers({ netlink, events }: Ears): Promise<void> {
    const links = await netlink.dump(LINKS, {});
    if (this.#ears?.events !== events) return;
    for (const link of links) {
      const was = this.#known.get(link.name);
      if (was?.index === link.index) this.#put(link.name, { ...was, up: hasCarrier(link) });
    }
  }

  /** Under this name there is this link now, or none: told where that is new. */
  #put(name: string, link: LinkState | undefined): void {
    const was = this.#known.get(name);
    if (was === undefined && link === undefined) return;
    if (link !== undefined && was !== undefined && same(was, link)) return;
    if (link === undefined) this.#known.delete(name);
    else this.#known.set(name, link);
    if ((was?.up ?? false) !== (link?.up ?? false)) this.#carriersUntil = performance.now() + CARRIER_HELD;
    const told = link ?? gone(was as LinkState);
    try {
      // The receiver gets copies: what it does with them must not change what is compared next time.
      this.#onChange?.(structuredClone(told), structuredClone(was));
    } catch (thrown) {
      // It is the receiver's, and no reason not to read on.
      queueMicrotask(() => {
        throw thrown;
      });
    }
  }
}

/** The rows of links that are there. @throws DriverError NETLINK_REFUSED for what was refused for another reason */
function present<Row extends object>(answers: readonly (Row | Refusal)[], absent: readonly number[]): Row[] {
  return answers.filter((one): one is Row => {
    if (!isRefusal(one)) return true;
    if (absent.includes(one.errno)) return false;
    throw new DriverError('NETLINK_REFUSED', one.message);
  });
}

function statesOf(
  links: readonly Link[],
  addresses: readonly InterfaceAddress[],
  netconfs: readonly Netconf[],
): LinkState[] {
  const byIndex = new Map<number, LinkAddress[]>();
  for (const { index, address, prefixLength, peer } of addresses) {
    const own = byIndex.get(index) ?? [];
    own.push({ address, prefixLength, ...(peer !== undefined && { peer }) });
    byIndex.set(index, own);
  }
  const forwarding = new Map(netconfs.map((netconf) => [netconf.index, netconf.forwarding]));
  return links.map((link) => {
    const { name, index, mtu, mac } = link;
    const forwards = forwarding.get(index);
    return {
      name,
      index,
      up: hasCarrier(link),
      mtu,
      mac,
      addresses: byIndex.get(index) ?? [],
      ...(forwards !== undefined && { forwarding: forwards }),
    };
  });
}

function gone({ forwarding: _, ...was }: LinkState): LinkState {
  return { ...was, index: 0, up: false, addresses: [] };
}

function same(one: LinkState, other: LinkState): boolean {
  return (
    one.index === other.index &&
    one.up === other.up &&
    one.mtu === other.mtu &&
    one.mac === other.mac &&
    one.forwarding === other.forwarding &&
    one.addresses.length === other.addresses.length &&
    one.addresses.every((address, i) => sameAddress(address, other.addresses[i] as LinkAddress))
  );
}

function sameAddress(one: LinkAddress, other: LinkAddress): boolean {
  return one.address === other.address && one.prefixLength === other.prefixLength && one.peer === other.peer;
}
