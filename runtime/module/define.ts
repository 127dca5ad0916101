/**
 * A module said once: of one declaration come its class, its manifest and its types. It is the class form in other words:
 * whoever needs more fields or methods writes a class.
 */
import { checkOptions } from '../argument.ts';
import { HitlessError } from '../errors.ts';
import type { Entry, Expiry, Message, Packet } from '../message.ts';
import { handlerName, type ManifestHead, type StateManifest } from './manifest.ts';
import { type ContextOf, Module, type StartReason, type StopReason } from './module.ts';
import type { PortDeclaration } from './port.ts';
import type { Protocol, Request } from './protocol.ts';

/** A message type or an event that a module sends: its protocol version, and its body for the type checker. */
export interface MessageType<Body> {
  /** Protocol version. */
  readonly version: number;
  /** Only for the type checker: there is none. */
  readonly body?: Body;
}

/** Says what a message or an event that is sent carries. @param version of its protocol */
export function message<Body = undefined>(version = 1): MessageType<Body> {
  return { version };
}

/** Says what a request carries, and what is answered. @param version of its protocol */
export function request<Body = undefined, Answer = unknown>(version = 1): MessageType<Request<Body, Answer>> {
  return { version };
}

/** A handler whose parameter may be annotated with any type of body. */
type Handler<Input> = { handle(input: Input): unknown }['handle'];
/** A handler of an input that is understood in other protocol versions than 1. */
type Several<Input> = { versions: readonly number[]; handle: Handler<Input> };
/** Handlers by type of message, or by event. Bodies are inferred from what their parameters say. */
type Messages<Bodies> = {
  [Type in keyof Bodies]: Handler<Message<Bodies[Type]>> | Several<Message<Bodies[Type]>>;
};

/** A port of `api: 2`: what it is, and the handler of what it receives. */
type DeclaredPort<Input> = PortDeclaration & { readonly handle: Handler<Input> };

// biome-ignore lint/suspicious/noExplicitAny: the bodies are the author's
type MessageTypes = Record<string, MessageType<any>>;
type Bodies<Types> = { [K in keyof Types]: Types[K] extends MessageType<infer Body> ? Body : never };

/** The type of `this` in the handlers and hooks of a definition. */
export interface DefinedThis<State, Sends, Publishes> {
  /** All that it can do to the world. */
  readonly ctx: ContextOf<{
    sends: { [To in keyof Sends]: Bodies<Sends[To]> };
    publishes: Bodies<Publishes>;
  }>;
  /** Plain data, which lives on across versions. */
  state: State;
}

/** A module, said once. */
export interface Definition<State, Sends, Publishes, Accepts, Subscribes, Timers, Ports>
  extends Omit<ManifestHead<State>, 'api' | 'state'> {
  /** The contract that it is made for: 1 unless told. From 2 on it has `config`, `views`, `needs` and ports by kind. */
  api?: ManifestHead['api'];
  /** The first state, when no version ran before. */
  // biome-ignore lint/suspicious/noExplicitAny: the configuration is the author's
  initial(config: any): State;
  /** The state's version, and what carries it; version 1 unless told. */
  state?: StateManifest<NoInfer<State>>;
  /** By message type: its handler; what that returns answers a request. */
  accepts?: Messages<Accepts>;
  /** By event: its handler. */
  subscribes?: Messages<Subscribes>;
  /** Those of the events that the module cannot do without. With `api: 2`. */
  needs?: readonly string[];
  /** By timer: its handler. */
  timers?: { [Name in keyof Timers]: Handler<Expiry<Timers[Name]>> };
  /** By port: its handler. With `api: 2` it is an object: its kind, what the kind takes, and `handle`. */
  ports?: { [Name in keyof Ports]: Handler<Packet<Ports[Name]>> | DeclaredPort<Packet<Ports[Name]>> };
  /** Per module: the message types sent to it, made by `message` or `request`. */
  sends?: Sends;
  /** Events published, made by `message`. */
  publishes?: Publishes;
  /** As `Module.start`. */
  start?(why: StartReason): void;
  /** As `Module.configure`. */
  // biome-ignore lint/suspicious/noExplicitAny: the configuration is the author's
  configure?(config: any): unknown;
  /** As `Module.apply`. */
  // biome-ignore lint/suspicious/noExplicitAny: the plan is the author's
  apply?(plan: any): void;
  /** As `Module.stop`. */
  stop?(why: StopReason): void;
  /** As `Module.isQuiescent`. */
  isQuiescent?(): true | string;
  /** As `Module.isHealthy`. */
  isHealthy?(): true | string;
}

/** The class of a definition, with its manifest. */
export type DefinedModule<State, P extends Protocol = Protocol> = (new () => Module<State>) & {
  readonly manifest: object;
  /** Only for the type checker: what is received. */
  readonly protocol?: P;
};

