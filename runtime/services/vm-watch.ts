/**
 * A `vm` time-out, which ends code that does not return where the native watch is not compiled. Entering starts a thread,
 * which costs some 100 µs, so it is used in transactions alone. It also cuts the runtime's own code half-way, which
 * therefore keeps a margin; and it needs file descriptors.
 */
import vm from 'node:vm';
import { debuggerOpen } from './debugger.ts';
import { DescriptorReserve } from './descriptors.ts';

/** Shared by all: it is the process that has descriptors. */
const reserve = new DescriptorReserve();

export class VmWatch {
  readonly #sandbox = vm.createContext({ body: (): void => {} });
  readonly #script = new vm.Script('body()', { filename: 'hitless-guard' });

  /** False when the process has no file descriptors left: the time-out would abort it. */
  get ready(): boolean {
    return reserve.take();
  }

  /** Runs `body` for at most `limit` whole ms; returns whether it was cut. Errors of `body` pass through. */
  run(limit: number, body: () => void): boolean {
    this.#sandbox.body = body;
    reserve.give();
    try {
      if (debuggerOpen()) body();
      else this.#script.runInContext(this.#sandbox, { timeout: limit });
      return false;
    } catch (thrown) {
      if (!isTimeout(thrown)) throw thrown;
      return true;
    } finally {
      this.#sandbox.body = idle;
      reserve.take();
    }
  }
}

function idle(): void {}

function isTimeout(thrown: unknown): boolean {
  return (
    typeof thrown === 'object' &&
    thrown !== null &&
    'code' in thrown &&
    thrown.code === 'ERR_SCRIPT_EXECUTION_TIMEOUT'
  );
}
