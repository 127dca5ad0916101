/** A candidate that is committed, and what is answered to that. */
import type { Candidate } from '../config/candidate.ts';
import type { Difference } from '../config/difference.ts';
import { FirmwareError } from '../errors.ts';
import type { Answer } from './answer.ts';
import { appliedAnswer, checkedAnswer } from './applied.ts';
import type { Call } from './command.ts';
import { withoutSecret } from './configuration-text.ts';
import type { Editing } from './editing.ts';
import type { CommittedView } from './host.ts';
import { inSlices } from './slices.ts';

export interface CommitWish {
  comment?: string;
  /** ms */
  confirm?: number;
}

/** Changes as a person and a program may see them. */
export function changesOf(differences: readonly Difference[]): {
  lines: string[];
  differences: Difference[];
} {
  const shown = differences.map(({ sign, words }) => ({ sign, words: withoutSecret(words) }));
  return { lines: shown.map(({ sign, words }) => `${sign} ${words}`), differences: shown };
}

/** @throws FirmwareError, HitlessError */
export async function commit(wish: CommitWish, own: Editing, { text, caller }: Call): Promise<Answer> {
  const { configuration } = own;
  const candidate = await own.candidate();
  const written = await inSlices(candidate.writing());
  const { differences } = changesOf(candidate.compare());
  if (!candidate.isEdited) return { lines: ['nothing is changed'], data: { differences } };
  let done: CommittedView;
  try {
    const how = { over: candidate.base, ...wish };
    done = await configuration.commit(written, { command: text, by: caller.by }, how);
  } catch (thrown) {
    if (!(thrown instanceof FirmwareError) || thrown.code !== 'CONFIG_OVERTAKEN') throw thrown;
    return overtaken(thrown, candidate, configuration.running);
  }
  const { number } = done;
  const answer = appliedAnswer(done, {
    head: `committed${number === undefined ? '' : ` as configuration ${number}`}`,
    tail: [`the next start begins with the file as it is; "save" writes this to ${configuration.path}`],
    facts: { ...(number !== undefined && { number }), differences },
  });
  if (answer.error === undefined) candidate.committed();
  return answer;
}

/** A dry run of `commit`. @throws FirmwareError, HitlessError */
export async function checkCommit(own: Editing, { text, caller }: Call): Promise<Answer> {
  const candidate = await own.candidate();
  const origin = { command: text, by: caller.by };
  const written = await inSlices(candidate.writing());
  return checkedAnswer(await own.configuration.check(written, origin));
}

/** The file read again. @throws FirmwareError, HitlessError */
export async function reload({ configuration }: Editing, { text, caller }: Call): Promise<Answer> {
  const done = await configuration.reload({ command: text, by: caller.by });
  return appliedAnswer(done, { head: `${configuration.path} was read again` });
}

/** Refused, with what somebody else has changed. */
function overtaken({ code, message }: FirmwareError, candidate: Candidate, running: string): Answer {
  const theirs = changesOf(candidate.overtakenBy(running));
  const own = changesOf(candidate.compare());
  return {
    error: { code, message },
    lines: ['what they have changed:', ...theirs.lines, 'what is changed here:', ...own.lines],
    data: { overtakenBy: theirs.differences, differences: own.differences },
  };
}
