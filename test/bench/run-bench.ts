/** A bench as a user starts it, and what holds for the result of any. No figure is asserted: the machine may be busy. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { BenchResult, Measurement } from '../../bench/result.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Quickly, and with nothing installed. */
export function runBench(t: Test, name: string, ...args: string[]): Promise<BenchResult> {
  const file = join(t.testdir(), 'result.json');
  const program = ['--import', './test/runner/typescript.mjs', 'bench/main.ts', name, '--quick'];
  const options = ['--no-install', '--json', file, ...args];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [...program, ...options], { cwd: root }, (error, _stdout, stderr) => {
      if (error !== null) reject(new Error(`bench ${name} ended with ${error.code}: ${stderr}`));
      else resolve(JSON.parse(readFileSync(file, 'utf8')) as BenchResult);
    });
  });
}

/** Every side has figures, or is named with a reason; samples, medians and gates agree. */
export function isSound(t: Test, result: BenchResult, wanted: readonly (readonly [string, string])[]): void {
  for (const [name, side] of wanted) {
    const measured = result.measurements.some((m) => m.case === name && m.side === side);
    const absent = result.absent.find((each) => each.case === name && each.side === side);
    t.equal(measured, absent === undefined, `${name}, ${side}: measured, or absent: ${absent?.reason ?? ''}`);
    if (absent !== undefined) t.ok(absent.reason.length > 10, absent.reason);
  }
  for (const { case: name, side, metric, samples, median, p99, rounds, messages } of result.measurements) {
    const what = `${name}, ${side}, ${metric}: ${samples} samples, median ${median}, p99 ${p99}`;
    t.ok(samples > 0 && messages > 0 && rounds.length === 1 && p99 >= median, what);
    t.equal(rounds[0], median, what);
  }
  for (const { name, ratio, held, atMost, reason } of result.gates) {
    t.equal(held, ratio === undefined ? undefined : ratio <= atMost, name);
    t.equal(ratio === undefined, reason !== '', name);
  }
}

export function find(
  result: BenchResult,
  name: string,
  side: string,
  metric: string,
): Measurement | undefined {
  return result.measurements.find((m) => m.case === name && m.side === side && m.metric === metric);
}
