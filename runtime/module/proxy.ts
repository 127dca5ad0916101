/**
 * The module-proxy (paper 3.2.2, `ModuleType`): one per module, living on across versions. It owns what must
 * survive a swap: mailbox, state, timers, subscriptions, ports and counters (design rule 2). Versions come and
 * go behind it as `Instance`s. What comes in is its `Inlet`'s, what goes out its `Outlet`'s; its life is here.
 */

import { checkString, mustHave } from '../argument.ts';
import type { LogLevel, ModuleView, QueueView, Service } from '../inspection.ts';
import { HOST, type Kernel } from '../kernel.ts';
import type { Entry, Message, Packet, SendResult } from '../message.ts';
import type { Addressee } from '../services/names.ts';
import type { Runnable } from '../services/scheduler.ts';
import type { TurnTime } from '../services/turn-time.ts';
import { Activity } from './activity.ts';
import type { Group } from './group.ts';
import { Inlet } from './inlet.ts';
import type { Instance } from './instance.ts';
import type { AnyManifest } from './manifest.ts';
import type { ManifestChange } from './manifest-change.ts';
import { BY_HOST, type PortUse } from './module-ports.ts';
import type { TimerRecord } from './module-timers.ts';
import { Outlet } from './outlet.ts';
import type { Port } from './port.ts';

export class ModuleProxy implements Addressee, Runnable {
  readonly name: string;
  readonly #kernel: Kernel;
  readonly #inlet: Inlet;
  /** The way out: all that a version's context and its handlers know. */
  readonly outlet: Outlet;
  /** The module's handlers at work. */
  readonly activity: Activity;
  #instance: Instance;
  #reason = 'not started yet';
  #since = Date.now();
  #undeliverable = 0;
  #restarts = 0;

  /** Set by the scheduler while the proxy is in its queue. */
  scheduled = false;

