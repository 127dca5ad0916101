/**
 * A module's part in a transaction (paper 3.5.2, the slave): it prepares, votes, and commits or goes back. One
 * class for each kind of change; what they share is here. `steps.ts` has the order in which a transaction calls them, and
 * what undoes each.
 */

import { kindOf } from '../argument.ts';
import { now } from '../clock.ts';
import { HitlessError, reasonOf, shortened } from '../errors.ts';
import type { Entry } from '../message.ts';
import type { ModuleContext } from '../module/context.ts';
import { endService, STOP_MS } from '../module/ending.ts';
import type { Group } from '../module/group.ts';
import { hookMsOf } from '../module/hook-time.ts';
import type { Instance } from '../module/instance.ts';
import type { AnyManifest } from '../module/manifest.ts';
import type { StartReason, StopReason } from '../module/module.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { Snapshot } from '../state/state.ts';
import type { Transfer } from '../state/transfer.ts';
import { isLeftThenable } from '../thenable.ts';
import type { Bundle } from '../versions/bundle.ts';
import type { LoadedChange } from './change.ts';
import { type FaultHook, strike } from './faults.ts';
import type { ForcedMember, MemberReport, StateFate, TableFate } from './report.ts';
import { keptConfig } from './restarts.ts';
import type { Stage } from './stage.ts';

/** Cut handlers that a report tells of. */
const MOST_TOLD = 20;

export abstract class Participant {
  abstract readonly change: MemberReport['change'];
  readonly module: string;
  protected readonly stage: Stage;
  #quiescent = false;
  #servedAt = 0;
  #firstHandledAt: number | undefined;
  #buffered = 0;
  #highWater = 0;
  /** It was frozen by force. */
  forced: ForcedMember | undefined;
  /** How the change is undone, once it is committed. */
  undo: LoadedChange | undefined;

  constructor(module: string, stage: Stage) {
    this.module = module;
    this.stage = stage;
  }

  abstract get proxy(): ModuleProxy;

  /** The module that serves: in a check, `proxy` is its understudy. */
  get serving(): ModuleProxy {
    return this.stage.serving(this.proxy);
  }

  /** Versions before and after; empty where there is none. */
  abstract get from(): string;
  abstract get to(): string;
  /** The bundle that is current after the commit. */
  abstract get after(): Bundle | undefined;

  /** Names under which the module is found before and after, besides those that the host has bound. */
  get namesBefore(): readonly string[] {
    return [this.module];
  }

  get namesAfter(): readonly string[] {
    const { after } = this;
    return after === undefined ? [] : [this.module, ...(after.manifest.names ?? [])];
  }

  /** Messages given back to their senders. */
  get undelivered(): number {
    return 0;
  }

  /** The fate of the module's state. */
  get fate(): StateFate {
    return 'kept';
  }

  /** The state's Tables, for a check. */
  get tables(): TableFate[] {
    return [];
  }

  /** Names of those of a state's Tables whose rows would be carried over, for a check. */
  carriedTables(_state: unknown): readonly string[] {
    return [];
  }

  /** A consequence that is no problem and should be known before. */
  get warning(): string | undefined {
    return undefined;
  }

  /** Runs the new version's code on a throw-away instance, so that it is compiled before it serves (design rule 13). */
  async warmUp(): Promise<void> {}

  /** Opens what the change needs, while nothing is disturbed. Throws to refuse. */
  open(): void {}

  /** Undoes `open`, also where that threw in its middle. */
  close(): void {}

  /** Undoes what was made when the change was planned. */
  discard(): void {}

  /** Rows of tables to carry over while the old version serves. */
  get rowTransfer(): Transfer | undefined {
    return undefined;
  }

  /** True for a module that serves now and has to become quiescent. */
  get drains(): boolean {
    return this.proxy.service === 'service' || this.proxy.service === 'draining';
  }

  /** The manifest to judge the others by; undefined when the module will be gone. */
  get manifestAfter(): AnyManifest | undefined {
    return this.after?.manifest;
  }

  /** True for a module that is in service after the commit. */
  get servesAfter(): boolean {
    return true;
  }

  /** The successor that takes over work that was not begun, instead of draining it. */
  protected get successor(): AnyManifest | undefined {
    return undefined;
  }

  disable(group: Group): void {
    if (!this.drains) return;
    this.proxy.drain(group, this.successor);
    this.say(this.from, 'disable..');
  }

