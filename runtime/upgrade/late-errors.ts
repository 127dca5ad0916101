/**
 * Errors of module code that nobody called: a promise that was dropped, a timer of its own. They are found by their stack,
 * which names the bundle's file; without one, by who began the code. They are on the module's account like those of its
 * handlers.
 */
import { innermost, Thrown, thrownOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { ModuleProxy } from '../module/proxy.ts';

/** A file of module code, and whose it is or was. */
export interface Owner {
  readonly file: string;
  readonly module: string;
}

/** A bundle, or one that is being loaded, that began code which goes on. */
interface Beginner {
  readonly file: string;
  readonly manifest?: { readonly name: string };
  readonly ofProgram?: true;
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

  /**
   * To be called where the error is told, for what runs then says who began it. Returns the module that the error comes from;
   * undefined when it is none's. It is told, and counts when that version is in service.
   */
  blame(error: unknown): string | undefined {
    const beginner = this.#kernel.guard.late.owner as Beginner | undefined;
    const { text, stack } = this.#looked(error);
    const owner = this.#byStack(stack) ?? this.#byBeginner(beginner, stack);
    if (owner === undefined) return undefined;
    const told = `module code that nobody called threw: ${stack.includes('\n') ? innermost(stack) : text}`;
    const proxy = this.#kernel.names
      .proxies()
      .find(({ instance: { bundle } }) =>
        owner === beginner ? bundle === owner : bundle.file === owner.file,
      );
    if (proxy === undefined) {
      const module = 'module' in owner ? owner.module : owner.manifest?.name;
      this.#kernel.log({ level: 'error', module: module ?? '', text: told });
      return module ?? owner.file;
    }
    proxy.activity.threwLate(told);
    this.#threw(proxy.name);
    return proxy.name;
  }

  #byStack(stack: string): Owner | undefined {
    // The innermost line that is a module's tells whose code it is.
    for (const line of stack.split('\n')) {
      const owner = this.#loaded().find(({ file }) => line.includes(file));
      if (owner !== undefined) return owner;
    }
    return undefined;
  }

  /** Code of a module may have called the program's, whose errors are not its: their stack names the program's files. */
  #byBeginner(beginner: Beginner | undefined, stack: string): Beginner | undefined {
    const ofOthers = stack.split('\n').some((line) => /^\s+at /.test(line) && !line.includes('node:'));
    return ofOthers && beginner?.ofProgram !== true ? undefined : beginner;
  }

  #looked(error: unknown): { text: string; stack: string } {
    try {
      const thrown = this.#kernel.guard.look('', 'error', () => thrownOf(error));
      return { text: thrown instanceof Thrown ? thrown.text : thrown.message, stack: thrown.stack ?? '' };
    } catch {
      return { text: 'an error that cannot be looked at', stack: '' };
    }
  }
}
