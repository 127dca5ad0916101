/**
 * The end of a module's service: its `stop` runs under a guard of its own, and its outputs go out. Whatever the hook
 * does, the service ends: a hook that fails is told, and hinders nothing.
 */
import { now } from '../clock.ts';
import { reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import { isLeftThenable } from '../thenable.ts';
import { isSteps } from './handling.ts';
import { cpuNow } from './hook-time.ts';
import { Module, type StopReason } from './module.ts';
import type { ModuleProxy } from './proxy.ts';

/** Time for one `stop`, in ms: the event loop waits for it, whatever time the transaction was granted. */
export const STOP_MS = 100;
/** CPU time that all of them may take together when the runtime ends, in ms: a machine that is busy skips nobody. */
export const STOP_ALL_MS = 500;

/**
 * Calls the module's `stop`, while its ports are open and its names lead nowhere else.
 * @param limit of the hook, in ms
 * @param before runs under the guard just before the hook: a fault on purpose
 */
export function endService(
  proxy: ModuleProxy,
  { guard }: Kernel,
  why: StopReason,
  limit = STOP_MS,
  before?: () => void,
): void {
  const { module, context } = proxy.instance;
  // Most modules leave it to the base class: entering the guard costs more than that.
  if (module.stop === Module.prototype.stop && before === undefined) return;
  const tell = (what: string) => proxy.log('error', `stop('${why}') ${what}`);
  if (proxy.activity.running) {
    tell('was not called: a handler is in the middle of its work');
    return;
  }
  let returned = false;
  context.mode = 'held';
  const cut = guard.spend(limit, () => {
    try {
      const answer = guard.call(proxy.name, 'stop', () => {
        before?.();
        return module.stop(why) as unknown;
      });
      returned = true;
      if (isLeftThenable(answer)) {
        tell('answered a promise; it must be synchronous, what it does later is not waited for');
      } else if (isSteps(answer)) {
        tell('is a generator, which nothing runs; it must be a plain method');
      }
    } catch (thrown) {
      tell(`threw ${reasonOf(thrown)}; what it put out was dropped`);
    }
  });
  if (returned) context.settle();
  else context.dropUnsettled();
  context.mode = 'live';
  if (cut === undefined || returned) return;
  proxy.activity.suspect = true;
  tell(`did not return within ${limit} ms and was cut; what it put out was dropped`);
}

/** Ends the service of every module that is in service, in this order, within a bounded time. */
export function endServices(kernel: Kernel, proxies: readonly ModuleProxy[]): void {
  // Each is bounded by the same clock.
  const time = kernel.guard.everyTurn ? cpuNow : now;
  const until = time() + STOP_ALL_MS;
  for (const proxy of proxies) {
    if (!proxy.serving) continue;
    const left = until - time();
    if (left >= 1) endService(proxy, kernel, 'shutdown', Math.min(STOP_MS, left));
    else if (proxy.instance.module.stop !== Module.prototype.stop)
      proxy.log(
        'error',
        `stop('shutdown') was not called: the ones before it took ${STOP_ALL_MS} ms together`,
      );
  }
}
