/** The record of one start. */

/** A moment of a start. */
export interface Moment {
  /** CPU time of the process until then, all threads, in ms. */
  cpu: number;
  /** JavaScript's memory after a collection, in kB. */
  heap: number;
  /** Resident memory, in kB. */
  resident: number;
}

export interface StartRecord {
  /** The program has begun, and made its runtime if it has one. */
  made: Moment;
  /** Its first transaction, which adds a module, is committed. */
  first?: Moment;
}
