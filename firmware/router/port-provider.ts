/** The ports of modules that were made for api 1: which they are, and on which interfaces, the configuration says. */
import type { Port, PortDeclaration, PortKinds } from '../../runtime/index.ts';
import { COMPAT_PORTS } from '../compat/ports.ts';
import type { Config } from '../config/check.ts';
import { interfacesOf } from './named-interfaces.ts';

export class PortProvider {
  #config: Config | undefined;
  readonly kinds: PortKinds;
  /** Configurations that were read again, by the module that came with them. */
  readonly #own = new Map<string, Config>();

  constructor(kinds: PortKinds) {
    this.kinds = kinds;
  }

  /** The configuration of the start. */
  begin(config: Config): void {
    this.#config = config;
  }

  /** From now on the module's ports are those of this configuration; open ones stay as they are. */
  use(module: string, config: Config): void {
    this.#own.set(module, config);
  }

  /** The ports of this name that the configuration gives a module, one an interface; none are open yet. */
  *of(
    module: string,
    port: string,
  ): Generator<readonly [key: string, port: Port, declaration: PortDeclaration]> {
    const compat = COMPAT_PORTS.find((one) => one.module === module && one.port === port);
    if (compat === undefined) return;
    const { declaration } = compat;
    const config = this.#own.get(module) ?? this.#config;
    for (const key of interfacesOf(compat, config?.whole).keys())
      yield [
        key,
        this.kinds[declaration.kind]!.make({ module, port, key, declaration, settings: undefined }),
        declaration,
      ];
  }
}
