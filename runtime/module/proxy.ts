/**
 * The module-proxy (paper 3.2.2, `ModuleType`): one per module, living on across versions. It owns what must
 * survive a swap: mailbox, state, timers, subscriptions, ports and counters (design rule 2). Versions come and
 * go behind it as `Instance`s.
 */

import { now } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { LogLevel, ModuleView, QueueView, Service } from '../inspection.ts';
import { HOST, type Kernel } from '../kernel.ts';
import type { Entry, Message, Packet, SendResult } from '../message.ts';
import type { PublishOptions, Subscriber } from '../services/events.ts';
import type { Addressee } from '../services/names.ts';
import type { Runnable } from '../services/scheduler.ts';
import { Activity } from './activity.ts';
import type { Group } from './group.ts';
import type { Instance } from './instance.ts';
import { Mailbox } from './mailbox.ts';
import { type AnyManifest, DEFAULT_MAILBOX, DEFAULT_MAX_HANDLER_MS } from './manifest.ts';
import type { ManifestChange } from './manifest-change.ts';
import { ModulePorts } from './module-ports.ts';
import { ModuleTimers, type TimerRecord } from './module-timers.ts';
import { OwedEvents } from './owed.ts';
import type { Port, PortFailure, PortResult } from './port.ts';

/** Different errors that are remembered as said. */
const MOST_TOLD = 100;

export class ModuleProxy implements Addressee, Runnable, Subscriber {
  readonly name: string;
  readonly #kernel: Kernel;
  #instance: Instance;
  #service: Service = 'frozen';
  #reason = 'not started yet';
  #since = Date.now();
  /** The members of the transaction that this module drains with. */
  #group: Group | undefined;

  /** What the current version handles, in order. */
  #pending = new Mailbox();
  /** What waits for the end of a transaction, or for `enable`. */
  #held = new Mailbox();
  /** What is to be delivered as soon as there is room. */
  readonly #owed = new OwedEvents();
  /** Entries that count against the capacity, and room promised to held outputs. */
  #counted = 0;
  #highWater = 0;

  readonly #timers: ModuleTimers;
  readonly #ports = new ModulePorts();
  /** Errors that are said once. */
  readonly #told = new Set<string>();

  #refused = 0;
  #dropped = 0;
  #undeliverable = 0;
  #strays = 0;

  #retired = false;

