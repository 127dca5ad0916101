/** A version's way into service, gone on a throw-away instance with a copy of the state (for a dry run). */

import { now } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { isThenable } from '../module/handling.ts';
import { type Instance, instantiate } from '../module/instance.ts';
import type { StartReason } from '../module/module.ts';
import { ModuleProxy } from '../module/proxy.ts';
import type { Migrating } from '../state/carriage.ts';
import { mustBePlain, Snapshot } from '../state/state.ts';
import { ROW_MS, SLICE_MS } from '../state/table-migration.ts';
import { turn } from '../turn.ts';
import type { Bundle } from '../versions/bundle.ts';
import type { CheckMember, Rehearsal } from './check.ts';

export interface Way {
  readonly how: CheckMember['how'];
  readonly why: StartReason;
  /** Work that a swap does before the blackout. */
  readonly ahead?: Migrating | undefined;
  /** Gives the state to start with. */
  readonly carry: (instance: Instance) => unknown;
}

/**
 * Makes an instance whose outputs go nowhere, gives it a state, and starts it.
 * @param limit ms after which it is cut
 */
export async function dryStart(
  bundle: Bundle,
  kernel: Kernel,
  limit: number,
  { how, why, ahead, carry }: Way,
): Promise<Rehearsal> {
  const { name, version } = bundle.manifest;
  const problems: string[] = [];
  const problem = (text: string) => void problems.push(`${name} ${version}: ${text}`);
  let step = 'carrying the state';
  const attempt = (most: number, body: () => void) => {
    const cut = kernel.guard.run(most, () => {
      try {
        body();
      } catch (thrown) {
        problem(`${step} threw ${reasonOf(thrown)}`);
      }
    });
    if (cut !== undefined) problem(`${step} did not return within ${most} ms`);
  };
  // In slices, as in a swap: together they may take longer than its deadline.
  while (ahead !== undefined && ahead.left > 0 && problems.length === 0 && !kernel.stopped) {
    await turn();
    attempt(ROW_MS, () => ahead.step(now() + SLICE_MS));
  }
  let work = 0;
  if (problems.length > 0 || kernel.stopped) return { how, tables: [], work, problems, warnings: [] };
  attempt(limit, () => {
    const proxy = new ModuleProxy(name, kernel, (itself) => instantiate(bundle, itself, kernel.guard));
    const { instance } = proxy;
    let began = now();
    const state = carry(instance);
    work = now() - began;
    mustBePlain(bundle, state, true);
    instance.module.state = state;
    const before = why === 'cold' ? undefined : new Snapshot(state);
    step = 'start';
    began = now();
    const answer: unknown = instance.module.start(why);
    work += now() - began;
    if (isThenable(answer)) {
      answer.then(undefined, () => {});
      problem('start answered a promise; it must be synchronous');
    }
    if (before?.matches(instance.module.state) === false)
      problem('start writes the state; it may only read it');
  });
  return { how, tables: [], work, problems, warnings: [] };
}
