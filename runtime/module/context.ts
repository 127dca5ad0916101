/**
 * The context that a proxy hands to one version of its module: all that the version can do to the world. Its
 * mode says what becomes of an output: `live` acts, `held` keeps it until the code returned. `void` lets
 * nothing out (a throw-away instance), `revoked` does nothing and counts (the version is out of service).
 * Where a handler may be cut, `live` sends messages at once, for they can be taken back, and keeps all else.
 */
import { checkMs, checkOptions, checkString } from '../argument.ts';
import { HitlessError, shortened } from '../errors.ts';
import type { LogLevel } from '../inspection.ts';
import { LastFound } from '../last-found.ts';
import type { Message, SendResult } from '../message.ts';
import { checkPublish, type PublishOptions } from '../services/events.ts';
import type { Guard } from '../services/guard.ts';
import { frozenCopyOf } from '../state/copy.ts';
import { Ask, type AskOptions } from './ask.ts';
import { HeldPorts } from './held-ports.ts';
import type { Context } from './module.ts';
import { timerId } from './module-timers.ts';
import type { Outlet } from './outlet.ts';
import type { PortFailure, PortResult } from './port.ts';

const TIMER_OPTIONS = ['body', 'every'];
const LEVELS: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];
/** Characters of a line of the log. */
const MOST_LINE = 8_192;
const PUBLISH_OPTIONS = ['retain', 'withdraw'];

export type ContextMode = 'live' | 'held' | 'void' | 'revoked';

/** An output that waits: `perform` lets it out, `drop` gives back what it had reserved. */
interface Output {
  perform(): void;
  drop?(): void;
}

export class ModuleContext implements Context {
  readonly name: string;
  readonly version: string;
  readonly #outlet: Outlet;
  readonly #guard: Guard;
  readonly #sends: LastFound<string, LastFound<string, number>>;
  readonly #publishes: LastFound<string, number>;
  #mode: ContextMode = 'void';
  #held: Output[] = [];
  /** Of `#held`, those of code that has returned. */
  #settled = 0;
  /** Of those, how many a release has let out that is not done. */
  #released = 0;
  /** Due times of the timers set (or cancelled: undefined) by held outputs. */
  readonly #heldTimers = new Map<string, number | undefined>();
  readonly #heldPorts = new HeldPorts();

