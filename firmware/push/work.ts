/**
 * Work that takes longer than an answer should: it goes on by itself, and is asked until it answers with what came of
 * it. A host whose line was cut meanwhile joins it again.
 */
import type { Installed, Prepared, Working } from './steps.ts';

/** An answer waits for the end for so long, in ms. */
const ANSWER_MS = 1000;

type Result = Prepared | Installed;

export class Work {
  readonly #sha256: string;
  readonly #step: 'prepare' | 'install';
  readonly #working: Working = { doing: 'looking at its slots', done: 0, bytes: 0 };
  readonly #done: Promise<Result>;
  /** Kept when it has ended, however. */
  readonly ended: Promise<void>;
  #over = false;

  /** Begins at once. */
  constructor(sha256: string, step: 'prepare' | 'install', begin: (working: Working) => Promise<Result>) {
    this.#sha256 = sha256;
    this.#step = step;
    this.#done = begin(this.#working);
    const over = () => {
      this.#over = true;
    };
    this.ended = this.#done.then(over, over);
  }

  /** It has ended, and perhaps nobody has asked what came of it. */
  get over(): boolean {
    return this.#over;
  }

  isOf(sha256: string, step: string): boolean {
    return this.#sha256 === sha256 && this.#step === step;
  }

  /** The router's present work, if it cannot take this step because of it. The same image may be announced again. */
  hinders(sha256: string, step: string): string | undefined {
    if (this.#over || this.isOf(sha256, step)) return undefined;
    return this.#sha256 === sha256 && step === 'image' ? undefined : this.#working.doing;
  }

  /** The result, or the progress so far. @throws what the work threw */
  async answer(): Promise<Result | Working> {
    let late: NodeJS.Timeout | undefined;
    const patience = new Promise<Working>((resolve) => {
      late = setTimeout(() => resolve({ ...this.#working }), ANSWER_MS);
    });
    try {
      return await Promise.race([this.#done, patience]);
    } finally {
      clearTimeout(late);
    }
  }
}
