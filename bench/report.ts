/** One run of one or more benches: what `--json` writes, and what the page and the list of figures are made of. */
import { environmentLine } from './environment.ts';
import { type BenchResult, formatResult } from './result.ts';

export interface BenchReport {
  /** The command line of the run. */
  command: string;
  startedAt: string;
  /** Seconds that it all took. */
  seconds: number;
  results: BenchResult[];
  /** Benches that could not be run to their end. */
  failed: { bench: string; code: string; message: string }[];
}

/** What a run was measured on; the load is that of its start. */
export function machineLine({ results }: BenchReport): string {
  const [first] = results;
  if (first === undefined) return '';
  const others = Object.assign({}, ...results.map(({ environment }) => environment.others));
  return environmentLine({ ...first.environment, others });
}

/** What a file of `--json` holds: a report, or the one result of a run of one bench, as a router's console gives it too. */
export function reportOf(data: BenchReport | BenchResult): BenchReport {
  if ('results' in data) return data;
  const { command = `bench ${data.bench}`, startedAt, seconds } = data;
  return { command, startedAt, seconds, results: [data], failed: [] };
}

/** For the terminal. */
export function formatReport({ results, failed }: BenchReport): string {
  const parts = results.map((result) => {
    const head = `${result.bench}: ${result.command}, ${result.seconds} s`;
    return `${head}\n${environmentLine(result.environment)}\n\n${formatResult(result)}\n`;
  });
  for (const { bench, code, message } of failed) parts.push(`${bench}: FAILED: ${code}: ${message}\n`);
  return parts.join('\n');
}
