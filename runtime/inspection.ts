/** What the runtime tells about itself: plain data, for a console's tables and for JSON. */
import type { LogLevel } from './module.ts';

/** `draining` and `frozen` are moments of a transaction; `disabled` lasts until `enable`. */
export type Service = 'service' | 'draining' | 'frozen' | 'disabled';

export interface ModuleView {
  name: string;
  version: string;
  stateVersion: number;
  service: Service;
  /** Why a disabled or drained module is so; empty in service. */
  reason: string;
  /** Wall clock in ms: when this version came into service. */
  since: number;
  handled: number;
  /** Handlers that threw. */
  errors: number;
  /** Handlers cut in a transaction: their message counts as lost to this module. */
  interrupted: number;
  /** A handler was cut, its state may be half written. */
  suspect: boolean;
  /** Attempts of versions to act after they were replaced; nothing came of them. */
  strays: number;
  /** Handlers suspended at a `yield`. */
  suspended: number;
  /** Requests of this module without an answer yet. */
  asking: number;
  timers: { type: string; key: string; dueIn: number }[];
  ports: { port: string; key: string }[];
}

export interface QueueView {
  module: string;
  capacity: number;
  waiting: number;
  /** Of those, held back while the module is disabled or being replaced. */
  buffered: number;
  highWater: number;
  /** Messages refused because the mailbox was full; their senders were told. */
  refused: number;
  /** Packets dropped because the mailbox was full. */
  dropped: number;
  /** Expiries that came while the same timer's last one still waited. */
  overruns: number;
  /** Messages that it sent and that came back because their receiver was removed. */
  undeliverable: number;
}

export interface NameView {
  name: string;
  module: string;
}

export interface EventView {
  event: string;
  publishers: string[];
  subscribers: string[];
  published: number;
}

/** `unpacked`: on disk. `loaded`: compiled, in memory. `current`: in service. `previous`: what the last transaction replaced. */
export type BundleStatus = 'unpacked' | 'loaded' | 'current' | 'previous';

export interface VersionView {
  /** `ip@2.0.0`, as commands name it. */
  bundle: string;
  module: string;
  version: string;
  status: BundleStatus;
  sha256: string;
  bytes: number;
  file: string;
}

export interface LogRecord {
  /** Wall clock, in ms. */
  at: number;
  level: LogLevel;
  /** Empty for the runtime itself. */
  module: string;
  version: string;
  text: string;
  /** The transaction that this line belongs to. */
  transaction?: number;
  /** The same facts for a program: on the line that ends a transaction, its report without the steps. */
  data?: unknown;
}

export type LogSink = (record: LogRecord) => void;

/** `IP V1`, as the paper's figures write it: a module and its major version. */
export function figureName(module: string, version: string): string {
  return version === '' ? module : `${module} V${version.split('.', 1)[0]}`;
}

/** A module's state at an instant, for people and JSON: what is secret is hidden, what is big is told in short. */
export interface StateView {
  module: string;
  version: string;
  stateVersion: number;
  state: unknown;
}
