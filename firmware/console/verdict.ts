/** `exec --wait`: how the probation ended of a transaction that was committed. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProbationReport, TransactionReport } from '../../runtime/index.ts';
import { FirmwareError } from '../errors.ts';
import type { Conversation } from './conversation.ts';
import { ANSWER_MS } from './patience.ts';

/** Between two questions, in ms; the first comes sooner. */
const ASK_MS = 500;
const FIRST_MS = 50;

/**
 * Resolves with the probation when it is over; undefined when the transaction has none.
 * @throws FirmwareError `CONSOLE_…` when the router goes away, or does not know the transaction any more
 */
export async function verdictOf(
  conversation: Conversation,
  id: number,
): Promise<ProbationReport | undefined> {
  for (let pause = FIRST_MS; ; pause = ASK_MS) {
    const answer = await conversation.ask({ command: `show upgrade ${id}`, json: true }, ANSWER_MS);
    if (!answer.ok) {
      throw new FirmwareError(
        'CONSOLE_LOST',
        `the router does not know transaction ${id} any more: ${answer.message ?? 'it was started again'}`,
      );
    }
    const { probation } = answer.data as TransactionReport;
    if (probation?.outcome !== 'running') return probation;
    await sleep(pause);
  }
}

/** The verdict in words, and whether the versions are there to stay. */
export function verdictText(
  id: number,
  { outcome, reason }: ProbationReport,
): { stays: boolean; text: string } {
  const because = reason === '' ? '' : `: ${reason}`;
  switch (outcome) {
    case 'passed':
      return { stays: true, text: `transaction ${id} passed its probation` };
    case 'confirmed':
      return { stays: true, text: `transaction ${id} was confirmed` };
    case 'superseded':
      return { stays: true, text: `transaction ${id} was followed by another before its probation was over` };
    case 'undone':
      return { stays: false, text: `transaction ${id} was undone by a command` };
    default:
      return { stays: false, text: `transaction ${id} failed its probation, and was undone${because}` };
  }
}
