/** The runtime's view of itself: plain data, for a console's tables and for JSON. */
import type { PortView } from './module/port.ts';

/** `draining` and `frozen` are moments of a transaction; `disabled` lasts until `enable`. */
export type Service = 'service' | 'draining' | 'frozen' | 'disabled';

/** One module, as a console's table shows it. */
export interface ModuleView {
  /** Its name; it may have others, see `Runtime.nameTable`. */
  name: string;
  /** The version in service. */
  version: string;
  /** Version of its state's shape. */
  stateVersion: number;
  /** Whether it takes inputs now. */
  service: Service;
  /** Why a disabled or drained module is so; empty in service. */
  reason: string;
  /** Wall clock in ms: when this version came into service. */
  since: number;
  /** Inputs handled since the module came, over all versions. */
  handled: number;
  /** Handlers that threw. */
  errors: number;
  /** Handlers that were cut: their message counts as lost to this module. */
  interrupted: number;
  /** A handler was cut, its state may be half written. */
  suspect: boolean;
  /** How often it was begun again after a fault. */
  restarts: number;
  /** Attempts of versions to act after they were replaced; nothing came of them. */
  lateActs: number;
  /** Handlers suspended at a `yield`. */
  suspended: number;
  /** Requests of this module without an answer yet. */
  asking: number;
  /** Requests that failed at once, for too many of this module had no answer. */
  askedTooMuch: number;
  /** Armed timers; `dueIn` in ms. */
  timers: { type: string; key: string; dueIn: number }[];
  /** Ports that are attached. */
  ports: PortView[];
}

/** One module's mailbox. */
export interface QueueView {
  /** The module's name. */
  module: string;
  /** Messages and packets that it holds before it refuses. */
  capacity: number;
  /** Entries that wait now. */
  waiting: number;
  /** Of those, held back while the module is disabled or being replaced. */
  buffered: number;
  /** Most entries that have waited since its last transaction began. */
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

/** A name and the module that it leads to. */
export interface NameView {
  /** The name. */
  name: string;
  /** The module's own name. */
  module: string;
}

/** An event with those who have to do with it. */
export interface EventView {
  /** Its tag. */
  event: string;
  /** Modules whose manifest says that they publish it. */
  publishers: string[];
  /** Modules that are subscribed. */
  subscribers: string[];
  /** How often it was published. */
  published: number;
}

/** `unpacked`: on disk. `loaded`: compiled, in memory. `current`: in service. `previous`: what the last transaction replaced. */
export type BundleStatus = 'unpacked' | 'loaded' | 'current' | 'previous';

/** One bundle. */
export interface VersionView {
  /** `ip@2.0.0`, as commands name it. */
  bundle: string;
  /** The module that it is a version of. */
  module: string;
  /** Its version. */
  version: string;
  /** How far it is in use. */
  status: BundleStatus;
  /** SHA-256 of its bytes, in hex; empty for a class of the program. */
  sha256: string;
  /** Its size. */
  bytes: number;
  /** Absolute path, or what stands for it where it was made of a text, or is a class of the program. */
  file: string;
}

/** Least important first. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** One line of the log. */
export interface LogRecord {
  /** Wall clock, in ms. */
  at: number;
  /** How important it is. */
  level: LogLevel;
  /** Empty for the runtime itself. */
  module: string;
  /** The version that logs; empty where it is about the module or the runtime. */
  version: string;
  /** The line. */
  text: string;
  /** The transaction that this line belongs to. */
  transaction?: number;
  /** The same facts for a program: on the line that ends a transaction, its report without the steps. */
  data?: unknown;
}

/** A record as it is written: what is left out is empty. */
export interface LogLine extends Partial<Omit<LogRecord, 'at'>> {
  /** How important it is. */
  level: LogLevel;
  /** The line. */
  text: string;
}

/** Takes the log, line by line. What it throws is ignored. */
export type LogSink = (record: LogRecord) => void;

/** `IP V1`, as the paper's figures write it: a module and its major version. One that says more is whole: `IP V2.1.0`. */
export function figureName(module: string, version: string): string {
  return version === '' ? module : `${module} V${version.replace(/\.0\.0$/, '')}`;
}

/** A module's state at an instant, for people and JSON: what is secret is hidden, what is big is told in short. */
export interface StateView {
  /** The module's name. */
  module: string;
  /** The version in service. */
  version: string;
  /** Version of the state's shape. */
  stateVersion: number;
  /** Plain data: what is secret is `<hidden>`, what is big is told in short. */
  state: unknown;
}
