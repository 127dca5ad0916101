/** Replaces a module's version (paper 3.4.1): state adopted or carried over, references switched, old version dropped. */
import type { Bundle } from './bundle.ts';
import { HitlessError, reasonOf } from './errors.ts';
import { type Instance, instantiate } from './instance.ts';
import { Participant, type Stage } from './participant.ts';
import type { ModuleProxy } from './proxy.ts';
import { handlersBetween, notPlain, Snapshot, type StateHandler } from './state.ts';

export class Replacement extends Participant {
  readonly change = 'replace';
  readonly proxy: ModuleProxy;
  readonly #old: Instance;
  readonly #next: Instance;
  readonly #handlers: StateHandler[];
  #oldState: unknown;
  /** Development mode keeps a copy, to prove that nothing wrote the state and to restore it if something did. */
  #copy: Snapshot | undefined;
  #nextState: unknown;
  #switched = false;
  #started = false;

  /** @throws HitlessError when the new version cannot be made, or no handler carries the state over. */
  constructor(stage: Stage, proxy: ModuleProxy, bundle: Bundle) {
    super(proxy.name, stage);
    this.proxy = proxy;
    this.#old = proxy.instance;
    this.#handlers = handlersBetween(this.#old.bundle, bundle);
    this.#next = instantiate(bundle, proxy, stage.kernel.guard);
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

  override prepare(): void {
    super.prepare();
    const { store, development } = this.stage;
    this.#oldState = this.proxy.state;
    if (development) this.#copy = new Snapshot(this.#oldState);
    store.put(this.module, this.#old.bundle.manifest.state.version, this.#oldState);
    this.say(this.from, 'put state..');
    this.#nextState = this.#carry(store.get(this.module)!.state);
    this.#mustBeUnwritten('a state handler');
    const strange = this.proxy.misunderstood(this.#next.bundle.manifest)[0];
    if (strange !== undefined) {
      throw new HitlessError(
        'PROTOCOL_MISMATCH',
        `${this.module} ${this.to} would not understand "${strange.type}" version ${strange.version}, which waits in its mailbox from ${strange.from} ${strange.fromVersion}`.trim(),
        { module: this.module },
      );
    }
  }

  #carry(state: unknown): unknown {
    const carried = this.hook('state', this.#old.context, () => ({
      state: this.#handlers.reduce((value, { carry }) => carry(value), state),
    }));
    if (typeof carried === 'string')
      throw new HitlessError('REFUSED', `${this.module} ${carried}`, { module: this.module });
    if (this.#handlers.length > 0 && this.stage.development) {
      const wrong = notPlain(carried.state);
      if (wrong !== undefined)
        throw new HitlessError(
          'STATE_WRITTEN',
          `${this.module} ${this.to}: ${wrong}; state must be plain data`,
          { module: this.module },
        );
    }
    return carried.state;
  }

  switch(): void {
    this.say(this.from, 'commit replacement..');
    this.#switched = true;
    this.#old.context.mode = 'revoked';
    this.proxy.bind(this.#next, this.#nextState);
    this.say(this.to, 'get state..');
    this.say('', 'is hot swapped..');
  }

  start(): void {
    this.say(this.to, 'init..');
    this.#started = true;
    this.startInstance(this.#next, 'upgrade');
    this.#mustBeUnwritten('start');
    this.say(this.to, 'start..');
  }

  /** @throws HitlessError `STATE_WRITTEN`, in development mode. */
  #mustBeUnwritten(who: string): void {
    if (this.#copy?.matches(this.#oldState) !== false) return;
    throw new HitlessError(
      'STATE_WRITTEN',
      `${this.module}: ${who} of ${this.to} wrote the state of ${this.from}; until the swap is done it may only be read`,
      {
        module: this.module,
      },
    );
  }

  override adopt(): void {
    super.adopt();
    this.proxy.adoptManifest();
  }

  override goBack(): void {
    super.goBack();
    this.#next.context.mode = 'revoked';
    this.say(this.from, 'abort transaction..');
    // Also before the switch: a state handler may have written what it was given.
    const written = this.#copy?.matches(this.#oldState) === false;
    if (this.#switched || written)
      this.proxy.bind(this.#old, written ? this.#copy!.restore() : this.#oldState);
    // Also after a cut, which leaves the mode as the hook had it.
    if (!this.proxy.retired) this.#old.context.mode = 'live';
    this.say(this.from, 'wait to start');
  }

  override resume(): void {
    if (this.#started && !this.proxy.retired) this.#restart();
    if (this.proxy.service !== 'service') this.proxy.serve();
    this.say(this.from, 'start..');
    super.resume();
  }

  /** The new version's `start` may have disturbed what the old one derives: it rebuilds that. */
  #restart(): void {
    const { guard } = this.stage.kernel;
    const cut = guard.run(this.proxy.maxHandlerMs, () => {
      try {
        guard.call(this.module, 'start', () => this.#old.module.start('rollback'));
      } catch (thrown) {
        this.proxy.log('error', `start('rollback') threw ${reasonOf(thrown)}`);
      }
    });
    if (cut !== undefined) this.proxy.log('error', `start('rollback') did not return and was cut`);
  }

  override cleanUp(): void {
    super.cleanUp();
    this.say(this.from, 'is unloaded from memory..');
  }
}
