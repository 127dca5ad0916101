/**
 * The manifest: what a module says of itself, checked before anything of it runs (design rule 6).
 */
import { HitlessError } from './errors.ts';
import type { Protocol } from './module.ts';

/** The version of the contract between runtime and bundle that this runtime speaks. */
export const API = 1;

export const DEFAULT_MAILBOX = 1024;
/** How long a message handler of the old version may run on past the deadline before it is cut, in ms. */
export const DEFAULT_MAX_HANDLER_MS = 500;

type Keys<T> = T extends object ? keyof T & string : never;

export interface StateManifest<State> {
  /** Version of the state's shape. Modules with the same number adopt each other's state by reference. */
  version: number;
  /** `up[n]` makes state version n+1 out of n, without writing to its argument. */
  // biome-ignore lint/suspicious/noExplicitAny: a chain passes through states whose types are long gone
  up?: Record<number, (old: any) => unknown>;
  /** `down[n]` makes state version n out of n+1, without writing to its argument. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  down?: Record<number, (now: any) => unknown>;
  /** Only for the type checker: the state that this version works on. */
  shape?: State;
}

export interface Manifest<State = unknown, P extends Protocol = Protocol> {
  api: typeof API;
  /** Name of the module, as other modules address it. */
  name: string;
  /** Semantic version, such as `1.0.0`. One bundle file is one version. */
  version: string;
  description?: string;
  /** Messages and packets that the mailbox holds before it refuses; 1,024 unless told. */
  mailbox?: number;
  /** Message types accepted, each with the protocol versions understood. */
  accepts: { [K in Keys<P['accepts']>]: readonly number[] };
  /** Per module: the message types sent to it, each with the protocol version spoken. */
  sends?: Record<string, Record<string, number>>;
  /** Events subscribed to, each with the versions understood. */
  subscribes: { [K in Keys<P['subscribes']>]: readonly number[] };
  /** Events published, each with its version. */
  publishes?: Record<string, number>;
  /** Names of the module's timers. A timer that a new version does not name is cancelled at commit. */
  timers: readonly Keys<P['timers']>[];
  /** Names of the module's ports. */
  ports: readonly Keys<P['ports']>[];
  /** When a handler may be cut once a transaction is past its deadline, in ms; 500 unless told. */
  maxHandlerMs?: number;
  /** Handlers may return promises. Such a module is bounded only where it gives the loop back. */
  async?: boolean;
  state: StateManifest<State>;
}

/** A manifest read from a bundle: its types are known, what the author's compiler knew is not. */
// biome-ignore lint/suspicious/noExplicitAny: the keys are the author's
export type AnyManifest = Manifest<any, any> & {
  accepts: Record<string, readonly number[]>;
  subscribes: Record<string, readonly number[]>;
  timers: readonly string[];
  ports: readonly string[];
};

/** The name of the handler method for a type: `tick` is handled by `onTick`. */
export function handlerName(type: string): string {
  return `on${type.charAt(0).toUpperCase()}${type.slice(1)}`;
}

/** Every type that needs a handler, in all four kinds of input. */
export function handledTypes(manifest: AnyManifest): string[] {
  return [
    ...Object.keys(manifest.accepts),
    ...Object.keys(manifest.subscribes),
    ...manifest.timers,
    ...manifest.ports,
  ];
}

const NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,32})?$/;

/**
 * Checks a manifest that came from outside.
 * @throws HitlessError `MANIFEST_INVALID` or `API_UNSUPPORTED`, naming the key and what is allowed there.
 */
export function validateManifest(value: unknown, where: string): AnyManifest {
  const wrong = (key: string, allowed: string): never => {
    throw new HitlessError('MANIFEST_INVALID', `${where}: manifest.${key} must be ${allowed}`);
  };
  if (!isRecord(value)) {
    throw new HitlessError('BUNDLE_NOT_A_BUNDLE', `${where}: exports no manifest object`);
  }
  if (value.api !== API) {
    throw new HitlessError(
      'API_UNSUPPORTED',
      `${where}: is made for runtime api ${String(value.api)}, this runtime speaks api ${API}`,
    );
  }
  if (typeof value.name !== 'string' || !NAME.test(value.name) || value.name === 'host')
    wrong('name', 'a letter, then letters, digits, _ or - (at most 32), and not "host"');
  if (typeof value.version !== 'string' || !VERSION.test(value.version))
    wrong('version', 'a version such as 1.0.0');
  if (value.mailbox !== undefined && !isCount(value.mailbox, 1, 1 << 20))
    wrong('mailbox', 'a whole number from 1 to 1,048,576');
  if (value.maxHandlerMs !== undefined && !isCount(value.maxHandlerMs, 1, 60_000))
    wrong('maxHandlerMs', 'a whole number of milliseconds from 1 to 60,000');
  if (value.async !== undefined && typeof value.async !== 'boolean') wrong('async', 'true or false');
  const accepted = (v: unknown) =>
    isRecord(v) &&
    Object.entries(v).every(
      ([k, versions]) =>
        NAME.test(k) &&
        Array.isArray(versions) &&
        versions.length > 0 &&
        versions.every((n) => isCount(n, 1)),
    );
  const spoken = (v: unknown) =>
    isRecord(v) && Object.entries(v).every(([k, n]) => NAME.test(k) && isCount(n, 1));
  const named = (v: unknown) => Array.isArray(v) && v.every((n) => typeof n === 'string' && NAME.test(n));
  if (!accepted(value.accepts))
    wrong('accepts', 'an object of message type to a list of versions, such as { tick: [1] }');
  if (!accepted(value.subscribes))
    wrong('subscribes', 'an object of event tag to a list of versions, such as { broadcast: [1] }');
  if (value.sends !== undefined && !(isRecord(value.sends) && Object.values(value.sends).every(spoken))) {
    wrong('sends', 'an object of module to message type to version, such as { OSPF: { relay: 1 } }');
  }
  if (value.publishes !== undefined && !spoken(value.publishes))
    wrong('publishes', 'an object of event tag to version');
  if (!named(value.timers)) wrong('timers', 'a list of names');
  if (!named(value.ports)) wrong('ports', 'a list of names');
  const state = value.state;
  if (!isRecord(state) || !isCount(state.version, 1)) wrong('state.version', 'a whole number from 1');
  for (const way of ['up', 'down'] as const) {
    const chain = (state as Record<string, unknown>)[way];
    const good =
      chain === undefined ||
      (isRecord(chain) &&
        Object.entries(chain).every(([n, f]) => isCount(Number(n), 1) && typeof f === 'function'));
    if (!good) wrong(`state.${way}`, 'an object of state version to function');
  }
  const manifest = value as unknown as AnyManifest;
  const types = handledTypes(manifest);
  const twice = types.find((type, i) => types.indexOf(type) !== i);
  if (twice !== undefined) {
    wrong(
      `accepts/subscribes/timers/ports`,
      `free of repeated names ("${twice}" would need two handlers ${handlerName(twice)})`,
    );
  }
  return manifest;
}

function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

function isCount(v: unknown, least: number, most = Number.MAX_SAFE_INTEGER): v is number {
  return typeof v === 'number' && Number.isInteger(v) && v >= least && v <= most;
}
