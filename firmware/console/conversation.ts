/** Requests to a router, and their answers, over a channel: what `exec` and `push` have in common. */
import type { Channel } from './channel.ts';
import { ConsoleError } from './errors.ts';
import { LineSplitter } from './lines.ts';
import type { ConsoleAnswer } from './requests.ts';

/** Bytes of one answer: the log of a transaction and every fact about it is far less. */
const LONGEST_ANSWER = 64 * 1024 * 1024;

interface Waiting {
  resolve(answer: ConsoleAnswer): void;
  reject(error: unknown): void;
  /** What the router says before it answers. */
  line: (text: string) => void;
}

/** Answers come in the order of the requests; several may be on their way. */
export class Conversation {
  readonly #channel: Channel;
  readonly #splitter = new LineSplitter(LONGEST_ANSWER);
  readonly #waiting: Waiting[] = [];
  #lost: unknown;

  constructor(channel: Channel) {
    this.#channel = channel;
    const { stream, where } = channel;
    stream.on('data', (chunk: Buffer) => {
      for (const line of this.#splitter.push(chunk)) this.#take(decode(line));
    });
    stream.on('error', (error) => {
      if (error instanceof ConsoleError) this.#fail(error);
    });
    stream.on('close', () =>
      this.#fail(
        new ConsoleError(
          'CONSOLE_LOST',
          `the router at ${where} went away before it answered; whether it carried the command out is not known`,
        ),
      ),
    );
  }

  /** @throws ConsoleError `CONSOLE_LOST` */
  ask(request: object, line: (text: string) => void = () => {}): Promise<ConsoleAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#lost !== undefined) {
        reject(this.#lost);
        return;
      }
      this.#waiting.push({ resolve, reject, line });
      this.#channel.stream.write(`${JSON.stringify(request)}\n`);
    });
  }

  #take(answer: ConsoleAnswer | { line: string }): void {
    if ('line' in answer) this.#waiting[0]?.line(answer.line);
    else this.#waiting.shift()?.resolve(answer);
  }

  #fail(error: ConsoleError): void {
    this.#lost ??= error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(this.#lost);
  }
}

function decode(line: string | ConsoleError): ConsoleAnswer | { line: string } {
  if (line instanceof ConsoleError) return { ok: false, code: line.code, message: line.message };
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
