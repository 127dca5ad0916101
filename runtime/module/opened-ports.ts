/** Ports that a version needs and that are opened before anything is disabled, so that a driver's failure is a refusal. */
import { types } from 'node:util';
import { HitlessError, reasonOf } from '../errors.ts';
import type { Port, PortProvider } from './port.ts';
import type { ModuleProxy } from './proxy.ts';

export class OpenedPorts {
  readonly #proxy: ModuleProxy;
  #opened: { name: string; key: string; port: Port }[] = [];

  constructor(proxy: ModuleProxy) {
    this.#proxy = proxy;
  }

  /**
   * Opens the ports of these names that the module does not have yet.
   * @throws the driver's error, or HitlessError `PORT_FAILED` when that has no code; what was opened is closed again
   */
  open(names: readonly string[], provider: PortProvider | undefined): void {
    if (provider === undefined) return;
    for (const name of names) {
      if (this.#proxy.outlet.portKeys(name).length > 0) continue;
      try {
        for (const [key, port] of provider(this.#proxy.name, name)) {
          this.#proxy.open(name, key, port);
          this.#opened.push({ name, key, port });
        }
      } catch (thrown) {
        this.close();
        // A driver's own error says better what is wrong.
        if (types.isNativeError(thrown) && 'code' in thrown && typeof thrown.code === 'string') throw thrown;
        throw new HitlessError(
          'PORT_FAILED',
          `the port ${name} of ${this.#proxy.name} could not be opened: ${reasonOf(thrown)}`,
          { module: this.#proxy.name, cause: thrown },
        );
      }
    }
  }

  /** They are the module's from now on. */
  put(): void {
    for (const { name, key, port } of this.#opened) this.#proxy.put(name, key, port);
    this.#opened = [];
  }

  close(): void {
    this.#proxy.outlet.close(this.#opened.map(({ port }) => port));
    this.#opened = [];
  }
}
