/** Requests to a router, and their answers, over a channel: what `exec` and `push` have in common. */

import { FirmwareError } from '../errors.ts';
import type { Channel } from './channel.ts';
import { LineSplitter } from './lines.ts';
import type { ConsoleAnswer } from './requests.ts';

/** Bytes of one answer: the log of a transaction and every fact about it is far less. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

interface Waiting {
  resolve(answer: ConsoleAnswer): void;
  reject(error: unknown): void;
  /** After so long without a byte it is given up, in ms. */
  silence: number;
  /** The router's words before its answer. */
  line: (text: string) => void;
}

/** Answers come in the order of the requests; several may be on their way. */
export class Conversation {
  readonly #channel: Channel;
  readonly #splitter = new LineSplitter(LONGEST_ANSWER);
  readonly #waiting: Waiting[] = [];
  #lost: unknown;
  #timer: NodeJS.Timeout | undefined;
  #turn: NodeJS.Immediate | undefined;

  constructor(channel: Channel) {
    this.#channel = channel;
    const { stream, where } = channel;
    stream.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) this.#take(decode(line));
      this.#listen();
    });
    stream.on('error', (error) => {
      if (error instanceof FirmwareError) this.#fail(error);
    });
    stream.on('close', () =>
      this.#fail(
        new FirmwareError(
          'CONSOLE_LOST',
          `the router at ${where} went away before it answered; whether it carried the command out is not known`,
        ),
      ),
    );
  }

  /**
   * @param silence how long the router may say nothing meanwhile, in ms
   * @throws FirmwareError `CONSOLE_LOST`, `CONSOLE_TIMEOUT`
   */
  ask(request: object, silence: number, line: (text: string) => void = () => {}): Promise<ConsoleAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      this.#waiting.push({ resolve, reject, line, silence });
      if (this.#waiting.length === 1) this.#listen();
      this.#channel.stream.write(`${JSON.stringify(request)}\n`);
    });
  }

  #take(answer: ConsoleAnswer | { line: string }): void {
    if ('line' in answer) this.#waiting[0]?.line(answer.line);
    else this.#waiting.shift()?.resolve(answer);
  }

  /** The time of the answer that is due begins anew. */
  #listen(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    const silence = this.#waiting[0]?.silence;
    if (silence === undefined) return;
    const { where } = this.#channel;
    const seconds = silence / 1000;
    const text = `the router at ${where} said nothing for ${seconds} s: it hangs, or is held up; it may still carry out what it was asked`;
    this.#timer = setTimeout(() => {
      // A program that was held up itself finds what came only after its timers.
      this.#turn = setImmediate(() => this.#fail(new FirmwareError('CONSOLE_TIMEOUT', text)));
    }, silence);
  }

  #fail(error: FirmwareError): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#turn);
    this.#lost ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#lost);
  }
}

function decode(line: string | FirmwareError): ConsoleAnswer | { line: string } {
  if (line instanceof FirmwareError) return { ok: false, code: line.code, message: line.message };
  try {
    return JSON.parse(line) as ConsoleAnswer | { line: string };
  } catch {
    return {
      ok: false,
      code: 'REQUEST_INVALID',
      message: `what answers on the socket is no router: ${line.slice(0, 80)}`,
    };
  }
}
