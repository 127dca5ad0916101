/** What a bench is to `main.ts`. */
import type { BenchResult } from './result.ts';

export interface BenchOptions {
  /** Few samples, to see that it works: the figures are then rough. */
  quick: boolean;
  /** As few samples as can be, for a test that all of it works. */
  least?: boolean;
  /** It was asked for by its name, and not along with all the others. */
  named: boolean;
  /** May Debian packages be installed? */
  install: boolean;
  /** Rounds, in which the sides alternate; the bench's own number unless told. */
  rounds: number | undefined;
  /** Only these cases; all when empty. */
  only: readonly string[];
  /** Takes each line of progress; one that begins `round 1 of 5, 3 of 20` says how much is done. */
  say(line: string): void;
}

export interface Bench {
  help: string;
  cases: readonly string[];
  /** About how long it takes, in s: for the progress bar. */
  takes?: { full: number; quick: number };
  /** @throws BenchError */
  run(options: BenchOptions): Promise<BenchResult>;
}
