/** What one program measures in one go, and what it writes down of it. */
export interface MailboxJob {
  /** By what a message goes. */
  by: 'module' | 'host' | 'EventEmitter' | 'call' | 'MessageChannel';
  /**
   * `cast`: bursts of messages, nobody answers. `ask`: one request after another, each after its answer. `latency`: one
   * message at a time, from its sending to its handler. `publish`: one event at a time, until the last subscriber has it.
   */
  what: 'cast' | 'ask' | 'latency' | 'publish';
  /** Batches to measure, after one tenth as many that are not. */
  batches: number;
  /** Messages, requests or events in each. */
  size: number;
  /** For `publish`. */
  subscribers: number;
}

export interface MailboxRecord {
  /** ns of each batch; for `latency` of each message. */
  times: number[];
  sent: number;
  handled: number;
}

/** Batches before those that count. */
export function warmupOf({ batches }: Pick<MailboxJob, 'batches'>): number {
  return Math.ceil(batches / 10);
}
