/** Steps that change a system, all or none: each knows its way back. */
import { FirmwareError } from '../errors.ts';

export class Steps {
  readonly #undone: { what: string; undo: () => void }[] = [];
  #interrupted: NodeJS.Signals | undefined;

  /** Runs all of them; a signal is obeyed between two. @throws FirmwareError `INSTALL_FAILED` */
  static async run(work: (steps: Steps) => Promise<void>): Promise<void> {
    const steps = new Steps();
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
    const interrupt = (signal: NodeJS.Signals) => {
      steps.#interrupted = signal;
    };
    for (const signal of signals) process.on(signal, interrupt);
    try {
      await work(steps);
    } catch (thrown) {
      throw steps.#goBack(thrown);
    } finally {
      for (const signal of signals) process.off(signal, interrupt);
    }
  }

  /**
   * @param what for a person: "makes the user"
   * @param undo puts back what `action` did, also where it failed half-way
   */
  async do(what: string, action: () => void, undo: () => void = () => {}): Promise<void> {
    // Signals are told when the event loop turns.
    await new Promise(setImmediate);
    if (this.#interrupted !== undefined) throw new Error(`${what}: interrupted by ${this.#interrupted}`);
    this.#undone.push({ what, undo });
    try {
      action();
    } catch (thrown) {
      throw new Error(`${what}: ${(thrown as Error).message}`, { cause: thrown });
    }
  }

  #goBack(thrown: unknown): FirmwareError {
    const left: string[] = [];
    for (const { what, undo } of this.#undone.reverse()) {
      try {
        undo();
      } catch (also) {
        left.push(`${what}: ${(also as Error).message}`);
      }
    }
    const rest =
      left.length === 0
        ? 'Everything is as it was before'
        : `What was done before was undone, but for:\n  ${left.join('\n  ')}`;
    const message = `${(thrown as Error).message}\n${rest}`;
    return new FirmwareError('INSTALL_FAILED', message, { cause: thrown });
  }
}
