/**
 * The event manager (paper 3.2.4): publishers and subscribers do not know each other. A retained event is state: it is
 * kept, one body a key, until it is withdrawn, and given to whoever subscribes later. Who has no room is given it later.
 */
import { checkString } from '../argument.ts';
import { HitlessError } from '../errors.ts';
import type { EventView } from '../inspection.ts';
import type { Message, SendResult } from '../message.ts';
import { frozenCopyOf } from '../state/copy.ts';

/**
 * An event with a key is the last word on that key. A subscriber whose mailbox is full, or that is disabled, is given it
 * when there is room, unless a newer one took its place. Without a key it is lost to those that have no room.
 */
export interface PublishOptions {
  /** The key under which the body is kept, and given to whoever subscribes later. */
  retain?: string;
  /** The key that is kept no longer: those who subscribe now are told, those who subscribe later are not. */
  withdraw?: string;
}

/** A mailbox that events come to. */
export interface Subscriber {
  readonly name: string;
  accept(message: Message): SendResult;
  /** Takes an event that is the last word on its key, now or as soon as there is room. */
  acceptKeyed(message: Message, key: string): SendResult;
  /** Whether it would take this one now; with a key it waits for room. */
  wouldAccept(message: Message, keyed: boolean): boolean;
}

export class EventManager {
  readonly #subscribers = new Map<string, Set<Subscriber>>();
  readonly #retained = new Map<string, Map<string, Message>>();
  readonly #published = new Map<string, number>();
  /** Events that the program around the runtime publishes. */
  readonly #byHost: Set<string>;
  readonly #development: boolean;

  /**
   * @param development subscribers get frozen copies of bodies: all have the same one, and may only read it
   * @param byHost events that the program around the runtime will publish
   */
  constructor(development = false, byHost: readonly string[] = []) {
    this.#development = development;
    this.#byHost = new Set(byHost);
  }

  /** Makes these the only subscriptions of one; new ones are given what is retained. */
  subscribe(subscriber: Subscriber, events: readonly string[]): void {
    for (const [event, subscribers] of this.#subscribers) {
      if (!events.includes(event)) subscribers.delete(subscriber);
    }
    for (const event of events) {
      const subscribers = this.#of(event);
      if (subscribers.has(subscriber)) continue;
      subscribers.add(subscriber);
      for (const [key, message] of this.#retained.get(event) ?? []) subscriber.acceptKeyed(message, key);
    }
  }

  unsubscribe(subscriber: Subscriber): void {
    this.subscribe(subscriber, []);
  }

  /** Notifies the subscribers; returns how many take it. Who refused counts it. */
  publish(published: Message, { retain, withdraw }: PublishOptions = {}): number {
    const message = this.#development ? { ...published, body: frozen(published.body) } : published;
    const event = message.type;
    this.#published.set(event, (this.#published.get(event) ?? 0) + 1);
    if (message.from === 'host') this.#byHost.add(event);
    const key = retain ?? withdraw;
    if (retain !== undefined) {
      const kept = this.#retained.get(event) ?? new Map<string, Message>();
      this.#retained.set(event, kept.set(retain, message));
    } else if (withdraw !== undefined) {
      this.#retained.get(event)?.delete(withdraw);
    }
    let taken = 0;
    for (const subscriber of this.#subscribers.get(event) ?? []) {
      const result = key === undefined ? subscriber.accept(message) : subscriber.acceptKeyed(message, key);
      if (result === 'queued') taken++;
    }
    return taken;
  }

  /** How many subscribers would take an event now. */
  takers(message: Message, { retain, withdraw }: PublishOptions = {}): number {
    const keyed = (retain ?? withdraw) !== undefined;
    let takers = 0;
    for (const subscriber of this.#subscribers.get(message.type) ?? [])
      if (subscriber.wouldAccept(message, keyed)) takers++;
    return takers;
  }

  /** Whether the program around the runtime publishes an event, or has done so: it is a publisher that stays. */
  readonly publishedByHost = (event: string): boolean => this.#byHost.has(event);

  view(modules: readonly { name: string; manifest: { publishes?: Record<string, number> } }[]): EventView[] {
    const publishers = (event: string) =>
      modules.filter(({ manifest }) => manifest.publishes?.[event] !== undefined).map(({ name }) => name);
    const events = new Set([
      ...modules.flatMap(({ manifest }) => Object.keys(manifest.publishes ?? {})),
      ...this.#subscribers.keys(),
      ...this.#published.keys(),
    ]);
    return [...events].sort().map((event) => ({
      event,
      publishers: publishers(event),
      subscribers: [...(this.#subscribers.get(event) ?? [])].map(({ name }) => name),
      published: this.#published.get(event) ?? 0,
    }));
  }

  #of(event: string): Set<Subscriber> {
    let subscribers = this.#subscribers.get(event);
    if (subscribers === undefined) {
      subscribers = new Set();
      this.#subscribers.set(event, subscribers);
    }
    return subscribers;
  }
}

/** Returns them as they are now. @throws HitlessError `ARGUMENT_INVALID` */
export function checkPublish({ retain, withdraw }: PublishOptions): PublishOptions {
  if (retain !== undefined) checkString('publish', 'retain', retain);
  if (withdraw !== undefined) checkString('publish', 'withdraw', withdraw);
  if (retain !== undefined && withdraw === undefined) return { retain };
  if (withdraw === undefined) return {};
  if (retain === undefined) return { withdraw };
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `publish: retain "${retain}" and withdraw "${withdraw}" exclude each other; publish twice`,
  );
}

/** Anything but plain data stays as it is. */
function frozen(body: unknown): unknown {
  try {
    return frozenCopyOf(body);
  } catch {
    return body;
  }
}
