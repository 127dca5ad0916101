/** What one program measures in one go, and what it writes down of it. */
export interface TimerJob {
  /** Which timers: a module's, a module's in precise mode, or Node's own. */
  timers: 'module' | 'precise' | 'setTimeout';
  /** Period in ms. */
  period: number;
  /** Expiries to measure, and expiries before that are not. */
  count: number;
  warmup: number;
}

export interface TimerRecord {
  /** Of each expiry that was handled, µs from its due time to its handler. */
  lateness: number[];
  /** Expiries that were due until the end, and those that were seen: handled, or counted as overruns. */
  due: number;
  seen: number;
  /** Processor time used meanwhile, in % of one processor. */
  processor: number;
}
