/**
 * The types of a module's inputs and outputs, for the compiler alone: nothing of this is left when it runs. A module says
 * them once, as a `Protocol`; its manifest, its handlers and its context follow.
 */
import type { Expiry, Message, Packet, SendResult } from '../message.ts';
import type { PublishOptions } from '../services/events.ts';
import type { Ask, AskOptions } from './ask.ts';
import type { PortDeclaration } from './port.ts';

/** The types of a module's inputs and outputs: name to type of body (for ports: of datum). */
export interface Protocol {
  /** By message type: the type of its body; a `Request` where it is answered, `ByVersion` where there are several. */
  accepts?: object;
  /** By event tag: the type of its body. */
  subscribes?: object;
  /** By timer: the type of the body that it is armed with. */
  timers?: object;
  /** By port: the type of what is received there. */
  ports?: object;
  /** By module and message type: the type of the body that is sent to it, or a `Request`. */
  sends?: object;
  /** By event tag: the type of the body that is published. */
  publishes?: object;
}

declare const REQUEST: unique symbol;
declare const VERSIONS: unique symbol;

/** In a `Protocol`: a message that is asked, and the answer to it. */
export interface Request<Body = undefined, Answer = unknown> {
  /** Only for the type checker. */
  readonly [REQUEST]: { readonly body: Body; readonly answer: Answer };
}

/**
 * In a `Protocol`: a message type or event in the protocol versions that are spoken, each with its body or `Request`.
 * @example type Log = { accepts: { line: ByVersion<{ 1: string; 2: { level: number; text: string } }> } };
 */
export interface ByVersion<Bodies extends object> {
  /** Only for the type checker. */
  readonly [VERSIONS]: Bodies;
}

type Any<T> = 0 extends 1 & T ? true : false;
type Names<T> = T extends object ? keyof T & string : never;
type Part<P extends Protocol, Name extends keyof Protocol> = P extends { [K in Name]: infer T } ? T : unknown;
/** True where nothing is said of what the module does: then everything compiles. */
type Unsaid<P extends Protocol> = Protocol extends P ? true : false;

type Each<T> = [T] extends [ByVersion<infer V>] ? V[keyof V] : T;

/** The body of an entry in a `Protocol`. */
export type BodyOf<T> =
  Any<T> extends true ? T : [Each<T>] extends [Request<infer Body, infer _>] ? Body : Each<T>;

/** The answer to an entry in a `Protocol`; unknown where it is no `Request`. */
export type AnswerOf<T> =
  Any<T> extends true ? unknown : [Each<T>] extends [Request<infer _, infer Answer>] ? Answer : unknown;

// --- inputs

/** Lets other modules run before the handler goes on; the module itself takes no other input meanwhile. */
export type Slice = 'slice';

/** A handler runs to its end, or is a generator that the proxy steps. What it returns answers a request. */
export type HandlerResult = unknown;
/** The type of a handler that is a generator: it yields `'slice'` in long work, and requests. */
// biome-ignore lint/suspicious/noExplicitAny: what an ask yields is typed where it is asked
export type Steps<Result = void> = Generator<Slice | Ask<any>, Result, any>;

type Received<T> = [T] extends [ByVersion<infer V>]
  ? { [K in keyof V]: Message<BodyOf<V[K]>> & { readonly version: K } }[keyof V]
  : Message<BodyOf<T>>;

type Answering<T> =
  Any<T> extends true
    ? HandlerResult
    : [Each<T>] extends [Request<infer _, infer Answer>]
      ? Answer | Steps<Answer> | Promise<Answer>
      : HandlerResult;

type On<T, Input extends string> = {
  [K in keyof T & string as `on${Capitalize<K>}`]: (
    input: Input extends 'timer' ? Expiry<T[K]> : Input extends 'port' ? Packet<T[K]> : Received<T[K]>,
  ) => Input extends 'message' ? Answering<T[K]> : HandlerResult;
};

/** One method per declared input: `class Ip extends Module<…> implements Handlers<IpProtocol>` fails to compile when one is missing. */
export type Handlers<P extends Protocol> = On<P['accepts'], 'message'> &
  On<P['subscribes'], 'event'> &
  On<P['timers'], 'timer'> &
  On<P['ports'], 'port'>;

