/**
 * The manifest: what a module says of itself, checked before anything of it runs (design rule 6).
 */
import { HitlessError } from '../errors.ts';
import type { RowHandler, Table, TableKey } from '../state/table.ts';
import { type ManifestConfig, type ValidConfig, validConfig } from './manifest-config.ts';
import { DECLARED, declaredPorts } from './manifest-ports.ts';
import { type ManifestView, type ValidViews, validViews } from './manifest-views.ts';
import type { PortDeclaration } from './port.ts';
import type { ManifestInputs, ManifestOutputs, ManifestPorts, Protocol } from './protocol.ts';

/** The newest version of the contract between runtime and bundle that this runtime speaks. */
export const API = 2;
/** All that it speaks: bundles of api 1 say nothing of configuration, kinds of ports, and views. */
const APIS: readonly unknown[] = [1, API];

export const DEFAULT_MAILBOX = 1024;
/** CPU time that a handler may use before it is cut, in ms. */
export const DEFAULT_MAX_HANDLER_MS = 100;
/** Of bundles made for api 1, which were released when this was the default: a slow board needs it for their first calls. */
const API_1_MAX_HANDLER_MS = 500;

/** The fate of a module whose code was cut, or threw when nobody had called it. */
export type OnFault = 'keep' | 'restart';
const ON_FAULT: readonly unknown[] = ['keep', 'restart'] satisfies OnFault[];

/** Rows of tables that end with a change of version, by table's name: those that the next version does not name. */
// biome-ignore lint/suspicious/noExplicitAny: their types are long gone
export type EndedTables = Readonly<Record<string, ReadonlyMap<any, any>>>;

/**
 * Makes one state version out of the one before. It receives a copy of all members but the Tables, and returns the
 * members of the next version; Tables go on beside it. It may make new Tables, and read those that end.
 */
// biome-ignore lint/suspicious/noExplicitAny: a chain passes through states whose types are long gone
export type StateHandler = (state: any, ended: EndedTables) => unknown;

