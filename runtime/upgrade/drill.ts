/**
 * Drills the window of a swap. A transaction is run so seldom that its code is never compiled for speed, and has long left
 * the processor's caches when it is needed: inside the window that would be most of the time. So modules that nobody
 * knows are swapped instead, many times when a process begins, and once just before each window.
 */
import { now } from '../clock.ts';
import { HOST, type Kernel, makeKernel } from '../kernel.ts';
import { type Instance, instantiate } from '../module/instance.ts';
import type { Outlet } from '../module/outlet.ts';
import { ModuleProxy } from '../module/proxy.ts';
import { Guard } from '../services/guard.ts';
import { StateStore } from '../state/state.ts';
import { turn } from '../turn.ts';
import type { Bundle } from '../versions/bundle.ts';
import { Replacement } from './replacement.ts';
import { Transaction } from './transaction.ts';

/** Swaps until V8 has compiled what it is going to, and how long that may take, in ms: a slow board does fewer. */
const LESSONS = 1_000;
const LEARN_MS = 100;
/** The event loop has its turn after so many ms. */
const SLICE_MS = 1;

/** More than V8 keeps apart: what it compiles fits any module. */
const CAST = ['ROSENCRANTZ', 'GUILDENSTERN', 'YORICK'] as const;
const VERSIONS = ['1.0.0', '1.1.0'] as const;

interface Repository {
  provide(label: string, source: string): Promise<{ bundle: string }>;
  acquire(name: string): Promise<Bundle>;
}

/** A member of the cast, and the versions that it goes between. */
interface Role {
  readonly proxy: ModuleProxy;
  readonly versions: readonly Bundle[];
}

export class Drill {
  readonly #kernel: Kernel<ModuleProxy> = makeKernel({ guard: new NoGuard(), log: () => {} });
  readonly #store = new StateStore();
  readonly #roles: readonly Role[];
  #performed = 0;
  /** A drill that was cut is not tried again. */
  #sound = true;

  /** @param repository keeps the bundles that this makes */
  static async make(repository: Repository): Promise<Drill> {
    const cast = await Promise.all(
      CAST.map((name) =>
        Promise.all(
          VERSIONS.map(async (version) =>
            repository.acquire((await repository.provide('a drill', sourceOf(name, version))).bundle),
          ),
        ),
      ),
    );
    return new Drill(cast);
  }

  constructor(cast: readonly (readonly Bundle[])[]) {
    this.#roles = cast.map((versions) => ({ proxy: this.#serving(versions[0]!), versions }));
  }

  #serving(bundle: Bundle): ModuleProxy {
    const { guard } = this.#kernel;
    const made = (outlet: Outlet): Instance => instantiate(bundle, outlet, guard);
    const proxy = new ModuleProxy(bundle.manifest.name, this.#kernel, made);
    proxy.bind(proxy.instance, { lines: 0 });
    proxy.instance.context.mode = 'live';
    proxy.serve();
    return proxy;
  }

  /** How often it was performed to its end. */
  get performed(): number {
    return this.#performed;
  }

  /** Swaps one of the cast, from the disable to the first message of the new version. Throws nothing. */
  perform(): void {
    if (!this.#sound) return;
    // Set again at the end, which is not reached when the guard around this cuts it, or when something is thrown.
    this.#sound = false;
    const { proxy, versions } = this.#roles[this.#performed % this.#roles.length]!;
    const next = versions.find((bundle) => bundle !== proxy.instance.bundle)!;
    try {
      const transaction = new Transaction({
        id: 0,
        command: 'drill',
        by: 'the runtime',
        kernel: this.#kernel,
        store: this.#store,
        preparation: 60_000,
        development: false,
        ports: undefined,
        faults: undefined,
        drill: undefined,
      });
      const member = new Replacement(transaction, proxy, next);
      member.open();
      this.#sound = transaction.drill([member], () => this.#prompt(proxy));
      this.#performed++;
    } catch {
      // Whatever it is, the transactions that count will say it.
    }
  }

  /** A message that has to wait for the new version. */
  #prompt(proxy: ModuleProxy): void {
    proxy.accept({
      kind: 'message',
      id: this.#kernel.nextId(),
      from: HOST.name,
      fromVersion: HOST.version,
      type: 'line',
      version: 1,
      cause: 0,
      body: undefined,
    });
  }

  /** Performs until it goes by itself, in slices of the event loop. */
  async learn(): Promise<void> {
    const until = now() + LEARN_MS;
    while (this.#sound && this.#performed < LESSONS && now() < until) {
      const end = now() + SLICE_MS;
      while (this.#sound && this.#performed < LESSONS && now() < end) this.perform();
      await turn();
    }
  }
}

/** What is drilled returns; and where it is drilled just before a window, the guard of that is around it. */
class NoGuard extends Guard {
  override get active(): boolean {
    return true;
  }

  override get remaining(): number {
    return Number.POSITIVE_INFINITY;
  }

  override run(_limit: number, body: () => void): undefined {
    body();
    return undefined;
  }

  override later(task: () => void): void {
    task();
  }
}

/** They differ in what they leave to the base class, as modules do. */
function sourceOf(name: (typeof CAST)[number], version: string): string {
  const hooks = {
    ROSENCRANTZ: 'start() { this.started = true; } isQuiescent() { return this.state.lines >= 0; }',
    GUILDENSTERN: 'start() {}',
    YORICK: '',
  };
  return `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 1, name: '${name}', version: '${version}', accepts: { line: [1] }, sends: {}, subscribes: {}, timers: [], ports: [],
  state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return { lines: 0 }; }
  ${hooks[name]}
  onLine() { this.state.lines++; }
};
`;
}