const HOOKS = ['initial', 'start', 'configure', 'apply', 'stop', 'isQuiescent', 'isHealthy'] as const;
const INPUTS = ['accepts', 'subscribes', 'timers', 'ports'] as const;
const HEAD = [
  'name',
  'version',
  'names',
  'description',
  'mailbox',
  'maxHandlerMs',
  'onFault',
  'async',
  'config',
  'views',
  'needs',
] as const;
const KNOWN = ['api', ...HOOKS, ...INPUTS, ...HEAD, 'state', 'sends', 'publishes'];
const STATE = [
  'version',
  'up',
  'down',
  'tables',
  'secrets',
  'shape',
] satisfies (keyof StateManifest<unknown>)[];

/**
 * Makes a module's class, with its manifest, of one declaration.
 * @throws HitlessError `ARGUMENT_INVALID` when it says something that is not understood
 */
export function defineModule<
  State,
  const Sends extends Record<string, MessageTypes> = Record<never, never>,
  const Publishes extends MessageTypes = Record<never, never>,
  Accepts extends object = Record<never, never>,
  Subscribes extends object = Record<never, never>,
  Timers extends object = Record<never, never>,
  Ports extends object = Record<never, never>,
>(
  definition: Definition<State, Sends, Publishes, Accepts, Subscribes, Timers, Ports> &
    ThisType<DefinedThis<State, Sends, Publishes>>,
): DefinedModule<State, { accepts: Accepts; subscribes: Subscribes; timers: Timers; ports: Ports }> {
  checkOptions('defineModule', definition, KNOWN);
  const {
    api = 1,
    accepts = {},
    subscribes = {},
    timers = {},
    ports = {},
    state = { version: 1 },
  } = definition;
  checkOptions('defineModule: state', state, STATE);
  const Defined = class extends Module<State> {
    initial(config: unknown): State {
      return definition.initial(config);
    }
  };
  const put = (name: string, method: unknown) =>
    Object.defineProperty(Defined.prototype, name, { value: method, writable: true, configurable: true });
  for (const hook of HOOKS) if (definition[hook] !== undefined) put(hook, definition[hook]);
  for (const [type, input] of [accepts, subscribes, timers, ports].flatMap((inputs) =>
    Object.entries<Input>(inputs),
  ))
    put(handlerName(type), handlerOf(type, input));
  const manifest = {
    api,
    ...Object.fromEntries(HEAD.flatMap((key) => (key in definition ? [[key, definition[key]]] : []))),
    accepts: versionsOf(accepts),
    subscribes: versionsOf(subscribes),
    timers: Object.keys(timers),
    ports: portsOf(api, ports),
    sends: Object.fromEntries(
      Object.entries(definition.sends ?? {}).map(([to, types]) => [to, spoken(types)]),
    ),
    publishes: spoken(definition.publishes ?? {}),
    state,
  };
  Object.defineProperty(Defined, 'name', { value: definition.name });
  return Object.assign(Defined, { manifest });
}

type Input = Handler<never> | Several<never> | DeclaredPort<never>;

function handlerOf(type: string, input: Input): (entry: Entry) => unknown {
  const handler = typeof input === 'function' ? input : input?.handle;
  if (typeof handler === 'function') return handler as (entry: Entry) => unknown;
  throw new HitlessError(
    'ARGUMENT_INVALID',
    `defineModule: the handler of "${type}" must be a function, or { versions, handle }`,
  );
}

function versionsOf(
  inputs: Record<string, Handler<never> | Several<never>>,
): Record<string, readonly number[]> {
  return Object.fromEntries(
    Object.entries(inputs).map(([type, input]) => [type, typeof input === 'function' ? [1] : input.versions]),
  );
}

/** Of api 1 their names, of api 2 what each is. @throws HitlessError `ARGUMENT_INVALID` */
function portsOf(
  api: number,
  ports: Record<string, Handler<never> | DeclaredPort<never>>,
): readonly string[] | Record<string, PortDeclaration> {
  const declared: Record<string, PortDeclaration> = {};
  for (const [name, input] of Object.entries(ports)) {
    if ((typeof input === 'function') !== (api === 1))
      throw new HitlessError(
        'ARGUMENT_INVALID',
        `defineModule: the port "${name}" must be ${api === 1 ? 'a handler; a port with a kind needs api: 2' : 'its kind with a handler: { kind, handle }'}`,
      );
    if (typeof input === 'function') continue;
    const { handle: _, ...declaration } = input;
    declared[name] = declaration as PortDeclaration;
  }
  return api === 1 ? Object.keys(ports) : declared;
}

/** In JavaScript a plain number may stand for a message type. */
function spoken(types: Record<string, MessageType<unknown> | number>): Record<string, number> {
  return Object.fromEntries(
    Object.entries(types).map(([type, of]) => [type, typeof of === 'number' ? of : of.version]),
  );
}
