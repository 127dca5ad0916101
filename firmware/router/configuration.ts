/**
 * The configuration of a router that runs, as its consoles edit it: the text by which the modules run, the file that the
 * next start begins with, and the texts that ran before.
 */
import { dirname, resolve } from 'node:path';
import type { Origin } from '../../runtime/index.ts';
import type { Schemas } from '../config/candidate.ts';
import { ConfigFile, readConfigFile } from '../config/file.ts';
import type { Committed, ConfigHistory, Keeping } from '../config/history.ts';
import { ConfigError } from '../config/problem.ts';
import { describeError, FirmwareError } from '../errors.ts';
import type { Tell } from './interfaces.ts';
import type { AppliedFile, Applying, LiveConfig, RunningText } from './live-config.ts';
import type { Saving } from './saving.ts';

export interface ConfigurationOptions {
  live: LiveConfig;
  saving: Saving;
  /** Of the file that the router was started with. */
  path: string;
  /** Absent where nothing is kept. */
  history: ConfigHistory | undefined;
  tell: Tell;
}

/** A text that was committed. */
export interface CommittedText extends AppliedFile {
  /** Its number in the history; undefined where it is not kept, or was the one that ran. */
  number: number | undefined;
}

export class Configuration {
  /** Absolute. */
  readonly path: string;
  readonly #options: ConfigurationOptions;
  readonly #live: LiveConfig;
  /** The number of what is kept last, when all before it is kept. */
  #kept: Promise<number | undefined> = Promise.resolve(undefined);

  constructor(options: ConfigurationOptions) {
    const { live, path } = options;
    this.path = resolve(path);
    this.#options = options;
    this.#live = live;
    live.onRan((ran) => this.#keep(ran));
  }

  /** The text by which the modules run. */
  get running(): string {
    return this.#live.running;
  }

  /**
   * The schemas of all that can stand in a file, by key.
   * @param modules versions that the file names: what replaces a running version has the word
   */
  schemas(modules: Readonly<Record<string, string>>): Promise<Schemas> {
    return this.#live.schemas(modules);
  }

  /** The file as it is now. @throws ConfigError `CONFIG_UNREADABLE`, `CONFIG_SYNTAX` */
  saved(): string {
    return readConfigFile(this.path).text;
  }

  /**
   * Another file of the router; relative paths begin where the configuration file is.
   * @throws ConfigError `CONFIG_UNREADABLE`, `CONFIG_SYNTAX`; `CONFIG_INVALID` for what cannot be edited: a key that is there
   *   twice, an alias
   */
  read(path: string): string {
    const { text, yaml } = readConfigFile(resolve(dirname(this.path), path));
    if (yaml.structure.length > 0) throw new ConfigError('CONFIG_INVALID', yaml.structure);
    return text;
  }

  /**
   * Makes the modules what a text says, in one transaction. An abort is a report and no error.
   * @throws ConfigError; FirmwareError and HitlessError as `LiveConfig.apply`
   */
  async commit(text: string, origin: Origin, how: Applying): Promise<CommittedText> {
    try {
      const applied = await this.#live.apply(new ConfigFile(this.path, text), origin, how);
      const isNew = applied.report?.outcome !== 'aborted' && applied.before !== text;
      return { ...applied, number: isNew ? await this.#kept : undefined };
    } catch (thrown) {
      throw thrown instanceof ConfigError ? withoutPlaces(thrown) : thrown;
    }
  }

  /** Makes the modules what the file says now. An abort is a report. @throws as `commit`, with the places of mistakes */
  reload(origin: Origin): Promise<AppliedFile> {
    return this.#live.reread(origin);
  }

  /** A dry run of `commit`. @throws as `commit` */
  async check(text: string, origin: Origin): ReturnType<LiveConfig['check']> {
    try {
      return await this.#live.check(new ConfigFile(this.path, text), origin);
    } catch (thrown) {
      throw thrown instanceof ConfigError ? withoutPlaces(thrown) : thrown;
    }
  }

  /** The texts that ran, the newest first. @throws FirmwareError `CONFIG_HISTORY` where none are kept */
  async history(): Promise<Committed[]> {
    await this.#kept;
    return this.#history().list();
  }

  /** @throws FirmwareError `CONFIG_HISTORY` */
  async past(number: number): Promise<Committed> {
    await this.#kept;
    return this.#history().entry(number);
  }

  /** @throws FirmwareError `CONFIG_HISTORY` */
  #history(): ConfigHistory {
    if (this.#options.history !== undefined) return this.#options.history;
    throw new FirmwareError(
      'CONFIG_HISTORY',
      'this router keeps no configurations: name a directory as router.state in its configuration',
    );
  }

  /** Writes what runs to the file. @throws as `Saving.save` */
  save(how: { force: boolean }): Promise<void> {
    return this.#options.saving.save(how);
  }

  #keep({ text, before, by, comment }: RunningText): void {
    const history = this.#options.history;
    if (history === undefined) return;
    this.#kept = this.#kept.then(async () => {
      try {
        const newest = await history.newest();
        // The way back from the first commit leads to what the router started with.
        if (newest?.text !== before) await history.keep(before, { by: 'file' });
        return await history.keep(text, { by, comment } satisfies Keeping);
      } catch (thrown) {
        const { code, message } = describeError(thrown);
        this.#options.tell('error', `${code}: ${message}; it is missing in the history`);
        return undefined;
      }
    });
  }
}

/** Nobody sees the lines of a candidate: its mistakes are told by their paths. */
function withoutPlaces({ code, problems, cause }: ConfigError): ConfigError {
  const told = problems.map((problem) => ({ ...problem, file: 'the candidate', line: 0, column: 0 }));
  return new ConfigError(code as 'CONFIG_INVALID', told, { cause });
}
