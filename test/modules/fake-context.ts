/** A module on its own: a context that records what the module does, a clock that is set by hand, and its inputs. */
import type {
  Context,
  Expiry,
  LogLevel,
  Message,
  Module,
  Packet,
  PortFailure,
  PortResult,
  SendResult,
  StartReason,
} from 'hitless/runtime';
import { Ask } from 'hitless/runtime';
import type { LinkState } from '../../drivers/links.ts';
import type { RawIpIn, RawIpOut } from '../../drivers/raw-ip.ts';
import type { LinkAndAddresses } from '../../firmware/modules/messages/links.ts';

interface ArmedTimer {
  name: string;
  key: string;
  due: number;
  every: number;
  body: unknown;
}

export class FakeContext implements Context {
  readonly name: string;
  readonly version: string;
  draining = false;
  /** The clock, in ms. */
  time = 1_000;
  /** What `send` and `transmit` answer. */
  sendResult: SendResult = 'queued';
  portResult: PortResult = 'sent';
  /** What `portFailure` answers; its count goes up with each datum that is not sent. */
  failure: PortFailure | undefined;
  portReason = 'Operation not permitted';
  readonly sent: { to: string; type: string; body: unknown }[] = [];
  readonly published: { event: string; body: unknown }[] = [];
  readonly transmitted: { port: string; key: string; to: string; payload: Uint8Array }[] = [];
  readonly logged: { level: LogLevel; text: string }[] = [];
  readonly timers = new Map<string, ArmedTimer>();
  /** Ports that it has opened and not closed, as `vrrp r0`. */
  readonly opened = new Set<string>();
  /** Settings of those that have some. */
  readonly settings = new Map<string, unknown>();

  constructor(name: string, version: string) {
    this.name = name;
    this.version = version;
  }

  now(): number {
    return this.time;
  }

  send(to: string, type: string, body?: unknown): SendResult {
    if (this.sendResult === 'queued') this.sent.push({ to, type, body });
    return this.sendResult;
  }

  ask<Answer>(to: string, type: string, body?: unknown): Ask<Answer> {
    return new Ask<Answer>(to, type, body);
  }

  publish(event: string, body?: unknown): number {
    this.published.push({ event, body });
    return 1;
  }

  setTimer(name: string, key: string, after: number, options: { body?: unknown; every?: number } = {}): void {
    const { body, every = 0 } = options;
    this.timers.set(`${name} ${key}`, { name, key, due: this.time + after, every, body });
  }

  cancelTimer(name: string, key = ''): void {
    this.timers.delete(`${name} ${key}`);
  }

  timerDue(name: string, key = ''): number | undefined {
    const timer = this.timers.get(`${name} ${key}`);
    return timer && timer.due - this.time;
  }

  transmit(port: string, key: string, datum: unknown): PortResult {
    if (this.portResult === 'sent') this.transmitted.push({ port, key, ...(datum as RawIpOut) });
    if (this.portResult !== 'sent')
      this.failure = { reason: this.portReason, inARow: (this.failure?.inARow ?? 0) + 1 };
    else this.failure = undefined;
    return this.portResult;
  }

  portFailure(): PortFailure | undefined {
    return this.failure;
  }

  ports(port: string): string[] {
    return [...this.opened].flatMap((each) =>
      each.startsWith(`${port} `) ? [each.slice(port.length + 1)] : [],
    );
  }

  openPort(port: string, key: string, settings?: unknown): void {
    this.opened.add(`${port} ${key}`);
    this.settings.set(`${port} ${key}`, settings);
  }

  closePort(port: string, key: string): void {
    this.opened.delete(`${port} ${key}`);
  }

  log(level: LogLevel, text: string): void {
    this.logged.push({ level, text });
  }

  /** Texts logged at this level since the last call. */
  takeLog(level: LogLevel): string[] {
    const texts = this.logged.filter((line) => line.level === level).map((line) => line.text);
    this.logged.length = 0;
    return texts;
  }
}

function isSteps(result: unknown): result is Iterator<unknown> {
  return typeof (result as Iterator<unknown> | undefined)?.next === 'function';
}

/** A version in service: what the proxy does with it, by hand. */
export class Served<State> {
  readonly ctx: FakeContext;
  readonly module: Module<State>;
  #messages = 0;