  constructor(
    outlet: Outlet,
    guard: Guard,
    version: string,
    sends: Record<string, Record<string, number>>,
    publishes: Record<string, number>,
  ) {
    this.name = outlet.name;
    this.version = version;
    this.#outlet = outlet;
    this.#guard = guard;
    this.#sends = new LastFound(
      Object.entries(sends).map(([to, types]) => [to, new LastFound(Object.entries(types))]),
    );
    this.#publishes = new LastFound(Object.entries(publishes));
  }

  /** How many outputs wait. */
  get waiting(): number {
    return this.#held.length;
  }

  /** A handler has returned: what it held goes out. */
  returned(): void {
    if (this.#held.length === 0 && this.#mode === 'live') return;
    this.settle();
    if (this.#mode === 'held') this.mode = 'live';
    else this.release();
  }

  get mode(): ContextMode {
    return this.#mode;
  }

  /** Leaving `held` lets out what settled, except on the way to `revoked` or `void`, where it is dropped. */
  set mode(mode: ContextMode) {
    if (this.#mode === mode) return;
    this.#mode = mode;
    if (mode === 'live') this.release();
    else if (mode !== 'held') this.drop();
  }

  /** Code that held outputs has returned: they may go out. */
  settle(): void {
    this.#settled = this.#held.length;
  }

  /** Lets out what settled, in order. One by one: after a cut in between, the rest can still go. */
  release(): void {
    if (this.#heldTimers.size > 0) this.#heldTimers.clear();
    this.#heldPorts.clear();
    if (this.#held.length === 0) return;
    while (this.#released < this.#settled) this.#held[this.#released++]!.perform();
    this.#held.splice(0, this.#released);
    this.#settled = 0;
    this.#released = 0;
  }

  /** Drops what has not settled: its code was cut. */
  dropUnsettled(): void {
    if (this.#heldTimers.size > 0) this.#heldTimers.clear();
    this.#heldPorts.clear();
    if (this.#held.length === this.#settled) return;
    for (const output of this.#held.splice(this.#settled)) output.drop?.();
  }

  drop(): void {
    this.#settled = this.#released;
    this.dropUnsettled();
  }

  get draining(): boolean {
    return this.#outlet.draining;
  }

  now(): number {
    return this.#outlet.now();
  }

  send(to: string, type: string, body?: unknown): SendResult {
    if (this.#mode === 'void') return 'queued';
    if (this.#mode === 'revoked') return this.#refuse('unknown');
    const version = this.#sends.get(to)?.get(type);
    if (version === undefined) {
      this.#outlet.undeclared(`sends "${type}" to ${to}`);
      return 'unknown';
    }
    this.#guard.push();
    try {
      const message = this.#outlet.compose('message', this.version, type, version, body);
      return this.#mode === 'held' ? this.#holdMessage(to, message) : this.#outlet.dispatch(to, message);
    } finally {
      this.#guard.pop();
    }
  }

  /** On its own, as every closure here: V8 would make room for what it captures also where nothing is held. */
  #holdMessage(to: string, message: Message): SendResult {
    const target = this.#outlet.reserve(to, message);
    if (typeof target === 'string') return target;
    this.#held.push({ perform: () => target.acceptReserved(message), drop: () => target.unreserve() });
    return 'queued';
  }

  ask<Answer>(to: string, type: string, body?: unknown, options?: AskOptions): Ask<Answer> {
    return new Ask<Answer>(to, type, body, options);
  }

  /** The protocol version in which a request is sent; undefined when the manifest does not declare it. */
  versionOf(to: string, type: string): number | undefined {
    return this.#sends.get(to)?.get(type);
  }

  publish(event: string, body?: unknown, given?: PublishOptions): number {
    checkOptions('publish', given, PUBLISH_OPTIONS);
    const options = given && checkPublish(given);
    if (this.#mode === 'void') return 0;
    if (this.#mode === 'revoked') return this.#refuse(0);
    const version = this.#publishes.get(event);
    if (version === undefined) {
      this.#outlet.undeclared(`publishes "${event}"`);
      return 0;
    }
    this.#guard.push();
    try {
      const message = this.#outlet.compose('event', this.version, event, version, body);
      // A retained event cannot be taken back, and later outputs must not overtake it.
      if (options !== undefined && this.#cuttable) this.#mode = 'held';
      return this.#mode === 'held'
        ? this.#holdEvent(message, options)
        : this.#outlet.announce(message, options);
    } finally {
      this.#guard.pop();
    }
  }

  #holdEvent(message: Message, options: PublishOptions | undefined): number {
    this.#held.push({ perform: () => this.#outlet.announce(message, options) });
    // An event of a hook goes out with the decision, when the subscribers may be others.
    return this.#cuttable ? this.#outlet.takers(message, options) : 0;
  }

  setTimer(name: string, key: string, after: number, options: { body?: unknown; every?: number } = {}): void {
    checkString('setTimer', 'name', name);
    checkString('setTimer', 'key', key);
    checkMs('setTimer', 'after', Math.max(0, after), 0);
    checkOptions('setTimer', options, TIMER_OPTIONS);
    const { body, every = 0 } = options;
    if (every !== 0) checkMs('setTimer', 'every', every, 1);
    // An overdue timer is due now.
    const due = this.now() + Math.max(0, after);
    this.#output(
      () => this.#outlet.arm(name, key, due, every, body),
      () => this.#noteTimer(name, key, due),
    );
  }

  cancelTimer(name: string, key = ''): void {
    checkString('cancelTimer', 'name', name);
    checkString('cancelTimer', 'key', key);
    this.#output(
      () => this.#outlet.disarm(name, key),
      () => this.#noteTimer(name, key, undefined),
    );
  }

  timerDue(name: string, key = ''): number | undefined {
    const id = timerId(name, key);
    if (!this.#heldTimers.has(id)) return this.#outlet.dueIn(name, key);
    const due = this.#heldTimers.get(id);
    return due === undefined ? undefined : due - this.now();
  }

  /** A handler sees its own timers as it left them, also while they are held. */
  #noteTimer(name: string, key: string, due: number | undefined): void {
    this.#heldTimers.set(timerId(name, key), due);
  }

  transmit(port: string, key: string, datum: unknown): PortResult {
    if (this.#mode === 'void') return 'sent';
    if (this.#mode === 'revoked') return this.#refuse('down');
    this.#guard.push();
    try {
      return this.#mode === 'live' && !this.#cuttable
        ? this.#outlet.transmit(port, key, datum)
        : this.#holdDatum(port, key, datum);
    } finally {
      this.#guard.pop();
    }
  }

  #holdDatum(port: string, key: string, datum: unknown): PortResult {
    const willBeOpen = this.#heldPorts.willBeOpen(port, key);
    const last = willBeOpen === false ? undefined : this.#outlet.lastResult(port, key);
    const expected = last ?? (willBeOpen === true ? 'sent' : undefined);
    if (expected !== undefined) this.#held.push({ perform: () => this.#outlet.transmit(port, key, datum) });
    return expected ?? 'down';
  }

  portFailure(port: string, key: string): PortFailure | undefined {
    return this.#outlet.portFailure(port, key);
  }

  ports(port: string): string[] {
    return this.#heldPorts.keys(port, this.#outlet.portKeys(port));
  }

  openPort(port: string, key: string, settings?: unknown): void {
    checkString('openPort', 'port', port);
    checkString('openPort', 'key', key);
    if (this.#mode !== 'revoked' && !this.#outlet.declares(port)) {
      this.#outlet.undeclared(`opens the port "${port}"`);
      return;
    }
    const taken = this.#settingsOf(port, key, settings);
    this.#output(
      () => this.#outlet.openPort(this, port, key, taken),
      () => this.#heldPorts.note(port, key, true),
    );
  }

  /** A copy: the module may write its own. @throws HitlessError `PORT_INVALID` */
  #settingsOf(port: string, key: string, settings: unknown): unknown {
    if (this.#mode === 'revoked') return undefined;
    let taken: unknown;
    try {
      taken = frozenCopyOf(settings);
    } catch {
      throw new HitlessError('PORT_INVALID', `openPort ${port} ${key}: settings must be plain data`);
    }
    const wrong = this.#wrongSettings(port, taken);
    if (wrong !== undefined) throw new HitlessError('PORT_INVALID', `openPort ${port} ${key}: ${wrong}`);
    return taken;
  }

  #wrongSettings(port: string, settings: unknown): string | undefined {
    this.#guard.push();
    try {
      return this.#outlet.wrongSettings(port, settings);
    } finally {
      this.#guard.pop();
    }
  }

  closePort(port: string, key: string): void {
    checkString('closePort', 'port', port);
    checkString('closePort', 'key', key);
    this.#output(
      () => this.#outlet.closePort(port, key),
      () => this.#heldPorts.note(port, key, false),
    );
  }

  log(level: LogLevel, text: string): void {
    // The one that logs gives the time in which something else becomes a text.
    const line = shortened(typeof text === 'string' ? text : String(text), MOST_LINE);
    const known = LEVELS.includes(level) ? level : 'info';
    this.#output(() => this.#outlet.log(known, line, this.version));
  }

  #output(perform: () => void, note?: () => void): void {
    this.#guard.push();
    try {
      if (this.#mode === 'live' && !this.#cuttable) {
        perform();
      } else if (this.#mode === 'held' || this.#mode === 'live') {
        note?.();
        this.#held.push({ perform });
      } else if (this.#mode === 'revoked') {
        this.#refuse(undefined);
      }
    } finally {
      this.#guard.pop();
    }
  }

  /** A handler is running that may be cut: what cannot be taken back waits until it has returned. */
  get #cuttable(): boolean {
    return this.#guard.active && this.#outlet.handling;
  }

  #refuse<T>(answer: T): T {
    this.#outlet.actedLate();
    return answer;
  }
}