// --- the manifest

/** Protocol versions that are understood. */
type Understood<T> = [T] extends [ByVersion<infer V>] ? readonly (keyof V & number)[] : readonly number[];
/** The one that is spoken. */
type Spoken<T> = Any<T> extends true ? number : [T] extends [ByVersion<infer V>] ? keyof V & number : number;

/** The part of a manifest with the inputs. */
export interface ManifestInputs<P extends Protocol> {
  /** Message types accepted, each with the protocol versions understood. */
  accepts: { [K in Names<P['accepts']>]: Understood<NonNullable<P['accepts']>[K & keyof P['accepts']]> };
  /** Events subscribed to, each with the versions understood. */
  subscribes: {
    [K in Names<P['subscribes']>]: Understood<NonNullable<P['subscribes']>[K & keyof P['subscribes']]>;
  };
  /**
   * Those of them that the module cannot do without: it is refused while nobody publishes one, and its last publisher goes
   * only by force. From api 2 on.
   */
  needs?: readonly Names<P['subscribes']>[];
  /** Names of the module's timers. A timer that a new version does not name is cancelled at commit. */
  timers: readonly Names<P['timers']>[];
}

/** The part of a manifest with the ports: of api 1 their names, of api 2 the kind of each. */
export type ManifestPorts<P extends Protocol> =
  | {
      api: 1;
      /** Names of the module's ports. */
      ports: readonly Names<P['ports']>[];
    }
  | {
      api: 2;
      /** By name: what it is. The module opens them with `ctx.openPort`. */
      ports?: { [K in Names<P['ports']>]: PortDeclaration };
    };

/** The part of a manifest with the outputs: as the protocol says them, if it does. */
export type ManifestOutputs<P extends Protocol> =
  Unsaid<P> extends true
    ? AnyOutputs
    : (P extends { sends: infer S }
        ? {
            /** Per module: the message types sent to it, each with the protocol version spoken. */
            sends: { [To in Names<S>]: { [Type in Names<S[To]>]: Spoken<S[To][Type]> } };
          }
        : Pick<AnyOutputs, 'sends'>) &
        (P extends { publishes: infer E }
          ? {
              /** Events published, each with its version. */
              publishes: { [Event in Names<E>]: Spoken<E[Event]> };
            }
          : Pick<AnyOutputs, 'publishes'>);

interface AnyOutputs {
  /** Per module: the message types sent to it, each with the protocol version spoken. */
  sends?: Record<string, Record<string, number>>;
  /** Events published, each with its version. */
  publishes?: Record<string, number>;
}

// --- outputs

type With<Body, More extends unknown[] = []> = undefined extends Body
  ? [body?: Body, ...more: More]
  : [body: Body, ...more: More];

/** How a module acts on others, where its protocol says to whom and with what. */
export interface Talking<P extends Protocol> {
  /** Sends a message; its version is the manifest's for that type. */
  send<To extends Names<Part<P, 'sends'>>, Type extends Names<Part<P, 'sends'>[To & keyof Part<P, 'sends'>]>>(
    to: To,
    type: Type,
    ...body: With<BodyOf<Sent<P, To, Type>>>
  ): SendResult;
  /** A request, sent when yielded: `const answer = yield* this.ctx.ask('OSPF', 'neighbors')`. */
  ask<To extends Names<Part<P, 'sends'>>, Type extends Names<Part<P, 'sends'>[To & keyof Part<P, 'sends'>]>>(
    to: To,
    type: Type,
    ...body: With<BodyOf<Sent<P, To, Type>>, [options?: AskOptions]>
  ): Ask<AnswerOf<Sent<P, To, Type>>>;
  /** Publishes an event to its subscribers; returns how many take it. With a key it is state: see `PublishOptions`. */
  publish<Event extends Names<Part<P, 'publishes'>>>(
    event: Event,
    ...body: With<
      BodyOf<Part<P, 'publishes'>[Event & keyof Part<P, 'publishes'>]>,
      [options?: PublishOptions]
    >
  ): number;
}

type Sent<P extends Protocol, To, Type> =
  Part<P, 'sends'> extends infer S
    ? To extends keyof S
      ? Type extends keyof S[To]
        ? S[To][Type]
        : never
      : never
    : never;
