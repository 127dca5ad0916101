/**
 * VRRP's agenda: first the state machines come to rest, then packets leave and memories end, in the order in which that was
 * set off; IP is told at the end.
 */
import { Agenda } from '../agenda.ts';
import type { ChangeReason, Running, VirtualRouter, VirtualRouterState } from './state.ts';

/** The inputs of a virtual router's state machine (RFC 9568 6.4). */
export type RouterEvent =
  /** It can run: its interface came up, or has got an address. */
  | { type: 'Startup' }
  /** It has waited for its start delay. */
  | { type: 'StartTimer' }
  /** Its interface is of no use any more: nothing can leave there. */
  | { type: 'Shutdown' }
  /** It is to run no more while its interface is of use. */
  | { type: 'Leave'; why: ChangeReason }
  /** Its interface has other addresses. */
  | { type: 'AddressesChanged' }
  /** Its parameters (6.1) are others; `interval` is the Advertisement_Interval of before, in centiseconds. */
  | { type: 'ParametersChanged'; interval: number }
  /** Something that it depends on came or went: its priority may be another. */
  | { type: 'PriorityChanged' }
  | { type: 'ActiveDownTimer' }
  /** An Active Router of lower priority was left alone for long enough. */
  | { type: 'PreemptTimer' }
  /** `missed` intervals passed without: the process did not run. */
  | { type: 'AdverTimer'; missed: number }
  /** One that passed all checks, with what it says; `from` is the sender's primary address. */
  | { type: 'Advertisement'; priority: number; interval: number; from: string }
  /** Another of its sync group has that state now. */
  | { type: 'Follow'; state: 'Backup' | 'Active' };

export type Item =
  | ({ router: VirtualRouter } & (
      | {
          on: 'virtualRouter';
          event: RouterEvent;
          /** Where it is known: what it runs with, so that it is found out once for each input. */
          run: Running | undefined;
        }
      /** An advertisement is to leave, with another priority than ours where one is given. */
      | { on: 'advertise'; run: Running; priority: number }
      /** It has another role. */
      | { on: 'roleChanged'; before: VirtualRouterState }
      /** Packets to its addresses are to be taken from now on, or not any more. */
      | { on: 'acceptChanged' }
      /** Its addresses are to be announced once more. */
      | { on: 'announce' }
      /** Another router is Active, after a time when none was known. */
      | { on: 'takenOver' }
      /** It has left the group: the forms of the others are asked again. */
      | { on: 'left' }
    ))
  /** IP is to hear what it has not heard yet. */
  | { on: 'tell' };

const ORDER: readonly (readonly Item['on'][])[] = [
  ['virtualRouter'],
  ['advertise', 'roleChanged', 'acceptChanged', 'announce', 'takenOver', 'left'],
  ['tell'],
];

export class VrrpAgenda extends Agenda<Item> {
  #tells = false;

  constructor() {
    super(ORDER);
  }

  virtualRouter(router: VirtualRouter, event: RouterEvent, run?: Running): void {
    this.push({ on: 'virtualRouter', router, event, run });
  }

  advertise(run: Running, priority = run.priority): void {
    this.push({ on: 'advertise', router: run.router, run, priority });
  }

  roleChanged(router: VirtualRouter, before: VirtualRouterState): void {
    this.push({ on: 'roleChanged', router, before });
  }

  acceptChanged(router: VirtualRouter): void {
    this.push({ on: 'acceptChanged', router });
  }

  announce(router: VirtualRouter): void {
    this.push({ on: 'announce', router });
  }

  takenOver(router: VirtualRouter): void {
    this.push({ on: 'takenOver', router });
  }

  left(router: VirtualRouter): void {
    this.push({ on: 'left', router });
  }

  /** Once for all that one input sets off. */
  tell(): void {
    if (this.#tells) return;
    this.#tells = true;
    this.push({ on: 'tell' });
  }

  override next(): Item | undefined {
    const item = super.next();
    if (item?.on === 'tell') this.#tells = false;
    return item;
  }
}
