/**
 * The program `dist/bench.mjs`: what a bench found as a page, for a machine that has no source of hitless.
 *
 *     bench.mjs RESULT.json PAGE.html      `-` reads standard input
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { BenchError } from '../errors.ts';
import { type BenchReport, reportOf } from '../report.ts';
import type { BenchResult } from '../result.ts';
import { pageOf } from './page.ts';

function main([from, to, ...more]: readonly string[]): void {
  if (from === undefined || to === undefined || more.length > 0)
    throw new BenchError('USAGE', 'two files are needed: RESULT.json PAGE.html');
  writeFileSync(to, pageOf(reportOf(read(from))));
}

function read(from: string): BenchReport | BenchResult {
  try {
    const data = JSON.parse(readFileSync(from === '-' ? 0 : from, 'utf8'));
    if (Array.isArray(data.results) || Array.isArray(data.measurements)) return data;
  } catch (thrown) {
    throw new BenchError('NO_RESULT', `${from} cannot be read as JSON (${(thrown as Error).message})`);
  }
  throw new BenchError('NO_RESULT', `${from} is no result of a bench: name a file that --json wrote`);
}

try {
  main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  process.stderr.write(typeof code === 'string' ? `bench: ${code}: ${message}\n` : `bench: ${stack}\n`);
  process.exitCode = code === 'USAGE' ? 2 : 1;
}
