/** Replaces a module's version (paper 3.4.1): state adopted or carried over, references switched, old version dropped. */

import { HitlessError } from '../errors.ts';
import { type Instance, instantiate } from '../module/instance.ts';
import type { AnyManifest } from '../module/manifest.ts';
import { changeBetween, type ManifestChange } from '../module/manifest-change.ts';
import type { TimerRecord } from '../module/module-timers.ts';
import { OpenedPorts } from '../module/opened-ports.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { mustBePlain, Snapshot } from '../state/state.ts';
import { Transfer } from '../state/transfer.ts';
import type { Bundle } from '../versions/bundle.ts';
import { sampleOf } from '../versions/sample.ts';
import { warmUp } from '../versions/warm-up.ts';
import type { Kept } from './change.ts';
import { Configuration, isConfigurable } from './configuration.ts';
import { Participant } from './participant.ts';
import type { StateFate, TableFate } from './report.ts';
import type { Stage } from './stage.ts';

export class Replacement extends Participant {
  readonly change = 'replace';
  readonly proxy: ModuleProxy;
  readonly #old: Instance;
  readonly #next: Instance;
  readonly #kept: Kept | undefined;
  /** Undefined when a state that was kept is taken. */
  readonly #transfer: Transfer | undefined;
  readonly #ports: OpenedPorts;
  readonly #change: ManifestChange;
  readonly #configuration: Configuration | undefined;
  /** The configuration of the old version. */
  readonly #before: unknown;
  #endedTimers: readonly TimerRecord[] = [];
  #oldState: unknown;
  /** Where somebody looks: a copy, to prove that nothing wrote the state and to restore it if something did. */
  #copy: Snapshot | undefined;
  #nextState: unknown;
  #undelivered = 0;
  /** The new version's `start` has run, and was undone. */
  #disturbed = false;

  /** @throws HitlessError when the new version cannot be made, or no handler carries the state over. */
  constructor(stage: Stage, proxy: ModuleProxy, bundle: Bundle, kept?: Kept, config?: unknown) {
    super(proxy.name, stage);
    this.proxy = proxy;
    this.#old = proxy.instance;
    this.#kept = kept;
    if (kept?.state === undefined) this.#transfer = new Transfer(this.#old.bundle, bundle, stage.written);
    this.#next = instantiate(bundle, proxy.outlet, stage.kernel.guard);
    this.#ports = new OpenedPorts(proxy);
    this.#change = changeBetween(this.#old.bundle.manifest, bundle.manifest);
    this.#before = stage.kernel.beginnings.get(proxy.name)?.config;
    if (config !== undefined)
      this.#configuration = new Configuration(config, (hook, body) => this.hook(hook, undefined, body));
  }

  get from(): string {
    return this.#old.bundle.manifest.version;
  }

  get to(): string {
    return this.#next.bundle.manifest.version;
  }

  get after(): Bundle {
    return this.#next.bundle;
  }

