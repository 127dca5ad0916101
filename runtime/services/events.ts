/**
 * The event manager (paper 3.2.4): publishers and subscribers do not know each other. A retained event is kept,
 * one body a key, and given to whoever subscribes later.
 */

import type { EventView } from '../inspection.ts';
import type { Message } from '../module/message.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { frozenCopyOf } from '../state/copy.ts';

export class EventManager {
  readonly #subscribers = new Map<string, Set<ModuleProxy>>();
  readonly #retained = new Map<string, Map<string, Message>>();
  readonly #published = new Map<string, number>();
  readonly #development: boolean;

  /** In development subscribers get frozen copies of bodies: all have the same one, and may only read it. */
  constructor(development = false) {
    this.#development = development;
  }

  /** Makes the proxy's subscriptions exactly these; new ones are given what is retained. */
  subscribe(proxy: ModuleProxy, events: readonly string[]): void {
    for (const [event, subscribers] of this.#subscribers) {
      if (!events.includes(event)) subscribers.delete(proxy);
    }
    for (const event of events) {
      const subscribers = this.#of(event);
      if (subscribers.has(proxy)) continue;
      subscribers.add(proxy);
      for (const message of this.#retained.get(event)?.values() ?? []) proxy.acceptRetained(message);
    }
  }

  unsubscribe(proxy: ModuleProxy): void {
    this.subscribe(proxy, []);
  }

  /** Notifies the subscribers; answers how many took it. Who refused counts it. */
  publish(published: Message, retain?: string): number {
    const message = this.#development ? { ...published, body: frozen(published.body) } : published;
    const event = message.type;
    this.#published.set(event, (this.#published.get(event) ?? 0) + 1);
    if (retain !== undefined) {
      const kept = this.#retained.get(event) ?? new Map<string, Message>();
      this.#retained.set(event, kept.set(retain, message));
    }
    let taken = 0;
    for (const proxy of this.#subscribers.get(event) ?? []) {
      if (proxy.accept(message) === 'queued') taken++;
    }
    return taken;
  }

  view(proxies: readonly ModuleProxy[]): EventView[] {
    const publishers = (event: string) =>
      proxies.filter((proxy) => proxy.manifest.publishes?.[event] !== undefined).map((proxy) => proxy.name);
    const events = new Set([
      ...proxies.flatMap((proxy) => Object.keys(proxy.manifest.publishes ?? {})),
      ...this.#subscribers.keys(),
      ...this.#published.keys(),
    ]);
    return [...events].sort().map((event) => ({
      event,
      publishers: publishers(event),
      subscribers: [...(this.#subscribers.get(event) ?? [])].map((proxy) => proxy.name),
      published: this.#published.get(event) ?? 0,
    }));
  }

  #of(event: string): Set<ModuleProxy> {
    let subscribers = this.#subscribers.get(event);
    if (subscribers === undefined) {
      subscribers = new Set();
      this.#subscribers.set(event, subscribers);
    }
    return subscribers;
  }
}

/** What is not plain data stays as it is. */
function frozen(body: unknown): unknown {
  try {
    return frozenCopyOf(body);
  } catch {
    return body;
  }
}
