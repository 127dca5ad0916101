/** IP in a runtime with modules that stand in for protocols: one that sends routes, one that has routes sent to it. */
import { inspect } from 'node:util';
import type { KernelIn, KernelOut } from '../../drivers/kernel-tables.ts';
import type { RouteSource, Subscription } from '../../firmware/modules/ip/exchange/exchange-record.ts';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { Config } from '../../firmware/modules/ip/state.ts';
import {
  MOST_AHEAD,
  type Redistribute,
  type Redistributed,
  type RedistributedRoute,
  type Subscriptions,
} from '../../firmware/modules/messages/redistribute.ts';
import {
  MOST_ROUTE_CHANGES,
  type RouteChange,
  type Routes,
  type RoutesWanted,
} from '../../firmware/modules/messages/routes.ts';
import type { Track, Tracked } from '../../firmware/modules/messages/track.ts';
import { type Message, Module, type Port, Runtime } from '../../runtime/index.ts';
import { RouteKernel } from './route-kernel.ts';

/** The part of IP that a test sees: routes by protocol, and what is left to be done. */
export interface Peek {
  /** Of each prefix, `metric distance gateway`. */
  ospf: Map<string, string>;
  left: number;
  sources: Map<string, RouteSource>;
  subscriptions: Map<string, Subscription>;
  redistributed: number;
  tracks: number;
}

class Peeked extends ip.default {
  onPeek(): Peek {
    const { rib, dirty, leaving, waking, dirtyHops, spreading, sweeps, requests, kernel } = this.state;
    const { sources, subscriptions, redistributed, toRedistribute, tracks, toTrack } = this.state;
    const ospf = [...rib].flatMap(([key, { candidates }]) => {
      const [found] = candidates.filter(({ source }) => source === 'ospf');
      if (found === undefined) return [];
      const { metric, distance, hops } = found;
      return [[key, [metric, distance, ...hops.map(({ gateway }) => gateway)].join(' ')] as const];
    });
    // A walk that waits for room is at rest.
    const walks = [...subscriptions.values()].filter(
      ({ walk, number, taken }) =>
        walk !== undefined && (number - taken < MOST_AHEAD / 2 || walk.tells === 'nothing'),
    ).length;
    const tables = [dirty, leaving, waking, dirtyHops, spreading, sweeps, requests, toRedistribute, toTrack];
    const left = tables.reduce(
      (sum, { size }) => sum + size,
      walks + (kernel.listed && !kernel.forgetting ? 0 : 1),
    );
    return {
      ospf: new Map(ospf),
      left,
      sources: new Map(sources),
      subscriptions: new Map(subscriptions),
      redistributed: [...redistributed.values()].reduce((sum, { size }) => sum + size, 0),
      tracks: tracks.size,
    };
  }
}

/** The same sources under two versions: what a swap changes is what a swap does. */
const VERSIONS = ['3.0.0', '3.0.1'].map(
  (version) =>
    class extends Peeked {
      static readonly manifest: object = {
        ...ip.manifest,
        version,
        accepts: { ...ip.manifest.accepts, peek: [1] },
      };
    },
);

export interface SenderState {
  session: string;
  number: number;
  routes: Map<string, RouteChange>;
  /** Messages that are lost from now on. */
  lose: number;
  /** Whole sets that were sent. */
  wholes: number;
  /** Messages without changes that were sent. */
  signs: number;
}

/** A protocol that sends routes, as ../../firmware/modules/messages/routes.ts wants it. */
export class Sender extends Module<SenderState> {
  static manifest = {
    api: 2 as const,
    name: 'OSPF',
    version: '1.0.0',
    accepts: { put: [1], lose: [1], forget: [1], state: [1] },
    sends: { IP: { routes: 1 } },
    subscribes: { routesWanted: [1] },
    timers: [],
    state: { version: 1 },
  };

  initial(session: unknown): SenderState {
    return { session: String(session), number: 0, routes: new Map(), lose: 0, wholes: 0, signs: 0 };
  }

  onPut({ body }: Message<RouteChange[]>): void {
    for (const change of body) {
      if (change.remove) this.state.routes.delete(change.prefix);
      else this.state.routes.set(change.prefix, change);
    }
    for (const changes of parts(body)) this.#send({ changes });
  }

  onState(): unknown {
    return structuredClone(this.state);
  }

  onLose({ body }: Message<number>): void {
    this.state.lose = body;
  }

