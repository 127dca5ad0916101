/**
 * The event manager (paper 3.2.4): publishers and subscribers do not know each other. A retained event is kept,
 * one body a key, and given to whoever subscribes later.
 */
import type { EventView } from './inspection.ts';
import type { Message } from './message.ts';
import type { ModuleProxy } from './proxy.ts';

export class EventManager {
  readonly #subscribers = new Map<string, Set<ModuleProxy>>();
  readonly #retained = new Map<string, Map<string, Message>>();
  readonly #published = new Map<string, number>();

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
  publish(message: Message, retain?: string): number {
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
