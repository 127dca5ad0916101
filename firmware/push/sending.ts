/** The host's side of a push: conversations that may be cut, and bytes that go on where they were. */
import { setTimeout as sleep } from 'node:timers/promises';
import { openChannel, type Way } from '../console/channel.ts';
import { Conversation } from '../console/conversation.ts';
import { describeError } from '../console/errors.ts';
import type { ConsoleAnswer } from '../console/requests.ts';
import { RouterError } from '../errors.ts';
import { checkOf, type Progress } from './steps.ts';

/** Pieces on their way: while the router writes one, the line carries the next. */
const AHEAD = 3;
/** How long a line that was cut may be away, in ms, and how often it is looked for. */
const RESUME_MS = 60_000;
const RETRY_MS = 1000;

/** What the router, or a program of this machine, answered instead of doing it. */
export class Refused extends Error {
  readonly code: string;

  constructor({ code = 'INTERNAL', message = 'the router gave no reason' }: Partial<ConsoleAnswer>) {
    super(message);
    this.code = code;
  }
}

/** What was thrown on the host's side, as a code and a message. */
export function failureOf(thrown: unknown): { code: string; message: string } {
  return thrown instanceof Refused || thrown instanceof RouterError ? thrown : describeError(thrown);
}

/** Sends one step, and gives its data. @throws Refused */
export type Ask = (push: object) => Promise<unknown>;

/** One conversation; an attempt of `untilDone`. */
export async function converse<T>(way: Way, heard: () => void, talk: (ask: Ask) => Promise<T>): Promise<T> {
  const channel = await openChannel(way);
  try {
    const conversation = new Conversation(channel);
    return await talk(async (push) => {
      const answer = await conversation.ask({ push, json: true });
      if (!answer.ok) throw new Refused(answer);
      heard();
      return answer.data;
    });
  } finally {
    await channel.close();
  }
}

export interface Persistence {
  /** How long a line that was cut may be away, in ms; a minute when absent. */
  resume?: number;
  /** Told when the line was cut, and is waited for. */
  cut(): void;
}

/** Each attempt begins with what the router has by now. */
export async function untilDone<T>(
  attempt: (heard: () => void) => Promise<T>,
  { resume = RESUME_MS, cut }: Persistence,
): Promise<T> {
  let begun = false;
  let begunAnew = false;
  let cutAt: number | undefined;
  const heard = () => {
    begun = true;
    cutAt = undefined;
  };
  for (;;) {
    try {
      return await attempt(heard);
    } catch (thrown) {
      const { code } = failureOf(thrown);
      // What was left of an earlier attempt was not what it should be, and the router has deleted it; or it forgot.
      if (/^PUSH_(DAMAGED|UNKNOWN)$/.test(code) && !begunAnew) {
        begunAnew = true;
        continue;
      }
      // Before anything was reached, a wrong path or speed is likelier than a cut.
      const hopeless = !begun || !/^(CONSOLE_(LOST|UNREACHABLE)|SERIAL_OPEN)$/.test(code);
      cutAt ??= performance.now();
      if (hopeless || performance.now() - cutAt > resume) throw thrown;
      cut();
      await sleep(RETRY_MS);
    }
  }
}

/** What is sent in pieces. */
export interface Sending {
  /** In all. */
  bytes: number;
  /** Bytes of a piece, at most. */
  most: number;
  read(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
  /** What names it in each step. */
  step: object;
  /** Told how much is there. */
  show(have: number): void;
}

/** Sends what is missing. @param have bytes that are there already */
export async function sendRest(ask: Ask, sending: Sending, have: number): Promise<void> {
  const { bytes, most, read, step, show } = sending;
  show(have);
  while (have < bytes) {
    const pieces: Promise<unknown>[] = [];
    for (let offset = have; offset < bytes && pieces.length < AHEAD; offset += most) {
      const data = Buffer.from(await read(offset, Math.min(most, bytes - offset)));
      const piece = { ...step, offset, data: data.toString('base64'), check: checkOf(data) };
      pieces.push(
        ask(piece).then((answer) => {
          ({ have } = answer as Progress);
          show(have);
        }),
      );
    }
    const done = await Promise.allSettled(pieces);
    const failed = done.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
