/** A kind of thing that the kernel keeps a table of: links, addresses, routes, neighbours, rules. */
import type { Decoded } from './message.ts';
import type { MessageWriter } from './writer.ts';

/** A row that is removed needs not be described whole: what is left out matches whatever it is. */
export type Purpose = 'add' | 'remove';

/**
 * @typeParam Value a row as the kernel has it
 * @typeParam Wanted a row as it is asked for
 * @typeParam Filter which rows a dump returns: the kernel itself leaves out the others
 */
export interface Kind<Value, Wanted, Filter> {
  /** For errors: `route`. */
  readonly name: string;
  /** Types of its messages: a row that is there, one that is gone, a question. */
  readonly added: number;
  readonly removed: number;
  readonly get: number;
  /** Multicast groups that tell its changes. */
  readonly groups: readonly number[];
  /** Writes the body of a question. @throws DriverError NETLINK_INVALID */
  ask(writer: MessageWriter, filter: Filter): void;
  /** Reads a row out of a body; never throws. */
  decode(bytes: Buffer, from: number, end: number): Decoded<Value>;
  /** Writes the body of a row. @throws DriverError NETLINK_INVALID */
  write(writer: MessageWriter, wanted: Wanted, purpose: Purpose): void;
  /** Tells one row of the table from all others. */
  key(value: Value): string;
  /** Names what was asked for, in errors. */
  tell(wanted: Wanted): string;
}

// biome-ignore lint/suspicious/noExplicitAny: stands for every kind, where only its messages matter.
export type AnyKind = Kind<any, any, any>;

export type ValueOf<K> = K extends Kind<infer Value, infer _Wanted, infer _Filter> ? Value : never;
