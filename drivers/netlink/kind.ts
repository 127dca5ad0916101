/** A kind of thing that the kernel keeps a table of: links, addresses, routes, neighbours, rules. */
import type { Decoded } from './message.ts';
import type { MessageWriter } from './writer.ts';

/** A row that is removed needs not be described whole: what is left out matches whatever it is. */
export type Purpose = 'add' | 'remove';

/** Wishes can be written as messages. */
export interface Writes<Wanted> {
  /** For errors: `route`. */
  readonly name: string;
  /** Types of its messages: a row that is there, one that is gone. */
  readonly added: number;
  readonly removed: number;
  /** Writes the body of a row. @throws DriverError NETLINK_INVALID */
  write(writer: MessageWriter, wanted: Wanted, purpose: Purpose): void;
  /** Names what was asked for, in errors. */
  tell(wanted: Wanted): string;
}

/** Rows can be read out of messages. */
export interface Reads<Value> {
  readonly name: string;
  readonly added: number;
  readonly removed: number;
  /** Multicast groups that tell its changes. */
  readonly groups: readonly number[];
  /** Reads a row out of a body; never throws. */
  decode(bytes: Buffer, from: number, end: number): Decoded<Value>;
  /** Tells one row of the table from all others. */
  key(value: Value): string;
}

/** Rows can be asked after. */
export interface Asks<Value, Filter> extends Reads<Value> {
  /** Type of a question. */
  readonly get: number;
  /** Writes the body of a question. @throws DriverError NETLINK_INVALID */
  ask(writer: MessageWriter, filter: Filter): void;
}

/**
 * @typeParam Value a row as the kernel has it
 * @typeParam Wanted a row as it is asked for
 * @typeParam Filter which rows a list returns: the kernel itself leaves out the others
 */
export interface Kind<Value, Wanted, Filter> extends Writes<Wanted>, Asks<Value, Filter> {}
