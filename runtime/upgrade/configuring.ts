/** Gives a module another configuration while it runs: the same version, the same state, changed as the module has planned. */
import type { ModuleProxy } from '../module/proxy.ts';
import { Configuration } from './configuration.ts';
import { SameVersion } from './same-version.ts';
import type { Stage } from './stage.ts';

export class Configuring extends SameVersion {
  readonly change = 'configure';
  readonly #configuration: Configuration;
  readonly #before: unknown;
  /** `apply` has run, and was undone. */
  #disturbed = false;

  /** @param before the configuration that it has */
  constructor(stage: Stage, proxy: ModuleProxy, config: unknown, before: unknown) {
    super(stage, proxy);
    this.#before = before;
    this.#configuration = new Configuration(config, (hook, body) =>
      this.hook(hook, hook === 'configure' ? proxy.instance.context : undefined, body),
    );
  }

  override open(): void {
    // An understudy has derived nothing from its state yet.
    if (this.serving !== this.proxy) this.startInstance(this.proxy.instance, 'resume');
  }

  override prepare(): void {
    super.prepare();
    this.#configuration.plan(this.proxy.instance, this.stage.written, true);
  }

  start(): void {}

  override apply(): void {
    this.say(this.to, 'apply configuration..');
    this.#disturbed = true;
    this.#configuration.apply(this.proxy.instance);
  }

  override unapply(): void {
    const { proxy } = this;
    proxy.instance.context.drop();
    if (!proxy.retired) proxy.bind(proxy.instance, this.#configuration.before());
  }

  override adopt(): void {
    super.adopt();
    this.keepConfig(this.#configuration.config);
    this.undo = { module: this.module, change: 'configure', config: this.#before };
  }

  override thaw(): void {
    const state = this.proxy.retired ? undefined : this.#configuration.spoilt(this.proxy.state);
    if (state !== undefined) this.proxy.bind(this.proxy.instance, state);
  }

  override resume(): void {
    super.resume();
    if (this.#disturbed && !this.proxy.retired) this.restart(this.proxy.instance);
    if (this.proxy.service !== 'service') this.proxy.serve();
    this.say(this.from, 'start..');
  }

  override cleanUp(): void {
    super.cleanUp();
    this.#configuration.drop();
    this.say(this.to, 'is configured..');
  }
}
