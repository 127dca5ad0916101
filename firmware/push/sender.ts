/** The sending end of a push: steps are asked over the console, in as many attempts as a bad line takes. */
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChannel, type Way } from '../console/channel.ts';
import { Conversation } from '../console/conversation.ts';
import { WORK_MS } from '../console/patience.ts';
import type { ConsoleAnswer } from '../console/requests.ts';
import { describeError } from '../errors.ts';
import { ProgressLine } from './progress.ts';
import { checkOf, type Progress } from './steps.ts';

/** Pieces on their way: while the router writes one, the line carries the next. */
const AHEAD = 3;
/** How long a line that was cut may be away, in ms, and how often it is looked for. */
const RESUME_MS = 60_000;
const RETRY_MS = 1000;

/** The router's answer when it did not take it. */
export class Refused extends Error {
  readonly code: string;
  /** Further facts. */
  readonly data: unknown;

  constructor({ code = 'INTERNAL', message = 'the router gave no reason', data }: ConsoleAnswer) {
    super(message);
    this.code = code;
    this.data = data;
  }
}

/** An error of the sending end, as a code and a message. */
export function failureOf(thrown: unknown): { code: string; message: string } {
  return thrown instanceof Refused ? thrown : describeError(thrown);
}

/** One step, and what the router answers. @throws Refused, FirmwareError */
export type Ask = (step: object) => Promise<unknown>;

/**
 * Done over one connection, and begun anew over another when that one is lost.
 * @param alive called when the router has answered by other ways than `ask`
 */
export type Attempt<T> = (ask: Ask, conversation: Conversation, alive: () => void) => Promise<T>;

export interface SenderOptions extends Way {
  resume?: number;
  silence?: number;
}

export class Sender {
  readonly way: Way;
  readonly #resume: number;
  readonly #silence: number;
  readonly #output: Writable & { isTTY?: boolean };
  #progress: ProgressLine | undefined;
  /** The router has answered once. */
  #begun = false;

  constructor(
    { resume = RESUME_MS, silence = WORK_MS, ...way }: SenderOptions,
    output: Writable & { isTTY?: boolean },
  ) {
    this.way = way;
    this.#resume = resume;
    this.#silence = silence;
    this.#output = output;
  }

  /** From now on progress is that of this name. */
  follow(name: string): ProgressLine {
    this.end();
    this.#progress = new ProgressLine(name, this.#output);
    return this.#progress;
  }

  /** A line of its own. */
  say(text: string): void {
    this.end();
    this.#output.write(`${text}\n`);
  }

  /** Leaves the line of the progress. */
  end(): void {
    this.#progress?.end();
  }

  /** Each attempt begins with what the router has by now. @throws what an attempt throws, when another is no use */
  async untilDone<T>(attempt: Attempt<T>): Promise<T> {
    let cutAt: number | undefined;
    let begunAnew = false;
    for (;;) {
      try {
        return await this.#once(attempt, () => {
          this.#begun = true;
          cutAt = undefined;
        });
      } catch (thrown) {
        const { code } = failureOf(thrown);
        // The rest of an earlier attempt was not what it should be, and the router has deleted it; or it forgot.
        if (/^PUSH_(DAMAGED|UNKNOWN)$/.test(code) && !begunAnew) {
          begunAnew = true;
          continue;
        }
        // Before anything was reached, a wrong path or speed is likelier than a cut.
        const hopeless = !this.#begun || !/^(CONSOLE_(LOST|UNREACHABLE)|SERIAL_OPEN)$/.test(code);
        cutAt ??= performance.now();
        if (hopeless || performance.now() - cutAt > this.#resume) throw thrown;
        this.#progress?.cut();
        await sleep(RETRY_MS);
      }
    }
  }

  async #once<T>(attempt: Attempt<T>, alive: () => void): Promise<T> {
    const channel = await openChannel(this.way);
    try {
      const conversation = new Conversation(channel);
      const ask: Ask = async (step) => {
        const answer = await conversation.ask({ push: step, json: true }, this.#silence);
        if (!answer.ok) throw new Refused(answer);
        alive();
        return answer.data;
      };
      return await attempt(ask, conversation, alive);
    } finally {
      await channel.close();
    }
  }
}

interface Piece {
  offset: number;
  data: string;
  check: string;
}

/**
 * Sends what the router has not got yet, several pieces at a time.
 * @param have bytes that are there
 * @param show told how much is there
 * @param most bytes of a piece
 * @param stepOf the step that carries a piece
 */
export async function sendPieces(
  ask: Ask,
  bytes: Buffer,
  have: number,
  show: (have: number) => void,
  most: number,
  stepOf: (piece: Piece) => object,
): Promise<void> {
  let there = have;
  show(there);
  while (there < bytes.length) {
    const pieces: Promise<unknown>[] = [];
    for (let offset = there; offset < bytes.length && pieces.length < AHEAD; offset += most) {
      const data = bytes.subarray(offset, offset + most);
      const step = stepOf({ offset, data: data.toString('base64'), check: checkOf(data) });
      pieces.push(
        ask(step).then((answer) => {
          ({ have: there } = answer as Progress);
          show(there);
        }),
      );
    }
    const done = await Promise.allSettled(pieces);
    const failed = done.find((each) => each.status === 'rejected');
    if (failed) throw failed.reason;
  }
}