  /** Begins with an empty state, as after a crash. */
  onForget({ body }: Message<string>): void {
    this.state = this.initial(body);
  }

  onRoutesWanted({ body }: Message<RoutesWanted>): void {
    const { source = 'ospf', has } = body;
    if (source !== 'ospf') return;
    if (has.ospf?.session === this.state.session) {
      this.state.signs++;
      this.#send({ changes: [] });
      return;
    }
    this.state.wholes++;
    const all = [...parts([...this.state.routes.values()])];
    if (all.length < 2) this.#send({ whole: 'all', changes: all[0] ?? [] });
    else
      for (const [i, changes] of all.entries())
        this.#send({ whole: i === 0 ? 'begin' : i === all.length - 1 ? 'end' : 'more', changes });
  }

  #send(part: Pick<Routes, 'whole' | 'changes'>): void {
    const { session } = this.state;
    const number = this.state.number + 1;
    if (this.state.lose > 0) {
      this.state.lose--;
      this.state.number = number;
    } else if (this.ctx.send('IP', 'routes', { source: 'ospf', session, number, ...part }) === 'queued')
      this.state.number = number;
  }
}

function* parts(changes: RouteChange[]): Generator<RouteChange[]> {
  for (let i = 0; i < changes.length; i += MOST_ROUTE_CHANGES) yield changes.slice(i, i + MOST_ROUTE_CHANGES);
}

export interface SubscriberState {
  asked: Redistribute | undefined;
  session: string;
  number: number;
  /** A gap was met: all is passed over up to the next whole set. */
  waits: boolean;
  routes: Map<string, RedistributedRoute>;
  /** Prefixes of the whole set that is being told. */
  told: Set<string> | undefined;
  wholes: number;
  /** Changes of differences. */
  changes: number;
  tracked: Map<string, Tracked[]>;
  /** Events that it passes over, as if they were lost. */
  lose: number;
  /** It does not say what it has taken. */
  silent: boolean;
  /** Events that came while it was so. */
  ahead: number;
  /** Gaps that it has met. */
  gaps: number;
}

/** A protocol to which routes are redistributed, as ../../firmware/modules/messages/redistribute.ts wants it. */
export class Subscriber extends Module<SubscriberState> {
  static manifest = {
    api: 2 as const,
    name: 'RIP',
    version: '1.0.0',
    mailbox: 80,
    accepts: { ask: [1], track: [1], lose: [1], silence: [1], state: [1] },
    sends: { IP: { redistribute: 1, redistributionTaken: 1, track: 1, tracking: 1 } },
    subscribes: { redistributed: [1], subscriptions: [1], tracked: [1] },
    timers: [],
    state: { version: 1 },
  };

  initial(): SubscriberState {
    return {
      asked: undefined,
      session: '',
      number: 0,
      waits: false,
      routes: new Map(),
      told: undefined,
      wholes: 0,
      changes: 0,
      tracked: new Map(),
      lose: 0,
      silent: false,
      ahead: 0,
      gaps: 0,
    };
  }

  onAsk({ body }: Message<Redistribute>): void {
    this.state.asked = body;
    this.ctx.send('IP', 'redistribute', body);
  }

  onTrack({ body }: Message<Track>): void {
    this.ctx.send('IP', 'track', body);
  }

  onState(): unknown {
    return structuredClone(this.state);
  }

  onLose({ body }: Message<number>): void {
    this.state.lose = body;
  }

  onSilence({ body }: Message<boolean>): void {
    Object.assign(this.state, { silent: body, ahead: 0 });
    if (!body) this.#taken();
  }

