/** The configuration that one session edits: a candidate of its own, which begins with what runs. */
import { Candidate } from '../config/candidate.ts';
import type { Difference } from '../config/difference.ts';
import { at, keys } from '../config/paths.ts';
import type { NextWords } from '../config/place.ts';
import { FirmwareError } from '../errors.ts';
import type { ConsoleConfiguration } from './host.ts';

/** The use of a place in the configuration. */
export type Edits = 'set' | 'delete' | 'show';

/** The words that may follow, and whether the line may end there. */
export interface EditingNext extends NextWords {
  ends: boolean;
}

export class Editing {
  readonly #configuration: ConsoleConfiguration | undefined;
  #candidate: Candidate | undefined;
  #running: Candidate | undefined;

  constructor(configuration: ConsoleConfiguration | undefined) {
    this.#configuration = configuration;
  }

  /** @throws FirmwareError `CONFIGURATION_ABSENT` */
  get configuration(): ConsoleConfiguration {
    if (this.#configuration !== undefined) return this.#configuration;
    throw new FirmwareError(
      'CONFIGURATION_ABSENT',
      'this router was started without a configuration file; there is none to show or to change',
    );
  }

  /**
   * The candidate, read by the schemas of the versions that will run. One that nobody has changed is what runs now.
   * @throws FirmwareError `CONFIGURATION_ABSENT`
   */
  async candidate(): Promise<Candidate> {
    const { running } = this.configuration;
    // Whether it is edited takes long to say of a long one.
    const isOld = this.#candidate?.base !== running && this.#candidate?.isEdited === false;
    if (this.#candidate === undefined || isOld) this.#candidate = await this.read(running);
    else this.#candidate.use(await this.configuration.schemas(modulesOf(this.#candidate)));
    return this.#candidate;
  }

  /** The text that runs, secrets and all. @throws FirmwareError `CONFIGURATION_ABSENT` */
  async running(): Promise<Candidate> {
    const { running } = this.configuration;
    if (this.#running?.base !== running) this.#running = await this.read(running);
    else this.#running.use(await this.configuration.schemas(modulesOf(this.#running)));
    return this.#running;
  }

  /** Gives up the candidate. @returns the changes that are lost */
  discard(): readonly Difference[] {
    const lost = this.uncommitted;
    this.#candidate = undefined;
    return lost;
  }

  /** The changes that were not committed. */
  get uncommitted(): readonly Difference[] {
    return this.#candidate?.compare() ?? [];
  }

  /** Makes ready for `next`. Never rejects. */
  async prepare(of: Edits): Promise<void> {
    if (this.#configuration === undefined) return;
    await (of === 'show' ? this.running() : this.candidate()).catch(() => {});
  }

  /** The words that may follow; as far as it is prepared. @throws FirmwareError `CONFIG_PATH` */
  next(of: Edits, words: readonly string[]): EditingNext | undefined {
    if (of === 'set')
      return this.#candidate && { ...this.#candidate.next(words), ends: this.#candidate.isWhole(words) };
    const present = (of === 'delete' ? this.#candidate : this.#running)?.present(words);
    return present && { ...present, ends: words.length > 0 || of === 'show' };
  }

  /** A text as it is edited, by the versions that run or that it names. */
  async read(text: string): Promise<Candidate> {
    const read = new Candidate(text, {});
    read.use(await this.configuration.schemas(modulesOf(read)));
    return read;
  }
}

/** The versions that the configuration names, by module. */
function modulesOf({ data }: Candidate): Record<string, string> {
  const found: Record<string, string> = {};
  for (const path of keys(data, ['router', 'modules'])) {
    const version = at(data, path);
    if (typeof version === 'string') found[String(path.at(-1))] = version;
  }
  return found;
}
