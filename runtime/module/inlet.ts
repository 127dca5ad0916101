/**
 * The inputs of a module (design rules 1 and 5): messages, events, packets and timer expiries, admitted or refused, in
 * order. Inputs that a transaction or a `disable` holds back wait here, too.
 */
import type { Service } from '../inspection.ts';
import type { Kernel } from '../kernel.ts';
import type { Entry, Message, Packet, SendResult } from '../message.ts';
import type { Subscriber } from '../services/events.ts';
import type { Addressee } from '../services/names.ts';
import type { Runnable } from '../services/scheduler.ts';
import type { Group } from './group.ts';
import type { Inputs } from './handling.ts';
import { Mailbox } from './mailbox.ts';
import { type AnyManifest, DEFAULT_MAILBOX, maxHandlerMsOf } from './manifest.ts';
import { ModuleTimers } from './module-timers.ts';
import { OwedEvents } from './owed.ts';

export class Inlet implements Addressee, Subscriber {
  readonly name: string;
  readonly #kernel: Kernel;
  /** Is woken when there is something to handle. */
  readonly #runnable: Runnable;
  #manifest!: AnyManifest;
  #inputs!: Inputs;
  #capacity = DEFAULT_MAILBOX;
  #maxHandlerMs = 0;
  #service: Service = 'frozen';
  #retired = false;
  /** The members of the transaction that this module drains with. */
  #group: Group | undefined;

  /** Entries that the current version handles, in order. */
  #pending = new Mailbox();
  /** Entries that wait for the end of a transaction, or for `enable`. */
  #held = new Mailbox();
  /** Events that are delivered as soon as there is room. */
  readonly #owed = new OwedEvents();
  /** Entries that count against the capacity, and room promised to held outputs. */
  #counted = 0;
  #highWater = 0;
  #refused = 0;
  #dropped = 0;

  readonly timers: ModuleTimers;

  constructor(name: string, kernel: Kernel, runnable: Runnable) {
    this.name = name;
    this.#kernel = kernel;
    this.#runnable = runnable;
    this.timers = new ModuleTimers(
      kernel.timers,
      (expiry) => this.#enqueue(expiry),
      (expiry) => this.#withdraw(expiry),
    );
  }

  /** From now on this is what is understood. Assignments only. */
  bind(manifest: AnyManifest, inputs: Inputs): void {
    this.#manifest = manifest;
    this.#inputs = inputs;
    this.#capacity = manifest.mailbox ?? DEFAULT_MAILBOX;
    this.#maxHandlerMs = maxHandlerMsOf(manifest);
  }

  /** CPU time that a handler may use, in ms. */
  get maxHandlerMs(): number {
    return this.#maxHandlerMs;
  }

  get manifest(): AnyManifest {
    return this.#manifest;
  }

  get service(): Service {
    return this.#service;
  }

  /** The module has ended: nothing reaches it any more. */
  get retired(): boolean {
    return this.#retired;
  }

  get capacity(): number {
    return this.#capacity;
  }

  /** Entries that can be handled. */
  get pending(): number {
    return this.#pending.size;
  }

  /** Entries held back. */
  get held(): number {
    return this.#held.size;
  }

  get highWater(): number {
    return this.#highWater;
  }

  // --- admission

