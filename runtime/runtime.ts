/**
 * The runtime: everything wired together, for the program around it. Knows nothing of networks.
 * @example
 * const runtime = new Runtime({ directories: ['./bundles'] });
 * await runtime.add('counter@1.0.0');
 * runtime.send('COUNTER', 'count', 1);
 * await runtime.replace('counter@1.1.0');
 */

import { checkMs, checkOptions, checkString, checkType } from './argument.ts';
import { HitlessError } from './errors.ts';
import { backstageOf, type Inside } from './inside.ts';
import type {
  EventView,
  LogLevel,
  LogSink,
  ModuleView,
  NameView,
  QueueView,
  StateView,
  VersionView,
} from './inspection.ts';
import { type Kernel, makeKernel } from './kernel.ts';
import type { Message, SendResult } from './message.ts';
import { DEFAULT_ASK_MS } from './module/ask.ts';
import { endServices } from './module/ending.ts';
import type { ManifestView, ModuleViews } from './module/manifest-views.ts';
import type { Port } from './module/port.ts';
import type { ModuleProxy } from './module/proxy.ts';
import { checkRuntimeOptions, type RuntimeOptions, upgraderOptionsOf } from './runtime-options.ts';
import { askAsHost, askForRows, requestOf, viewsOf } from './runtime-requests.ts';
import { checkPublish, type EventManager, type PublishOptions } from './services/events.ts';
import { guardOf } from './services/guard-warning.ts';
import { Log } from './services/log.ts';
import type { NameService } from './services/names.ts';
import type { Rows } from './services/rows.ts';
import type { CheckpointView } from './state/checkpoint.ts';
import { redacted } from './state/redaction.ts';
import { AbortedError } from './upgrade/aborted.ts';
import type { Change } from './upgrade/change.ts';
import type { CheckReport } from './upgrade/check.ts';
import {
  type AddOptions,
  type Call,
  completed,
  type ForceOptions,
  originOf,
  type RollbackOptions,
  type RunOptions,
  split,
  type UpgradeOptions,
} from './upgrade/command.ts';
import { Failings } from './upgrade/failings.ts';
import type { FaultPlan } from './upgrade/faults.ts';
import { takeCheckpoint } from './upgrade/kept-file.ts';
import { LateErrors } from './upgrade/late-errors.ts';
import type { ProbationView } from './upgrade/probation.ts';
import type { Origin, TransactionReport } from './upgrade/report.ts';
import { keptConfig, Restarts } from './upgrade/restarts.ts';
import { Upgrader } from './upgrade/upgrader.ts';
import { warm } from './upgrade/warm.ts';
import type { ModuleSource } from './versions/bundle.ts';
import { VersionRepository } from './versions/repository.ts';

/** How often the self-test of the guard begins again when a program starts: a machine that boots is busy. */
const PROOFS = 4;
/** A state is shown, for people, within so many ms of CPU time. */
const SHOW_STATE_MS = 500;

/** Modules that are replaced while they run, and everything around them. A program may have several. */
export class Runtime {
  /** Which name leads to which module; `nameTable` shows it. */
  readonly names: NameService<ModuleProxy>;
  /** Publishers and subscribers; `eventTable` shows them. */
  readonly events: EventManager;
  /** The bundles: `load` and `unload` keep one in memory, `provide` makes one of a text. */
  readonly repository: VersionRepository;
  readonly #kernel: Kernel<ModuleProxy> & { stopped: boolean };
  readonly #upgrader: Upgrader;
  readonly #lateErrors: LateErrors;
  readonly #log: Log;
  readonly #warms: boolean;

