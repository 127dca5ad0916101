/** The host at work: it sends, asks, publishes, and gives commands while another one runs. */
import { HitlessError, type Runtime } from '../../runtime/index.ts';
import type { Actor, Body } from './actor.ts';
import type { Ledger } from './ledger.ts';
import type { Act, Meanwhile } from './plan.ts';

/** Nothing in a case takes so long, in ms. */
export const PATIENCE_MS = 10_000;

export class Host {
  readonly #runtime: Runtime;
  readonly #ledger: Ledger;
  readonly #actor: Actor;
  pendingAsks = 0;
  /** A command of the host's runs. */
  transacting = false;
  /** A retry was given up. */
  cancelled = false;

  constructor(runtime: Runtime, ledger: Ledger, actor: Actor) {
    this.#runtime = runtime;
    this.#ledger = ledger;
    this.#actor = actor;
  }

  perform(act: Act): void {
    const ledger = this.#ledger;
    const runtime = this.#runtime;
    if (act.act === 'publish') {
      const token = ledger.announce('host');
      ledger.published(token, runtime.publish('news', { token }), []);
      return;
    }
    if (act.act === 'cancel') {
      this.#cancel();
      return;
    }
    const to = this.nameOf(act.to);
    if (act.act === 'intrude') {
      if (this.transacting) this.#intrude(to);
      return;
    }
    for (let i = 0; i < act.times; i++) {
      if (act.act === 'send') {
        const token = ledger.say('host', to, act.type);
        const body: Body = { token, program: act.program };
        const result = runtime.send(to, act.type, body);
        if (result === 'queued') ledger.queued(token);
        this.#actor.judge(token, to, result);
      } else {
        const token = ledger.ask('host', to, act.type);
        const body: Body = { token, program: act.program };
        this.pendingAsks++;
        runtime
          .ask(to, act.type, body, { timeout: PATIENCE_MS })
          .then(
            (answer) => ledger.answered(token, answer),
            (error) => ledger.failed(token, error),
          )
          .finally(() => this.pendingAsks--);
      }
    }
  }

  /**
   * Gives modules something to do first, and something that waits behind it; answers what else is to come while
   * they drain.
   */
  load(modules: readonly string[], times: number): Meanwhile[] {
    return modules.map((module): Meanwhile => {
      const to = this.#actor.model.modules.findIndex(({ name }) => name === module);
      const send = { act: 'send', to, times: 1, program: [] } as const;
      this.perform({ ...send, type: 'task', program: [{ op: 'slice', times }] });
      this.perform({ ...send, type: 'work', times: 2 });
      return { when: 'draining', act: { ...send, type: 'work' } };
    });
  }

  nameOf(place: number): string {
    const { modules } = this.#actor.model;
    return modules[place % modules.length]!.name;
  }

  #intrude(to: string): void {
    this.#runtime.run([{ change: 'disable', module: to }], { command: 'intrude', by: 'property' }).then(
      () => this.#ledger.blame('a second transaction ran beside the first'),
      (error: unknown) => {
        if (codeOf(error) !== 'TRANSACTION_BUSY')
          this.#ledger.blame(`a second transaction was refused with ${String(error)}`);
      },
    );
  }

  #cancel(): void {
    try {
      this.#runtime.cancel({ command: 'cancel', by: 'property' });
      this.cancelled = true;
    } catch (error) {
      if (codeOf(error) !== 'NOTHING_TO_CANCEL')
        this.#ledger.blame(`cancel was refused with ${String(error)}`);
    }
  }
}

export function codeOf(thrown: unknown): string {
  return thrown instanceof HitlessError ? thrown.code : String(thrown);
}
