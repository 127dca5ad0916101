/** A transaction lends this to its participants: services, time granted, and a record of their acts. */
import { now } from '../clock.ts';
import type { Kernel } from '../kernel.ts';
import { instantiate } from '../module/instance.ts';
import type { AnyManifest } from '../module/manifest.ts';
import type { HostPorts } from '../module/opened-ports.ts';
import type { PortProvider } from '../module/port.ts';
import { ModuleProxy } from '../module/proxy.ts';
import type { NameService } from '../services/names.ts';
import { REFUSED, type Written } from '../state/handler-chain.ts';
import type { StateStore } from '../state/state.ts';
import { turn } from '../turn.ts';
import type { Bundle } from '../versions/bundle.ts';
import type { Fault, FaultHook } from './faults.ts';
import type { MemberReport, StepLine, StepName } from './report.ts';
import { Stall } from './stall.ts';

/** Listeners of the log have so long in one turn of the event loop, in ms. */
const LISTENERS_MS = 0.05;

export interface StageOptions {
  readonly kernel: Kernel<ModuleProxy>;
  /** Checkpoints of the last committed transaction. */
  readonly store: StateStore;
  /** Proves against a copy that prepare writes no state, and looks for state that is not plain data. */
  readonly development: boolean;
  /** The time that is granted, in ms. */
  readonly preparation: number;
  /** Opens the ports that a module declares, where the host has said how. */
  readonly ports: PortProvider | undefined;
  /** The events that a version cannot do without whose manifest does not say it; undefined where nobody knows. */
  readonly needs: ((module: string, version: string) => readonly string[] | undefined) | undefined;
  /** New versions are warmed up. */
  readonly warmUp: boolean;
}

/** A participant, as far as its hooks' time depends on it. */
export interface Player {
  readonly proxy: ModuleProxy;
  readonly manifestAfter: AnyManifest | undefined;
}

export class Stage implements StageOptions {
  readonly kernel: Kernel<ModuleProxy>;
  readonly store: StateStore;
  readonly development: boolean;
  readonly preparation: number;
  readonly ports: PortProvider | undefined;
  readonly needs: StageOptions['needs'];
  readonly warmUp: boolean;
  readonly beganAt = now();
  readonly stall = new Stall();
  readonly lines: StepLine[] = [];
  faults: readonly Fault[] = [];
  /** When the first member was disabled; undefined before. */
  disabledAt: number | undefined;
  /** The step that is done now. */
  step: StepName = 'upload';
  /** The time of the lines that are said in the window, where reading the clock for each would cost time; 0 elsewhere. */
  moment = 0;
  #told = 0;

  constructor({ kernel, store, development, preparation, ports, needs, warmUp }: StageOptions) {
    this.kernel = kernel;
    this.store = store;
    this.development = development;
    this.preparation = preparation;
    this.ports = ports;
    this.needs = needs;
    this.warmUp = warmUp;
    this.stall.enter();
  }

  // --- what a check has other than a transaction

  /** Which name leads to which module. */
  get names(): NameService<ModuleProxy> {
    return this.kernel.names;
  }

  /** Told of a hook that wrote what it may only read; undefined where nobody looks. */
  get written(): Written | undefined {
    return this.development ? REFUSED : undefined;
  }

  /**
   * The module that plays the part of this one: itself.
   * @param change what is to become of it
   */
  cast(proxy: ModuleProxy, _change: MemberReport['change']): ModuleProxy {
    return proxy;
  }

  /** A module that is not there yet. */
  create(bundle: Bundle): ModuleProxy {
    const { kernel } = this;
    return new ModuleProxy(bundle.manifest.name, kernel, (outlet) =>
      instantiate(bundle, outlet, kernel.guard),
    );
  }

  /** The host's ports by name, and its kinds of ports. */
  get hostPorts(): HostPorts {
    return { provider: this.ports, kinds: this.kernel.portKinds, opens: true };
  }

  /** The events that a version cannot do without; undefined where nobody knows. */
  needsOf({ name, version, needs }: AnyManifest): readonly string[] | undefined {
    return needs ?? this.needs?.(name, version);
  }

  /** The module that serves where this one acts. */
  serving(proxy: ModuleProxy): ModuleProxy {
    return proxy;
  }

  /** Runs a hook of the module's. */
  play<T>(_player: Player, _hook: FaultHook, body: () => T): T {
    return body();
  }

  /** A value of the program's, as module code may have it. */
  lend(value: unknown): unknown {
    return value;
  }

  /** A turn of the event loop, and what it is taken for. */
  turn(): Promise<void>;
  turn<T>(body: () => T): Promise<T>;
  turn<T>(body?: () => T): Promise<T | undefined> {
    return this.stall.wait(turn(() => (body === undefined ? undefined : this.stall.within(body))));
  }

  /** A line of the transaction's log. */
  say(module: string, version: string, text: string): void {
    const at = (this.moment === 0 ? now() : this.moment) - this.beganAt;
    this.lines.push({ at, step: this.step, module, version, text });
  }

  /** Lets the log's listeners hear what they waited for, a little in each turn of the event loop. */
  async passOn(): Promise<void> {
    while (!this.kernel.listeners.release(now() + LISTENERS_MS)) await this.turn();
  }

  /** Passes on the lines said so far: not inside of the window, where it would cost time. */
  tell(transaction: number): void {
    for (; this.#told < this.lines.length; this.#told++) {
      const { module, version, text } = this.lines[this.#told]!;
      this.kernel.log({ level: 'info', module, version, text: `: ${text}`, transaction });
    }
  }
}