  override get namesBefore(): string[] {
    return [this.module, ...(this.#old.bundle.manifest.names ?? [])];
  }

  override get fate(): StateFate {
    return this.#transfer?.adopts === true ? 'adopted' : 'migrated';
  }

  override get tables(): TableFate[] {
    return this.#transfer?.tables(this.#old.module.state) ?? [];
  }

  override carriedTables(state: unknown): readonly string[] {
    return this.#transfer?.carriedTables(state) ?? [];
  }

  override open(): void {
    const { config } = this.#configuration ?? { config: this.#before };
    this.#ports.open(this.after.manifest, this.stage.hostPorts, config);
    this.#transfer?.begin(this.proxy.state);
    this.#nextState = this.#kept?.state?.restore();
  }

  override close(): void {
    this.#ports.close();
    this.#transfer?.abandon();
  }

  override discard(): void {
    this.#next.context.mode = 'revoked';
  }

  override async warmUp(): Promise<void> {
    const { kernel, stall } = this.stage;
    const samples = new Map(
      [...this.#old.inputs].flatMap(([type, { last }]) => (last ? [[type, last]] : [])),
    );
    const state = () => {
      const sample = sampleOf(this.proxy.state);
      return this.#transfer === undefined ? sample : this.#transfer.ofSample(sample);
    };
    await warmUp(this.after, { kernel, state, samples, stall });
  }

  protected override get successor(): AnyManifest | undefined {
    return this.#kept === undefined ? undefined : this.after.manifest;
  }

  override get rowTransfer(): Transfer | undefined {
    return this.#transfer?.migrates === true ? this.#transfer : undefined;
  }

  override prepare(): void {
    super.prepare();
    const { development, written } = this.stage;
    this.#oldState = this.proxy.state;
    if (development) mustBePlain(this.#old.bundle, this.#oldState, 'all', true);
    if (written !== undefined) this.#copy = new Snapshot(this.#oldState);
    this.say(this.from, 'put state..');
    this.#nextState = this.#carry();
    this.#mustBeUnwritten('a state handler');
    this.#planConfiguration();
    // By force it goes on without them: they go back once it is decided.
    if (!this.#change.understandsLess || this.forced !== undefined) return;
    const strange = this.proxy.misunderstood(this.#next.bundle.manifest)[0];
    if (strange !== undefined) {
      throw new HitlessError(
        'PROTOCOL_MISMATCH',
        `${this.module} ${this.to} would not understand "${strange.type}" version ${strange.version}, which waits in its mailbox from ${strange.from} ${strange.fromVersion}`.trim(),
        { module: this.module },
      );
    }
  }

  #planConfiguration(): void {
    const configuration = this.#configuration;
    if (configuration === undefined || !this.#configures) return;
    this.#next.module.state = this.#nextState;
    configuration.plan(this.#next, this.stage.written, this.#nextState === this.#oldState);
  }

  /** On the way back a version without `configure` goes on with what is in its state. */
  get #configures(): boolean {
    return this.#kept === undefined || (this.#kept.state === undefined && isConfigurable(this.#next));
  }

  #carry(): unknown {
    const transfer = this.#transfer;
    if (transfer?.adopts === true && this.stage.faults.length === 0) return this.#oldState;
    const carried = this.hook('state', this.#old.context, () => ({
      state: transfer === undefined ? this.#nextState : transfer.carry(this.#oldState),
    }));
    if (typeof carried === 'string')
      throw new HitlessError('REFUSED', `${this.module} ${carried}`, { module: this.module });
    const { development } = this.stage;
    if (transfer?.adopts !== true)
      mustBePlain(this.after, carried.state, development ? 'all' : 'tables', development);
    return carried.state;
  }

  switch(): void {
    this.say(this.from, 'commit replacement..');
    this.#old.context.mode = 'revoked';
    this.#transfer?.flip();
    this.proxy.bind(this.#next, this.#nextState);
    this.say(this.to, 'get state..');
    this.say('', 'is hot swapped..');
  }

  start(): void {
    this.say(this.to, 'init..');
    this.startInstance(this.#next, this.#kept === undefined ? 'upgrade' : 'rollback');
    this.#mustBeUnwritten('start');
    this.say(this.to, 'start..');
  }

  override apply(): void {
    if (this.#configuration === undefined || !this.#configures) return;
    this.say(this.to, 'apply configuration..');
    this.#configuration.apply(this.#next);
  }

  override unapply(): void {
    const before = this.#configuration?.before();
    if (before !== undefined) this.#oldState = before;
  }

  /** True also where nobody looks. */
  get #unwritten(): boolean {
    return this.#copy?.matches(this.#oldState, (table) => this.#transfer?.oldRows(table) ?? table) !== false;
  }

  /** @throws HitlessError `STATE_WRITTEN`, in development mode. */
  #mustBeUnwritten(who: string): void {
    if (this.#unwritten) return;
    this.stage.written?.(
      new HitlessError(
        'STATE_WRITTEN',
        `${this.module}: ${who} of ${this.to} wrote the state of ${this.from}; until the swap is done it may only be read`,
        { module: this.module },
      ),
    );
  }

  override get undelivered(): number {
    return this.#undelivered;
  }

  override adopt(): void {
    super.adopt();
    if (this.forced !== undefined)
      this.#undelivered += this.giveBack(this.proxy.takeMisunderstood(), 'was replaced by force');
    this.#ports.put();
    this.#endedTimers = this.proxy.adoptManifest(this.#change);
    if (this.#kept !== undefined) this.proxy.rearm(this.#kept.timers);
    if (this.#configuration !== undefined) this.#adoptConfiguration(this.#configuration);
  }

  #adoptConfiguration({ config }: Configuration): void {
    this.keepConfig(config);
    if (!this.#configures && this.#kept?.state === undefined)
      this.proxy.log('warn', 'cannot be configured while it runs, and goes on with what is in its state');
  }

  override end(): void {
    if (!this.proxy.retired) this.proxy.closeUnsaid();
  }

  override abort(): void {
    super.abort();
    this.say(this.from, 'wait to start');
  }

  override unstart(): void {
    this.#next.context.mode = 'revoked';
    this.#disturbed = true;
  }

  override switchBack(): void {
    this.#transfer?.unflip();
    this.proxy.bind(this.#old, this.#oldState);
  }

  /** A state handler, or `start`, may have written what it was given. */
  override thaw(): void {
    if (!this.proxy.retired && !this.#unwritten) this.proxy.bind(this.#old, this.#copy!.restore());
  }

  override resume(): void {
    super.resume();
    if (this.#disturbed && !this.proxy.retired) this.restart(this.#old);
    if (this.proxy.service !== 'service') this.proxy.serve();
    this.say(this.from, 'start..');
  }

  override cleanUp(): void {
    super.cleanUp();
    const { module } = this;
    const state = this.#transfer?.kept(this.#oldState);
    if (state !== undefined) this.stage.store.put(state);
    const kept = { state, timers: this.#endedTimers, disabled: false };
    const config = this.#configuration === undefined ? {} : { config: this.#before };
    this.undo = { module, change: 'replace', bundle: this.#old.bundle, force: true, kept, ...config };
    this.#configuration?.drop();
    for (const [type, { last }] of this.#old.inputs) {
      const input = this.#next.inputs.get(type);
      if (input !== undefined) input.last ??= last;
    }
    this.say(this.from, 'is unloaded from memory..');
  }
}
