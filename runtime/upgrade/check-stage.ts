/**
 * The stage of a check. Modules that serve are played by understudies, names are a copy, and nothing is opened. What only
 * development refuses is a warning outside of it.
 */
import { now } from '../clock.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import { hookMsOf, runHook } from '../module/hook-time.ts';
import type { HostPorts } from '../module/opened-ports.ts';
import type { ModuleProxy } from '../module/proxy.ts';
import { twinOf, Understudy } from '../module/understudy.ts';
import { NameService } from '../services/names.ts';
import { copyOf } from '../state/copy.ts';
import { REFUSED, type Written } from '../state/handler-chain.ts';
import { Snapshot } from '../state/state.ts';
import type { Bundle } from '../versions/bundle.ts';
import type { FaultHook } from './faults.ts';
import type { MemberReport } from './report.ts';
import { type Player, Stage, type StageOptions } from './stage.ts';

export class CheckStage extends Stage {
  readonly #names = new NameService<ModuleProxy>();
  /** Why a module's state could not be copied, by its name. */
  readonly untried = new Map<string, unknown>();
  readonly warnings: string[] = [];
  /** Hooks' time that would fall into the window, in ms. */
  work = 0;
  readonly #resolve = (name: string) => this.#names.resolve(name);

  constructor(options: StageOptions) {
    super(options);
    this.#names.restore(this.kernel.names.table());
  }

  override get names(): NameService<ModuleProxy> {
    return this.#names;
  }

  override get hostPorts(): HostPorts {
    return { ...super.hostPorts, opens: false };
  }

  override get written(): Written {
    return this.development ? REFUSED : (error) => void this.warnings.push(reasonOf(error));
  }

  override cast(proxy: ModuleProxy, change: MemberReport['change']): ModuleProxy {
    const understudy = this.#understudy(proxy, change);
    const cast = [...this.#names.table()].map(
      ([name, one]) => [name, one === proxy ? understudy : one] as const,
    );
    this.#names.restore(new Map(cast));
    return understudy;
  }

  #understudy(proxy: ModuleProxy, change: MemberReport['change']): Understudy {
    const { kernel } = this;
    const acts = change === 'enable' || change === 'configure';
    const twin = acts ? this.#twinOf(proxy) : undefined;
    const state = change === 'replace' || twin !== undefined ? this.#copyOf(proxy) : undefined;
    if (twin !== undefined && !this.untried.has(proxy.name)) {
      try {
        return Understudy.actingFor(proxy, twin, kernel, state, this.#resolve);
      } catch {
        // A transaction makes no instance of it.
      }
    }
    return Understudy.of(proxy, kernel, state, this.#resolve);
  }

  /** Its top level has run before without harm. */
  #twinOf({ instance: { bundle } }: ModuleProxy): Bundle | undefined {
    let twin: Bundle | undefined;
    runHook(this.kernel.guard, hookMsOf(bundle.manifest, this.kernel.guard), () => {
      try {
        twin = twinOf(bundle);
      } catch {
        // A stand-in does, without its code.
      }
    });
    return twin;
  }

  #copyOf(proxy: ModuleProxy): unknown {
    try {
      return this.kernel.guard.look(
        proxy.name,
        'state',
        () => new Snapshot(proxy.state).restore(),
        this.preparation,
      );
    } catch (thrown) {
      this.untried.set(proxy.name, thrown);
      return undefined;
    }
  }

  override create(bundle: Bundle): ModuleProxy {
    return Understudy.new(bundle, this.kernel, this.#resolve);
  }

  override serving(proxy: ModuleProxy): ModuleProxy {
    return (proxy instanceof Understudy ? proxy.of : undefined) ?? proxy;
  }

  /** Bounds each hook by itself: what the check does besides grows with the state. */
  override play<T>({ manifestAfter, proxy }: Player, hook: FaultHook, body: () => T): T {
    const { guard } = this.kernel;
    const limit = Math.min(this.preparation, hookMsOf(manifestAfter ?? proxy.manifest, guard));
    const before = now();
    let played: { result: T } | { thrown: unknown } | undefined;
    const cut = runHook(guard, limit, () => {
      try {
        played = { result: body() };
      } catch (thrown) {
        played = { thrown };
      }
    });
    if (hook === 'state' || hook === 'start') this.work += now() - before;
    if (cut !== undefined || played === undefined)
      throw new HitlessError('HOOK_CUT', `${wordsOf(hook)} did not return within ${Math.round(limit)} ms`);
    if ('thrown' in played) throw played.thrown;
    return played.result;
  }

  override lend(value: unknown): unknown {
    try {
      return copyOf(value);
    } catch {
      return value;
    }
  }
}

export function wordsOf(hook: string): string {
  return hook === 'state' ? 'carrying the state' : hook;
}