  /** Takes an entry, or refuses it because the mailbox is full. */
  accept(entry: Message | Packet): SendResult {
    if (this.#retired) return 'unknown';
    if (entry.kind === 'packet' && !this.#manifest.ports.includes(entry.type)) {
      this.#dropped++;
      return 'unknown';
    }
    if (entry.kind !== 'packet' && !this.#understands(entry)) return 'unknown';
    if (this.#owed.size > 0) this.#payOwed();
    if (this.#counted >= this.#capacity) {
      if (entry.kind === 'packet') this.#dropped++;
      else this.#refused++;
      return 'full';
    }
    this.#counted++;
    this.#enqueue(entry);
    return 'queued';
  }

  acceptKeyed(message: Message, key: string): SendResult {
    if (this.#retired || !this.#understands(message)) return 'unknown';
    this.#payOwed();
    if (this.#counted < this.#capacity) {
      this.#counted++;
      this.#enqueue(message);
    } else {
      this.#owed.add(message, key);
    }
    return 'queued';
  }

  /** There may be room: what is owed goes before what comes now. */
  #payOwed(): void {
    while (this.#owed.size > 0 && this.#counted < this.#capacity) {
      const message = this.#owed.shift()!;
      if (!this.#understands(message)) continue;
      this.#counted++;
      this.#enqueue(message);
    }
  }

  reserveFor(entry: Message): SendResult {
    if (this.#retired || !this.#understands(entry)) return 'unknown';
    if (this.#owed.size > 0) this.#payOwed();
    if (this.#counted >= this.#capacity) {
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

  wouldAccept(message: Message, keyed: boolean): boolean {
    const taken = this.wouldTake(message);
    return taken === 'queued' || (keyed && taken === 'full');
  }

  /** The fate of a message that came now; nothing is counted. */
  wouldTake(message: Message): SendResult {
    if (this.#retired || !this.#understands(message)) return 'unknown';
    return this.#counted < this.#capacity ? 'queued' : 'full';
  }

  takeBackFrom(sender: string, id: number): void {
    const isIts = (entry: Entry) => 'from' in entry && entry.from === sender && entry.id > id;
    this.#counted -= this.#pending.take(isIts).length + this.#held.take(isIts).length;
    this.#payOwed();
  }

  #understands(message: Message): boolean {
    const input = this.#inputs.get(message.type);
    if (input === undefined) return false;
    const versions = message.kind === 'event' ? input.events : input.messages;
    return versions.includes(message.version);
  }

  #enqueue(entry: Entry): void {
    if (this.#service === 'service') {
      this.#pending.push(entry);
      this.#kernel.scheduler.wake(this.#runnable);
    } else if (
      this.#service === 'draining' &&
      entry.kind !== 'timer' &&
      entry.kind !== 'packet' &&
      this.#group!.includes(entry)
    ) {
      // Earlier entries of the same sender go first: order is kept per sender.
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

  /** The next entry, which is about to be handled: there is one. */
  take(): Entry {
    const entry = this.#pending.shift()!;
    if (entry.kind === 'timer') this.timers.handled(entry);
    else this.#counted--;
    if (this.#owed.size > 0) this.#payOwed();
    return entry;
  }

  /** There is something to go on with: the scheduler should know, or what drains the group. */
  stir(): void {
    if (this.#service === 'service') this.#kernel.scheduler.wake(this.#runnable);
    else this.#group?.progress();
  }

  // --- what a transaction does

  /**
   * From now on everything but what the group waits for is held back. With a successor, so is what was not begun and the
   * successor understands: a version that fails does not handle any more.
   */
  drain(group: Group, successor?: AnyManifest): void {
    this.#group = group;
    if (successor !== undefined) this.#leaveTo(successor);
    this.#service = 'draining';
    this.#highWater = this.#pending.size;
  }

  #leaveTo(successor: AnyManifest): void {
    const waiting = this.#pending.take(() => true);
    const strange = waiting.findLastIndex((entry) => isStrange(entry, successor));
    for (const [i, entry] of waiting.entries()) (i <= strange ? this.#pending : this.#held).push(entry);
  }

  freeze(): void {
    this.#service = 'frozen';
  }

  /** Holds back also what was pending: nothing of it is handled any more by this version. */
  holdAll(): void {
    this.#service = 'frozen';
    const later = this.#held.take(() => true);
    for (const entry of [...this.#pending.take(() => true), ...later]) this.#held.push(entry);
  }

  /** Takes out held messages that the version in service does not understand. */
  takeMisunderstood(): Entry[] {
    const strange = this.#held.take((entry) => isStrange(entry, this.#manifest));
    this.#counted -= strange.length;
    return strange;
  }

  /** Holds everything back until `serve`. */
  disable(): void {
    this.#group = undefined;
    this.#service = 'disabled';
  }

  /** Lets everything in: pending entries first, then what was held, in order. */
  serve(): void {
    this.#group = undefined;
    this.#service = 'service';
    if (this.#pending.size === 0) {
      [this.#pending, this.#held] = [this.#held, this.#pending];
    } else {
      for (let entry = this.#held.shift(); entry !== undefined; entry = this.#held.shift())
        this.#pending.push(entry);
    }
    // A new version may have more room.
    this.#payOwed();
  }

  /** Drops held events that are not subscribed to any more, and subscribes to the new ones. */
  adoptSubscriptions(): void {
    const { subscribes } = this.#manifest;
    this.#counted -= this.#held.take(
      (entry) => entry.kind === 'event' && subscribes[entry.type] === undefined,
    ).length;
    this.#kernel.events.subscribe(this, Object.keys(subscribes));
  }

  /** Begins anew: timers end, and what is retained comes again to who starts with an empty state. */
  beginAgain(): void {
    this.timers.keepOnly([]);
    this.#owed.clear();
    this.#kernel.events.unsubscribe(this);
    this.#kernel.events.subscribe(this, Object.keys(this.#manifest.subscribes));
  }

  /** Drops held packets of ports that have ended: they came in while the version was put in service. */
  endPorts(ended: ReadonlySet<string>): void {
    const packets = this.#held.take((entry) => entry.kind === 'packet' && ended.has(entry.type));
    this.#counted -= packets.length;
    this.#dropped += packets.length;
  }

  /** Held messages that a version with this manifest would not understand. */
  misunderstood(manifest: AnyManifest): Message[] {
    return [...this.#held].filter((entry): entry is Message => isStrange(entry, manifest));
  }

  /** The end: nothing comes in any more. Returns what was never handled. */
  retire(): Entry[] {
    this.#retired = true;
    this.#service = 'disabled';
    this.#owed.clear();
    this.#kernel.events.unsubscribe(this);
    return [...this.#pending.take(() => true), ...this.#held.take(() => true)];
  }

  view() {
    return {
      capacity: this.#capacity,
      waiting: this.#pending.size + this.#held.size,
      buffered: this.#held.size,
      highWater: this.#highWater,
      refused: this.#refused,
      dropped: this.#dropped,
      overruns: this.timers.overruns,
    };
  }
}

/** A version with this manifest would not understand it. An event that it does not subscribe to is dropped instead. */
function isStrange(entry: Entry, { accepts, subscribes }: AnyManifest): boolean {
  if (entry.kind === 'timer' || entry.kind === 'packet') return false;
  const versions = entry.kind === 'event' ? subscribes[entry.type] : accepts[entry.type];
  return versions === undefined ? entry.kind !== 'event' : !versions.includes(entry.version);
}