  /** @param inside for the runtime's own use: warming, and the test kit */
  constructor(options: RuntimeOptions = {}, inside: Inside = {}) {
    checkRuntimeOptions(options);
    this.#log = options.log ?? new Log();
    const guard = inside.guard ?? guardOf(options.guard);
    this.#warms = inside.guard === undefined;
    if (this.#warms) guard.cold = () => !this.names.proxies().some(({ serving }) => serving);
    guard.prove(PROOFS);
    const after = (task: () => void) => guard.after(task);
    const kernel = makeKernel<ModuleProxy>({
      guard,
      development: options.development,
      preciseTimers: options.preciseTimers,
      clock: options.clock,
      portKinds: options.portKinds,
      publishes: options.publishes,
      standIn: inside.standIn?.(backstageOf(() => ({ kernel: this.#kernel, busy: this.#upgrader.busy }))),
      log: (line) => {
        const at = Date.now();
        this.#log.write(line, at, after);
      },
      listeners: this.#log,
    });
    this.#kernel = kernel;
    this.names = kernel.names;
    this.events = kernel.events;
    this.repository = new VersionRepository(options.directories ?? [], guard);
    const failings = new Failings(
      kernel.names,
      () => this.#upgrader.probation?.members ?? [],
      (...failed) => this.#upgrader.condemn(...failed),
      (proxy, why) => restarts.begin(proxy, why),
    );
    const restarts = new Restarts(
      kernel,
      options.development ?? false,
      () => this.#upgrader.busy,
      failings.notRestarted,
    );
    kernel.scheduler.onCut = failings.cut;
    kernel.scheduler.onHeapEnd = failings.heapEnds;
    this.#lateErrors = new LateErrors(kernel, () => this.repository.owners(), failings.threwLate);
    this.#upgrader = new Upgrader(kernel, this.repository, upgraderOptionsOf(options));
  }

  // --- upgrades

  /**
   * Adds a module and starts it.
   * @param version a bundle (`counter@1.0.0`, or the path of a `.cjs` file), or a class of the program
   * @param config given to the module's `initial`
   * @throws HitlessError as `upgrade`
   */
  async add(version: ModuleSource, config?: unknown, options: AddOptions = {}): Promise<TransactionReport> {
    const { own, rest } = split('add', options, ['checkpoint']);
    return this.#commit('add', [{ change: 'add', bundle: version, config, ...own }], rest);
  }

  /**
   * Replaces the version of a module while it runs: of which module, the new version says.
   * @param version a bundle, or a class of the program, as of `add`
   * @throws HitlessError as `upgrade`
   */
  replace(version: ModuleSource, options: UpgradeOptions = {}): Promise<TransactionReport> {
    return this.#commit('replace', [{ change: 'replace', bundle: version }], options);
  }

  /**
   * Removes a module: it is drained, has its `stop`, and is gone.
   * @param options `force`: also when others send to it, or subscribe to its events
   * @throws HitlessError as `upgrade`
   */
  async remove(module: string, options: ForceOptions = {}): Promise<TransactionReport> {
    const { own, rest } = split('remove', options, ['force']);
    return this.#commit('remove', [{ change: 'remove', module, ...own }], { ...rest, ...own });
  }

  /**
   * Takes a module out of service: it has its `stop`, and its mailbox holds what comes until `enable`.
   * @param options `force`: also when others subscribe to its events
   * @throws HitlessError as `upgrade`
   */
  async disable(module: string, options: ForceOptions = {}): Promise<TransactionReport> {
    const { own, rest } = split('disable', options, ['force']);
    return this.#commit('disable', [{ change: 'disable', module, ...own }], { ...rest, ...own });
  }

  /**
   * Puts a module in service again, with the state that it had.
   * @throws HitlessError as `upgrade`
   */
  enable(module: string, options: UpgradeOptions = {}): Promise<TransactionReport> {
    return this.#commit('enable', [{ change: 'enable', module }], options);
  }

  /**
   * Gives a module another configuration while it runs (design rule 14).
   * @param config all of it, as `initial` would be given it; plain data
   * @throws HitlessError as `upgrade`
   */
  configure(module: string, config: unknown, options: UpgradeOptions = {}): Promise<TransactionReport> {
    return this.#commit('configure', [{ change: 'configure', module, config }], options);
  }

  /** A copy of the configuration that a module was given last; undefined when it has none. */
  configOf(module: string): unknown {
    checkString('configOf', 'the module', module);
    return keptConfig(this.#kernel.beginnings.get(module)?.config);
  }

  /**
   * Carries the changes out as one transaction, all or nothing. Resolves when it is committed.
   * @throws HitlessError when it is refused and nothing was disturbed (`TRANSACTION_BUSY`, `MODULE_…`, `BUNDLE_…`,
   * `MANIFEST_INVALID`, `PROTOCOL_MISMATCH`, `STATE_NO_HANDLER` and others of `CODES`). An `AbortedError` with the
   * report, code `TRANSACTION_ABORTED`, when it was begun and everything was put back
   */
  upgrade(changes: readonly Change[], options: UpgradeOptions = {}): Promise<TransactionReport> {
    return this.#commit('upgrade', changes, options);
  }

  async #commit(call: Call, changes: readonly Change[], options: UpgradeOptions): Promise<TransactionReport> {
    const { origin, rest } = originOf(call, options, changes);
    const report = await this.#run(call, changes, origin, rest);
    if (report.outcome === 'committed') return report;
    throw new AbortedError(report);
  }

  /**
   * As `upgrade`, but an abort is a report and no error; with `retry`, it is the last attempt's.
   * @throws HitlessError when the command is refused: nothing was disturbed then
   */
  async run(
    changes: readonly Change[],
    origin: Partial<Origin> = {},
    options?: RunOptions,
  ): Promise<TransactionReport> {
    return this.#run('run', changes, completed('run', origin, changes), options);
  }

  async #run(
    call: Call,
    changes: readonly Change[],
    origin: Origin,
    options: RunOptions | undefined,
  ): Promise<TransactionReport> {
    if (this.#warms) await warm(() => new Runtime({ probation: false }, { guard: this.#kernel.guard }));
    return this.#upgrader.run(changes, origin, options, call);
  }

  /**
   * Goes through the transaction up to the point of no return, with copies, and undoes that. Changes nothing.
   * @throws HitlessError when `run` would refuse the command
   */
  async check(changes: readonly Change[], origin: Partial<Origin> = {}): Promise<CheckReport> {
    return this.#upgrader.check(changes, completed('check', origin, changes));
  }

  /**
   * Undoes the last committed transaction. A state that was adopted is handed back as it is, one that was carried over
   * goes back through the reverse handlers. An abort is a report and no error.
   * @param options `checkpoint`: where there is no reverse handler, take the state as it was at the swap
   * @throws HitlessError `NOTHING_TO_ROLL_BACK`, `STATE_NO_HANDLER`, `TRANSACTION_BUSY`, `STOPPED`
   */
  async rollback(options: RollbackOptions = {}): Promise<TransactionReport> {
    const { origin, rest } = originOf('rollback', options);
    return this.#upgrader.rollback(origin, rest);
  }

  /**
   * Confirms the transaction that is on probation: its versions stay, and are what the next start begins with.
   * @throws HitlessError `NOTHING_TO_CONFIRM`
   */
  async confirm(origin: Partial<Origin> = {}): Promise<TransactionReport> {
    return this.#upgrader.confirm(completed('confirm', origin));
  }

  /**
   * Gives up the retry that waits for its next attempt; returns whose it was.
   * @throws HitlessError `NOTHING_TO_CANCEL`
   */
  cancel(origin: Partial<Origin> = {}): { command: string } {
    return this.#upgrader.cancel(completed('cancel', origin));
  }

  /** The transaction on probation now. */
  get probation(): ProbationView | undefined {
    return this.#upgrader.probation;
  }

  /**
   * The preparation time of the next transaction, in ms, 1 to 3,600,000: the paper's `SetTimer`. Setting it may throw
   * a HitlessError `ARGUMENT_INVALID`.
   */
  get preparation(): number {
    return this.#upgrader.preparation;
  }

  set preparation(ms: number) {
    this.#upgrader.preparation = ms;
  }

  /** Reports of the last transactions, oldest first; the newest 1,000, steps of the newest 100. */
  get history(): readonly TransactionReport[] {
    return this.#upgrader.history.reports;
  }

  /** Faults on purpose, for tests and labs; none unless set. */
  get faults(): FaultPlan | undefined {
    return this.#upgrader.faults;
  }

  set faults(plan: FaultPlan | undefined) {
    this.#upgrader.faults = plan;
  }

  // --- messages, as the host

  /** Sends a message as the host. Never throws; `full` and `unknown` mean that it was not taken. */
  send(to: string, type: string, body?: unknown, version = 1): SendResult {
    return this.names.resolve(to)?.accept(this.#compose('message', type, version, body)) ?? 'unknown';
  }

  /**
   * A request of the host's; resolves with what the handler returned.
   * @param options `timeout` in ms, 5,000 unless told; `version` of the message, 1 unless told
   * @throws HitlessError `ASK_TIMEOUT`, `ASK_FULL`, `ASK_UNKNOWN`, `ASK_FAILED`, `ASK_UNDELIVERABLE`, or `STOPPED`
   */
  async ask<Result = unknown>(
    to: string,
    type: string,
    body?: unknown,
    options: { timeout?: number; version?: number } = {},
  ): Promise<Result> {
    checkOptions('ask', options, ['timeout', 'version']);
    const { timeout = DEFAULT_ASK_MS, version = 1 } = options;
    checkMs('ask', 'timeout', timeout, 0);
    if (this.stopped) throw stopped(`the host asks ${to} "${type}"`);
    const request = this.#compose('request', type, version, body);
    return askAsHost(this.#kernel, to, request, timeout) as Promise<Result>;
  }

  /** Publishes as the host, as a module's `publish` does; `version` of the event, 1 unless told. */
  publish(event: string, body?: unknown, options: PublishOptions & { version?: number } = {}): number {
    checkOptions('publish', options, ['retain', 'withdraw', 'version']);
    checkPublish(options);
    return this.events.publish(this.#compose('event', event, options.version ?? 1, body), options);
  }

  #compose(kind: Message['kind'], type: string, version: number, body: unknown): Message {
    return { kind, id: this.#kernel.nextId(), from: 'host', fromVersion: '', type, version, cause: 0, body };
  }

  /**
   * Opens a port and gives it to a module, for as long as its versions declare it. What it receives comes to the
   * handler of that name.
   * @throws HitlessError `MODULE_UNKNOWN`, and what the port's `open` throws
   */
  attach(module: string, port: string, key: string, driver: Port): void {
    this.#known(module, `to attach the port ${port} ${key} to`).attach(port, key, driver);
  }

  #known(module: string, what: string): ModuleProxy {
    const proxy = this.names.resolve(module);
    if (proxy !== undefined) return proxy;
    if (this.stopped) throw stopped(`the host wants ${what} ${module}`);
    throw new HitlessError('MODULE_UNKNOWN', `there is no module ${module} ${what}`, { module });
  }

  // --- what a console shows

  /** Each module with the views that its version has, by name. */
  views(): ModuleViews[] {
    return this.names.proxies().map(viewsOf);
  }

  /**
   * The rows that a module shows in a view: secrets hidden, long data cut, too many rows counted.
   * @param view of `views`, or one of the program's own
   * @param values by the names of what the view takes, and of one that follows `follower` and `after`
   * @param options `timeout` in ms, 5,000 unless told
   * @throws HitlessError `VIEW_INVALID` when it answers no rows, `MODULE_UNKNOWN`, and as `ask`
   */
  async rows(
    module: string,
    view: ManifestView,
    values: Readonly<Record<string, string | number>> = {},
    options: { timeout?: number } = {},
  ): Promise<Rows> {
    checkOptions('rows', options, ['timeout']);
    const { timeout = DEFAULT_ASK_MS } = options;
    checkMs('rows', 'timeout', timeout, 0);
    const proxy = this.#known(module, 'to show a view of');
    const { version, body } = requestOf(view, values, proxy.manifest);
    const request = this.#compose('request', view.request, version, body);
    return askForRows(this.#kernel, proxy, request, timeout);
  }

  /** Each module: version, service, counters, timers, ports. */
  modules(): ModuleView[] {
    return this.names.proxies().map((proxy) => proxy.view());
  }

  /** Each module's mailbox: what waits, and what was refused or dropped. */
  queues(): QueueView[] {
    return this.names.proxies().map((proxy) => proxy.queue());
  }

  /** Each name and the module that it leads to. */
  nameTable(): NameView[] {
    return this.names.view();
  }

  /** Each event with its publishers and subscribers. */
  eventTable(): EventView[] {
    return this.events.view(this.names.proxies());
  }

  /** Each bundle in the directories and in memory, by name and version. */
  versions(): VersionView[] {
    return this.repository.list();
  }

  /**
   * A module's state now, for people and JSON: secrets hidden, long data cut.
   * @throws HitlessError `MODULE_UNKNOWN`, `HOOK_CUT` when it has code of its own that does not return
   */
  state(module: string): StateView {
    const { version, manifest, state } = this.#known(module, 'to show the state of');
    const { version: stateVersion, secrets = [] } = manifest.state;
    const shown = this.#kernel.guard.look(module, 'state', () => redacted(state, secrets), SHOW_STATE_MS);
    return { module, version, stateVersion, state: shown };
  }

  /**
   * Writes a module's state and timers to a file, secrets included; `add` can start from it. The state is taken at an instant at
   * which the module is idle.
   * @throws HitlessError `MODULE_UNKNOWN`, `NOT_QUIESCENT`, `STATE_NOT_PLAIN`, `HOOK_CUT`, `CHECKPOINT_UNWRITABLE`
   */
  async checkpoint(module: string, file: string): Promise<CheckpointView> {
    const proxy = this.#known(module, 'to take a checkpoint of');
    return takeCheckpoint(this.#kernel, proxy, file, this.preparation);
  }

  // --- the log

  /** Writes a line to the log as the host. */
  log(level: LogLevel, text: string): void {
    this.#kernel.log({ level, text });
  }

  /**
   * Adds a listener to the log; call what it returns to remove it.
   * @param options `from`: how many records it does not want to hear. 0 is for all that are kept, the last 1,000. `logged`,
   * the default, is for those to come. Of those that are not kept any more it hears how many there were.
   */
  onLog(sink: LogSink, options: { from?: number } = {}): () => void {
    checkOptions('onLog', options, ['from']);
    const { from = this.logged } = options;
    checkType('onLog', 'from', from, 'number');
    return this.#log.listen(sink, from);
  }

  /** Records written to the log so far. */
  get logged(): number {
    return this.#log.count;
  }

  /** How code is ended that does not return: the native watch in every turn, or `vm` time-outs in transactions alone, and why so. */
  get guard(): { kind: 'native' | 'vm'; why: string } {
    const { everyTurn, why } = this.#kernel.guard;
    return { kind: everyTurn ? 'native' : 'vm', why };
  }

  /**
   * Takes an error that nobody caught, from `uncaughtException` or `unhandledRejection`. Where it leads to a module, it
   * is told, and the program may go on. It counts against the version in service if that threw it.
   * @returns the module's name; undefined when the error is none's
   */
  blame(error: unknown): string | undefined {
    return this.#lateErrors.blame(error);
  }

  /** Whether `stop` was called: no transaction is run any more. */
  get stopped(): boolean {
    return this.#kernel.stopped;
  }

  /**
   * Ends all modules, the last one first: each has its `stop`, together within 500 ms, then ports are closed and timers
   * cancelled. Nothing keeps the process alive afterwards.
   */
  stop(): void {
    if (this.#kernel.stopped) return;
    this.#kernel.stopped = true;
    this.#log.release();
    this.#upgrader.stop();
    endServices(this.#kernel, this.names.proxies().toReversed());
    for (const proxy of this.names.proxies()) {
      this.names.unbindAll(proxy);
      proxy.retire();
    }
    this.#kernel.requests.closeAll(new HitlessError('STOPPED', 'the runtime was stopped before it answered'));
    this.#kernel.timers.clear();
    this.repository.stop();
  }
}

function stopped(what: string): HitlessError {
  return new HitlessError('STOPPED', `${what}, but the runtime was stopped`);
}
