/** The router's host in a random test: cables of its own to the server, and what may happen to them and to the kernel's routes. */
import { NetworkNamespace } from '../../netns.ts';
import type { RoutesPlace } from './place.ts';

export const CABLES = [0, 1, 2] as const;

/** A cable as it was made or changed last. */
interface Cable {
  name: string;
  up: boolean;
  /** The server's end is up. */
  carrier: boolean;
  second: boolean;
}

/** On cable N the router is 10.2N.0.1 and fd00:2N::1, with a second address 10.3N.0.1; beyond it all others are. */
export class CabledHost {
  readonly #place: RoutesPlace;
  readonly #cables = new Map<number, Cable>();
  /** Routes of another program, as `ip` takes them. */
  readonly #foreign = new Set<string>();

  constructor(place: RoutesPlace) {
    this.#place = place;
    for (const n of CABLES) this.make(n);
  }

  cable(n: number): Readonly<Cable> {
    return this.#cables.get(n)!;
  }

  make(n: number): void {
    const { router, server } = this.#place;
    NetworkNamespace.join([router, `r${n}`, `10.2${n}.0.1/24`], [server, `q${n}`, `10.2${n}.0.2/24`]);
    this.#cables.set(n, { name: `r${n}`, up: true, carrier: true, second: false });
    this.#address6(n);
  }

  delete(n: number): void {
    this.#ip('link', 'delete', this.cable(n).name);
  }

  toggle(n: number): void {
    const cable = this.#cables.get(n)!;
    this.#setUp(n, !cable.up);
  }

  toggleCarrier(n: number): void {
    const cable = this.#cables.get(n)!;
    cable.carrier = !cable.carrier;
    this.#place.server.ip('link', 'set', `q${n}`, cable.carrier ? 'up' : 'down');
  }

  rename(n: number): void {
    const cable = this.#cables.get(n)!;
    const { name, up } = cable;
    this.#setUp(n, false);
    cable.name = name.startsWith('r') ? `x${n}` : `r${n}`;
    this.#ip('link', 'set', name, 'name', cable.name);
    if (up) this.#setUp(n, true);
  }

  /** The first address goes and comes. */
  renumber(n: number): void {
    this.#ip('address', 'delete', `10.2${n}.0.1/24`, 'dev', this.cable(n).name);
    this.#ip('address', 'add', `10.2${n}.0.1/24`, 'dev', this.cable(n).name);
  }

  toggleSecond(n: number): void {
    const cable = this.#cables.get(n)!;
    this.#ip('address', cable.second ? 'delete' : 'add', `10.3${n}.0.1/24`, 'dev', cable.name);
    cable.second = !cable.second;
  }

  /** Another program's route comes, or goes where it is there. */
  toggleForeign(route: string): void {
    const known = this.#foreign.delete(route);
    if (!known) this.#foreign.add(route);
    // A route that the kernel has dropped with its link cannot be deleted, nor added where its link is down.
    this.#tryIp(...route.split(' ').toSpliced(0, 0, 'route', known ? 'delete' : 'add'));
  }

  /** Another program removes a route of the router's. */
  removeOurs(prefix: string): void {
    this.#tryIp('route', 'delete', prefix, 'proto', '72');
  }

  #setUp(n: number, up: boolean): void {
    const cable = this.#cables.get(n)!;
    cable.up = up;
    this.#ip('link', 'set', cable.name, up ? 'up' : 'down');
    // They go with the link.
    if (up) this.#address6(n);
  }

  #address6(n: number): void {
    this.#ip('address', 'replace', `fd00:2${n}::1/64`, 'dev', this.cable(n).name, 'nodad');
  }

  #ip(...args: string[]): void {
    this.#place.router.ip(...args);
  }

  #tryIp(...args: string[]): void {
    try {
      this.#ip(...args);
    } catch {
      // The test compares what is there.
    }
  }
}