  /** @param outlet its outputs: those of an understudy lead nowhere */
  constructor(
    name: string,
    kernel: Kernel,
    instance: (outlet: Outlet) => Instance,
    outlet = (inlet: Inlet) => new Outlet(name, kernel, inlet),
  ) {
    this.name = name;
    this.#kernel = kernel;
    this.#inlet = new Inlet(name, kernel, this);
    this.outlet = outlet(this.#inlet);
    this.activity = new Activity(this.outlet, kernel, () => this.#inlet.stir());
    this.#instance = instance(this.outlet);
    this.#put(this.#instance);
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
    return this.#inlet.retired;
  }

  get service(): Service {
    return this.#inlet.service;
  }

  /** It has begun to serve and has not ended, also while a transaction holds it. */
  get serving(): boolean {
    return !this.retired && this.service !== 'disabled' && this.#instance.context.mode !== 'void';
  }

  get maxHandlerMs(): number {
    return this.outlet.maxHandlerMs;
  }

  /** Entries held back. */
  get buffered(): number {
    return this.#inlet.held;
  }

  get highWater(): number {
    return this.#inlet.highWater;
  }

  // --- what comes in

  accept(entry: Message | Packet): SendResult {
    return this.#inlet.accept(entry);
  }

  /** The fate of a message that came now; nothing is counted. */
  wouldTake(message: Message): SendResult {
    return this.#inlet.wouldTake(message);
  }

  reserveFor(entry: Message): SendResult {
    return this.#inlet.reserveFor(entry);
  }

  acceptReserved(entry: Message): void {
    this.#inlet.acceptReserved(entry);
  }

  unreserve(): void {
    this.#inlet.unreserve();
  }

  takeBackFrom(sender: string, id: number): void {
    this.#inlet.takeBackFrom(sender, id);
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

  // --- handling

  /** True while there is something that `advance` would do. */
  get runnable(): boolean {
    const { service } = this.#inlet;
    if (service !== 'service' && service !== 'draining') return false;
    if (this.activity.running) return false;
    return this.activity.canGoOn || (this.#inlet.pending > 0 && !this.activity.awaiting);
  }

  /** Members of a group that drains are stepped by the upgrader alone. */
  get ready(): boolean {
    return this.service === 'service' && this.runnable;
  }

  get goesOn(): boolean {
    return this.#instance.bundle.goesOn;
  }

  step(limit: number, time?: TurnTime): boolean {
    return this.service === 'service' ? this.advance(limit, time) : false;
  }

  interrupted(stack: string): void {
    if (this.activity.running) this.activity.interrupted(stack);
    else this.activity.continuationCut(stack);
  }

  /**
   * Handles up to `limit` entries, and begins none once the time is over. True when a handler gave way in the middle: the
   * event loop should have its chance before the next step.
   */
  advance(limit: number, time?: TurnTime): boolean {
    for (let i = 0; i < limit && this.runnable; i++) {
      const { activity } = this;
      const effort = activity.canGoOn ? activity.goOn() : activity.begin(this.#inlet.take(), i === 0);
      const isOver = time?.spend(effort);
      if (activity.gaveWay) return true;
      if (isOver) return false;
    }
    return false;
  }

  log(level: LogLevel, text: string): void {
    this.outlet.log(level, text);
  }

  // --- timers and ports

  timerRecords(): TimerRecord[] {
    return this.#inlet.timers.records();
  }

  /** Arms timers that were kept when they ended: what is overdue by now is due at once. */
  rearm(timers: readonly TimerRecord[]): void {
    for (const { type, key, due, every, body } of timers) {
      if (this.outlet.dueIn(type, key) === undefined) this.outlet.arm(type, key, due, every, body);
    }
  }

  /** Opens a port, which may throw, and takes it. */
  attach(port: string, key: string, driver: Port): void {
    checkString('attach', 'port', port);
    checkString('attach', 'key', key);
    mustHave('attach', 'driver', driver, ['open', 'send', 'close']);
    this.open(port, key, driver);
    this.put(port, key, driver);
  }

  /** Opens a port that is `put` later: until a version that declares it serves, what it receives is dropped. */
  open(port: string, key: string, driver: Port): void {
    this.outlet.receiveFrom(port, key, driver);
  }

  /** @param use what it is, where the host knows that it is the same as a port of a kind */
  put(port: string, key: string, driver: Port, use?: PortUse): void {
    const before = this.outlet.ports.put(port, key, driver, use);
    if (before !== undefined) this.outlet.close([before]);
  }

  /** Closes the ports that a version before this one used, and this one does not. What the host attached stays. */
  closeUnsaid(): void {
    const by = this.manifest.api === 1 ? BY_HOST : this.#instance.context;
    this.outlet.close(this.outlet.ports.keepOnly((_, { use }) => use === undefined || use.saidBy === by));
  }

  // --- service: what participants do in a transaction

  /** From now on everything but what the group waits for is held back; with a successor, so is what that takes over. */
  drain(group: Group, successor?: AnyManifest): void {
    this.#inlet.drain(group, successor);
    this.#reason = 'being drained for a transaction';
  }

  /** Nothing to do: no handler is running or suspended, nothing is pending, no request is unanswered. */
  get idle(): boolean {
    return this.activity.idle && this.#inlet.pending === 0;
  }

  /** The work that the module still waits for, in words. */
  get unfinished(): string {
    const { pending } = this.#inlet;
    const waiting = pending > 0 ? [`${pending} messages pending`] : [];
    return [...waiting, ...this.activity.unfinished].join(', ');
  }

  freeze(): void {
    this.#inlet.freeze();
  }

  /**
   * Freezes it whatever it is doing: what was begun counts as interrupted, what was not is held. Returns what was
   * interrupted, in words.
   */
  cutOff(): string[] {
    this.#inlet.holdAll();
    return this.activity.cutOff();
  }

  /** Held messages that the version in service does not understand: they wait no more. */
  takeMisunderstood(): Entry[] {
    return this.#inlet.takeMisunderstood();
  }

  /** Holds everything back until `serve`. */
  disable(reason: string): void {
    this.#inlet.disable();
    this.#reason = reason;
  }

  /** Puts an instance with its state in place: assignments only, nothing that can fail. */
  bind(instance: Instance, state: unknown): void {
    this.#put(instance);
    // A module may have frozen itself: it keeps what it has.
    if (instance.module.state !== state) instance.module.state = state;
  }

  /**
   * Puts a new instance of the same version in place, after a fault: what its handlers had begun is given up, its timers
   * end. Its mailbox and its ports stay.
   */
  beginAgain(instance: Instance, state: unknown): void {
    this.#instance.context.mode = 'revoked';
    this.activity.giveUp();
    this.bind(instance, state);
    this.#inlet.beginAgain();
    this.#since = Date.now();
    this.#restarts++;
  }

  #put(instance: Instance): void {
    this.#instance = instance;
    this.activity.instance = instance;
    this.#inlet.bind(instance.bundle.manifest, instance.inputs);
  }

  /** Goes on with what is bound: pending entries first, then what was held, in order. */
  serve(): void {
    if (this.retired) return;
    this.#inlet.serve();
    this.#reason = '';
    if (this.runnable) this.#kernel.scheduler.wake(this);
  }

  /**
   * A new version is in service: timers, subscriptions and ports that it does not declare end, new subscriptions
   * begin. Returns the timers that ended.
   */
  adoptManifest(change: ManifestChange): TimerRecord[] {
    if (this.retired) return [];
    this.#since = Date.now();
    this.activity.suspect = false;
    const ended = change.timersEnd ? this.#inlet.timers.keepOnly(this.manifest.timers) : [];
    if (change.endedPorts.size > 0) {
      this.outlet.close(this.outlet.ports.keepOnly((name) => !change.endedPorts.has(name)));
      this.#inlet.endPorts(change.endedPorts);
    }
    if (change.subscriptions) this.#inlet.adoptSubscriptions();
    return ended;
  }

  /** Held messages that a version with this manifest would not understand. */
  misunderstood(manifest: AnyManifest): Message[] {
    return this.#inlet.misunderstood(manifest);
  }

  /** The end of the module: timers cancelled, ports closed. Returns what was never handled, and what a return would need. */
  retire(): { left: Entry[]; remains: { state: unknown; timers: TimerRecord[] } } {
    this.#reason = 'retired';
    this.activity.clear();
    const timers = this.#inlet.timers.keepOnly([]);
    const left = this.#inlet.retire();
    this.outlet.close(this.outlet.ports.keepOnly(() => false));
    this.#instance.context.mode = 'revoked';
    return { left, remains: { state: this.state, timers } };
  }

  view(): ModuleView {
    return {
      name: this.name,
      version: this.version,
      stateVersion: this.manifest.state.version,
      service: this.service,
      reason: this.#reason,
      since: this.#since,
      ...this.activity.view(),
      restarts: this.#restarts,
      lateActs: this.outlet.lateActs,
      timers: this.#inlet.timers.view(),
      ports: this.outlet.ports.view(),
    };
  }

  queue(): QueueView {
    return { module: this.name, ...this.#inlet.view(), undeliverable: this.#undeliverable };
  }
}
