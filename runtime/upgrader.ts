/**
 * The software upgrader (paper 3.2.6): turns a command into a transaction, checks everything that can be
 * checked while nothing is disturbed, and keeps the history. One transaction runs at a time.
 */
import { Addition } from './addition.ts';
import { checkMs } from './argument.ts';
import type { Bundle } from './bundle.ts';
import { checkProtocols } from './compatibility.ts';
import { HitlessError } from './errors.ts';
import type { FaultPlan } from './faults.ts';
import type { Kernel } from './kernel.ts';
import type { Participant, Stage } from './participant.ts';
import type { ModuleProxy } from './proxy.ts';
import { Replacement } from './replacement.ts';
import type { TransactionReport } from './report.ts';
import type { VersionRepository } from './repository.ts';
import { Disabling, Enabling } from './service-change.ts';
import { Transaction } from './transaction.ts';

/** One module's change in a command; a bundle is given as `ip@2.0.0` or as a path. */
export type Change =
  | { change: 'replace'; module: string; bundle: string }
  | { change: 'add'; module: string; bundle: string; config?: unknown }
  | { change: 'enable' | 'disable'; module: string };

/** Who gave which command. */
export interface Origin {
  command: string;
  by: string;
}

export const DEFAULT_PREPARATION_MS = 2_000;
const LONGEST_PREPARATION_MS = 3_600_000;
/** Reports kept. */
const HISTORY = 1_000;

export class Upgrader {
  #preparation = DEFAULT_PREPARATION_MS;
  /** Set only in a lab or a test. */
  faults: FaultPlan | undefined;
  readonly history: TransactionReport[] = [];
  readonly #kernel: Kernel;
  readonly #repository: VersionRepository;
  readonly #development: boolean;
  #running: string | undefined;
  #count = 0;

  constructor(kernel: Kernel, repository: VersionRepository, development: boolean) {
    this.#kernel = kernel;
    this.#repository = repository;
    this.#development = development;
  }

  /** The preparation time of the next transaction, in ms: the paper's `SetTimer`. */
  get preparation(): number {
    return this.#preparation;
  }

  /** @throws HitlessError `ARGUMENT_INVALID` */
  set preparation(ms: number) {
    checkMs('settimer', 'the preparation time', ms, 1, LONGEST_PREPARATION_MS);
    this.#preparation = ms;
  }

  /**
   * Runs the changes as one transaction, all or nothing. An abort is a report, not an error.
   * @throws HitlessError when the command is refused: nothing was disturbed then.
   */
  async run(changes: readonly Change[], origin: Origin): Promise<TransactionReport> {
    this.#mustRun(origin);
    if (this.#running !== undefined) {
      throw new HitlessError(
        'TRANSACTION_BUSY',
        `"${this.#running}" is still running; try again when it is decided`,
      );
    }
    this.#running = origin.command;
    try {
      return await this.#transact(changes, origin);
    } finally {
      this.#running = undefined;
    }
  }

  async #transact(changes: readonly Change[], origin: Origin): Promise<TransactionReport> {
    if (changes.length === 0)
      throw new HitlessError('TRANSACTION_EMPTY', `"${origin.command}" names no module`);
    const twice = changes.find(
      ({ module }, i) => changes.findIndex((other) => other.module === module) !== i,
    );
    if (twice !== undefined)
      throw new HitlessError('TRANSACTION_EMPTY', `"${origin.command}" names ${twice.module} twice`, {
        module: twice.module,
      });
    if (changes.some(({ change }) => change !== 'add') && !this.#kernel.guard.prove()) {
      throw new HitlessError(
        'GUARD_UNPROVEN',
        'the self-test could not cut a loop that never yields, so no deadline could be kept; run without a real-time policy, or with a second CPU',
      );
    }
    const transaction = new Transaction({
      id: this.#count + 1,
      ...origin,
      kernel: this.#kernel,
      preparation: this.preparation,
      development: this.#development,
    });
    const members: Participant[] = [];
    for (const change of changes) members.push(await this.#participant(transaction, change));
    const manifests = new Map(this.#kernel.names.proxies().map((proxy) => [proxy.name, proxy.manifest]));
    for (const { module, manifestAfter } of members) {
      if (manifestAfter === undefined) manifests.delete(module);
      else manifests.set(module, manifestAfter);
    }
    checkProtocols(manifests, new Set(members.map(({ module }) => module)));
    this.#mustRun(origin);
    this.#count++;
    const report = await transaction.run(members, this.faults?.take() ?? [], () => {
      const changed = members.filter(({ change }) => change !== 'enable' && change !== 'disable');
      if (changed.length > 0)
        this.#repository.committed(changed.map(({ module, after }) => ({ module, bundle: after })));
    });
    this.history.push(report);
    if (this.history.length > HISTORY) this.history.shift();
    return report;
  }

  #mustRun({ command }: Origin): void {
    if (this.#kernel.stopped)
      throw new HitlessError('STOPPED', `"${command}" comes too late: the runtime was stopped`);
  }

  async #participant(stage: Stage, change: Change): Promise<Participant> {
    if (change.change === 'add') {
      if (this.#kernel.names.resolve(change.module) !== undefined) {
        throw new HitlessError(
          'MODULE_EXISTS',
          `there is a module ${change.module} already; replace it instead`,
          { module: change.module },
        );
      }
      return new Addition(stage, change.module, await this.#bundleFor(change), change.config);
    }
    const proxy = this.#known(change.module);
    if (change.change === 'replace') {
      if (proxy.service === 'disabled')
        throw new HitlessError('MODULE_DISABLED', `${proxy.name} is disabled; enable it first`, {
          module: proxy.name,
        });
      const bundle = await this.#bundleFor(change);
      if (bundle === proxy.instance.bundle)
        throw new HitlessError('TRANSACTION_EMPTY', `${proxy.name} runs ${bundle.ref} already`, {
          module: proxy.name,
        });
      return new Replacement(stage, proxy, bundle);
    }
    const disabled = proxy.service === 'disabled';
    if (disabled === (change.change === 'disable')) {
      throw new HitlessError(
        'TRANSACTION_EMPTY',
        `${proxy.name} is ${disabled ? 'disabled' : 'in service'} already`,
        { module: proxy.name },
      );
    }
    return disabled ? new Enabling(stage, proxy) : new Disabling(stage, proxy);
  }

  async #bundleFor({ module, bundle: ref }: { module: string; bundle: string }): Promise<Bundle> {
    const bundle = await this.#repository.acquire(ref);
    if (bundle.manifest.name !== module) {
      throw new HitlessError(
        'BUNDLE_MISMATCH',
        `${bundle.file} is a version of ${bundle.manifest.name}, not of ${module}`,
        { module },
      );
    }
    return bundle;
  }

  #known(name: string): ModuleProxy {
    const proxy = this.#kernel.names.resolve(name);
    if (proxy !== undefined) return proxy;
    const names = this.#kernel.names.proxies().map((known) => known.name);
    throw new HitlessError(
      'MODULE_UNKNOWN',
      `there is no module ${name}; there ${names.length === 1 ? 'is' : 'are'} ${names.join(', ') || 'none'}`,
    );
  }
}
