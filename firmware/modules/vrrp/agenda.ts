/** VRRP's agenda: first the state machines come to rest, then packets leave and memories end, in the order in which that was set off. */
import { Agenda } from '../agenda.ts';
import type { Running, VirtualRouter } from './state.ts';

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
  /** Its parameters (6.1) are others; `interval` is the Advertisement_Interval of before, in centiseconds. */
  | { type: 'ParametersChanged'; interval: number }
  | { type: 'ActiveDownTimer' }
  | { type: 'AdverTimer' }
  /** One that passed all checks, with what it says; `from` is the sender's primary address. */
  | { type: 'Advertisement'; priority: number; interval: number; from: string };

export type Item = { router: VirtualRouter } & (
  | {
      on: 'virtualRouter';
      event: RouterEvent;
      /** Where it is known: what it runs with, so that it is found out once for each input. */
      run: Running | undefined;
    }
  /** An advertisement is to leave, with another priority than ours where one is given. */
  | { on: 'advertise'; run: Running; priority: number }
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

  virtualRouter(router: VirtualRouter, event: RouterEvent, run?: Running): void {
    this.push({ on: 'virtualRouter', router, event, run });
  }

  advertise(run: Running, priority = run.priority): void {
    this.push({ on: 'advertise', router: run.router, run, priority });
  }

  roleChanged(router: VirtualRouter): void {
    this.push({ on: 'roleChanged', router });
  }

  left(router: VirtualRouter): void {
    this.push({ on: 'left', router });
  }
}
