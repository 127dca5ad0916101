/** A router that is Active beside keepalived, on a LAN from which it is flooded, and whether anybody has noticed something of it. */
import type { Test } from 'tap';
import type { DropReason } from '../../firmware/modules/vrrp/drop.ts';
import type { NetworkNamespace } from '../netns.ts';
import { wholeFrom } from '../random.ts';
import { type Instance, type Keepalived, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { Flood } from './flood.ts';
import { type FramePacket, frameOf } from './frame.ts';
import { VrrpPlace } from './place.ts';
import { Stream } from './stream.ts';

const PATIENCE = 60_000;
/** Frames a second. */
const RATE = 50_000;
const SECONDS = 2;
/** Each is sent as often as the others, and in no order. */
const FRAMES = 2_000;

const SERVER = '10.0.2.9';
const WAN = { wan0: { addresses: ['10.0.2.1/24'], forwarding: true } };

/** A line about what was dropped: who sent it, why it was dropped, whether it is another one about the same. */
export interface DropLine {
  from: string;
  reason: DropReason;
  isAgain: boolean;
}

/** The end of a flood. */
export interface Withstood {
  /** By reason, as `show vrrp drops` counts them. */
  drops: ReadonlyMap<string, number>;
  /** Of IPv6, dropped by the port, which takes only what no router has forwarded. */
  forwarded: number;
  /** Of all kinds, in the order in which they were written. */
  lines: DropLine[];
}

/** Counters of the router, all of which only grow. */
interface Counts {
  drops: Map<string, number>;
  /** By the ports that advertisements come in on. */
  received: number;
  forwarded: number;
  /** By the mailbox, for want of room. */
  full: number;
}

interface PortRow {
  module: string;
  port: string;
  counters: { received: number; hopLimit?: number };
}

interface ModuleRow {
  name: string;
  errors: number;
  interrupted: number;
  restarts: number;
}

export class Hostile {
  readonly #place: VrrpPlace;
  readonly #keepalived: Keepalived;
  readonly #groups: readonly number[];
  readonly #stream: Stream;
  readonly #flood: Flood;
  readonly #mac: string;

  private constructor(
    place: VrrpPlace,
    keepalived: Keepalived,
    groups: readonly number[],
    stream: Stream,
    flood: Flood,
  ) {
    this.#place = place;
    this.#keepalived = keepalived;
    this.#groups = groups;
    this.#stream = stream;
    this.#flood = flood;
    const [link] = JSON.parse(place.router.ip('-j', 'link', 'show', 'lan0')) as { address: string }[];
    this.#mac = link!.address;
  }

  /** The router comes first, so that keepalived is a backup from the beginning. The stream goes through `address`. */
  static async start(
    t: Test,
    ours: readonly object[],
    theirs: readonly Instance[],
    address: string,
  ): Promise<Hostile> {
    const place = await VrrpPlace.make(t);
    const server: NetworkNamespace = place.behind();
    await place.start(ours, WAN, { realtime: 10 });
    await place.comesTo('Active');
    const keepalived = await startKeepalived(t, place, theirs);
    place.host.ip('route', 'add', '10.0.2.0/24', 'via', address);
    const stream = await Stream.begin(t, place.host, server, SERVER);
    const groups = theirs.map(({ group }) => group);
    return new Hostile(place, keepalived, groups, stream, new Flood(t, place.host, 'eth0'));
  }

  /** Floods the router with these, in no order, and sees that nothing but counters and the log changes. */
  async withstands(t: Test, packets: readonly FramePacket[], seed: number): Promise<Withstood> {
    const mark = await this.#stream.mark();
    const printed = this.#place.output.length;
    const before = await this.#counts();
    const below = wholeFrom(seed);
    const frames = Array.from({ length: FRAMES }, () => frameOf(packets[below(packets.length)]!, this.#mac));
    const { sent, seconds } = await this.#flood.send(frames, { seconds: SECONDS, rate: RATE });
    const received = await this.#allCounted(before);
    const a = (count: number) => Math.round(count / seconds);
    t.comment(`${a(sent)} a second for ${seconds.toFixed(1)} s, of which ${a(received)} were read`);
    await this.#isActive(t);
    t.same(await this.#stream.gaps(mark), [], 'the stream loses nothing');
    const after = await this.#counts();
    return {
      drops: new Map(
        [...after.drops].map(([reason, count]) => [reason, count - (before.drops.get(reason) ?? 0)]),
      ),
      forwarded: after.forwarded - before.forwarded,
      lines: this.#lines(printed),
    };
  }

  /** Ends the router without a word: keepalived takes over. */
  async kill(): Promise<void> {
    await this.#place.kill('SIGKILL');
    await eventuallyAsync('keepalived has taken over', PATIENCE, async () => {
      return this.#groups.every((group) => this.#keepalived.roles(group).at(-1) === 'MASTER') || undefined;
    });
  }

  /** It is Active as it was from the beginning, and nothing has failed. */
  async #isActive(t: Test): Promise<void> {
    const roles = new Set(this.#groups.flatMap((group) => this.#keepalived.roles(group)));
    t.same([...roles], ['BACKUP'], 'keepalived has never been anything but a backup');
    const groups = await this.#shown<{ state: string }[]>('show vrrp');
    t.same(new Set(groups.map(({ state }) => state)), new Set(['Active']));
    const rows = await this.#shown<{ activeTransitions: number }[]>('show vrrp statistics');
    t.same(new Set(rows.map(({ activeTransitions }) => activeTransitions)), new Set([1]));
    for (const { name, errors, interrupted, restarts } of await this.#shown<ModuleRow[]>('show modules'))
      t.same({ errors, interrupted, restarts }, { errors: 0, interrupted: 0, restarts: 0 }, name);
  }

  /** Waits until all that was read is counted as dropped, by its reason. Returns how much that is. */
  async #allCounted(before: Counts): Promise<number> {
    const sum = ({ drops, full }: Counts) =>
      [...drops.values()].reduce((total, count) => total + count, full);
    let told = '';
    return eventuallyAsync('each packet is counted once', PATIENCE, async () => {
      const now = await this.#counts();
      const received = now.received - before.received;
      const counted = sum(now) - sum(before);
      told = `${received} received, ${counted} counted`;
      return received === counted ? received : undefined;
    }).catch((thrown: Error) => {
      throw new Error(`${thrown.message}: ${told}`);
    });
  }

  async #counts(): Promise<Counts> {
    const drops = await this.#shown<{ reason: string; count: number }[]>('show vrrp drops');
    const queues = await this.#shown<{ module: string; dropped: number }[]>('show queues');
    const ports = await this.#shown<PortRow[]>('show ports');
    const heard = ports.filter(({ module, port }) => module === 'VRRP' && port.startsWith('vrrp'));
    return {
      drops: new Map(drops.map(({ reason, count }) => [reason, count])),
      received: heard.reduce((total, { counters }) => total + counters.received, 0),
      forwarded: heard.reduce((total, { counters }) => total + (counters.hopLimit ?? 0), 0),
      full: queues.find(({ module }) => module === 'VRRP')!.dropped,
    };
  }

  #lines(since: number): DropLine[] {
    const found = this.#place.output
      .slice(since)
      .matchAll(/dropped a packet from (\S+) on lan0: .*? \(([a-zA-Z]+)\)(.*)/g);
    return [...found].map(([, from, reason, rest]) => ({
      from: from!,
      reason: reason as DropReason,
      isAgain: /more since the last line/.test(rest!),
    }));
  }

  async #shown<T>(command: string): Promise<T> {
    const { ok, message, data } = await this.#place.exec(command);
    if (!ok) throw new Error(`${command}: ${message}`);
    return data as T;
  }
}
