/**
 * In a test, a stand-in takes what is meant for modules that are not there. It is foreign code: none of it runs within a call
 * that the clock bounds, except that it says what becomes of a message.
 */
import type { Message, SendResult } from '../message.ts';
import type { PortKind } from '../module/port.ts';
import type { PublishOptions } from './events.ts';
import type { Guard } from './guard.ts';
import type { Addressee } from './names.ts';

export interface StandIn {
  /** Whether the module of this name would take a message now. */
  takes(to: string): SendResult;
  /** A message, or a request, for the module of this name. */
  sent(to: string, message: Message): void;
  /** An event, whether there are subscribers or not. */
  published(message: Message, options: PublishOptions | undefined): void;
  /** Stands for every kind of port. */
  readonly portKind: PortKind;
}

/** A module that is not there. */
export class Absentee implements Addressee {
  readonly name: string;
  readonly #standIn: StandIn;
  readonly #guard: Guard;

  constructor(name: string, standIn: StandIn, guard: Guard) {
    this.name = name;
    this.#standIn = standIn;
    this.#guard = guard;
  }

  accept(message: Message): SendResult {
    const result = this.#standIn.takes(this.name);
    if (result === 'queued') this.acceptReserved(message);
    return result;
  }

  reserveFor(): SendResult {
    return this.#standIn.takes(this.name);
  }

  acceptReserved(message: Message): void {
    this.#guard.later(() => this.#standIn.sent(this.name, message));
  }

  unreserve(): void {}

  /** Outputs are held until their handler has returned: nothing of one that was cut has come. */
  takeBackFrom(): void {}
}
