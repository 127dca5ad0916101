/**
 * Whose code goes on when nobody calls it: a dropped promise, a timer of its own, a listener. Its errors may come without
 * a stack (`throw 5`). An `AsyncLocalStorage` knows who began it.
 *
 * On Node 20 and 22 such a storage makes every promise of the process dearer. So it is made with the first version whose
 * text has a word that such code needs. Only calls of such versions run in it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** Without one of these words no code goes on by itself. */
const WORDS =
  /\b(?:async|await|Promise|then|fetch|import|process|set(?:Timeout|Interval|Immediate)|queueMicrotask|nextTick|EventTarget|MessageChannel|waitAsync)\b/;

/** Whether this code may go on when its call has returned. */
export function mayGoOn(text: string): boolean {
  return WORDS.test(text);
}

export class LateCode {
  #storage: AsyncLocalStorage<object | undefined> | undefined;

  /** The owner of the code that began what runs now; undefined when that is not known. */
  get owner(): object | undefined {
    return this.#storage?.getStore();
  }

  /** Runs code of an owner, with all that it leaves to run later. */
  run<T>(owner: object, body: () => T): T {
    this.#storage ??= new AsyncLocalStorage();
    return this.#storage.run(owner, body);
  }

  /** To be called after a cut, for that skips the end of `run`. */
  reset(): void {
    if (this.owner !== undefined) this.#storage!.enterWith(undefined);
  }
}
