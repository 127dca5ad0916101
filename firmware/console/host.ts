/** The console's needs of the program around it, and no more, so that it can be tried without a router. */

import type { Slot, SlotStatus } from '../../drivers/slots.ts';
import type {
  CheckpointView,
  CheckReport,
  EventView,
  FaultHook,
  FaultKind,
  LogLevel,
  LogSink,
  ManifestView,
  ModuleView,
  ModuleViews,
  NamedChange,
  NameView,
  Origin,
  ProbationView,
  QueueView,
  Rows,
  RunOptions,
  StateView,
  TransactionReport,
  VersionView,
} from '../../runtime/index.ts';
import type { Schemas } from '../config/candidate.ts';
import type { Committed } from '../config/history.ts';
import type { BundleIntake, ConfigIntake, ImageIntake } from '../push/steps.ts';
import type { MonitorReport } from './monitor-report.ts';

export interface FaultView {
  module: string;
  kind: FaultKind;
  hook: FaultHook;
  /** In ms; infinite where none was given. */
  duration: number;
}

export interface ConsoleFaults {
  set(module: string, kind: FaultKind, options?: { hook?: FaultHook; duration?: number }): void;
  list(): readonly FaultView[];
}

/** The part of a manifest that a console shows by. */
export interface VersionViews {
  api: number;
  name: string;
  views?: Readonly<Record<string, ManifestView>>;
}

export interface ConsoleRuntime {
  /** The preparation time of a transaction, in ms. */
  preparation: number;
  run(changes: readonly NamedChange[], origin: Origin, options?: RunOptions): Promise<TransactionReport>;
  check(changes: readonly NamedChange[], origin: Origin): Promise<CheckReport>;
  confirm(origin: Origin): Promise<TransactionReport>;
  rollback(options: Origin & { checkpoint?: boolean; force?: boolean }): Promise<TransactionReport>;
  cancel(origin: Origin): { command: string };
  readonly probation: ProbationView | undefined;
  state(module: string): StateView;
  checkpoint(module: string, file: string): Promise<CheckpointView>;
  readonly history: readonly TransactionReport[];
  readonly repository: {
    load(ref: string): Promise<VersionView>;
    unload(ref: string): void;
    /** A version for a moment: what it says of itself. @throws HitlessError */
    acquire?(ref: string): Promise<{ manifest: VersionViews }>;
  };
  modules(): ModuleView[];
  queues(): QueueView[];
  nameTable(): NameView[];
  eventTable(): EventView[];
  versions(): VersionView[];
  /** Only in the lab. */
  readonly faults?: ConsoleFaults | undefined;
  views(): ModuleViews[];
  rows(
    module: string,
    view: ManifestView,
    values: Readonly<Record<string, string | number>>,
    options: { timeout: number },
  ): Promise<Rows>;
  /** How code is ended that does not return. */
  readonly guard: { kind: 'native' | 'vm'; why: string };
  /** @param options `from`: how many records the sink does not want to hear; those from now on unless given */
  onLog(sink: LogSink, options?: { from?: number }): () => void;
  /** Records of the log so far; the last 1,000 are kept for `onLog`. */
  readonly logged: number;
}

/** A slot's own list of its contents. */
export interface SlotView {
  slot: Slot;
  hitless: string;
  linux: string;
  node: string;
  /** Why it cannot be booted; empty when it can. */
  problem: string;
}

export interface SlotsView extends Omit<SlotStatus, 'trying'> {
  trying: Slot | null;
  slots: SlotView[];
}

/** The board's two slots. */
export interface ConsoleSlots {
  /** @throws DriverError `SLOTS_…` */
  view(): Promise<SlotsView>;
  /**
   * Reboots the board, when the answer has had time to go out.
   * @throws DriverError `SLOTS_…`
   */
  reboot(): Promise<SlotStatus>;
}

/** How a text is committed. */
export interface Committing {
  /** The text that must run until then. */
  over: string;
  comment?: string;
  /** Goes back by itself unless `confirm` comes within this many ms. */
  confirm?: number;
}

/** A text that was committed, or that was to be. */
export interface CommittedView {
  /** Nothing, where no module is concerned. */
  changes: readonly NamedChange[];
  report: TransactionReport | undefined;
  /** Keys that wait for the next start. */
  waiting: readonly string[];
  /** In the history; undefined where it is not kept. */
  number: number | undefined;
}

/** The router's configuration while it runs. */
export interface ConsoleConfiguration {
  /** The file that the router was started with. */
  readonly path: string;
  /** The text by which the modules run. */
  readonly running: string;
  /** Of all keys at the top of a file, where it names these versions by module. */
  schemas(modules: Readonly<Record<string, string>>): Promise<Schemas>;
  /** The file as it is now. @throws FirmwareError `CONFIG_UNREADABLE`, `CONFIG_SYNTAX` */
  saved(): string;
  /** Another file. @throws FirmwareError `CONFIG_UNREADABLE`, `CONFIG_SYNTAX` */
  read(path: string): string;
  /** Makes the modules what the text says. An abort is a report. @throws FirmwareError, HitlessError */
  commit(text: string, origin: Origin, how: Committing): Promise<CommittedView>;
  /** Makes the modules what the file says now. An abort is a report. @throws FirmwareError, HitlessError */
  reload(origin: Origin): Promise<Omit<CommittedView, 'number'>>;
  /** A dry run of that. @throws FirmwareError, HitlessError */
  check(
    text: string,
    origin: Origin,
  ): Promise<{
    changes: readonly NamedChange[];
    report: CheckReport | undefined;
    waiting: readonly string[];
  }>;
  /** Writes what runs to the file. @throws FirmwareError */
  save(how: { force: boolean }): Promise<void>;
  /** The texts that ran, the newest first. */
  history(): Promise<Committed[]>;
  /** @throws FirmwareError `CONFIG_HISTORY` */
  past(number: number): Promise<Committed>;
}

export interface ConsoleHost {
  readonly runtime: ConsoleRuntime;
  /**
   * The changes of a command, each with the configuration that its module is given. Without this member, modules are
   * added without a configuration.
   */
  configured?: (changes: readonly NamedChange[]) => Promise<NamedChange[]>;
  /** The least level of the log; sessions show `debug` lines only where that is it. */
  logLevel?: LogLevel;
  /** Only in the lab. */
  monitors?: () => MonitorReport[];
  configuration?: ConsoleConfiguration;
  /** Calls the listener with each line that a monitor prints; returns what ends that. */
  onMonitorLine?: (listener: (line: string) => void) => () => void;
  /** Takes in bundles that are pushed; absent where the router keeps nothing on its disk. */
  bundles?: BundleIntake | undefined;
  /** Takes in configurations that are pushed. */
  configs?: ConfigIntake | undefined;
  /** Why the router does not keep which versions are current across restarts. */
  unkept?: string | undefined;
  /** Takes in images that are pushed; on a board only. */
  images?: ImageIntake | undefined;
  /** On a board only. */
  slots?: ConsoleSlots | undefined;
  /** Stops the router. */
  quit(): void;
}

/** Where a command came from; `show upgrades` names it. */
export type By = 'terminal' | 'socket' | 'serial' | 'script';
