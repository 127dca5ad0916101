/**
 * The inputs of a module. Everything arrives through the one mailbox of its proxy (design rule 1), as one of
 * these plain objects. `at` and `due` are milliseconds of the monotonic clock (`now()` of `clock.ts`).
 */

/** A message, a request (a message whose sender waits for an answer) or an event's notification. */
export interface Message<Body = unknown> {
  /** A `request` is answered with what the handler returns. */
  readonly kind: 'message' | 'request' | 'event';
  /** Unique in this runtime; rises with every message. */
  readonly id: number;
  /** Name of the sending module, or `host` for the program around the runtime. */
  readonly from: string;
  /** Version of the module that sent it, such as `1.0.0`; empty for the host. */
  readonly fromVersion: string;
  /** Message type, or event tag. */
  readonly type: string;
  /** Version of the message protocol for this type (paper, section 6). */
  readonly version: number;
  /** Id of the request that caused this message, directly or through others; 0 when none did. */
  readonly cause: number;
  /** To be read, not written: it is not copied, and an event's other subscribers have the same one. */
  readonly body: Body;
}

/** A timer of the module that came due. A timer not yet handled when it comes due again only adds to `overruns`. */
export interface Expiry<Body = unknown> {
  /** Always `timer`. */
  readonly kind: 'timer';
  /** Name of the timer in the manifest. */
  readonly type: string;
  /** The key that it was armed with. */
  readonly key: string;
  /** When it was due; the time of handling is later. */
  readonly due: number;
  /** Further expiries that came while this one waited. */
  overruns: number;
  /** The body that it was armed with. */
  readonly body: Body;
}

/** Something received on a port; what a `Datum` is, the port's driver says. */
export interface Packet<Datum = unknown> {
  /** Always `packet`. */
  readonly kind: 'packet';
  /** Name of the port in the manifest. */
  readonly type: string;
  /** Which of the ports attached under that name, such as an interface. */
  readonly key: string;
  /** When the driver handed it over. */
  readonly at: number;
  /** The datum, as the driver delivered it. */
  readonly datum: Datum;
}

/** Anything that waits in a mailbox. */
export type Entry = Message | Expiry | Packet;

/** The fate of a message: `full` and `unknown` are told to the sender, counted, and never thrown (design rule 5). */
export type SendResult = 'queued' | 'full' | 'unknown';