  /** Whether the module agrees to be frozen now; asked again at every attempt. */
  isQuiescent(): true | string {
    if (!this.drains) return true;
    const { serving } = this;
    if (!serving.idle) return serving.unfinished;
    const answer = this.#askQuiescent(serving);
    if (answer !== true) return answer;
    if (!this.#quiescent) {
      this.#quiescent = true;
      this.say(this.from, 'got TERM message');
      this.say(this.from, 'reach quiescent state..');
    }
    return true;
  }

  #askQuiescent(serving: ModuleProxy): true | string {
    const { instance } = serving;
    const before = this.stage.development ? new Snapshot(serving.state) : undefined;
    const answer: unknown = this.hook('isQuiescent', instance.context, () => {
      const said: unknown = instance.module.isQuiescent();
      return isLeftThenable(said) ? 'isQuiescent answered a promise; it must be synchronous' : said;
    });
    if (before?.matches(serving.state) === false) {
      serving.bind(instance, before.restore());
      throw new HitlessError('STATE_WRITTEN', `${this.module} ${this.from}: isQuiescent wrote the state`, {
        module: this.module,
      });
    }
    if (answer === true) return answer;
    if (typeof answer === 'string') return shortened(answer);
    return `isQuiescent answered neither true nor a reason, but ${kindOf(answer)}`;
  }

  /** Freezes it although it is not quiescent: what it was doing is cut, and it is not asked any more. */
  force(why: string): void {
    const { proxy, module } = this;
    const interrupted = proxy.cutOff();
    const told = interrupted.slice(0, MOST_TOLD);
    if (interrupted.length > MOST_TOLD) told[MOST_TOLD - 1] = `${interrupted.length - MOST_TOLD + 1} more`;
    this.forced = { module, why, interrupted: told };
    const what =
      told.length === 0 ? '' : `; cut in the middle: ${told.join(', ')}; its state may be half written`;
    proxy.log('warn', `frozen by force: ${why}${what}`);
    this.say(this.from, 'is frozen by force..');
  }

  /** Freezes, and gets everything ready that a switch needs. Throws to vote NO. */
  prepare(): void {
    this.proxy.freeze();
  }

  /** The module's own last word: `true` is YES. */
  vote(): true | string {
    const refusal = this.stage.faults.length === 0 || this.hook('vote', undefined, () => true as const);
    if (refusal === true) this.say(this.from || this.to, 'is prepared for a transaction..');
    return refusal;
  }

  /** The decision: assignments only. */
  abstract switch(): void;

  /** Starts what was switched in; its outputs are held. Throws to go back. */
  abstract start(): void;

  /** Applies the configuration that was planned; outputs are held. Throws to go back. */
  apply(): void {}

  /** Undoes `apply`. */
  unapply(): void {}

  /**
   * From here on there is no way back: first every member is `adopt`ed, then every member's outputs go out, then
   * every member serves. Each of the three is called again, if the guard cut the call before.
   */
  adopt(): void {
    this.#tally();
    if (this.#buffered > 0) {
      this.proxy.activity.onFirstHandled = (at) => {
        this.#firstHandledAt = at;
      };
    }
  }

  releaseOutputs(): void {
    const { context } = this.proxy.instance;
    if (context.mode !== 'live') context.mode = 'live';
    else context.release();
  }

  serve(): void {
    this.putInPlace();
    this.#servedAt = now();
  }

  /** In service, unless the change is to be out of it. */
  protected putInPlace(): void {
    this.proxy.serve();
  }

  /** Ends the service of what is to be out of it, once every other member serves: outside of the guard of the window. */
  end(): void {}

  /** It is told that the transaction is undone, before anything is. */
  abort(): void {
    this.#tally();
    this.say(this.from || this.to, 'abort transaction..');
  }

  /** Undoes `start`: what it wanted to send is dropped. */
  unstart(): void {}

  /** Undoes `switch`: assignments only. */
  switchBack(): void {}

  /** Undoes `prepare`. */
  thaw(): void {}

  /** Undoes `disable`: serves again, if it did. Also after a cut, which leaves the context as the hook had it. */
  resume(): void {
    const { proxy } = this;
    if (!proxy.retired) proxy.instance.context.mode = 'live';
    this.#servedAt = now();
  }

  /** Lets a version derive again from its state what an undone hook may have disturbed. */
  protected restart({ module, context }: Instance): void {
    const { guard } = this.stage.kernel;
    context.mode = 'held';
    let threw = false;
    const cut = guard.spend(hookMsOf(this.proxy.manifest, guard), () => {
      try {
        guard.call(this.module, 'start', () => module.start('rollback'));
      } catch (thrown) {
        threw = true;
        this.proxy.log('error', `start('rollback') threw ${reasonOf(thrown)}`);
      }
    });
    if (cut === undefined && !threw) context.settle();
    else context.dropUnsettled();
    context.mode = 'live';
    if (cut === undefined) return;
    this.proxy.activity.suspect = true;
    this.proxy.log('error', `start('rollback') did not return and was cut`);
  }

  /** Returns to their senders the messages that a module which ends has not handled; returns how many they were. */
  protected giveBack(left: readonly Entry[], why = 'was removed'): number {
    const { requests, names } = this.stage.kernel;
    let count = 0;
    for (const entry of left) {
      if (entry.kind !== 'message' && entry.kind !== 'request') continue;
      count++;
      if (entry.kind === 'message') {
        names.resolve(entry.from)?.takeBack(entry, this.module);
        continue;
      }
      const what = `"${entry.type}" of ${entry.from}`;
      const error = new HitlessError(
        'ASK_UNDELIVERABLE',
        `${this.module} ${why} before it could answer ${what}`,
        { module: this.module },
      );
      requests.close(entry.id, { error });
    }
    return count;
  }

  #tally(): void {
    this.#buffered = this.proxy.buffered;
    this.#highWater = this.proxy.highWater;
  }

  /** Keeps what an undo needs, and drops the rest of what was before. */
  cleanUp(): void {}

  get report(): MemberReport {
    const { disabledAt } = this.stage;
    const end = this.#firstHandledAt ?? this.#servedAt;
    return {
      module: this.module,
      change: this.change,
      from: this.from,
      to: this.to,
      blackout: disabledAt === undefined || this.#servedAt === 0 ? 0 : end - disabledAt,
      buffered: this.#buffered,
      highWater: this.#highWater,
      undelivered: this.undelivered,
    };
  }

  /** The module begins with this configuration, when it has to begin again. */
  protected keepConfig(config: unknown): void {
    this.stage.kernel.beginnings.set(this.module, { config: keptConfig(config), checkpoint: undefined });
  }

  protected say(version: string, text: string): void {
    this.stage.say(this.module, version, text);
  }

  /** Calls a hook: journalled for the guard, its outputs going nowhere, after a planned fault had its chance. */
  protected hook<T>(hook: FaultHook, context: ModuleContext | undefined, body: () => T): T | string {
    const { guard } = this.stage.kernel;
    const live = context?.mode === 'live';
    if (live) context.mode = 'void';
    try {
      return guard.call(this.module, hook, () => this.#strike(hook) ?? this.stage.play(this, hook, body));
    } finally {
      // Not reached when the call is cut.
      if (live) context.mode = 'live';
    }
  }

  #strike(hook: FaultHook): string | undefined {
    const { faults, disabledAt } = this.stage;
    if (faults.length === 0) return undefined;
    return strike(faults, this.module, hook, disabledAt === undefined ? 0 : now() - disabledAt);
  }

  /** Gives the module its last word. */
  protected endService(why: StopReason): void {
    this.say(this.from, 'stop..');
    const { faults, kernel } = this.stage;
    const planned = faults.some(({ module, hook }) => module === this.module && hook === 'stop');
    endService(this.proxy, kernel, why, STOP_MS, planned ? () => void this.#strike('stop') : undefined);
  }

  /** Starts a version with its outputs held. */
  protected startInstance(instance: Instance, why: StartReason): void {
    const refusal = this.hook('start', undefined, () => {
      instance.context.mode = 'held';
      const answer: unknown = instance.module.start(why);
      if (isLeftThenable(answer)) {
        throw new HitlessError(
          'HOOK_ASYNC',
          `${this.module}: start answered a promise; it must be synchronous`,
          {
            module: this.module,
          },
        );
      }
      instance.context.settle();
      return true;
    });
    if (refusal !== true)
      throw new HitlessError('REFUSED', `${this.module} ${refusal}`, { module: this.module });
  }
}
