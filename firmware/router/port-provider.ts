/**
 * The router's ports, made when a module comes that has them, and followed until they are closed: each knows the
 * state of its interface, when it is opened and with every change. The interface itself may come later.
 */
import { DriverError } from '../../drivers/errors.ts';
import type { LinkState } from '../../drivers/links.ts';
import { type RawIpOptions, RawIpPort } from '../../drivers/raw-ip.ts';
import type { Port } from '../../runtime/index.ts';
import type { Config } from '../config/check.ts';
import { interfacesOf, PORT_KINDS } from './ports.ts';

/** The part of a raw IP port that the provider needs. */
export interface LinkedPort extends Port {
  relink(link: LinkState): void;
}

export class PortProvider {
  readonly #config: Config;
  /** Configurations that were read again, by the module that came with them. */
  readonly #own = new Map<string, Config>();
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

  /** From now on the module's ports are those of this configuration; open ones stay as they are. */
  use(module: string, config: Config): void {
    this.#own.set(module, config);
  }

  /** The ports of this name that the configuration gives a module, one an interface; none are open yet. */
  *of(module: string, port: string): Generator<readonly [key: string, port: Port]> {
    for (const kind of PORT_KINDS) {
      if (kind.module !== module || kind.port !== port) continue;
      for (const name of interfacesOf(kind.module, this.#own.get(module) ?? this.#config).keys()) {
        yield [name, this.#followed(this.#make({ interface: name, ...kind.options }), name)];
      }
    }
  }

  /** Tells the state of an interface, also before there are ports. */
  relink(link: LinkState): void {
    if (link.index === 0) this.#links.delete(link.name);
    else this.#links.set(link.name, link);
    for (const driver of this.#open) driver.relink(link);
  }

  #followed(driver: LinkedPort, name: string): Port {
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

function absent(name: string): LinkState {
  return { name, index: 0, up: false, mtu: 0, mac: '', addresses: [] };
}
