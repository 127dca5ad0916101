/** The ports of one module, by name and key. They stay open whatever version runs. */
import type { Port, PortResult } from './port.ts';

export class ModulePorts {
  readonly #attached = new Map<string, Map<string, Port>>();

  /** Takes an open port; one that was attached under the same name and key is closed. */
  put(name: string, key: string, port: Port): void {
    const ports = this.#attached.get(name) ?? new Map<string, Port>();
    this.#attached.set(name, ports);
    ports.get(key)?.close();
    ports.set(key, port);
  }

  /** A driver that throws, against its contract, counts as down; `failed` is told. */
  send(
    name: string,
    key: string,
    datum: unknown,
    failed: (name: string, key: string, thrown: unknown) => void,
  ): PortResult {
    try {
      return this.#attached.get(name)?.get(key)?.send(datum) ?? 'down';
    } catch (thrown) {
      failed(name, key, thrown);
      return 'down';
    }
  }

  keys(name: string): string[] {
    return [...(this.#attached.get(name)?.keys() ?? [])];
  }

  /** Lets go of every port whose name is not among these; closing them is the caller's. */
  keepOnly(names: readonly string[]): Port[] {
    const dropped: Port[] = [];
    for (const [name, ports] of this.#attached) {
      if (names.includes(name)) continue;
      dropped.push(...ports.values());
      this.#attached.delete(name);
    }
    return dropped;
  }

  view(): { port: string; key: string }[] {
    return [...this.#attached].flatMap(([port, ports]) => [...ports.keys()].map((key) => ({ port, key })));
  }
}
