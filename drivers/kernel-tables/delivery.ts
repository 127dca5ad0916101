/**
 * Brings data to the module, numbered, one a turn of the loop: some are under way, the next waits until one is acknowledged,
 * and what is not acknowledged for long comes again. So a module that is slow, or loses one, neither misses any nor is
 * flooded.
 */
import { type KernelIn, type KernelTold, MOST_UNDER_WAY } from './datum.ts';

/** Milliseconds without an acknowledgment after which what is under way is sent again. */
export const REPEAT = 1_000;

export interface DeliveryCounters {
  /** Data that were sent for the first time. */
  told: number;
  /** Data that were sent again. */
  repeated: number;
}

export class Delivery {
  readonly counters: DeliveryCounters = { told: 0, repeated: 0 };
  readonly #receive: (datum: KernelIn) => void;
  readonly #next: () => KernelTold | undefined;
  readonly #session: string;
  /** Sent and not acknowledged, oldest first. */
  #underWay: KernelIn[] = [];
  /** Those of them that are to be sent again. */
  #again: KernelIn[] = [];
  #number = 0;
  #turn: NodeJS.Immediate | undefined;
  #repeat: NodeJS.Timeout | undefined;
  #stopped = false;

  /**
   * @param session that all numbers are of
   * @param next returns what is to be told next; undefined when there is nothing
   */
  constructor(session: string, receive: (datum: KernelIn) => void, next: () => KernelTold | undefined) {
    this.#session = session;
    this.#receive = receive;
    this.#next = next;
  }

  /** Data under way, not acknowledged. */
  get underWay(): number {
    return this.#underWay.length;
  }

  /** There may be something to be told. */
  wake(): void {
    if (this.#turn !== undefined || this.#stopped) return;
    this.#turn = setImmediate(() => {
      this.#turn = undefined;
      this.#deliver();
    });
  }

  /** All data up to this number were handled. */
  taken(number: number): void {
    const before = this.#underWay.length;
    this.#underWay = this.#underWay.filter((datum) => datum.number > number);
    if (this.#underWay.length === before) return;
    this.#again = this.#again.filter((datum) => datum.number > number);
    this.#await();
    this.wake();
  }

  /** Nothing is told after it. */
  stop(): void {
    this.#stopped = true;
    clearImmediate(this.#turn);
    clearTimeout(this.#repeat);
    this.#underWay = [];
    this.#again = [];
  }

  #deliver(): void {
    const again = this.#again.shift();
    if (again !== undefined) {
      this.counters.repeated++;
      this.wake();
      this.#receive(again);
      return;
    }
    if (this.#underWay.length >= MOST_UNDER_WAY) return;
    const told = this.#next();
    if (told === undefined) return;
    const datum: KernelIn = { session: this.#session, number: ++this.#number, ...told };
    this.counters.told++;
    this.#underWay.push(datum);
    if (this.#underWay.length === 1) this.#await();
    this.wake();
    this.#receive(datum);
  }

  /** From now on so long for the next acknowledgment. */
  #await(): void {
    clearTimeout(this.#repeat);
    if (this.#underWay.length === 0) return;
    this.#repeat = setTimeout(() => {
      this.#again = [...this.#underWay];
      this.#await();
      this.wake();
    }, REPEAT);
  }
}
