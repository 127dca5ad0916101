/**
 * Answers that are kept for a while: a program whose line was cut asks again, and what it asked for is not done twice. It
 * marks such a request with a number that it makes up.
 */
import { FirmwareError } from '../errors.ts';

/** Answers that are kept. */
const MOST_KEPT = 16;

interface Kept<Answer> {
  /** The request, as text. */
  asked: string;
  answer: Promise<Answer>;
}

export class Once<Answer> {
  readonly #kept = new Map<string, Kept<Answer>>();

  /**
   * Carries out a request that comes for the first time; returns the same answer each further time.
   * @throws FirmwareError `REQUEST_INVALID` for another request with the same mark
   */
  answer(mark: string, asked: string, carryOut: () => Promise<Answer>): Promise<Answer> {
    const known = this.#kept.get(mark);
    if (known !== undefined && known.asked !== asked)
      throw new FirmwareError('REQUEST_INVALID', `another request had "once": "${mark}" before`);
    if (known !== undefined) return known.answer;
    const answer = carryOut();
    this.#kept.set(mark, { asked, answer });
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > MOST_KEPT) this.#kept.delete(oldest!);
    return answer;
  }
}
