/**
 * A transaction that is asked for over a line which may be cut: it is carried out once, however often the line goes, and
 * what becomes of it is waited for.
 */
import { randomBytes } from 'node:crypto';
import type { ProbationReport } from '../../runtime/index.ts';
import type { Conversation } from '../console/conversation.ts';
import { ANSWER_MS, WORK_MS } from '../console/patience.ts';
import type { ConsoleAnswer } from '../console/requests.ts';
import type { SystemView } from '../console/system.ts';
import { verdictOf, verdictText } from '../console/verdict.ts';
import { FirmwareError } from '../errors.ts';
import { type Ask, Refused, type Sender } from './sender.ts';

export interface CarriedOut {
  answer: ConsoleAnswer;
  /** Of what was committed; absent where there is none, or nobody waits for it. */
  probation?: ProbationReport;
}

export interface CarryOutOptions {
  json: boolean;
  /** Waits until the probation is over. */
  wait: boolean;
  /** Takes the router's words. */
  show(line: string): void;
}

/**
 * @param prepare brings the router what the request needs, in each attempt before it
 * @throws Refused, also where it was undone on probation; FirmwareError `ROUTER_RESTARTED`, `CONSOLE_…`
 */
export async function carryOut(
  sender: Sender,
  request: object,
  prepare: (ask: Ask) => Promise<void>,
  { json, wait, show }: CarryOutOptions,
): Promise<CarriedOut> {
  let mark = newMark();
  let started: string | undefined;
  let answer: ConsoleAnswer | undefined;
  return sender.untilDone(async (ask, conversation, alive) => {
    const now = await startOf(conversation);
    alive();
    if (started !== undefined && started !== now) throw restarted(sender);
    if (answer === undefined) {
      await prepare(ask);
      started = now;
      const lines: string[] = [];
      const asked = { ...request, json, once: mark };
      answer = await conversation.ask(asked, await silenceOf(conversation), (line) => lines.push(line));
      lines.forEach(show);
    }
    if (!answer.ok) {
      const refused = new Refused(answer);
      // It was answered: what is asked next is another request.
      mark = newMark();
      answer = undefined;
      throw refused;
    }
    const id = answer.transaction;
    const probation = wait && id !== undefined ? await verdictOf(conversation, id) : undefined;
    if (probation === undefined || id === undefined) return { answer };
    const { stays, text } = verdictText(id, probation);
    if (!stays) throw new Refused({ ok: false, code: 'PROBATION_FAILED', message: text, data: answer.data });
    show(text);
    return { answer, probation };
  });
}

function newMark(): string {
  return randomBytes(8).toString('hex');
}

/** The start of the router's program: after another one nobody there knows what was asked for. */
async function startOf(conversation: Conversation): Promise<string> {
  const { data } = await conversation.ask({ command: 'show system', json: true }, ANSWER_MS);
  return (data as Partial<SystemView> | undefined)?.start ?? '';
}

async function silenceOf(conversation: Conversation): Promise<number> {
  const { data } = await conversation.ask({ command: 'settimer', json: true }, ANSWER_MS);
  return WORK_MS + 2 * ((data as { preparation?: number } | undefined)?.preparation ?? 0);
}

function restarted({ way }: Sender): FirmwareError {
  return new FirmwareError(
    'ROUTER_RESTARTED',
    `the router at ${way.path ?? 'its socket'} was started again before it told what came of it: it runs what it last kept; "show modules" and "show upgrades" tell`,
  );
}
