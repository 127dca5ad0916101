/**
 * Configurations that were committed: the last 50, with who, when and why. Each is a file of its own beside the others,
 * written whole or not at all, also when the power goes.
 */
import { statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../runtime/index.ts';
import { placeOf, readPlainFile, replaceFile } from '../../runtime/plain-file.ts';
import { makeDirectory } from '../../runtime/sync-directory.ts';
import { FirmwareError } from '../errors.ts';
import { MOST_CONFIG_BYTES } from './file.ts';

/** Kept configurations. */
export const MOST_KEPT = 50;

const NAME = /^(\d{8})\.json$/;

/** A configuration that was committed. */
export interface Committed {
  /** Counts up, and never begins anew. */
  readonly number: number;
  /** ISO 8601, UTC. */
  readonly at: string;
  /** The caller who committed it. */
  readonly by: string;
  readonly comment: string;
  readonly text: string;
}

export class ConfigHistory {
  readonly #directory: string;

  /** @param directory made with the first configuration that is kept */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** All that is kept, the newest first; what cannot be read is left out. */
  async list(): Promise<Committed[]> {
    const read = await Promise.all((await this.#numbers()).map((number) => this.#read(number)));
    return read.filter((one) => one !== undefined).reverse();
  }

  /** The one that was kept last; undefined where none can be read. */
  async newest(): Promise<Committed | undefined> {
    for (const number of (await this.#numbers()).reverse()) {
      const found = await this.#read(number);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** @throws FirmwareError `CONFIG_HISTORY` */
  async entry(number: number): Promise<Committed> {
    const found = await this.#read(number);
    if (found !== undefined) return found;
    const numbers = await this.#numbers();
    const there = numbers.length === 0 ? 'none is kept yet' : `there are ${numbers[0]} to ${numbers.at(-1)}`;
    throw new FirmwareError('CONFIG_HISTORY', `no configuration has the number ${number}: ${there}`);
  }

  /**
   * Keeps a configuration, and gives up the oldest. @returns its number
   * @throws FirmwareError `CONFIG_UNWRITABLE`
   */
  async keep(text: string, { by, comment = '', at = new Date() }: Keeping): Promise<number> {
    try {
      await makeDirectory(this.#directory);
      const numbers = await this.#numbers();
      const number = (numbers.at(-1) ?? 0) + 1;
      const record = { number, at: at.toISOString(), by, comment, text } satisfies Committed;
      await replaceFile(this.#fileOf(number), [`${JSON.stringify(record)}\n`]);
      const old = numbers.slice(0, Math.max(0, numbers.length + 1 - MOST_KEPT));
      for (const one of old) await rm(this.#fileOf(one), { force: true });
      return number;
    } catch (cause) {
      throw new FirmwareError(
        'CONFIG_UNWRITABLE',
        `the configuration could not be kept in ${this.#directory}: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }

  /** Ascending. */
  async #numbers(): Promise<number[]> {
    const names = await readdir(this.#directory).catch(() => []);
    return names
      .flatMap((name) => NAME.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);
  }

  async #read(number: number): Promise<Committed | undefined> {
    try {
      // As JSON a text is longer than it is.
      const bytes = await readPlainFile(
        this.#fileOf(number),
        8 * MOST_CONFIG_BYTES,
        (what) => new Error(what),
      );
      const found = JSON.parse(bytes.toString('utf8')) as Committed;
      return typeof found.text === 'string' && found.number === number ? found : undefined;
    } catch {
      return undefined;
    }
  }

  #fileOf(number: number): string {
    return join(this.#directory, `${String(number).padStart(8, '0')}.json`);
  }
}

/** About a configuration that is kept. */
export interface Keeping {
  by: string;
  comment?: string;
  /** Now, unless told. */
  at?: Date;
}

/**
 * Writes the configuration file: a reader, or a power cut, finds the old one or the new one. Links are followed; it is for
 * those to read who could read the old one.
 * @throws FirmwareError `CONFIG_UNWRITABLE`
 */
export async function saveConfig(file: string, text: string): Promise<void> {
  const unwritable = (what: string, cause?: unknown) =>
    new FirmwareError('CONFIG_UNWRITABLE', `${file} ${what}`, { cause });
  const place = placeOf(file, unwritable);
  try {
    const mode = statSync(place, { throwIfNoEntry: false })?.mode ?? 0o644;
    await replaceFile(place, [text], mode & 0o777);
  } catch (cause) {
    throw unwritable(`cannot be written: ${reasonOf(cause)}; it is as it was`, cause);
  }
}
