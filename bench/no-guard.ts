/**
 * A guard that watches, journals and cuts nothing. Only a bench is built with it (`Programs.build`), in the place of
 * runtime/services/guard.ts: beside it stands the cost of the real one.
 */
import type { Guard as RealGuard } from '../runtime/services/guard.ts';
import { LateCode } from '../runtime/services/late-code.ts';

export { type Cut, type JournalEntry, MARGIN_MS } from '../runtime/services/guard.ts';

export class Guard implements Pick<RealGuard, keyof RealGuard> {
  readonly asked = false;
  readonly why = '';
  readonly everyTurn = true;
  readonly active = false;
  readonly timed = false;
  readonly remaining = Number.POSITIVE_INFINITY;
  readonly ready = true;
  readonly late = new LateCode();
  frame: RealGuard['frame'] = 'none';
  cold: () => boolean = () => false;

  spend(_ms: number, body: () => void): undefined {
    body();
  }

  run(_limit: number, body: () => void): undefined {
    body();
  }

  turn(body: () => void): void {
    body();
  }

  begin(): void {}

  end(): void {}

  rest(): void {}

  finish(): void {}

  push(): void {}

  pop(): void {}

  enter(): void {}

  leave(): void {}

  later(task: () => void): void {
    task();
  }

  after(task: () => void): void {
    task();
  }

  async soon<T>(body: () => T): Promise<T> {
    return body();
  }

  call<T>(_module: string, _hook: string, body: () => T): T {
    return body();
  }

  look<T>(_module: string, _what: string, body: () => T): T {
    return body();
  }

  prove(): boolean {
    return true;
  }
}
