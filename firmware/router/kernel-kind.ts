/**
 * Ports of kind `kernel`: the kernel's tables of links, addresses and routes, and what a module wants changed in them. The
 * port's key is empty. Where a module closes its port, what it handed over before is carried out all the same.
 */
import { KernelTables, type KernelTablesOptions, probeKernelTables } from '../../drivers/kernel-tables.ts';
import type { Port, PortDeclaration, PortKind } from '../../runtime/index.ts';

/** The tables as a port, as far as the kind needs it. */
export interface KernelDriver extends Port {
  /** After `close`: resolves when all that was handed over is carried out. */
  readonly finished: Promise<void>;
  /** Changes that were handed over and not carried out yet. */
  readonly left: number;
  /** Until the last of what was handed over with a time of its own is due, in ms. */
  readonly waits?: number;
}

export class KernelPorts {
  readonly #make: (options: KernelTablesOptions) => KernelDriver;
  readonly #probe: () => void;
  /** Those that were closed and are still at work. */
  readonly #atWork = new Set<KernelDriver>();
  /** The next one begins when these have ended: it is not to be undone what it does. */
  #last: Promise<void> = Promise.resolve();

  /**
   * @param make makes the driver; a test's own, or the kernel's tables
   * @param probe throws where none could be opened
   */
  constructor(
    make: (options: KernelTablesOptions) => KernelDriver = (options) => new KernelTables(options),
    probe: () => void = probeKernelTables,
  ) {
    this.#make = make;
    this.#probe = probe;
  }

  get kind(): PortKind {
    return {
      probe: () => this.#probe(),
      check: (declaration, settings) => wrongDeclaration(declaration) ?? wrongSettings(settings),
      make: ({ key, settings }) => {
        if (key !== '') throw new Error(`a port of kind kernel has no key, and this one has "${key}"`);
        return this.#follow(this.#make({ ...(settings as object | undefined), after: this.#last }));
      },
    };
  }

  /**
   * Waits until all that was handed over to ports that are closed now is carried out, so many milliseconds at most once the last of
   * it is due. Returns how many changes were not.
   */
  async settled(most: number): Promise<number> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      const waits = Math.max(0, ...[...this.#atWork].map(({ waits = 0 }) => waits));
      timer = setTimeout(resolve, waits + most);
    });
    await Promise.race([this.#last, late]);
    clearTimeout(timer);
    return [...this.#atWork].reduce((sum, { left }) => sum + left, 0);
  }

  #follow(driver: KernelDriver): Port {
    return {
      open: (receive) => driver.open(receive),
      change: (settings) => driver.change?.(settings),
      send: (datum) => driver.send(datum),
      get failure() {
        return driver.failure ?? '';
      },
      get counters() {
        return driver.counters ?? {};
      },
      close: () => {
        driver.close();
        this.#atWork.add(driver);
        const ended = driver.finished.finally(() => this.#atWork.delete(driver)).catch(() => {});
        this.#last = Promise.all([this.#last, ended]).then(() => {});
      },
    };
  }
}

function wrongDeclaration(declaration: PortDeclaration): string | undefined {
  const strange = Object.keys(declaration).find((key) => key !== 'kind');
  return strange === undefined
    ? undefined
    : `there is no "${strange}"; a port of kind kernel has nothing else`;
}

const SETTINGS: readonly string[] = ['neighbors', 'closed'];

function wrongSettings(settings: unknown): string | undefined {
  if (settings === undefined) return undefined;
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    return `settings must be an object such as { neighbors: true }, not ${JSON.stringify(settings)}`;
  const strange = Object.keys(settings).find((key) => !SETTINGS.includes(key));
  if (strange !== undefined) return `there is no setting "${strange}"; there are ${SETTINGS.join(' and ')}`;
  const [key, value] = Object.entries(settings).find(([, value]) => typeof value !== 'boolean') ?? [];
  if (key === undefined || value === undefined) return undefined;
  return `settings.${key} must be true or false, not ${JSON.stringify(value)}`;
}