  /** Starts cold with a configuration, or as an upgrade with a state and the timers of who served before. */
  constructor(
    Implementation: new () => Module<State>,
    manifest: { name: string; version: string },
    from: { config: unknown; time?: number } | { state: State; before?: FakeContext; why?: StartReason },
  ) {
    this.ctx = new FakeContext(manifest.name, manifest.version);
    this.module = new Implementation();
    (this.module as { ctx: Context }).ctx = this.ctx;
    if ('config' in from) {
      this.ctx.time = from.time ?? this.ctx.time;
      this.module.state = this.module.initial(from.config);
      this.module.start('cold');
      return;
    }
    this.module.state = from.state;
    if (from.before !== undefined) {
      this.ctx.time = from.before.time;
      for (const [id, timer] of from.before.timers) this.ctx.timers.set(id, timer);
    }
    this.module.start(from.why ?? 'upgrade');
  }

  get state(): State {
    return this.module.state;
  }

  #handle(type: string, input: unknown): unknown {
    const methods = this.module as unknown as Record<string, (input: unknown) => unknown>;
    const handler = methods[`on${type.charAt(0).toUpperCase()}${type.slice(1)}`];
    if (handler === undefined) throw new Error(`${this.ctx.name} has no handler for "${type}"`);
    const result = handler.call(this.module, input);
    if (!isSteps(result)) return result;
    for (;;) {
      const step = result.next();
      if (step.done) return step.value;
    }
  }

  #message(kind: Message['kind'], from: string, fromVersion: string, type: string, body: unknown): unknown {
    const id = ++this.#messages;
    const message: Message = { kind, id, from, fromVersion, type, version: 1, cause: 0, body };
    return this.#handle(type, message);
  }

  message(from: string, fromVersion: string, type: string, body: unknown): void {
    this.#message('message', from, fromVersion, type, body);
  }

  ask(type: string): unknown {
    return this.#message('request', 'host', '', type, undefined);
  }

  tick(tick: number, period = 1000): void {
    this.#message('event', 'TIMER', '1.0.0', 'broadcast', { tick, period });
  }

  link(link: LinkState): void {
    this.#message('event', 'host', '', 'link', link);
  }

  event(from: string, fromVersion: string, type: string, body: unknown): void {
    this.#message('event', from, fromVersion, type, body);
  }

  packet(port: string, key: string, datum: RawIpIn): void {
    const packet: Packet<RawIpIn> = { kind: 'packet', type: port, key, at: this.ctx.time, datum };
    this.#handle(port, packet);
  }

  /** Lets time pass, and handles each timer when it is due, or `late` ms after. */
  advance(ms: number, late = 0): void {
    const end = this.ctx.time + ms;
    for (;;) {
      const [first] = [...this.ctx.timers.values()].sort((a, b) => a.due - b.due);
      if (first === undefined || first.due > end) break;
      this.ctx.time = Math.max(this.ctx.time, first.due);
      this.expire(first, late);
    }
    this.ctx.time = Math.max(this.ctx.time, end);
  }

  /** Handles one expiry, as the proxy gives it: a timer that runs once is gone by then, a periodic one armed again. */
  expire(timer: ArmedTimer, late = 0): void {
    const { name, key, due, every, body } = timer;
    this.ctx.timers.delete(`${name} ${key}`);
    this.ctx.time = Math.max(this.ctx.time, due + late);
    const overruns = every > 0 ? Math.floor((this.ctx.time - due) / every) : 0;
    if (every > 0) {
      this.ctx.timers.set(`${name} ${key}`, { ...timer, due: due + (overruns + 1) * every });
    }
    const expiry: Expiry = { kind: 'timer', type: name, key, due, overruns, body };
    this.#handle(name, expiry);
  }
}

/** A link that is up, with these addresses such as `10.0.0.1/24` and `10.0.0.1 peer 10.0.0.2/32`. */
export function linkUp(name: string, ...addresses: string[]): LinkState {
  return {
    name,
    index: 2,
    up: true,
    mtu: 1500,
    mac: '02:00:00:00:00:01',
    addresses: addresses.map((text) => {
      const [own = '', length] = text.split('/');
      const [address = '', peer] = own.split(' peer ');
      return { address, prefixLength: Number(length), ...(peer !== undefined && { peer }) };
    }),
  };
}

/** A link of the host's event `link` as IP's event `links` tells of it. */
export function told({ name, index, up, mtu, mac, addresses }: LinkState): LinkAndAddresses {
  return { name, index, admin: true, up, mtu, mac, kind: '', pointToPoint: false, table: 254, addresses };
}

export function linkDown(name: string): LinkState {
  return { ...linkUp(name), up: false };
}
