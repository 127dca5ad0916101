/**
 * The ports of one module, by name and key, and what became of the data they were handed. They stay open whatever version runs.
 * They are those that the host attached, and those that a version uses, as long as the next one says so.
 */
import { isDeepStrictEqual } from '../deep-equal.ts';
import type { Port, PortDeclaration, PortFailure, PortResult, PortView } from './port.ts';

/** A port as it is to be: as the manifest declares it, with what a version has said besides. */
export interface PortUse {
  readonly declaration: PortDeclaration;
  readonly settings: unknown;
  /** The version, by its context, that has said so last. */
  readonly saidBy: object;
}

/** Says in the stead of versions whose manifest only names its ports (api 1). */
export const BY_HOST = Object.freeze({});

export interface Attached {
  /** Undefined while it is not open: its opening waits, or has failed. */
  driver: Port | undefined;
  /** Undefined for a port that the host attached, and cares for. */
  use: PortUse | undefined;
  /** The use that the driver was made for. */
  followed: PortUse | undefined;
  /** Why it is not open, or has not its settings; empty when all is well. */
  trouble: string;
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

  /** How many there are. */
  get size(): number {
    let size = 0;
    for (const ports of this.#attached.values()) size += ports.size;
    return size;
  }

  get(name: string, key: string): Attached | undefined {
    return this.#attached.get(name)?.get(key);
  }

  /** Takes an open port. Returns the driver that was attached under the same name and key: closing it is the caller's. */
  put(name: string, key: string, driver: Port, use?: PortUse): Port | undefined {
    const before = this.get(name, key)?.driver;
    this.#add(name, key, driver, use);
    return before;
  }

  #add(name: string, key: string, driver: Port | undefined, use: PortUse | undefined): Attached {
    const ports = this.#attached.get(name) ?? new Map<string, Attached>();
    this.#attached.set(name, ports);
    const attached: Attached = {
      driver,
      use,
      followed: use,
      trouble: '',
      sent: 0,
      full: 0,
      down: 0,
      unsent: 0,
      last: 'down',
      reason: '',
    };
    ports.set(key, attached);
    return attached;
  }

  /** Notes what a version uses. Returns whether the driver follows that already. */
  use(name: string, key: string, use: PortUse): boolean {
    const attached = this.get(name, key) ?? this.#add(name, key, undefined, undefined);
    // The host has attached it, and cares for it.
    if (attached.use === undefined && attached.driver !== undefined) return true;
    attached.use = use;
    return followsDeclaration(attached) && followsSettings(attached);
  }

  /**
   * A driver that throws, against its contract, counts as down; `failed` is told.
   * @param port the one of this name and key when the datum was handed over: it may be closed right behind it
   */
  send(
    name: string,
    key: string,
    datum: unknown,
    failed: (name: string, key: string, thrown: unknown) => void,
    port = this.get(name, key),
  ): PortResult {
    if (port === undefined) return 'down';
    if (port.driver === undefined) {
      notSent(port, 'down', port.trouble);
      return 'down';
    }
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
    const port = this.get(name, key);
    return port === undefined || port.unsent === 0 ? port && 'sent' : port.last;
  }

  /** Why the last datum was not sent; undefined when it was, and when there is no such port. */
  failure(name: string, key: string): PortFailure | undefined {
    const port = this.get(name, key);
    return port === undefined ? undefined : failureOf(port);
  }

  keys(name: string): string[] {
    return [...(this.#attached.get(name)?.keys() ?? [])];
  }

  /** Lets go of a port that a version has said it uses. Returns its driver; undefined where there is none to close. */
  drop(name: string, key: string): Port | undefined {
    const attached = this.get(name, key);
    if (attached?.use === undefined) return undefined;
    this.#attached.get(name)!.delete(key);
    return attached.driver;
  }

  /** Lets go of every port for which this does not hold; closing them is the caller's. */
  keepOnly(holds: (name: string, attached: Attached) => boolean): Port[] {
    const dropped: Port[] = [];
    for (const [name, ports] of this.#attached) {
      for (const [key, attached] of ports) {
        if (holds(name, attached)) continue;
        if (attached.driver !== undefined) dropped.push(attached.driver);
        ports.delete(key);
      }
      if (ports.size === 0) this.#attached.delete(name);
    }
    return dropped;
  }

  view(): PortView[] {
    return [...this.#attached].flatMap(([name, ports]) =>
      [...ports].map(([key, port]) => viewOf(name, key, port)),
    );
  }
}

/** Whether the driver is one of this declaration. */
export function followsDeclaration({ driver, use, followed }: Attached): boolean {
  return driver !== undefined && isDeepStrictEqual(use?.declaration, followed?.declaration);
}

/** Whether its driver has its settings. */
export function followsSettings({ use, followed, trouble }: Attached): boolean {
  return trouble === '' && isDeepStrictEqual(use?.settings, followed?.settings);
}

/** For drivers that do not say why. */
const RESULTS = { full: 'the driver is behind', down: 'the port is down' } as const;

function notSent(port: Attached, result: 'full' | 'down', reason: string): void {
  port[result]++;
  port.unsent++;
  port.last = result;
  port.reason = reason;
}

function failureOf({ driver, unsent, reason, trouble }: Attached): PortFailure | undefined {
  if (unsent > 0) return { reason, inARow: unsent };
  return driver === undefined && trouble !== '' ? { reason: trouble, inARow: 0 } : undefined;
}

function viewOf(port: string, key: string, attached: Attached): PortView {
  const { driver, use, trouble, sent, full, down, reason } = attached;
  const failure = failureOf(attached);
  return {
    port,
    key,
    ...(use !== undefined && { kind: use.declaration.kind }),
    ...(use?.settings !== undefined && { settings: use.settings }),
    sent,
    full,
    down,
    ...(trouble !== '' && { trouble }),
    ...(failure !== undefined && { failure }),
    ...(reason !== '' && { lastFailure: reason }),
    ...(driver?.counters !== undefined && { counters: { ...driver.counters } }),
  };
}
