/** The ports of one module, by name and key, and what became of the data they were handed. They stay open whatever version runs. */
import type { Port, PortFailure, PortResult, PortView } from './port.ts';

interface Attached {
  readonly driver: Port;
  sent: number;
  full: number;
  down: number;
  /** Data in a row, up to the last one, that were not sent. */
  unsent: number;
  /** How the last of them was not. */
  last: 'full' | 'down';
  /** Why the last of them was not; empty when all were sent. */
  reason: string;
}

export class ModulePorts {
  readonly #attached = new Map<string, Map<string, Attached>>();

  /** Takes an open port; one that was attached under the same name and key is closed. */
  put(name: string, key: string, driver: Port): void {
    const ports = this.#attached.get(name) ?? new Map<string, Attached>();
    this.#attached.set(name, ports);
    ports.get(key)?.driver.close();
    ports.set(key, { driver, sent: 0, full: 0, down: 0, unsent: 0, last: 'down', reason: '' });
  }

  /** A driver that throws, against its contract, counts as down; `failed` is told. */
  send(
    name: string,
    key: string,
    datum: unknown,
    failed: (name: string, key: string, thrown: unknown) => void,
  ): PortResult {
    const port = this.#attached.get(name)?.get(key);
    if (port === undefined) return 'down';
    try {
      const result = port.driver.send(datum);
      if (result === 'sent') {
        port.sent++;
        port.unsent = 0;
      } else {
        notSent(port, result, port.driver.failure || RESULTS[result]);
      }
      return result;
    } catch (thrown) {
      notSent(port, 'down', 'the driver threw an error');
      failed(name, key, thrown);
      return 'down';
    }
  }

  /** The result of the last datum, `sent` before the first; undefined when there is no such port. */
  lastResult(name: string, key: string): PortResult | undefined {
    const port = this.#attached.get(name)?.get(key);
    return port === undefined || port.unsent === 0 ? port && 'sent' : port.last;
  }

  /** Why the last datum was not sent; undefined when it was, and when there is no such port. */
  failure(name: string, key: string): PortFailure | undefined {
    const port = this.#attached.get(name)?.get(key);
    return port === undefined ? undefined : failureOf(port);
  }

  keys(name: string): string[] {
    return [...(this.#attached.get(name)?.keys() ?? [])];
  }

  /** Lets go of every port whose name is not among these; closing them is the caller's. */
  keepOnly(names: readonly string[]): Port[] {
    const dropped: Port[] = [];
    for (const [name, ports] of this.#attached) {
      if (names.includes(name)) continue;
      for (const { driver } of ports.values()) dropped.push(driver);
      this.#attached.delete(name);
    }
    return dropped;
  }

  view(): PortView[] {
    return [...this.#attached].flatMap(([name, ports]) =>
      [...ports].map(([key, port]) => viewOf(name, key, port)),
    );
  }
}

/** For drivers that do not say why. */
const RESULTS = { full: 'the driver is behind', down: 'the port is down' } as const;

function notSent(port: Attached, result: 'full' | 'down', reason: string): void {
  port[result]++;
  port.unsent++;
  port.last = result;
  port.reason = reason;
}

function failureOf({ unsent, reason }: Attached): PortFailure | undefined {
  return unsent === 0 ? undefined : { reason, inARow: unsent };
}

function viewOf(port: string, key: string, attached: Attached): PortView {
  const { driver, sent, full, down, reason } = attached;
  const failure = failureOf(attached);
  return {
    port,
    key,
    sent,
    full,
    down,
    ...(failure !== undefined && { failure }),
    ...(reason !== '' && { lastFailure: reason }),
    ...(driver.counters !== undefined && { counters: { ...driver.counters } }),
  };
}