  #taken(): void {
    const { session, number, silent } = this.state;
    if (silent) this.state.ahead++;
    else this.ctx.send('IP', 'redistributionTaken', { to: 'rip', session, number });
  }

  onTracked({ body }: Message<Tracked>): void {
    const track = `${body.by} ${body.id}`;
    this.state.tracked.set(track, [...(this.state.tracked.get(track) ?? []), body]);
  }

  onSubscriptions({ body }: Message<Subscriptions>): void {
    const { asked, session, number } = this.state;
    const has = body.redistribute.rip;
    if (
      asked !== undefined &&
      asked.sources.length > 0 &&
      (has?.session !== session || has.number !== number)
    )
      this.ctx.send('IP', 'redistribute', asked);
    else if (has !== undefined) this.#taken();
    if (body.track.length > 0) this.ctx.send('IP', 'tracking', { by: 'vrrp' });
  }

  onRedistributed({ body }: Message<Redistributed>): void {
    if (body.to !== 'rip') return;
    const { state } = this;
    if (state.lose > 0) {
      state.lose--;
      return;
    }
    const begins = body.whole === 'begin' || body.whole === 'all';
    const isNext = body.session === state.session && body.number === state.number + 1;
    if (!begins && (!isNext || state.waits)) {
      if (!state.waits && state.asked !== undefined) this.ctx.send('IP', 'redistribute', state.asked);
      if (!state.waits) state.gaps++;
      state.waits = true;
      return;
    }
    if (begins) state.told = new Set();
    Object.assign(state, { session: body.session, number: body.number, waits: false });
    this.#taken();
    if (body.whole === undefined) state.changes += body.changes.length;
    for (const change of body.changes) {
      if ('remove' in change) state.routes.delete(change.prefix);
      else state.routes.set(change.prefix, change);
      state.told?.add(change.prefix);
    }
    if (state.told === undefined || (body.whole !== 'end' && body.whole !== 'all')) return;
    for (const prefix of state.routes.keys()) if (!state.told.has(prefix)) state.routes.delete(prefix);
    state.told = undefined;
    state.wholes++;
  }
}

/** The sender as another version. */
export function senderAs(version: string): typeof Sender {
  return class extends Sender {
    static override manifest = { ...Sender.manifest, version };
  };
}

export class ExchangeRouter {
  readonly runtime: Runtime;
  readonly kernel = new RouteKernel();
  readonly lines: string[] = [];
  #receive: ((datum: KernelIn) => void) | undefined;
  #ip = 0;

  constructor() {
    this.runtime = new Runtime({
      probation: false,
      portKinds: {
        kernel: { make: () => this.#port() },
        'raw-ip': { make: idle },
        'raw-ip6': { make: idle },
      },
    });
    this.runtime.onLog(({ level, text }) => {
      if (level === 'warn' || level === 'error') this.lines.push(text);
    });
    for (const [i, name] of ['lan0', 'lan1'].entries()) {
      this.kernel.addLink(name, i + 2);
      this.kernel.addAddress(i + 2, `10.0.${i + 1}.1/24`);
      this.kernel.addAddress(i + 2, `fd00:${i + 1}::1/64`);
    }
  }

  /** Swaps IP for its other version. */
  async swap(): Promise<void> {
    this.#ip = 1 - this.#ip;
    await this.runtime.replace(VERSIONS[this.#ip]!);
  }

  async add(config: Config): Promise<void> {
    await this.runtime.add(VERSIONS[this.#ip]!, config);
  }

  async peek(): Promise<Peek> {
    return (await this.runtime.ask('IP', 'peek')) as Peek;
  }

  /** The state of the one that sends. */
  async sender(): Promise<SenderState> {
    return (await this.runtime.ask('OSPF', 'state')) as SenderState;
  }

  /** The state of the one that is told. */
  async subscriber(): Promise<SubscriberState> {
    return (await this.runtime.ask('RIP', 'state')) as SubscriberState;
  }

  /** Waits until nothing is left to be done, and returns what there is then. */
  async rest(holds: (peek: Peek) => boolean = () => true): Promise<Peek> {
    for (let asked = 0; ; asked++) {
      const peek = await this.peek();
      if (peek.left === 0 && holds(peek)) return peek;
      if (asked > 4_000) throw new Error(`no rest: ${inspect(peek, { depth: 3 })}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Lets so many turns of the loop pass. */
  async turns(turns: number): Promise<void> {
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
  }

  /** Hands over all that waits. */
  deliver(): void {
    for (let datum = this.kernel.told.shift(); datum !== undefined; datum = this.kernel.told.shift())
      this.#receive?.(datum);
  }

  #port(): Port<KernelIn, KernelOut> {
    let receive: ((datum: KernelIn) => void) | undefined;
    return {
      open: (taker) => {
        receive = taker;
        this.#receive = taker;
        this.kernel.open();
        setImmediate(() => this.deliver());
      },
      send: (out) => {
        this.kernel.take(out);
        setImmediate(() => this.deliver());
        return 'sent';
      },
      close: () => {
        if (this.#receive === receive) this.kernel.close();
      },
    };
  }
}

function idle(): Port {
  return { open() {}, send: () => 'sent', close() {} };
}
