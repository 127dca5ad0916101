/**
 * The words and the facts of a configuration that was made what runs, or tried dry: the same for a commit, a file that was
 * read again, and one that was pushed.
 */
import type { CheckReport, TransactionReport } from '../../runtime/index.ts';
import type { Answer } from './answer.ts';
import { answerOf, checkAnswer } from './transactions.ts';

export interface Concerned {
  /** Nothing, where no module is concerned. What a module is given may be secret: no answer has it. */
  changes: readonly { change: string; module: string }[];
  /** Keys of the firmware's own part that wait for the next start. */
  waiting: readonly string[];
}

export interface AppliedText extends Concerned {
  /** Undefined where there was no transaction. */
  report?: TransactionReport | undefined;
}

export interface CheckedText extends Concerned {
  /** Undefined where there was nothing to try. */
  report?: CheckReport | undefined;
}

/** The words and facts of one command, beside those that all have. */
export interface Around {
  /** Stands before the modules that are concerned, where it succeeded. */
  head: string;
  /** The last lines, where it succeeded. */
  tail?: readonly string[];
  /** Further facts. */
  facts?: object;
}

/** A text that was applied. */
export function appliedAnswer(applied: AppliedText, { facts, ...around }: Around): Answer {
  const { report } = applied;
  const told = report && answerOf(report);
  const data = { ...facts, ...factsOf(applied), transaction: report ?? null };
  if (told?.error !== undefined) return { ...told, data };
  const lines = linesOf(applied, told?.lines ?? [], around);
  return { lines, data, ...(report && { transaction: report }) };
}

/** A text that was tried dry. */
export function checkedAnswer(checked: CheckedText, facts: object = {}): Answer {
  const { report } = checked;
  const told = report && checkAnswer(report);
  const data = { ...facts, ...factsOf(checked), check: report ?? null };
  const lines = linesOf(checked, told?.lines ?? [], {
    head: 'the configuration is right',
    tail: ['nothing was changed'],
  });
  return told?.error === undefined ? { lines, data } : { ...told, data };
}

function linesOf(
  { changes, waiting }: Concerned,
  steps: readonly string[],
  { head, tail = [] }: Omit<Around, 'facts'>,
) {
  const list = changes.map(({ change, module }) => `${change} ${module}`).join(', ');
  return [
    `${head}: ${list || 'no module is concerned'}`,
    ...steps,
    ...(waiting.length === 0 ? [] : [`taken when the router starts again: ${waiting.join(', ')}`]),
    ...tail,
  ];
}

function factsOf({ changes, waiting }: Concerned) {
  return { changes: changes.map(({ change, module }) => ({ change, module })), waiting };
}
