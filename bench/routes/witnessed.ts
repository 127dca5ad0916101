/** The witness as the measuring program has it: a child that says when routes are in the kernel's table. */
import { type ChildProcess, fork } from 'node:child_process';
import type { Awaited, Witnessed } from './witness.ts';

/** The kernel tells nothing for so many ms: then what is waited for does not come. */
const PATIENCE_MS = 45_000;

export class Witness {
  readonly #child: ChildProcess;

  /** @param program the witness, built */
  constructor(program: string) {
    this.#child = fork(program, [], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  /** Waits for routes from now on. Resolves when it listens, with what resolves at the last of them. */
  async expect(awaited: Awaited): Promise<{ all: Promise<Witnessed> }> {
    const ready = this.#next('listens');
    this.#child.send(awaited);
    await ready;
    const what = `${awaited.count} routes ${awaited.gone ? 'go' : 'come'}`;
    const all = this.#next(what) as Promise<Witnessed>;
    // A failure before it is told in words of its own.
    all.catch(() => {});
    return { all };
  }

  stop(): void {
    this.#child.disconnect();
  }

  #next(what: string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const end = (done: () => void) => {
        clearTimeout(timer);
        this.#child.off('message', told);
        this.#child.off('exit', ended);
        done();
      };
      const told = (message: unknown) => end(() => resolve(message));
      const ended = () => end(() => reject(new Error(`the witness ended before it could say: ${what}`)));
      const timer = setTimeout(
        () =>
          end(() => reject(new Error(`the kernel does not tell within ${PATIENCE_MS / 1000} s: ${what}`))),
        PATIENCE_MS,
      );
      this.#child.on('message', told);
      this.#child.on('exit', ended);
    });
  }
}
