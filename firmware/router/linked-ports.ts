/**
 * Ports that are on interfaces, followed until they are closed: each knows the state of its interface, when it is opened and
 * with every change. The interface itself may come later.
 */
import { DriverError } from '../../drivers/errors.ts';
import type { LinkState } from '../../drivers/links.ts';
import type { Port } from '../../runtime/index.ts';

/** A driver that is told of its interface. */
export interface LinkedPort extends Port {
  relink(link: LinkState): void;
}

export class LinkedPorts {
  readonly #links = new Map<string, LinkState>();
  readonly #open = new Set<LinkedPort>();

  /** Is told of an interface that a port is on now; `present` are the interfaces of the host. */
  onUse: (name: string, user: string, present: readonly string[]) => void = () => {};

  /** How many ports are open. */
  get open(): number {
    return this.#open.size;
  }

  /** The state of an interface; undefined where the host has none of this name. */
  stateOf(name: string): LinkState | undefined {
    return this.#links.get(name);
  }

  /** Tells the state of an interface, also before there are ports. */
  relink(link: LinkState): void {
    if (link.index === 0) this.#links.delete(link.name);
    else this.#links.set(link.name, link);
    for (const driver of this.#open) driver.relink(link);
  }

  /**
   * @param name of the interface
   * @param user who uses it, in words
   * @param change lets the driver follow other settings
   * @returns the driver as a port that follows its interface from its opening to its closing
   */
  follow(driver: LinkedPort, name: string, user: string, change: (settings: unknown) => void): Port {
    return {
      open: (receive) => {
        driver.relink(this.#links.get(name) ?? absent(name));
        try {
          driver.open(receive);
        } catch (thrown) {
          // It went away in this moment, and the next change of the links will say so.
          if (!(thrown instanceof DriverError) || thrown.code !== 'INTERFACE_UNKNOWN') throw thrown;
          driver.relink(absent(name));
          driver.open(receive);
        }
        this.#open.add(driver);
        this.onUse(name, user, [...this.#links.keys()]);
      },
      change,
      send: (datum) => driver.send(datum),
      get failure() {
        return driver.failure ?? '';
      },
      get counters() {
        return driver.counters ?? {};
      },
      close: () => {
        this.#open.delete(driver);
        driver.close();
      },
    };
  }
}

function absent(name: string): LinkState {
  return { name, index: 0, up: false, mtu: 0, mac: '', addresses: [] };
}
