/**
 * A runtime of its own in the router's process, with one module that belongs to nobody: it shares the event loop with
 * the router, so what is measured on it is what the router's modules see, and neither their names and history nor
 * the set of current versions hears of it.
 */
import { Runtime } from '../../runtime/index.ts';

const MODULE = 'SCRATCH';
const ORIGIN = { command: 'bench', by: 'bench' };

let last = 0;

/** The functions that the module calls: it can require nothing. */
interface Hooks {
  handled(seq: number): void;
  draining(version: number): void;
}

export class Probe {
  readonly #runtime = new Runtime({ preparation: 60_000, probation: false });
  readonly #name = `hitlessMeasure${++last}`;
  #version = 0;
  #sent = 0;
  #handled = 0;
  /** Called with the time of each message that was handled. */
  onHandled: (seq: number, time: number) => void = () => {};
  /** Called when the version in service is asked whether it is quiescent: it is disabled by now. */
  onDraining: () => void = () => {};

  /** @throws HitlessError when the module cannot be added */
  static async open(): Promise<Probe> {
    const probe = new Probe();
    const hooks: Hooks = {
      handled: (seq) => {
        // One that was handled before is a sample, by which a new version is warmed up on a throw-away instance.
        if (seq !== probe.#handled + 1) return;
        probe.#handled = seq;
        probe.onHandled(seq, performance.now());
      },
      draining: (version) => {
        if (version === probe.#version) probe.onDraining();
      },
    };
    Object.assign(globalThis, { [probe.#name]: hooks });
    try {
      await probe.#change('add', 0);
      return probe;
    } catch (thrown) {
      probe.close();
      throw thrown;
    }
  }

  /** Sends the module a message; returns its number. */
  send(): number {
    const seq = ++this.#sent;
    const sent = this.#runtime.send(MODULE, 'tick', seq);
    if (sent !== 'queued') throw new Error(`a message was ${sent}`);
    return seq;
  }

  get handled(): number {
    return this.#handled;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Messages that the module has counted in its state, whatever its versions were. */
  counted(): Promise<number> {
    return this.#runtime.ask<number>(MODULE, 'total');
  }

  /** Makes the next version, whose code nobody has run, in memory. */
  async prepare(): Promise<void> {
    await this.#runtime.repository.provide('bench', this.#source(this.#version + 1));
  }

  /** Swaps to the version that was prepared; returns its blackout in ms. */
  async swap(): Promise<number> {
    const report = await this.#change('replace', this.#version + 1);
    this.#runtime.repository.unload(this.#ref(this.#version - 1));
    return report.members[0]!.blackout;
  }

  async #change(change: 'add' | 'replace', version: number) {
    if (change === 'add') await this.#runtime.repository.provide('bench', this.#source(version));
    const report = await this.#runtime.run([{ change, module: MODULE, bundle: this.#ref(version) }], ORIGIN);
    if (report.outcome !== 'committed') throw new Error(`a swap was not committed: ${report.reason}`);
    this.#version = version;
    return report;
  }

  #ref(version: number): string {
    return `${MODULE.toLowerCase()}@1.0.${version}`;
  }

  #source(version: number): string {
    return `const { Module } = require('hitless/runtime');
const hooks = globalThis.${this.#name};
exports.manifest = {
  api: 1, name: '${MODULE}', version: '1.0.${version}', mailbox: 65536,
  accepts: { tick: [1], total: [1] }, sends: {}, subscribes: {}, timers: [], ports: [], state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return { total: 0 }; }
  isQuiescent() { hooks.draining(${version}); return true; }
  onTick({ body }) {
    if (typeof body !== 'number') return;
    this.state.total++;
    hooks.handled(body);
  }
  onTotal() { return this.state.total; }
};
`;
  }

  /** Nothing of it is left. */
  close(): void {
    this.#runtime.stop();
    Reflect.deleteProperty(globalThis, this.#name);
  }
}
