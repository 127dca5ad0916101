/**
 * Begins a module again after a fault, whose manifest says `onFault: 'restart'`. It is a new instance of the same version, with
 * the state of its last checkpoint or its first one. Mailbox, ports and subscriptions stay; timers and what its handlers
 * had begun end.
 */
import { HitlessError, reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { hookMsOf, runHook } from '../module/hook-time.ts';
import { type Instance, instantiate } from '../module/instance.ts';
import type { StartReason } from '../module/module.ts';
import type { TimerRecord } from '../module/module-timers.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { readCheckpoint } from '../state/checkpoint.ts';
import { copyOf } from '../state/copy.ts';
import { transferTo } from '../state/handler-chain.ts';
import { wrongInitial } from '../state/made.ts';
import { mustBePlain } from '../state/state.ts';
import { isLeftThenable } from '../thenable.ts';

/** How often it looks whether a transaction is over, in ms. */
const BUSY_MS = 20;

/** A state to begin again with. */
interface First {
  readonly state: (instance: Instance) => unknown;
  readonly timers: readonly TimerRecord[];
  readonly why: StartReason;
  /** In words. */
  readonly from: string;
}

export class Restarts {
  readonly #kernel: Kernel<ModuleProxy>;
  readonly #development: boolean;
  readonly #busy: () => boolean;
  readonly #failed: (proxy: ModuleProxy, why: string) => void;
  readonly #waiting = new Set<ModuleProxy>();

  /**
   * @param busy whether a transaction runs: it may hold the module
   * @param failed called when the module could not be begun again
   */
  constructor(
    kernel: Kernel<ModuleProxy>,
    development: boolean,
    busy: () => boolean,
    failed: (proxy: ModuleProxy, why: string) => void,
  ) {
    this.#kernel = kernel;
    this.#development = development;
    this.#busy = busy;
    this.#failed = failed;
  }

  /** At once where that is possible, for what waits in the mailbox is for the new instance. */
  begin(proxy: ModuleProxy, why: string): void {
    if (this.#waiting.has(proxy)) return;
    const { checkpoint, config } = this.#kernel.beginnings.get(proxy.name) ?? {};
    if (checkpoint === undefined && !this.#busy()) this.#restart(proxy, why, fromInitial(config));
    else void this.#beginLater(proxy, why);
  }

  async #beginLater(proxy: ModuleProxy, why: string): Promise<void> {
    this.#waiting.add(proxy);
    const { instance } = proxy;
    try {
      // A member of a transaction goes on with what that decides.
      while (this.#busy() && !this.#kernel.stopped) await pause();
      if (!this.#mayRestart(proxy, instance)) return;
      proxy.disable(`being begun again after ${why}`);
      const first = await this.#kept(proxy);
      await this.#kernel.guard.soon(() => {
        if (proxy.service === 'disabled') proxy.serve();
        if (this.#mayRestart(proxy, instance)) this.#restart(proxy, why, first);
      });
    } finally {
      this.#waiting.delete(proxy);
    }
  }

  #mayRestart(proxy: ModuleProxy, instance: Instance): boolean {
    return (
      !this.#kernel.stopped && !proxy.retired && proxy.instance === instance && proxy.service === 'service'
    );
  }

  /** The last checkpoint; what cannot be read is told, and the first state it is. */
  async #kept(proxy: ModuleProxy): Promise<First> {
    const { checkpoint, config } = this.#kernel.beginnings.get(proxy.name) ?? {};
    if (checkpoint === undefined) return fromInitial(config);
    try {
      const { state, stateVersion, timers } = await readCheckpoint(checkpoint, proxy.name);
      const kept = { version: stateVersion, state, from: checkpoint };
      const declared = timers.filter(({ type }) => proxy.manifest.timers.includes(type));
      return {
        state: ({ bundle }) =>
          transferTo(bundle, kept, this.#kernel.guard, hookMsOf(bundle.manifest, this.#kernel.guard)),
        timers: declared.map(({ left, ...rest }) => ({ ...rest, due: this.#kernel.clock.now() + left })),
        why: 'resume',
        from: checkpoint,
      };
    } catch (thrown) {
      proxy.log('warn', `it is begun again without its checkpoint: ${reasonOf(thrown)}`);
      return fromInitial(config);
    }
  }

  #restart(proxy: ModuleProxy, why: string, first: First): void {
    try {
      const made = this.#make(proxy, first);
      proxy.beginAgain(made.instance, made.state);
      proxy.rearm(first.timers);
      this.#run(proxy, 'start', () => start(made.instance, first.why));
    } catch (thrown) {
      proxy.instance.context.drop();
      this.#failed(proxy, `${why}, and it could not be begun again: ${reasonOf(thrown)}`);
      return;
    }
    proxy.instance.context.mode = 'live';
    proxy.closeUnsaid();
    proxy.serve();
    proxy.log('warn', `begun again from ${first.from}, for ${why}`);
  }

  #make(proxy: ModuleProxy, first: First): { instance: Instance; state: unknown } {
    const { bundle } = proxy.instance;
    const instance = instantiate(bundle, proxy.outlet, this.#kernel.guard);
    let state: unknown;
    this.#run(proxy, 'initial', () => {
      state = first.state(instance);
      mustBePlain(bundle, state, 'all', this.#development);
    });
    return { instance, state };
  }

  /** Runs a hook under the guard. Throws what it throws, or `HOOK_CUT`. */
  #run(proxy: ModuleProxy, hook: string, body: () => void): void {
    const { guard } = this.#kernel;
    const limit = hookMsOf(proxy.manifest, guard);
    const cut = runHook(guard, limit, () => guard.call(proxy.name, hook, body));
    if (cut !== undefined) throw new HitlessError('HOOK_CUT', `${hook} did not return within ${limit} ms`);
  }
}

function start({ context, module }: Instance, why: StartReason): void {
  context.mode = 'held';
  const answer: unknown = module.start(why);
  if (isLeftThenable(answer))
    throw new HitlessError('HOOK_ASYNC', 'start answered a promise; it must be synchronous');
  context.settle();
}

/** A copy of what `initial` is given, for a module may work on it. What is not plain data stays as it is. */
export function keptConfig(config: unknown): unknown {
  try {
    return copyOf(config);
  } catch {
    return config;
  }
}

function fromInitial(config: unknown): First {
  return {
    state: ({ module, bundle }) => {
      const made = module.initial(keptConfig(config));
      const wrong = wrongInitial(made);
      if (wrong === undefined) return made;
      throw new HitlessError('STATE_KIND', `${bundle.ref}: initial ${wrong}`);
    },
    timers: [],
    why: 'cold',
    from: 'its first state',
  };
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, BUSY_MS).unref());
}
