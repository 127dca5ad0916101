/** Types of a module's inputs, found in its class: what `defineModule` knows of it, or the parameters of its handlers. */
import type { Expiry, Message, Packet } from '../message.ts';

/** The class of a version, however it is given. */
type ClassIn<Version> = Version extends { readonly default: infer Class } ? Class : Version;
type InstanceIn<Version> = ClassIn<Version> extends abstract new () => infer Instance ? Instance : unknown;

/** The protocol as `defineModule` knows it; never for another class. */
type Defined<Version> =
  ClassIn<Version> extends { readonly protocol?: infer P }
    ? unknown extends P
      ? never
      : NonNullable<P>
    : never;

type Part<P, Name extends string> = P extends { readonly [K in Name]: infer Bodies } ? Bodies : never;

/** By the name that a handler's name follows from: what its parameter carries. */
type Handled<Instance, Entry> = {
  [Name in keyof Instance as Name extends `on${infer Type}`
    ? Instance[Name] extends (entry: infer In) => unknown
      ? [Entry] extends [In]
        ? Type | Uncapitalize<Type>
        : In extends Entry
          ? Type | Uncapitalize<Type>
          : never
      : never
    : never]: Instance[Name] extends (entry: infer In) => unknown ? Carried<In> : never;
};
type Carried<Entry> =
  Entry extends Message<infer Body>
    ? Body
    : Entry extends Packet<infer Datum>
      ? Datum
      : // biome-ignore lint/suspicious/noExplicitAny: nothing is said of it
        any;

/** Where nothing is known, everything compiles. */
// biome-ignore lint/suspicious/noExplicitAny: nothing is said of it
type Known<Bodies> = [keyof Bodies] extends [never] ? Record<string, any> : Bodies;

type InputsOf<Version, Name extends string, Entry> = Known<
  [Defined<Version>] extends [never] ? Handled<InstanceIn<Version>, Entry> : Part<Defined<Version>, Name>
>;

/** By message type: its body. */
export type MessagesOf<Version> = InputsOf<Version, 'accepts', Message>;
/** By event: its body. */
export type EventsOf<Version> = InputsOf<Version, 'subscribes', Message>;
/** By port: its datum. */
export type PortsOf<Version> = InputsOf<Version, 'ports', Packet>;

export type StateOf<Version> = InstanceIn<Version> extends { state: infer State } ? State : unknown;

/** Arguments that begin with a body, which may be left out where it may be undefined. */
export type Bodied<Body, More extends unknown[]> = undefined extends Body
  ? [body?: Body, ...more: More]
  : [body: Body, ...more: More];

/** A timer of the module. */
export interface TimerView {
  readonly type: Expiry['type'];
  readonly key: Expiry['key'];
  /** In ms. */
  readonly dueIn: number;
}
