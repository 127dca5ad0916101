/**
 * Makes decisions durable (design rule 10). The new set of versions is written as prepared before anything is
 * disabled, and put in place after the commit, before that is reported. What cannot be written then is "committed,
 * not durable", and tried again.
 */
import { HitlessError, reasonOf } from '../errors.ts';
import type { Kernel } from '../kernel.ts';
import type { Participant } from './participant.ts';
import type { VersionSet } from './version-set.ts';

/** A decision that cannot be written is tried again after this many ms. */
const AGAIN_MS = 1_000;

/** A decision that is about to be made. */
export interface Stored {
  /** False when it could not be written yet. */
  commit(): Promise<boolean>;
  abandon(): Promise<void>;
}

export class Vault {
  readonly #set: VersionSet | undefined;
  readonly #kernel: Kernel;
  #again: NodeJS.Timeout | undefined;
  /** Attempts in a row that failed. */
  #failures = 0;
  #settled: Promise<unknown> = Promise.resolve();
  /** The trial is of more than one transaction. */
  #stacked = false;

  constructor(set: VersionSet | undefined, kernel: Kernel) {
    this.#set = set;
    this.#kernel = kernel;
  }

  /** Whether decisions are written at all. */
  get keeps(): boolean {
    return this.#set !== undefined;
  }

  /** When what was last decided is written, or could not be. */
  async settled(): Promise<void> {
    await this.#settled;
  }

  /**
   * Writes what the members will be. On trial, it is not what the next start begins with until `promote`.
   * @throws HitlessError `VERSIONS_UNUSABLE`; `BUNDLE_NO_FILE` when the set could not name what would be current
   */
  async prepare(
    members: readonly Participant[],
    how: { trial: boolean; back: boolean },
  ): Promise<Stored | undefined> {
    const set = this.#set;
    if (set === undefined) return undefined;
    mustHaveFiles(members);
    await this.#settled;
    // Of a trial of several, those before the one that is undone stay, and are not watched any more.
    if (how.back && set.trial !== undefined && !this.#stacked)
      return { commit: () => this.#write(() => set.revert()), abandon: async () => {} };
    const changes = new Map(
      members.map(({ module, after }) => [
        module,
        after === undefined ? null : { bundle: after.ref, sha256: after.sha256, file: after.file },
      ]),
    );
    const prepared = await set.prepare(changes, { trial: how.trial });
    return {
      commit: () => {
        this.#stacked = how.trial && set.trial !== undefined;
        return this.#write(() => prepared.commit());
      },
      abandon: () => prepared.abandon(),
    };
  }

  /** The next start begins with the set on trial. */
  promote(): void {
    const set = this.#set;
    this.#stacked = false;
    if (set !== undefined) void this.#write(() => set.promote());
  }

  stop(): void {
    clearTimeout(this.#again);
  }

  #write(write: () => Promise<void>, again = false): Promise<boolean> {
    const done = this.#try(write, again);
    this.#settled = done;
    return done;
  }

  async #try(write: () => Promise<void>, again = false): Promise<boolean> {
    try {
      await write();
      if (this.#failures > 0)
        this.#kernel.log({
          level: 'info',
          text: `durable again, after ${this.#failures} attempts that failed`,
        });
      this.#failures = 0;
      return true;
    } catch (thrown) {
      this.#failures++;
      // A disk may stay full for days. Another decision is told of each time, an attempt at milestones.
      if (!again || isMilestone(this.#failures)) {
        const attempts = this.#failures === 1 ? '' : `, ${this.#failures} attempts`;
        const text = `committed, not durable: ${reasonOf(thrown)}; tried again each second${attempts}`;
        this.#kernel.log({ level: 'error', text });
      }
      clearTimeout(this.#again);
      this.#again = setTimeout(() => void this.#write(write, true), AGAIN_MS).unref();
      return false;
    }
  }
}

function mustHaveFiles(members: readonly Participant[]): void {
  const member = members.find(({ after }) => after?.ofProgram === true);
  if (member === undefined) return;
  throw new HitlessError(
    'BUNDLE_NO_FILE',
    `${member.module} ${member.to} is a class of the program and no file, so the set of versions could not name it after a restart; make a bundle of it, or say { remember: false }`,
    { module: member.module },
  );
}

/** 1, 10, 100 and so on. */
function isMilestone(count: number): boolean {
  return Number.isInteger(Math.log10(count));
}
