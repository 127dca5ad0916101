/** The answer to a configuration that was pushed. */
import type { TakenConfig } from '../push/steps.ts';
import type { Answer } from './answer.ts';
import { appliedAnswer, checkedAnswer } from './applied.ts';

export function takenAnswer(taken: TakenConfig): Answer {
  const { file, saved, report, check } = taken;
  const facts = { file, saved };
  if (report === undefined && saved === 'no') return checkedAnswer({ ...taken, report: check }, facts);
  const when = saved === 'now' ? '' : ' as soon as it is there to stay';
  return appliedAnswer(taken, {
    head: 'the configuration is right',
    tail: [`saved as ${file}${when}`],
    facts,
  });
}
