/** A version's way into service, gone on a throw-away instance with a copy of the state (for a dry run). */
import type { Bundle } from './bundle.ts';
import type { CheckMember, Rehearsal } from './check.ts';
import { now } from './clock.ts';
import { reasonOf } from './errors.ts';
import { type Instance, instantiate } from './instance.ts';
import type { Kernel } from './kernel.ts';
import type { StartReason } from './module.ts';
import { ModuleProxy } from './proxy.ts';
import { mustBePlain, Snapshot } from './state.ts';

export interface Way {
  readonly how: CheckMember['how'];
  readonly why: StartReason;
  /** Work that a swap does before the blackout. */
  readonly ahead?: () => void;
  /** Gives the state to start with. */
  readonly carry: (instance: Instance) => unknown;
}

/**
 * Makes an instance whose outputs go nowhere, gives it a state, and starts it.
 * @param limit ms after which it is cut
 */
export function dryStart(
  bundle: Bundle,
  kernel: Kernel,
  limit: number,
  { how, why, ahead, carry }: Way,
): Rehearsal {
  const problems: string[] = [];
  let step = 'carrying the state';
  let began = 0;
  let work = 0;
  const cut = kernel.guard.run(limit, () => {
    try {
      const proxy = new ModuleProxy(bundle.manifest.name, kernel, (itself) =>
        instantiate(bundle, itself, kernel.guard),
      );
      const { instance } = proxy;
      ahead?.();
      began = now();
      const state = carry(instance);
      work = now() - began;
      mustBePlain(bundle, state, true);
      instance.module.state = state;
      const before = why === 'cold' ? undefined : new Snapshot(state);
      step = 'start';
      began = now();
      instance.module.start(why);
      work += now() - began;
      if (before?.matches(instance.module.state) === false)
        problems.push(
          `${bundle.manifest.name} ${bundle.manifest.version}: start writes the state; it may only read it`,
        );
    } catch (thrown) {
      problems.push(`${bundle.manifest.name} ${bundle.manifest.version}: ${step} threw ${reasonOf(thrown)}`);
    }
  });
  if (cut !== undefined)
    problems.push(
      `${bundle.manifest.name} ${bundle.manifest.version}: ${step} did not return within ${limit} ms`,
    );
  return { how, tables: [], work, problems, warnings: [] };
}
