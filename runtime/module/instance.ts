/** One version of a module at work: its object, its context, and its handlers by input type. */

import { HitlessError, reasonOf, thrownOf } from '../errors.ts';
import { LastFound } from '../last-found.ts';
import type { Guard } from '../services/guard.ts';
import type { Bundle } from '../versions/bundle.ts';
import { ModuleContext } from './context.ts';
import type { Handler, Input, Inputs } from './handling.ts';
import { constructorMs, runHook } from './hook-time.ts';
import { handledTypes, handlerName } from './manifest.ts';
import type { Module } from './module.ts';
import type { Outlet } from './outlet.ts';

export interface Instance {
  readonly bundle: Bundle;
  readonly module: Module;
  readonly context: ModuleContext;
  readonly inputs: Inputs;
}

const HOOKS = ['initial', 'start', 'stop', 'isQuiescent', 'isHealthy'];

/** All that the method leaves to run later is known as the bundle's. */
function within(guard: Guard, bundle: Bundle, method: Handler): Handler {
  return (input) => guard.late.run(bundle, () => method(input));
}

/** Its hooks are called by many, who need not know of it. */
function keepOwner(module: Module, guard: Guard, bundle: Bundle): void {
  const methods = module as unknown as Record<string, Handler>;
  for (const hook of HOOKS)
    Object.defineProperty(module, hook, { value: within(guard, bundle, methods[hook]!.bind(module)) });
}

/**
 * Makes an instance whose outputs go nowhere yet.
 * @param limit of its constructor, in ms
 * @throws HitlessError `HOOK_THREW` or `HOOK_CUT` when its constructor throws or does not return.
 */
export function instantiate(
  bundle: Bundle,
  outlet: Outlet,
  guard: Guard,
  limit = constructorMs(guard),
): Instance {
  const { manifest } = bundle;
  const context = new ModuleContext(
    outlet,
    guard,
    manifest.version,
    manifest.sends ?? {},
    manifest.publishes ?? {},
  );
  const wrong = (code: 'HOOK_THREW' | 'HOOK_CUT', what: string, cause?: unknown) =>
    new HitlessError(code, `${bundle.ref}: its constructor ${what}`, { module: manifest.name, cause });
  let module: Module | undefined;
  let thrown: unknown;
  const cut = runHook(guard, limit, () => {
    try {
      module = bundle.goesOn
        ? guard.late.run(bundle, () => new bundle.Implementation())
        : new bundle.Implementation();
    } catch (error) {
      thrown = thrownOf(error);
    }
  });
  if (cut !== undefined) throw wrong('HOOK_CUT', `did not return within ${limit} ms`);
  if (thrown !== undefined) throw wrong('HOOK_THREW', `threw ${reasonOf(thrown)}`, thrown);
  if (!(module instanceof bundle.Implementation))
    throw wrong('HOOK_THREW', 'gave something else than an instance');
  // Own properties, whatever accessors the class may define: later they are only assigned to.
  try {
    if (bundle.goesOn) keepOwner(module, guard, bundle);
    Object.defineProperty(module, 'ctx', { value: context });
    Object.defineProperty(module, 'state', { value: undefined, writable: true });
    // V8 remembers what kind of value a new class keeps in a property, and is slow when that changes. It has seen
    // several kinds before the state is put there inside of the blackout.
    for (const value of [{}, [], undefined]) module.state = value;
  } catch (error) {
    throw wrong('HOOK_THREW', `left an instance that cannot be given its context: ${reasonOf(error)}`, error);
  }
  const methods = module as unknown as Record<string, Handler>;
  const handlerOf = (handler: Handler) => (bundle.goesOn ? within(guard, bundle, handler) : handler);
  const inputs = new LastFound(
    handledTypes(manifest).map((type): [string, Input] => [
      type,
      {
        handle: handlerOf(methods[handlerName(type)]!.bind(module)),
        messages: manifest.accepts[type] ?? [],
        events: manifest.subscribes[type] ?? [],
        last: undefined,
        isShort: false,
      },
    ]),
  );
  return { bundle, module, context, inputs };
}