  readonly #driverThrew = (port: string, key: string, thrown: unknown): void => {
    this.#once(`the driver of port ${port} ${key} threw ${reasonOf(thrown)}; it counts as down`);
  };

  /** Set by the scheduler while the proxy is in its queue. */
  scheduled = false;
  /** What the module's handlers are doing. */
  readonly activity: Activity;

  constructor(name: string, kernel: Kernel, instance: (proxy: ModuleProxy) => Instance) {
    this.name = name;
    this.#kernel = kernel;
    this.#timers = new ModuleTimers(
      kernel.timers,
      (expiry) => this.#enqueue(expiry),
      (expiry) => this.#withdraw(expiry),
    );
    this.activity = new Activity(this, kernel, () => this.#stir());
    this.#instance = instance(this);
  }

  get instance(): Instance {
    return this.#instance;
  }

  get manifest(): AnyManifest {
    return this.#instance.bundle.manifest;
  }

  get version(): string {
    return this.manifest.version;
  }

  /** The live object. A handler may have put another one in its place. */
  get state(): unknown {
    return this.#instance.module.state;
  }

  /** The module has ended: nothing reaches it any more. */
  get retired(): boolean {
    return this.#retired;
  }

  get service(): Service {
    return this.#service;
  }

  /** It has begun to serve and has not ended, also while a transaction holds it. */
  get serving(): boolean {
    return !this.#retired && this.#service !== 'disabled' && this.#instance.context.mode !== 'void';
  }

  get capacity(): number {
    return this.manifest.mailbox ?? DEFAULT_MAILBOX;
  }

  get maxHandlerMs(): number {
    return this.manifest.maxHandlerMs ?? DEFAULT_MAX_HANDLER_MS;
  }

  /** Entries held back. */
  get buffered(): number {
    return this.#held.size;
  }

  get highWater(): number {
    return this.#highWater;
  }

  // --- what comes in

  /** Takes an entry, or refuses it because the mailbox is full. */
  accept(entry: Message | Packet): SendResult {
    if (this.#retired) return 'unknown';
    if (entry.kind === 'packet' && !this.manifest.ports.includes(entry.type)) {
      this.#dropped++;
      return 'unknown';
    }
    if (entry.kind !== 'packet' && !this.#understands(entry)) return 'unknown';
    if (this.#owed.size > 0) this.#payOwed();
    if (this.#counted >= this.capacity) {
      if (entry.kind === 'packet') this.#dropped++;
      else this.#refused++;
      return 'full';
    }
    this.#counted++;
    this.#enqueue(entry);
    return 'queued';
  }

  /** Takes an event that is the last word on its key, now or as soon as there is room. */
  acceptKeyed(message: Message, key: string): SendResult {
    if (this.#retired || !this.#understands(message)) return 'unknown';
    this.#payOwed();
    if (this.#counted < this.capacity) {
      this.#counted++;
      this.#enqueue(message);
    } else {
      this.#owed.add(message, key);
    }
    return 'queued';
  }

  /** There may be room: what is owed goes before what comes now. */
  #payOwed(): void {
    while (this.#owed.size > 0 && this.#counted < this.capacity) {
      const message = this.#owed.shift()!;
      if (!this.#understands(message)) continue;
      this.#counted++;
      this.#enqueue(message);
    }
  }

  /** Promises room to an output that is held; `acceptReserved` or `unreserve` must follow. */
  reserveFor(entry: Message): SendResult {
    if (this.#retired || !this.#understands(entry)) return 'unknown';
    if (this.#owed.size > 0) this.#payOwed();
    if (this.#counted >= this.capacity) {
      this.#refused++;
      return 'full';
    }
    this.#counted++;
    return 'queued';
  }

  acceptReserved(entry: Message): void {
    this.#enqueue(entry);
  }

  unreserve(): void {
    this.#counted--;
    this.#payOwed();
  }

  /** Whether it would take this one. */
  wouldAccept(message: Message): boolean {
    return !this.#retired && this.#understands(message) && this.#counted < this.capacity;
  }

  /** Takes back what a call that was cut has sent: this sender's messages after this id. */
  takeBackFrom(sender: string, id: number): void {
    const isIts = (entry: Entry) => 'from' in entry && entry.from === sender && entry.id > id;
    this.#counted -= this.#pending.take(isIts).length + this.#held.take(isIts).length;
    this.#payOwed();
  }

  #understands(message: Message): boolean {
    const input = this.#instance.inputs.get(message.type);
    if (input === undefined) return false;
    const versions = message.kind === 'event' ? input.events : input.messages;
    return versions.includes(message.version);
  }

  #enqueue(entry: Entry): void {
    if (this.#service === 'service') {
      this.#pending.push(entry);
      this.#kernel.scheduler.wake(this);
    } else if (
      this.#service === 'draining' &&
      entry.kind !== 'timer' &&
      entry.kind !== 'packet' &&
      this.#group!.includes(entry)
    ) {
      // What the same sender sent before goes first: order is kept per sender.
      for (const earlier of this.#held.take((held) => 'from' in held && held.from === entry.from))
        this.#pending.push(earlier);
      this.#pending.push(entry);
      this.#group!.progress();
    } else {
      this.#held.push(entry);
    }
    const size = this.#pending.size + this.#held.size;
    if (size > this.#highWater) this.#highWater = size;
  }

  /** Takes an entry back that was not handled yet. */
  #withdraw(entry: Entry): void {
    this.#pending.take((waiting) => waiting === entry);
    this.#held.take((waiting) => waiting === entry);
  }

  // --- handling

  /** True while there is something that `advance` would do. */
  get runnable(): boolean {
    if (this.#service !== 'service' && this.#service !== 'draining') return false;
    if (this.activity.running) return false;
    return this.activity.canGoOn || (this.#pending.size > 0 && !this.activity.awaiting);
  }

  /** Members of a group that drains are stepped by the upgrader alone. */
  get ready(): boolean {
    return this.#service === 'service' && this.runnable;
  }

  step(limit: number, end: number): boolean {
    return this.#service === 'service' ? this.advance(limit, end) : false;
  }

  interrupted(stack: string): void {
    this.activity.interrupted(stack);
  }

  /**
   * Handles up to `limit` entries, and begins none after `end`. True when a handler gave way in the middle: the
   * event loop should have its chance before the next step.
   */
  advance(limit: number, end: number): boolean {
    for (let i = 0; i < limit && this.runnable; i++) {
      // Reading the clock costs about as much as handling a message: outside of the guard it is read less often.
      if (i > 0 && (this.#kernel.guard.timed || i % 16 === 0) && now() >= end) return false;
      if (!this.activity.goOn()) {
        const entry = this.#pending.shift()!;
        if (entry.kind === 'timer') this.#timers.handled(entry);
        else this.#counted--;
        if (this.#owed.size > 0) this.#payOwed();
        this.activity.begin(entry, i === 0);
      }
      if (this.activity.gaveWay) return true;
    }
    return false;
  }

  /** There is something to go on with: the scheduler, or who drains the group, should know. */
  #stir(): void {
    if (this.#service === 'service') this.#kernel.scheduler.wake(this);
    else this.#group?.progress();
  }

  // --- what goes out, on behalf of the context

  compose<Body>(
    kind: Message['kind'],
    fromVersion: string,
    type: string,
    version: number,
    body: Body,
    cause = this.activity.cause,
  ): Message<Body> {
    return {
      kind,
      id: this.#kernel.nextId(),
      from: this.name,
      fromVersion,
      type,
      version,
      cause,
      body,
    };
  }

  dispatch(to: string, message: Message): SendResult {
    return this.#kernel.names.resolve(to)?.accept(message) ?? 'unknown';
  }

  reserve(to: string, message: Message): Addressee | 'full' | 'unknown' {
    const target = this.#kernel.names.resolve(to);
    const reserved = target?.reserveFor(message) ?? 'unknown';
    return reserved === 'queued' ? target! : reserved;
  }

  announce(message: Message, options: PublishOptions | undefined): number {
    return this.#kernel.events.publish(message, options);
  }

  /** How many would take an event now. */
  takers(message: Message): number {
    return this.#kernel.events.takers(message);
  }

  log(level: LogLevel, text: string, version = this.version): void {
    this.#kernel.log(level, this.name, version, text);
  }

  /** A version that was replaced tried to act. */
  stray(): void {
    this.#strays++;
  }

  /** The module did what its manifest does not declare: said once, and not done. */
  undeclared(what: string): void {
    this.#once(`${what}, which its manifest does not declare; add it to the manifest`);
  }

  /** Logs an error the first time that it happens. */
  #once(text: string): void {
    if (this.#told.has(text)) return;
    if (this.#told.size < MOST_TOLD) this.#told.add(text);
    this.log('error', text);
  }

  // --- timers and ports

  arm(type: string, key: string, due: number, every: number, body: unknown): void {
    if (this.#retired) return;
    if (this.manifest.timers.includes(type)) this.#timers.arm(type, key, due, every, body);
    else this.undeclared(`arms the timer "${type}"`);
  }

  disarm(type: string, key: string): void {
    this.#timers.disarm(type, key);
  }

  timerRecords(): TimerRecord[] {
    return this.#timers.records();
  }

  dueIn(type: string, key: string): number | undefined {
    return this.#timers.dueIn(type, key);
  }

  /** Opens a port, which may throw, and takes it. */
  attach(port: string, key: string, driver: Port): void {
    this.open(port, key, driver);
    this.#ports.put(port, key, driver);
  }

  /** Opens a port that is `put` later: until a version that declares it serves, what it receives is dropped. */
  open(port: string, key: string, driver: Port): void {
    const { scheduler } = this.#kernel;
    driver.open((datum) => {
      const packet: Packet = { kind: 'packet', type: port, key, at: now(), datum };
      scheduler.gather(() => this.accept(packet));
    });
  }

  put(port: string, key: string, driver: Port): void {
    this.#ports.put(port, key, driver);
  }

  /** Drivers are foreign code: they run when the guard is left, and one that throws keeps nothing else from its end. */
  close(drivers: readonly Port[]): void {
    for (const driver of drivers) {
      this.#kernel.guard.later(() => {
        try {
          driver.close();
        } catch (thrown) {
          this.#once(`the driver of a port threw ${reasonOf(thrown)} when it was closed`);
        }
      });
    }
  }

  transmit(port: string, key: string, datum: unknown): PortResult {
    return this.#kernel.guard.timed ? this.#transmitLater(port, key, datum) : this.#send(port, key, datum);
  }

  #transmitLater(port: string, key: string, datum: unknown): PortResult {
    this.#kernel.guard.later(() => this.#send(port, key, datum));
    return 'sent';
  }

  #send(port: string, key: string, datum: unknown): PortResult {
    return this.#ports.send(port, key, datum, this.#driverThrew);
  }

  lastResult(port: string, key: string): PortResult | undefined {
    return this.#ports.lastResult(port, key);
  }

  portFailure(port: string, key: string): PortFailure | undefined {
    return this.#ports.failure(port, key);
  }

  portKeys(port: string): string[] {
    return this.#ports.keys(port);
  }

  // --- service: what participants do in a transaction

  /**
   * From now on everything but what the group waits for is held back. With an heir, so is what was not begun and the
   * heir understands: who goes back from a version that fails does not let it handle any more.
   */
  drain(group: Group, heir?: AnyManifest): void {
    this.#group = group;
    if (heir !== undefined) this.#bequeath(heir);
    this.#service = 'draining';
    this.#reason = 'being drained for a transaction';
    this.#highWater = this.#pending.size;
  }

  #bequeath(heir: AnyManifest): void {
    const waiting = this.#pending.take(() => true);
    const strange = waiting.findLastIndex((entry) => isStrange(entry, heir));
    for (const [i, entry] of waiting.entries()) (i <= strange ? this.#pending : this.#held).push(entry);
  }

  /** Nothing to do: no handler is running or suspended, nothing is pending, no request is unanswered. */
  get idle(): boolean {
    return this.activity.idle && this.#pending.size === 0;
  }

  /** What the module still waits for, in words. */
  get unfinished(): string {
    const pending = this.#pending.size > 0 ? [`${this.#pending.size} messages pending`] : [];
    return [...pending, ...this.activity.unfinished].join(', ');
  }

  freeze(): void {
    this.#service = 'frozen';
  }

  /** Holds everything back until `serve`. */
  disable(reason: string): void {
    this.#group = undefined;
    this.#service = 'disabled';
    this.#reason = reason;
  }

  /** Puts an instance with its state in place: assignments only, nothing that can fail. */
  bind(instance: Instance, state: unknown): void {
    this.#instance = instance;
    // A module may have frozen itself: it keeps what it has.
    if (instance.module.state !== state) instance.module.state = state;
  }

  /** Goes on with what is bound: pending entries first, then what was held, in order. */
  serve(): void {
    if (this.#retired) return;
    this.#group = undefined;
    this.#service = 'service';
    this.#reason = '';
    if (this.#pending.size === 0) {
      [this.#pending, this.#held] = [this.#held, this.#pending];
    } else {
      for (let entry = this.#held.shift(); entry !== undefined; entry = this.#held.shift())
        this.#pending.push(entry);
    }
    // A new version may have more room.
    this.#payOwed();
    if (this.runnable) this.#kernel.scheduler.wake(this);
  }

  /**
   * A new version is in service: timers, subscriptions and ports that it does not declare end, new subscriptions
   * begin. Gives the timers that ended.
   */
  adoptManifest(change: ManifestChange): TimerRecord[] {
    if (this.#retired) return [];
    this.#since = Date.now();
    this.activity.suspect = false;
    const ended = change.timersEnd ? this.#timers.keepOnly(this.manifest.timers) : [];
    if (change.portsEnd) this.#endPorts();
    if (!change.subscriptions) return ended;
    const { subscribes } = this.manifest;
    this.#counted -= this.#held.take(
      (entry) => entry.kind === 'event' && subscribes[entry.type] === undefined,
    ).length;
    this.#kernel.events.subscribe(this, Object.keys(subscribes));
    return ended;
  }

  /** Closes the ports that the version does not declare; what came in there while it was put in service is nobody's. */
  #endPorts(): void {
    const { ports } = this.manifest;
    this.close(this.#ports.keepOnly(ports));
    const packets = this.#held.take((entry) => entry.kind === 'packet' && !ports.includes(entry.type));
    this.#counted -= packets.length;
    this.#dropped += packets.length;
  }

  /** Arms timers that were kept when they ended: what is overdue by now is due at once. */
  rearm(timers: readonly TimerRecord[]): void {
    for (const { type, key, due, every, body } of timers) {
      if (this.dueIn(type, key) === undefined) this.arm(type, key, due, every, body);
    }
  }

  /** A message of this module comes back: its receiver was removed. It is counted, and handed over where the manifest says so. */
  takeBack(message: Message, to: string): void {
    this.#undeliverable++;
    const { type, version, body } = message;
    const returned = { to, type, version, body };
    this.accept({
      kind: 'message',
      id: this.#kernel.nextId(),
      from: HOST.name,
      fromVersion: HOST.version,
      type: 'undeliverable',
      version: 1,
      cause: 0,
      body: returned,
    });
  }

  /** Held messages that a version with this manifest would not understand. */
  misunderstood(manifest: AnyManifest): Message[] {
    return [...this.#held].filter((entry): entry is Message => isStrange(entry, manifest));
  }

  /** The end of the module: timers cancelled, ports closed. Gives what was never handled, and what a return would need. */
  retire(): { left: Entry[]; remains: { state: unknown; timers: TimerRecord[] } } {
    this.#retired = true;
    this.#service = 'disabled';
    this.#reason = 'retired';
    this.activity.clear();
    this.#owed.clear();
    const timers = this.#timers.keepOnly([]);
    this.#kernel.events.unsubscribe(this);
    this.close(this.#ports.keepOnly([]));
    this.#instance.context.mode = 'revoked';
    return {
      left: [...this.#pending.take(() => true), ...this.#held.take(() => true)],
      remains: { state: this.state, timers },
    };
  }

  view(): ModuleView {
    return {
      name: this.name,
      version: this.version,
      stateVersion: this.manifest.state.version,
      service: this.#service,
      reason: this.#reason,
      since: this.#since,
      ...this.activity.view(),
      strays: this.#strays,
      timers: this.#timers.view(),
      ports: this.#ports.view(),
    };
  }

  queue(): QueueView {
    return {
      module: this.name,
      capacity: this.capacity,
      waiting: this.#pending.size + this.#held.size,
      buffered: this.#held.size,
      highWater: this.#highWater,
      refused: this.#refused,
      dropped: this.#dropped,
      overruns: this.#timers.overruns,
      undeliverable: this.#undeliverable,
    };
  }
}

/** A version with this manifest would not understand it. An event that it does not subscribe to is dropped instead. */
function isStrange(entry: Entry, { accepts, subscribes }: AnyManifest): boolean {
  if (entry.kind === 'timer' || entry.kind === 'packet') return false;
  const versions = entry.kind === 'event' ? subscribes[entry.type] : accepts[entry.type];
  return versions === undefined ? entry.kind !== 'event' : !versions.includes(entry.version);
}
