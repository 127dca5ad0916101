/**
 * A new configuration for one version (design rule 14). First the version says what it would change and only reads, then,
 * after the decision, it changes it. Until its outputs are released its state can be put back as it was.
 */
import { HitlessError, shortened } from '../errors.ts';
import type { Instance } from '../module/instance.ts';
import { Module } from '../module/module.ts';
import type { Written } from '../state/handler-chain.ts';
import { RestorePoint } from '../state/restore-point.ts';
import { Snapshot } from '../state/state.ts';
import { isLeftThenable } from '../thenable.ts';
import type { Bundle } from '../versions/bundle.ts';
import { keptConfig } from './restarts.ts';

/** Calls a hook under its journal; a string is a refusal that somebody has planned. */
export type CallHook = <T>(hook: 'configure' | 'apply', body: () => T) => T | string;

export class Configuration {
  readonly config: unknown;
  readonly #call: CallHook;
  #plan: unknown;
  #point: RestorePoint | undefined;
  #snapshot: Snapshot | undefined;

  /** @param config plain data */
  constructor(config: unknown, call: CallHook) {
    this.config = config;
    this.#call = call;
  }

  /**
   * Asks what would change, of an instance that has its state.
   * @param written told when the answer has changed the state; undefined where nobody looks
   * @param own the state is the one that serves, and must be there again if nothing comes of this
   * @throws HitlessError `CONFIG_REFUSED` with the version's reason, `HOOK_ASYNC`, `STATE_NOT_PLAIN`
   */
  plan({ module, bundle }: Instance, written: Written | undefined, own: boolean): void {
    this.#snapshot = written === undefined ? undefined : new Snapshot(module.state);
    if (own) this.#point = new RestorePoint(bundle, module.state);
    const asked = this.#call('configure', () => ({ plan: module.configure(keptConfig(this.config)) }));
    if (typeof asked === 'string') throw refused(bundle, asked);
    const { plan } = asked;
    if (this.#snapshot?.matches(module.state) === false)
      written!(
        new HitlessError('STATE_WRITTEN', `${bundle.ref}: configure wrote the state; it may only read it`, {
          module: bundle.manifest.name,
        }),
      );
    if (isLeftThenable(plan)) throw promised(bundle, 'configure');
    if (typeof plan === 'string') throw refused(bundle, shortened(plan));
    this.#plan = plan;
  }

  /** Changes the state as planned; outputs are held. Throws to go back. */
  apply({ module, bundle, context }: Instance): void {
    this.#point?.begin();
    const refusal = this.#call('apply', () => {
      context.mode = 'held';
      const answer: unknown = module.apply(this.#plan);
      if (isLeftThenable(answer)) throw promised(bundle, 'apply');
      context.settle();
      return true;
    });
    if (refusal !== true) throw refused(bundle, String(refusal));
  }

  /** The state as it was before `plan`; undefined where it need not be there again. */
  before(): unknown {
    return this.#point?.restore();
  }

  /** The state as it was, if `configure` has written it; undefined also where nobody looks. */
  spoilt(state: unknown): unknown {
    return this.#snapshot?.matches(state) === false ? this.#snapshot.restore() : undefined;
  }

  drop(): void {
    this.#point?.drop();
  }
}

/** Whether a version can be configured while it runs. */
export function isConfigurable(instance: Instance): boolean {
  return instance.module.configure !== Module.prototype.configure;
}

function refused({ ref, manifest }: Bundle, reason: string): HitlessError {
  return new HitlessError('CONFIG_REFUSED', `${ref}: ${reason}`, { module: manifest.name });
}

function promised({ ref, manifest }: Bundle, hook: string): HitlessError {
  return new HitlessError('HOOK_ASYNC', `${ref}: ${hook} answered a promise; it must be synchronous`, {
    module: manifest.name,
  });
}
