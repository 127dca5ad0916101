/** The ports of one module, by name and key. They stay open whatever version runs. */
import type { Port, PortResult } from './port.ts';

export class ModulePorts {
  readonly #attached = new Map<string, Map<string, Port>>();

  /** Opens a port, which may throw; one that was attached under the same name and key is closed. */
  attach(name: string, key: string, port: Port, receive: (datum: unknown) => void): void {
    port.open(receive);
    const ports = this.#attached.get(name) ?? new Map<string, Port>();
    this.#attached.set(name, ports);
    ports.get(key)?.close();
    ports.set(key, port);
  }

  /** A driver that throws, against its contract, counts as down; `failed` is told. */
  send(name: string, key: string, datum: unknown, failed: (thrown: unknown) => void): PortResult {
    try {
      return this.#attached.get(name)?.get(key)?.send(datum) ?? 'down';
    } catch (thrown) {
      failed(thrown);
      return 'down';
    }
  }

  keys(name: string): string[] {
    return [...(this.#attached.get(name)?.keys() ?? [])];
  }

  closeAll(): void {
    for (const ports of this.#attached.values()) for (const port of ports.values()) port.close();
    this.#attached.clear();
  }

  view(): { port: string; key: string }[] {
    return [...this.#attached].flatMap(([port, ports]) => [...ports.keys()].map((key) => ({ port, key })));
  }
}