/** How the rows of one Table are carried from one state version to the next, and back. */
export interface TableManifest<Key extends TableKey = TableKey> {
  /** `up[n]` makes a row of state version n+1 out of one of n, sharing nothing with it. Rows go on as they are without. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  up?: Record<number, (row: any, key: Key) => unknown>;
  /** `down[n]` makes a row of state version n out of one of n+1, sharing nothing with it. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  down?: Record<number, (row: any, key: Key) => unknown>;
}

/** The state's members that are Tables, each with its handlers. */
export type TableManifests<State> = {
  [Name in keyof State as NonNullable<State[Name]> extends Table<infer _K, infer _V>
    ? Name
    : never]-?: NonNullable<State[Name]> extends Table<infer Key, infer _V> ? TableManifest<Key> : never;
};

/** The state of a module: its version, and the handlers that carry it to the next version and back. */
export interface StateManifest<State> {
  /** Version of the state's shape. Modules with the same number adopt each other's state by reference. */
  version: number;
  /**
   * `up[n]` makes state version n+1 out of n, without its Tables. May be missing where only a table's rows change.
   */
  up?: Record<number, StateHandler>;
  /** `down[n]` makes state version n out of n+1, without its Tables. */
  down?: Record<number, StateHandler>;
  /** Every member of the state that is a Table. A Table that the next version does not name is dropped. */
  tables?: unknown extends State ? Record<string, TableManifest> : TableManifests<State>;
  /** Names of properties, anywhere in the state, that are never shown. */
  secrets?: readonly string[];
  /** Only for the type checker: the state that this version works on. */
  shape?: State;
}

/** A bundle's `manifest`: all that its module takes, sends and keeps. Checked when it is loaded. */
export type Manifest<State = unknown, P extends Protocol = Protocol> = ManifestHead<State> &
  ManifestInputs<P> &
  ManifestPorts<P> &
  ManifestOutputs<P>;

/** The part of a manifest that says nothing of messages. */
export interface ManifestHead<State = unknown> {
  /** The contract that the bundle was made for. */
  api: 1 | typeof API;
  /** Name of the module, as other modules address it. */
  name: string;
  /** Further names under which the module is found, from its commit on. */
  names?: readonly string[];
  /** Semantic version, such as `1.0.0`. One bundle file is one version. */
  version: string;
  /** One line for people. */
  description?: string;
  /** Messages and packets that the mailbox holds before it refuses; 1,024 unless told. */
  mailbox?: number;
  /**
   * CPU time that one handler may use before it is cut, in ms; 100 unless told (500 with api 1). The hooks of a version
   * that does not serve yet may take as long together, 200 ms at the least.
   */
  maxHandlerMs?: number;
  /**
   * The consequence of a fault (a handler that was cut, code that threw when nobody had called it). `keep` goes on with the
   * state as it is, `restart` begins again from the last checkpoint, or from `initial`. `keep` unless told.
   */
  onFault?: OnFault;
  /** Handlers may return promises. Such a module is bounded only where it gives the loop back. */
  async?: boolean;
  /** The section of the configuration that this version takes. From api 2 on. */
  config?: ManifestConfig;
  /** The tables that a console shows of this version, by name. From api 2 on. */
  views?: Readonly<Record<string, ManifestView>>;
  /** The state's version, and what carries it from and to others. */
  state: StateManifest<State>;
}

/** A manifest read from a bundle: its types are known, what the author's compiler knew is not. */
// biome-ignore lint/suspicious/noExplicitAny: the keys are the author's
export type AnyManifest = ManifestHead<any> &
  // biome-ignore lint/suspicious/noExplicitAny: the keys are the author's
  ManifestOutputs<any> & {
    accepts: Record<string, readonly number[]>;
    subscribes: Record<string, readonly number[]>;
    /** Undefined of api 1, where nobody knows. */
    needs?: readonly string[];
    timers: readonly string[];
    /** Names of all ports. */
    ports: readonly string[];
    /** Of api 2, by name. */
    declaredPorts: Readonly<Record<string, PortDeclaration>>;
    config?: ValidConfig;
    views: ValidViews;
    state: ValidState;
  };

/** As `validateManifest` leaves it: nothing is missing. */
interface ValidState {
  readonly version: number;
  readonly up: Readonly<Record<number, StateHandler>>;
  readonly down: Readonly<Record<number, StateHandler>>;
  readonly tables: Readonly<Record<string, ValidTable>>;
  readonly secrets: readonly string[];
}

interface ValidTable {
  readonly up: Readonly<Record<number, RowHandler>>;
  readonly down: Readonly<Record<number, RowHandler>>;
}

/** CPU time that a handler of this version may use, in ms. */
export function maxHandlerMsOf({ api, maxHandlerMs }: { api: number; maxHandlerMs?: number }): number {
  return maxHandlerMs ?? (api === 1 ? API_1_MAX_HANDLER_MS : DEFAULT_MAX_HANDLER_MS);
}

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
/** A state version as a key. */
const STEP = /^[1-9]\d{0,14}$/;
/** Names in one table of a manifest. */
const MOST_NAMES = 1_000;
/** Those that a manifest of api 1 declares by kind. */
const NO_PORTS: AnyManifest['declaredPorts'] = Object.freeze(Object.create(null));

/**
 * Checks a manifest that came from outside, and returns a copy that nobody can change afterwards. Its tables
 * inherit nothing, so that no name is found in them but those that were declared.
 * @throws HitlessError `BUNDLE_NOT_A_BUNDLE`, `MANIFEST_INVALID` or `API_UNSUPPORTED`, naming the key and what is allowed there.
 */
export function validateManifest(value: unknown, where: string): AnyManifest {
  const wrong: Wrong = (key, allowed) => {
    throw new HitlessError('MANIFEST_INVALID', `${where}: manifest.${key} must be ${allowed}`);
  };
  if (!isRecord(value)) {
    throw new HitlessError('BUNDLE_NOT_A_BUNDLE', `${where}: exports no manifest object`);
  }
  const { api, name, version, description, mailbox, maxHandlerMs, onFault, async: asynchronous } = value;
  if (!APIS.includes(api)) {
    throw new HitlessError(
      'API_UNSUPPORTED',
      `${where}: is made for runtime api ${String(api)}, this runtime speaks api ${APIS.join(' and ')}`,
    );
  }
  checkHead(value, wrong);
  const accepts =
    table(value.accepts, versionList) ??
    wrong('accepts', 'an object of message type to a list of versions, such as { tick: [1] }');
  const subscribes =
    table(value.subscribes, versionList) ??
    wrong('subscribes', 'an object of event tag to a list of versions, such as { broadcast: [1] }');
  const sends =
    table(value.sends ?? {}, (types) => table(types, count)) ??
    wrong('sends', 'an object of module to message type to version, such as { OSPF: { relay: 1 } }');
  const publishes =
    table(value.publishes ?? {}, count) ?? wrong('publishes', 'an object of event tag to version');
  const needs = needsOf(value.needs, api, subscribes, wrong);
  const timers = nameList(value.timers) ?? wrong('timers', 'a list of names');
  const declared = api === 1 ? NO_PORTS : (declaredPorts(value.ports ?? {}) ?? wrong('ports', DECLARED));
  const ports =
    api === 1 ? (nameList(value.ports) ?? wrong('ports', 'a list of names')) : Object.keys(declared);
  const state = stateOf(value.state, wrong);
  const config = value.config === undefined ? undefined : configOf(value.config, api, wrong);
  const views = viewsOf(value.views, api, accepts, wrong);
  const names = nameList(value.names ?? []) ?? wrong('names', 'a list of names');
  if (new Set([name, 'host', ...names]).size < names.length + 2) {
    wrong('names', `free of repeated names, of "host" and of the module's own name`);
  }
  const manifest = Object.freeze({
    api,
    name,
    version,
    names,
    ...(description !== undefined && { description }),
    ...(mailbox !== undefined && { mailbox }),
    ...(maxHandlerMs !== undefined && { maxHandlerMs }),
    ...(onFault !== undefined && { onFault }),
    ...(asynchronous !== undefined && { async: asynchronous }),
    accepts,
    subscribes,
    ...(needs !== undefined && { needs }),
    sends,
    publishes,
    timers,
    ports,
    declaredPorts: declared,
    ...(config !== undefined && { config }),
    views,
    state,
  }) as unknown as AnyManifest;
  checkHandlers(manifest, wrong);
  return manifest;
}

/** Refuses a manifest: its `key` must be what is allowed. */
type Wrong = (key: string, allowed: string) => never;

function configOf(value: unknown, api: unknown, wrong: Wrong): ValidConfig {
  return api === 1 ? wrong('config', 'left out: it came with api 2') : validConfig(value, wrong);
}

function viewsOf(value: unknown, api: unknown, accepts: Record<string, unknown>, wrong: Wrong): ValidViews {
  if (value !== undefined && api === 1) wrong('views', 'left out: they came with api 2');
  return validViews(value ?? {}, accepts, wrong);
}

function needsOf(
  value: unknown,
  api: unknown,
  subscribes: Record<string, unknown>,
  wrong: Wrong,
): readonly string[] | undefined {
  if (api === 1) return value === undefined ? undefined : wrong('needs', 'left out: it came with api 2');
  const needs = nameList(value ?? []) ?? wrong('needs', 'a list of events, such as ["broadcast"]');
  const stranger = needs.find((event) => subscribes[event] === undefined);
  if (stranger !== undefined) wrong('needs', `free of "${stranger}", which is not subscribed to`);
  return needs;
}

/** Name, version, and what is a single value. */
function checkHead(value: Record<string, unknown>, wrong: Wrong): void {
  const { name, version, description, mailbox, maxHandlerMs, onFault, async: asynchronous } = value;
  if (typeof name !== 'string' || !NAME.test(name) || name === 'host') {
    wrong('name', 'a letter, then letters, digits, _ or - (at most 32), and not "host"');
  }
  if (typeof version !== 'string' || !VERSION.test(version)) wrong('version', 'a version such as 1.0.0');
  if (description !== undefined && typeof description !== 'string') wrong('description', 'a string');
  if (mailbox !== undefined && !isCount(mailbox, 1, 1 << 20)) {
    wrong('mailbox', 'a whole number from 1 to 1,048,576');
  }
  if (maxHandlerMs !== undefined && !isCount(maxHandlerMs, 1, 60_000)) {
    wrong('maxHandlerMs', 'a whole number of milliseconds from 1 to 60,000');
  }
  if (onFault !== undefined && !ON_FAULT.includes(onFault)) wrong('onFault', '"keep" or "restart"');
  if (asynchronous !== undefined && typeof asynchronous !== 'boolean') wrong('async', 'true or false');
}

function stateOf(value: unknown, wrong: Wrong): AnyManifest['state'] {
  const state = isRecord(value) ? value : wrong('state', 'an object with the version of the state');
  const stateVersion = count(state.version) ?? wrong('state.version', 'a whole number from 1');
  const up = handlers(state.up) ?? wrong('state.up', 'an object of state version to function');
  const down = handlers(state.down) ?? wrong('state.down', 'an object of state version to function');
  const tables =
    members(state.tables ?? {}, tableManifest) ??
    wrong(
      'state.tables',
      'an object of member to its row handlers, such as { routes: { up: { 1: (row, key) => … } } }',
    );
  const secrets =
    secretList(state.secrets ?? []) ??
    wrong('state.secrets', 'a list of names of properties, such as ["password"]');
  return Object.freeze({ version: stateVersion, up, down, tables, secrets }) as AnyManifest['state'];
}

/** @throws when one handler would have two inputs */
function checkHandlers(manifest: AnyManifest, wrong: Wrong): void {
  const seen = new Set<string>();
  for (const type of handledTypes(manifest)) {
    if (seen.has(type)) {
      wrong(
        'accepts/subscribes/timers/ports',
        `free of repeated names ("${type}" would need two handlers ${handlerName(type)})`,
      );
    }
    seen.add(type);
  }
}

/** A frozen copy with no prototype; undefined when a name or a value is not allowed, or there are too many. */
function table<T>(value: unknown, read: (item: unknown) => T | undefined): Record<string, T> | undefined {
  const copy = members(value, read);
  return copy !== undefined && Object.keys(copy).every((name) => NAME.test(name)) ? copy : undefined;
}

/** As `table`, with any names. */
function members<T>(value: unknown, read: (item: unknown) => T | undefined): Record<string, T> | undefined {
  if (!isRecord(value)) return undefined;
  const copy = Object.create(null) as Record<string, T>;
  const entries = Object.entries(value);
  if (entries.length > MOST_NAMES) return undefined;
  for (const [name, item] of entries) {
    const taken = read(item);
    if (taken === undefined) return undefined;
    copy[name] = taken;
  }
  return Object.freeze(copy);
}

function handlers(value: unknown): Record<number, (state: unknown) => unknown> | undefined {
  const copy = members(value ?? {}, (handler) => (typeof handler === 'function' ? handler : undefined));
  return copy !== undefined && Object.keys(copy).every((step) => STEP.test(step))
    ? (copy as Record<string, (state: unknown) => unknown>)
    : undefined;
}

function tableManifest(value: unknown): ValidTable | undefined {
  if (!isRecord(value)) return undefined;
  const up = handlers(value.up);
  const down = handlers(value.down);
  return up !== undefined && down !== undefined ? Object.freeze({ up, down }) : undefined;
}

function secretList(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_NAMES) return undefined;
  return value.every((name) => typeof name === 'string' && name !== '')
    ? Object.freeze([...value])
    : undefined;
}

function versionList(value: unknown): readonly number[] | undefined {
  if (!Array.isArray(value) || value.length === 0 || value.length > MOST_NAMES) return undefined;
  return value.every((n) => isCount(n, 1)) ? Object.freeze([...value]) : undefined;
}

function nameList(value: unknown): readonly string[] | undefined {
  if (!Array.isArray(value) || value.length > MOST_NAMES) return undefined;
  return value.every((name) => typeof name === 'string' && NAME.test(name))
    ? Object.freeze([...value])
    : undefined;
}

function count(value: unknown): number | undefined {
  return isCount(value, 1) ? value : undefined;
}

function isRecord(v: unknown): v is Record<string, unknown> {
  return typeof v === 'object' && v !== null && !Array.isArray(v);
}

function isCount(v: unknown, least: number, most = Number.MAX_SAFE_INTEGER): v is number {
  return typeof v === 'number' && Number.isInteger(v) && v >= least && v <= most;
}
