/** A version's way into service, gone on a throw-away instance with a copy of the state (for a dry run). */

import { now } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { type Instance, instantiate } from '../module/instance.ts';
import type { StartReason } from '../module/module.ts';
import { ModuleProxy } from '../module/proxy.ts';
import { hookMsOf, runHookSoon } from '../services/hook-time.ts';
import { mustBePlain, Snapshot } from '../state/state.ts';
import { ROW_MS, SLICE_MS } from '../state/table-migration.ts';
import type { Transfer } from '../state/transfer.ts';
import { isThenable } from '../thenable.ts';
import { turn } from '../turn.ts';
import type { Bundle } from '../versions/bundle.ts';
import type { Rehearsal, StateFate } from './report.ts';

export interface Way {
  /** Refuses what wrote the state, where a transaction would; otherwise that is a warning. */
  readonly development: boolean;
  readonly how: StateFate;
  readonly why: StartReason;
  /** Work that a swap does before the blackout. */
  readonly ahead?: Transfer | undefined;
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
  { how, why, ahead, carry, development }: Way,
): Promise<Rehearsal> {
  const { name, version } = bundle.manifest;
  const problems: string[] = [];
  const warnings: string[] = [];
  const told = (text: string) => `${name} ${version}: ${text}`;
  const problem = (text: string) => void problems.push(told(text));
  let step = 'carrying the state';
  const attempt = async (most: number, body: () => void) => {
    const cut = await runHookSoon(kernel.guard, most, () => {
      try {
        body();
      } catch (thrown) {
        problem(`${step} threw ${reasonOf(thrown)}`);
      }
    });
    if (cut !== undefined) problem(`HOOK_CUT: ${step} did not return within ${Math.round(most)} ms`);
  };
  // In slices, as in a swap: together they may take longer than its deadline.
  while (ahead !== undefined && ahead.left > 0 && problems.length === 0 && !kernel.stopped) {
    await turn();
    await attempt(ROW_MS, () => ahead.step(now() + SLICE_MS));
  }
  let work = 0;
  const rehearsal = (): Rehearsal => ({ how, tables: [], work, problems, warnings });
  /** What serves has its turn before each piece that may take long. */
  const over = async () => {
    await turn();
    return problems.length > 0 || kernel.stopped;
  };
  if (await over()) return rehearsal();
  const most = Math.min(limit, hookMsOf(bundle.manifest, kernel.guard));
  const timed = (body: () => void) => {
    const began = now();
    body();
    work += now() - began;
  };
  let made: { instance: Instance; state: unknown } | undefined;
  await attempt(most, () => {
    const proxy = new ModuleProxy(name, kernel, (outlet) => instantiate(bundle, outlet, kernel.guard));
    const { instance } = proxy;
    timed(() => {
      made = { instance, state: carry(instance) };
    });
  });
  if ((await over()) || made === undefined) return rehearsal();
  const { instance, state } = made;
  let before: Snapshot | undefined;
  // What the runtime does itself grows with the state.
  await attempt(limit, () => {
    mustBePlain(bundle, state, how === 'migrated' && !development ? 'members' : 'all', development);
    instance.module.state = state;
    before = why === 'cold' ? undefined : new Snapshot(state);
  });
  if (await over()) return rehearsal();
  step = 'start';
  let answer: unknown;
  await attempt(Math.max(1, most - work), () =>
    timed(() => {
      answer = instance.module.start(why);
    }),
  );
  if (isThenable(answer)) {
    answer.then(undefined, () => {});
    problem('HOOK_ASYNC: start answered a promise; it must be synchronous');
  }
  if (before?.matches(instance.module.state) === false) {
    const text = told('STATE_WRITTEN: start writes the state; it may only read it');
    (development ? problems : warnings).push(text);
  }
  return rehearsal();
}
