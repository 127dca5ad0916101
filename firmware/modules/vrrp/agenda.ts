/** VRRP's agenda: first the state machines come to rest, then packets leave and memories end, in the order in which that was set off. */
import { Agenda } from '../agenda.ts';

/** The inputs of a virtual router's state machine (RFC 9568 6.4). */
export type RouterEvent =
  /** Its interface came up, or has got an address. */
  | { type: 'Startup' }
  /** Its interface is of no use any more: nothing can leave there. */
  | { type: 'Shutdown' }
  /** VRRP ends its service while the interface is of use. */
  | { type: 'Leave' }
  /** Its interface has other addresses. */
  | { type: 'AddressesChanged' }
  | { type: 'ActiveDownTimer' }
  | { type: 'AdverTimer' }
  /** One that passed all checks, with what it says; `from` is the sender's primary address. */
  | { type: 'Advertisement'; priority: number; interval: number; from: string };

export type Item = { key: string } & (
  | { on: 'virtualRouter'; event: RouterEvent }
  /** An advertisement is to leave, with another priority than ours where one is given. */
  | { on: 'advertise'; priority?: number }
  /** It has another role: failures to send are counted anew. */
  | { on: 'roleChanged' }
  /** It has left the group: the forms of the others are asked again. */
  | { on: 'left' }
);

const ORDER: readonly (readonly Item['on'][])[] = [['virtualRouter'], ['advertise', 'roleChanged', 'left']];

export class VrrpAgenda extends Agenda<Item> {
  constructor() {
    super(ORDER);
  }

  /** @param key of the virtual router, as `groupKey` makes it */
  virtualRouter(key: string, event: RouterEvent): void {
    this.push({ on: 'virtualRouter', key, event });
  }

  advertise(key: string, priority?: number): void {
    this.push({ on: 'advertise', key, ...(priority !== undefined && { priority }) });
  }

  roleChanged(key: string): void {
    this.push({ on: 'roleChanged', key });
  }

  left(key: string): void {
    this.push({ on: 'left', key });
  }
}
