/**
 * The configuration file while the router runs. A module that is added by command gets its section as the file has
 * it now; what else changed in the file is named, and taken when the router starts again.
 */
import { isDeepStrictEqual } from 'node:util';
import { configOf } from '../config/modules.ts';
import type { Config } from '../config/schema.ts';
import type { Tell } from './interfaces.ts';

export class LiveConfig {
  readonly #started: Config;
  readonly #read: () => Config;
  readonly #tell: Tell;

  /** @param read reads the file again; throws a ConfigError with all its mistakes */
  constructor(started: Config, read: () => Config, tell: Tell) {
    this.#started = started;
    this.#read = read;
    this.#tell = tell;
  }

  /**
   * The whole configuration as it is now, and what it gives the module; undefined where that is nothing.
   * @throws ConfigError
   */
  of(module: string): { config: Config; section: unknown } {
    const config = this.#read();
    const section = configOf(module, config);
    const own = !isDeepStrictEqual(section, configOf(module, this.#started));
    const others = this.#changed(config).filter((key) => key !== module.toLowerCase());
    if (own) this.#tell('info', `the configuration file has changed: ${module} is given what it says now`);
    if (others.length > 0) {
      const keys = others.join(', ');
      this.#tell(
        'warn',
        `the configuration file has changed in ${keys} too: taken when the router starts again`,
      );
    }
    return { config, section };
  }

  #changed(now: Config): string[] {
    const keys = Object.keys({ ...this.#started, ...now }) as (keyof Config)[];
    return keys.filter((key) => !isDeepStrictEqual(now[key], this.#started[key]));
  }
}
