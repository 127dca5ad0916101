/** A monitor of its own, for agents: counts what the kernel tells of routes and addresses, and keeps what was withdrawn. */
import { ADDRESSES, type InterfaceAddress } from '../../../drivers/netlink/address.ts';
import { NetlinkEvents } from '../../../drivers/netlink/events.ts';
import { ROUTES, type Route } from '../../../drivers/netlink/route.ts';

const MOST_KEPT = 20;
/** In bytes; it must not lose an event. */
const RECEIVE_BUFFER = 64 << 20;

export interface MonitorTally {
  /** RTM_NEWROUTE and RTM_DELROUTE of routes of this protocol number. */
  newRoutes: number;
  removedRoutes: number;
  removedAddresses: number;
  /** The first ones. */
  removed: string[];
  /** How often the kernel had no room for events: then the figures are too low. */
  lost: number;
}

export class RouteMonitor {
  readonly #events = new NetlinkEvents({ receiveBuffer: RECEIVE_BUFFER });
  readonly #protocol: number;
  #report = empty();

  /** @param protocol whose routes are counted */
  constructor(protocol: number) {
    this.#protocol = protocol;
    this.#events.on(ROUTES, (row, gone) => this.#route(row, gone));
    this.#events.on(ADDRESSES, (row, gone) => this.#address(row, gone));
    this.#events.onLost(() => this.#report.lost++);
    this.#events.start();
  }

  /** Counts since it was asked last. */
  take(): MonitorTally {
    const report = this.#report;
    this.#report = empty();
    return report;
  }

  stop(): void {
    this.#events.stop();
  }

  #route({ protocol, destination, prefixLength }: Route, gone: boolean): void {
    if (protocol !== this.#protocol) return;
    if (!gone) this.#report.newRoutes++;
    else {
      this.#report.removedRoutes++;
      this.#keep(`${destination}/${prefixLength}`);
    }
  }

  #address({ address, prefixLength }: InterfaceAddress, gone: boolean): void {
    if (!gone) return;
    this.#report.removedAddresses++;
    this.#keep(`address ${address}/${prefixLength}`);
  }

  #keep(text: string): void {
    if (this.#report.removed.length < MOST_KEPT) this.#report.removed.push(text);
  }
}

function empty(): MonitorTally {
  return { newRoutes: 0, removedRoutes: 0, removedAddresses: 0, removed: [], lost: 0 };
}
