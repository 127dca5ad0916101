/** What a bench is to `main.ts`. */
import type { BenchResult } from './result.ts';

export interface BenchOptions {
  /** Few samples, to see that it works: the figures are then rough. */
  quick: boolean;
  /** May Debian packages be installed? */
  install: boolean;
  /** Rounds, in which the sides alternate; the bench's own number unless told. */
  rounds: number | undefined;
  /** Only these cases; all when empty. */
  only: readonly string[];
  /** Takes each line of progress. */
  say(line: string): void;
}

export interface Bench {
  help: string;
  cases: readonly string[];
  /** @throws BenchError */
  run(options: BenchOptions): Promise<BenchResult>;
}
