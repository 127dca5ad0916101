/** Adds a module (paper 3.4, module creation): its name, subscriptions and timers take effect with the commit. */
import type { Bundle } from './bundle.ts';
import { HitlessError } from './errors.ts';
import { instantiate } from './instance.ts';
import { Participant, type Stage } from './participant.ts';
import { notPlain } from './plain.ts';
import { ModuleProxy } from './proxy.ts';

export class Addition extends Participant {
  readonly change = 'add';
  readonly proxy: ModuleProxy;
  readonly from = '';
  readonly after: Bundle;
  readonly #config: unknown;

  constructor(stage: Stage, module: string, bundle: Bundle, config: unknown) {
    super(module, stage);
    this.after = bundle;
    this.#config = config;
    this.proxy = new ModuleProxy(module, stage.kernel, (proxy) =>
      instantiate(bundle, proxy, stage.kernel.guard),
    );
  }

  get to(): string {
    return this.after.manifest.version;
  }

  override prepare(): void {
    super.prepare();
    if (this.stage.kernel.names.resolve(this.module) !== undefined) {
      throw new HitlessError('MODULE_EXISTS', `the name ${this.module} was bound meanwhile`, {
        module: this.module,
      });
    }
    const { instance } = this.proxy;
    const made = this.hook('state', undefined, () => ({ state: instance.module.initial(this.#config) }));
    if (typeof made === 'string')
      throw new HitlessError('REFUSED', `${this.module} ${made}`, { module: this.module });
    const wrong = this.stage.development
      ? notPlain(made.state, 'state', Object.keys(this.after.manifest.state.tables))
      : undefined;
    if (wrong !== undefined)
      throw new HitlessError(
        'STATE_NOT_PLAIN',
        `${this.module} ${this.to}: ${wrong}; state must be plain data`,
        { module: this.module },
      );
    this.proxy.bind(instance, made.state);
  }

  switch(): void {
    this.stage.kernel.names.bind(this.module, this.proxy);
  }

  start(): void {
    this.say(this.to, 'init..');
    this.startInstance(this.proxy.instance, 'cold');
    this.say(this.to, 'start..');
  }

  override adopt(): void {
    super.adopt();
    this.proxy.adoptManifest();
  }

  override goBack(): void {
    super.goBack();
    this.stage.kernel.names.unbindAll(this.proxy);
    this.proxy.retire();
    this.say(this.to, 'abort transaction..');
  }
}
