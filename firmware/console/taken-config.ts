/** The words for what came of a configuration that was pushed. */
import type { TakenConfig } from '../push/steps.ts';
import type { Answer } from './answer.ts';
import { answerOf, checkAnswer } from './transactions.ts';

const UNCONCERNED = 'the configuration is right: no module is concerned';

export function takenAnswer(taken: TakenConfig): Answer {
  const { report, check } = taken;
  if (check !== undefined) return { ...checkAnswer(check), data: taken };
  if (report === undefined) return { lines: [UNCONCERNED, ...after(taken)], data: taken };
  const answer = answerOf(report);
  if (answer.error !== undefined) return { ...answer, data: taken };
  return { ...answer, lines: [...answer.lines, ...after(taken)], data: taken };
}

function after({ file, waiting, saved }: TakenConfig): string[] {
  const left = waiting.length === 0 ? [] : [`taken when the router starts again: ${waiting.join(', ')}`];
  if (saved === 'no') return ['nothing was changed', ...left];
  return [saved === 'now' ? `saved as ${file}` : `saved as ${file} as soon as it is there to stay`, ...left];
}
