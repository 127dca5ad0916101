/**
 * Errors of module code that nobody called: a promise that was dropped, a timer of its own. They are found by their stack,
 * which names the bundle's file, and are on the module's account like those of its handlers.
 */
import { innermost } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { ModuleProxy } from '../module/proxy.ts';

/** Looking at the error may take so many ms of CPU time, for it is made by the module. */
const LOOK_MS = 50;
/** Characters of its stack that are looked at. */
const MOST_STACK = 8_192;

/** A file of module code, and whose it is or was. */
export interface Owner {
  readonly file: string;
  readonly module: string;
}

export class LateErrors {
  readonly #kernel: Kernel<ModuleProxy>;
  readonly #loaded: () => readonly Owner[];
  readonly #threw: (module: string) => void;

  /**
   * @param loaded the bundles in memory, also those that nobody runs any more
   * @param threw called with the module when the version in service threw
   */
  constructor(kernel: Kernel<ModuleProxy>, loaded: () => readonly Owner[], threw: (module: string) => void) {
    this.#kernel = kernel;
    this.#loaded = loaded;
    this.#threw = threw;
  }

  /** Returns the module that an error comes from; undefined when it is none's. It is told, and counts when that version is in service. */
  blame(error: unknown): string | undefined {
    const stack = this.#stackOf(error);
    const owner = this.#ownerOf(stack);
    if (owner === undefined) return undefined;
    const text = `module code that nobody called threw: ${innermost(stack)}`;
    const proxy = this.#kernel.names.proxies().find(({ instance }) => instance.bundle.file === owner.file);
    if (proxy === undefined) {
      this.#kernel.log('error', owner.module, '', text);
      return owner.module;
    }
    proxy.activity.threwLate(text);
    this.#threw(proxy.name);
    return proxy.name;
  }

  #ownerOf(stack: string): Owner | undefined {
    // The innermost line that is a module's tells whose code it is.
    for (const line of stack.split('\n')) {
      const owner = this.#loaded().find(({ file }) => line.includes(file));
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  #stackOf(error: unknown): string {
    let stack = '';
    this.#kernel.guard.spend(LOOK_MS, () => {
      try {
        const found: unknown = (error as { stack?: unknown } | undefined)?.stack;
        if (typeof found === 'string') stack = found.slice(0, MOST_STACK);
      } catch {
        // It does not want to be looked at.
      }
    });
    return stack;
  }
}
