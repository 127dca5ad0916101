/**
 * Ports that a version needs, before anything is disabled. Of api 1 they are opened, so that a driver's failure is a refusal.
 * Of api 2 the version says itself what it uses, when it starts: here is looked whether the host knows the kinds.
 */
import { types } from 'node:util';
import { isDeepStrictEqual } from '../deep-equal.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import { didYouMean } from '../nearest.ts';
import type { AnyManifest } from './manifest.ts';
import { BY_HOST } from './module-ports.ts';
import type { Port, PortDeclaration, PortKind, PortKinds, PortProvider } from './port.ts';
import type { ModuleProxy } from './proxy.ts';

/** The host's ports by name, and its kinds of ports. */
export interface HostPorts {
  readonly provider: PortProvider | undefined;
  readonly kinds: PortKinds;
  /** Ports may be opened: not in a check. */
  readonly opens: boolean;
}

interface Provided {
  readonly name: string;
  readonly key: string;
  readonly port: Port;
  readonly declaration: PortDeclaration | undefined;
  /** The module has it already, from a version that declares the same. */
  readonly had: boolean;
}

export class OpenedPorts {
  readonly #proxy: ModuleProxy;
  #provided: Provided[] = [];

  constructor(proxy: ModuleProxy) {
    this.#proxy = proxy;
  }

  /**
   * Opens the ports that a version of api 1 names and the module does not have yet; of api 2, looks at what is declared.
   * @param config the configuration by which the version is to run
   * @throws HitlessError `PORT_KIND_UNKNOWN`, `PORT_INVALID`; the driver's error, or `PORT_FAILED` when that has no code: what
   * was opened is closed again
   */
  open(next: AnyManifest, host: HostPorts, config: unknown): void {
    const { provider, opens } = host;
    if (next.api !== 1) this.#checkDeclared(next, host);
    else if (provider !== undefined && opens)
      for (const name of next.ports) this.#open(name, provider, config);
  }

  #checkDeclared({ name, version, declaredPorts }: AnyManifest, { kinds, opens }: HostPorts): void {
    for (const [port, declaration] of Object.entries(declaredPorts)) {
      const where = `${name} ${version}: its port "${port}"`;
      const kind = this.#proxy.outlet.kindOf(declaration.kind);
      if (kind === undefined) {
        const known = Object.keys(kinds);
        const hint = `it knows ${known.join(', ') || 'none'}${didYouMean(declaration.kind, known)}`;
        throw new HitlessError(
          'PORT_KIND_UNKNOWN',
          `${where} is of kind "${declaration.kind}", which this program does not know; ${hint}`,
          { module: name },
        );
      }
      const wrong = kind.check?.(declaration, undefined);
      if (wrong !== undefined) throw new HitlessError('PORT_INVALID', `${where}: ${wrong}`, { module: name });
      // One that is open shows that it can be.
      if (opens && this.#proxy.outlet.portKeys(port).length === 0) this.#probe(kind, port, declaration);
    }
  }

  #probe(kind: PortKind, port: string, declaration: PortDeclaration): void {
    try {
      kind.probe?.(declaration);
    } catch (thrown) {
      throw this.#refusal(port, thrown);
    }
  }

  #open(name: string, provider: PortProvider, config: unknown): void {
    const { outlet, manifest } = this.#proxy;
    // A version that opens its ports itself need not have opened all that one without kinds has.
    const byVersion = manifest.declaredPorts[name] !== undefined;
    if (!byVersion && outlet.portKeys(name).length > 0) return;
    try {
      for (const [key, port, declaration] of provider(this.#proxy.name, name, config)) {
        const { driver, use } = outlet.ports.get(name, key) ?? {};
        const had =
          driver !== undefined && use !== undefined && isDeepStrictEqual(use.declaration, declaration);
        if (!had) this.#proxy.open(name, key, port);
        this.#provided.push({ name, key, port, declaration, had });
      }
    } catch (thrown) {
      this.close();
      throw this.#refusal(name, thrown);
    }
  }

  /** A driver's own error says better what is wrong. */
  #refusal(port: string, thrown: unknown): Error {
    if (types.isNativeError(thrown) && 'code' in thrown && typeof thrown.code === 'string') return thrown;
    const { name } = this.#proxy;
    return new HitlessError(
      'PORT_FAILED',
      `the port ${port} of ${name} could not be opened: ${reasonOf(thrown)}`,
      {
        module: name,
        cause: thrown,
      },
    );
  }

  /** They are the module's from now on. */
  put(): void {
    for (const { name, key, port, declaration, had } of this.#provided) {
      const use = declaration && { declaration, settings: undefined, saidBy: BY_HOST };
      if (had && use !== undefined) this.#proxy.outlet.usePort(name, key, use);
      else this.#proxy.put(name, key, port, use);
    }
    this.#provided = [];
  }

  close(): void {
    this.#proxy.outlet.close(this.#provided.flatMap(({ port, had }) => (had ? [] : [port])));
    this.#provided = [];
  }
}
