/**
 * Adds a module (paper 3.4, module creation): its names, subscriptions and timers take effect with the commit. It
 * starts with its first state, with a checkpoint's, or with what a removal that is undone had left.
 */

import { HitlessError } from '../errors.ts';
import type { Beginning } from '../kernel.ts';
import { FROM_NOTHING } from '../module/manifest-change.ts';
import type { Module, StartReason } from '../module/module.ts';
import { OpenedPorts } from '../module/opened-ports.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { wrongInitial } from '../state/made.ts';
import { type KeptState, mustBePlain } from '../state/state.ts';
import type { Bundle } from '../versions/bundle.ts';
import { sampleOf } from '../versions/sample.ts';
import { warmUp } from '../versions/warm-up.ts';
import type { Kept } from './change.ts';
import { Participant } from './participant.ts';
import type { StateFate } from './report.ts';
import { keptConfig } from './restarts.ts';
import type { Stage } from './stage.ts';

export class Addition extends Participant {
  readonly change = 'add';
  readonly proxy: ModuleProxy;
  readonly from = '';
  readonly after: Bundle;
  readonly #config: unknown;
  readonly #kept: Kept | undefined;
  /** The state that was kept. */
  readonly #state: KeptState | undefined;
  readonly #ports: OpenedPorts;
  /** Undefined for what comes back: it is begun again as it was before. */
  readonly #beginning: Beginning | undefined;

  constructor(stage: Stage, module: string, bundle: Bundle, config: unknown, kept?: Kept) {
    super(module, stage);
    this.after = bundle;
    this.#config = stage.lend(config);
    this.#kept = kept;
    this.#state = kept?.state;
    if (kept === undefined || config !== undefined)
      this.#beginning = { config: keptConfig(config), checkpoint: undefined };
    this.proxy = stage.create(bundle);
    this.#ports = new OpenedPorts(this.proxy);
  }

  get to(): string {
    return this.after.manifest.version;
  }

  override get namesBefore(): string[] {
    return [];
  }

  override get servesAfter(): boolean {
    return !this.#staysDisabled;
  }

  /** @throws HitlessError `STATE_KIND` when `initial` returns nothing that could be a state */
  #firstState(module: Module): unknown {
    const made = module.initial(this.#config);
    const wrong = wrongInitial(made);
    if (wrong === undefined) return made;
    throw new HitlessError('STATE_KIND', `${this.module} ${this.to}: initial ${wrong}`, {
      module: this.module,
    });
  }

  override get fate(): StateFate {
    return 'initial';
  }

  override async warmUp(): Promise<void> {
    const { kernel, stall } = this.stage;
    const state = this.#state;
    if (state !== undefined)
      await warmUp(this.after, { kernel, stall, state: () => sampleOf(state.restore()) });
  }

  override open(): void {
    const { config } = this.#beginning ?? this.stage.kernel.beginnings.get(this.module) ?? {};
    this.#ports.open(this.after.manifest, this.stage.hostPorts, config);
  }

  override close(): void {
    this.#ports.close();
  }

  override discard(): void {
    this.giveBack(this.proxy.retire().left);
  }

  override prepare(): void {
    super.prepare();
    const { instance } = this.proxy;
    const made = this.hook('state', undefined, () => ({
      state: this.#state === undefined ? this.#firstState(instance.module) : this.#state.restore(),
    }));
    if (typeof made === 'string')
      throw new HitlessError('REFUSED', `${this.module} ${made}`, { module: this.module });
    // The state that a removal left is adopted; a checkpoint's rows were looked at when they were read.
    const { development } = this.stage;
    const look = development || this.#state === undefined ? 'all' : 'tables';
    mustBePlain(this.after, made.state, look, development);
    this.proxy.bind(instance, made.state);
  }

  switch(): void {}

  get #why(): StartReason {
    return this.#kept === undefined ? 'cold' : 'resume';
  }

  /** Comes back disabled: `enable` starts it. */
  get #staysDisabled(): boolean {
    return this.#kept?.disabled === true;
  }

  start(): void {
    this.say(this.to, 'init..');
    if (this.#staysDisabled) return;
    this.startInstance(this.proxy.instance, this.#why);
    this.say(this.to, 'start..');
  }

  override adopt(): void {
    super.adopt();
    this.#ports.put();
    this.proxy.adoptManifest(FROM_NOTHING);
    this.proxy.rearm(this.#kept?.timers ?? []);
    if (this.#beginning !== undefined) this.stage.kernel.beginnings.set(this.module, this.#beginning);
    this.undo = { module: this.module, change: 'remove', force: true };
  }

  protected override putInPlace(): void {
    if (this.#staysDisabled) this.proxy.disable('as it was when it was removed; "enable" puts it in service');
    else super.putInPlace();
  }

  /** It never served. */
  override resume(): void {}
}
