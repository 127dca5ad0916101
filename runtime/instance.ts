/** One version of a module at work: its object, its context, and its handlers by input type. */
import type { Bundle } from './bundle.ts';
import { ModuleContext } from './context.ts';
import { HitlessError, reasonOf } from './errors.ts';
import { handledTypes, handlerName } from './manifest.ts';
import type { Entry } from './message.ts';
import type { Context, Module } from './module.ts';
import type { ModuleProxy } from './proxy.ts';

export type Handler = (entry: Entry) => unknown;

export interface Instance {
  readonly bundle: Bundle;
  readonly module: Module;
  readonly context: ModuleContext;
  readonly handlers: ReadonlyMap<string, Handler>;
}

/**
 * Makes an instance whose outputs go nowhere yet.
 * @throws HitlessError `HOOK_THREW` when its constructor throws.
 */
export function instantiate(bundle: Bundle, proxy: ModuleProxy): Instance {
  const { manifest } = bundle;
  const context = new ModuleContext(proxy, manifest.version, manifest.sends ?? {}, manifest.publishes ?? {});
  let module: Module;
  try {
    module = new bundle.Implementation();
  } catch (thrown) {
    throw new HitlessError('HOOK_THREW', `${bundle.ref}: its constructor threw ${reasonOf(thrown)}`, {
      module: manifest.name,
      cause: thrown,
    });
  }
  (module as { ctx: Context }).ctx = context;
  const methods = module as unknown as Record<string, Handler>;
  const handlers = new Map(
    handledTypes(manifest).map((type) => [type, methods[handlerName(type)]!.bind(module)] as const),
  );
  return { bundle, module, context, handlers };
}
