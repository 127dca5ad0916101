/**
 * A throw-away module, the one kind that there is. It plays the part of a module that serves, or of one that is not there yet,
 * and lets nothing out. `check` goes through a transaction with understudies, and a new version is warmed up on one.
 */
import type { Kernel } from '../kernel.ts';
import type { Message, SendResult } from '../message.ts';
import type { PublishOptions } from '../services/events.ts';
import type { Guard } from '../services/guard.ts';
import type { Addressee } from '../services/names.ts';
import type { Bundle } from '../versions/bundle.ts';
import { ModuleContext } from './context.ts';
import type { Inlet } from './inlet.ts';
import { type Instance, instantiate } from './instance.ts';
import { Module } from './module.ts';
import { Outlet } from './outlet.ts';
import type { PortFailure, PortResult } from './port.ts';
import { ModuleProxy } from './proxy.ts';

/** Leads from a name to a module, as the transaction would have it. */
export type Resolve = (name: string) => ModuleProxy | undefined;

export class Understudy extends ModuleProxy {
  /** The module whose part it plays; undefined for a part that nobody plays yet. */
  readonly of: ModuleProxy | undefined;

  private constructor(
    name: string,
    kernel: Kernel,
    instance: (outlet: Outlet) => Instance,
    of: ModuleProxy | undefined,
    resolve: Resolve,
  ) {
    super(name, kernel, instance, (inlet) => new SilentOutlet(name, kernel, inlet, of, resolve));
    this.of = of;
  }

  /**
   * Of a module that is not there yet.
   * @param limit of its constructor, in ms
   * @throws HitlessError `HOOK_THREW`, `HOOK_CUT` when its constructor throws or does not return
   */
  static new(bundle: Bundle, kernel: Kernel, resolve: Resolve = nobody, limit?: number): Understudy {
    const made = (outlet: Outlet) => instantiate(bundle, outlet, kernel.guard, limit);
    return new Understudy(bundle.manifest.name, kernel, made, undefined, resolve);
  }

  /**
   * Of a module that serves, or is disabled: none of its code runs.
   * @param state the copy to work on
   */
  static of(proxy: ModuleProxy, kernel: Kernel, state: unknown, resolve: Resolve): Understudy {
    const made = (outlet: Outlet) => codeless(proxy, outlet, kernel.guard);
    return new Understudy(proxy.name, kernel, made, proxy, resolve).#takePlace(proxy, state);
  }

  /**
   * As `of`, with an instance of the version's own class.
   * @throws HitlessError as `new`
   */
  static actingFor(
    proxy: ModuleProxy,
    twin: Bundle,
    kernel: Kernel,
    state: unknown,
    resolve: Resolve,
  ): Understudy {
    const made = (outlet: Outlet) => instantiate(twin, outlet, kernel.guard);
    return new Understudy(proxy.name, kernel, made, proxy, resolve).#takePlace(proxy, state);
  }

  #takePlace({ service }: ModuleProxy, state: unknown): this {
    this.bind(this.instance, state);
    if (service === 'disabled') this.disable('as the module that it stands in for');
    else this.serve();
    return this;
  }
}

/**
 * A bundle out of a second evaluation of its file. Its variables are others than those of the version that serves; what
 * V8 compiled is the same. Undefined for a class of the program, which has one set of variables.
 */
export function twinOf(bundle: Bundle): Bundle | undefined {
  const { evaluateAgain } = bundle;
  return evaluateAgain === undefined ? undefined : { ...bundle, Implementation: evaluateAgain() };
}

/** Of a module that serves all is there but its code. */
class Codeless extends Module {
  initial(): undefined {}
}

function codeless({ instance: { bundle, inputs } }: ModuleProxy, outlet: Outlet, guard: Guard): Instance {
  const context = new ModuleContext(outlet, guard, bundle.manifest.version, {}, {});
  const module = new Codeless();
  Object.defineProperty(module, 'ctx', { value: context });
  return { bundle, module, context, inputs };
}

const nobody: Resolve = () => undefined;

/** Takes what was promised room, and does nothing with it. */
const NOWHERE: Addressee = {
  name: '',
  accept: () => 'queued',
  reserveFor: () => 'queued',
  acceptReserved: () => {},
  unreserve: () => {},
  takeBackFrom: () => {},
};

/** Says what would become of an output, and lets nothing out. */
class SilentOutlet extends Outlet {
  readonly #kernel: Kernel;
  readonly #of: ModuleProxy | undefined;
  readonly #resolve: Resolve;

  constructor(name: string, kernel: Kernel, inlet: Inlet, of: ModuleProxy | undefined, resolve: Resolve) {
    super(name, kernel, inlet);
    this.#kernel = kernel;
    this.#of = of;
    this.#resolve = resolve;
  }

  override dispatch(to: string, message: Message): SendResult {
    const { standIn } = this.#kernel;
    return this.#resolve(to)?.wouldTake(message) ?? standIn?.takes(to) ?? 'unknown';
  }

  override reserve(to: string, message: Message): Addressee | 'full' | 'unknown' {
    const taken = this.dispatch(to, message);
    return taken === 'queued' ? NOWHERE : taken;
  }

  override announce(message: Message, options: PublishOptions | undefined): number {
    return this.takers(message, options);
  }

  override log(): void {}

  override actedLate(): void {}

  override arm(): void {}

  override disarm(): void {}

  override dueIn(type: string, key: string): number | undefined {
    return this.#of?.outlet.dueIn(type, key);
  }

  override openPort(): void {}

  override closePort(): void {}

  override transmit(port: string, key: string): PortResult {
    return this.lastResult(port, key) ?? 'down';
  }

  override lastResult(port: string, key: string): PortResult | undefined {
    return this.#of?.outlet.lastResult(port, key) ?? super.lastResult(port, key);
  }

  override portFailure(port: string, key: string): PortFailure | undefined {
    return this.#of?.outlet.portFailure(port, key);
  }

  override portKeys(port: string): string[] {
    return this.#of?.outlet.portKeys(port) ?? super.portKeys(port);
  }
}
