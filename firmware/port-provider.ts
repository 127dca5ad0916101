/**
 * The router's ports, made when a module comes that has them, and followed until they are closed: each knows the
 * state of its interface, when it is opened and with every change.
 */
import type { LinkState } from '../drivers/links.ts';
import { type RawIpOptions, RawIpPort } from '../drivers/raw-ip.ts';
import type { Port } from '../runtime/index.ts';
import type { Config } from './config/schema.ts';
import { interfacesOf, PORT_KINDS } from './ports.ts';

/** What of a raw IP port the provider needs. */
export interface LinkedPort extends Port {
  relink(link: LinkState): void;
}

export class PortProvider {
  readonly #config: Config;
  readonly #make: (options: RawIpOptions) => LinkedPort;
  readonly #links = new Map<string, LinkState>();
  readonly #open = new Set<LinkedPort>();

  /** @param make makes the driver; a test's own, or a raw IP port */
  constructor(
    config: Config,
    make: (options: RawIpOptions) => LinkedPort = (options) => new RawIpPort(options),
  ) {
    this.#config = config;
    this.#make = make;
  }

  /** How many ports are open. */
  get open(): number {
    return this.#open.size;
  }

  /** The ports of this name that the configuration gives a module, one an interface; none are open yet. */
  *of(module: string, port: string): Generator<readonly [key: string, port: Port]> {
    for (const kind of PORT_KINDS) {
      if (kind.module !== module || kind.port !== port) continue;
      for (const name of interfacesOf(kind.module, this.#config).keys()) {
        yield [name, this.#followed(this.#make({ interface: name, ...kind.options }), name)];
      }
    }
  }

  /** Tells the state of an interface, also before there are ports. */
  relink(link: LinkState): void {
    this.#links.set(link.name, link);
    for (const driver of this.#open) driver.relink(link);
  }

  #followed(driver: LinkedPort, name: string): Port {
    return {
      open: (receive) => {
        const link = this.#links.get(name);
        if (link !== undefined) driver.relink(link);
        driver.open(receive);
        this.#open.add(driver);
      },
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
