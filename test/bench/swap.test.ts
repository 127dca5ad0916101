/** The whole swap bench, as little of it as can be: that it measures, not what. No figure is asserted: the machine may be busy. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import type { BenchResult } from '../../bench/result.ts';
import { BENCH_NEEDS, missing } from '../../firmware/needs.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** It takes 15 s; several times that on a busy machine. */
t.setTimeout(280_000);

interface Run {
  status: number;
  stdout: string;
  stderr: string;
}

function bench(...args: string[]): Promise<Run> {
  const program = ['--import', './test/runner/typescript.mjs', 'bench/main.ts'];
  return new Promise((resolve) => {
    execFile(process.execPath, [...program, ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const lacking = missing(BENCH_NEEDS).map((need) => ('package' in need ? need.package : ''));
const skip = lacking.length > 0 && `SKIPPED: ${[...new Set(lacking)].join(', ')} is missing`;

t.test(
  'the least swap bench measures every case on both sides, and loses no message',
  { skip },
  async (t) => {
    const file = join(t.testdir(), 'result.json');
    const { status, stdout, stderr } = await bench('swap', '--least', '--no-install', '--json', file);
    t.equal(status, 0, stderr);
    const result = JSON.parse(readFileSync(file, 'utf8')) as BenchResult;
    t.equal(result.bench, 'swap');
    t.equal(result.quick, true);
    t.match(result.environment.node, process.versions.node);
    t.match(result.environment.others['Erlang/OTP'], /^\d+$/);
    for (const side of ['hitless', 'erlang']) {
      for (const name of [
        'single',
        'group',
        'entries-0',
        'entries-many',
        'gap-none',
        'gap-single',
        'ask',
        'send',
      ]) {
        const found = result.measurements.find((m) => m.case === name && m.side === side);
        t.ok(found, `${name}, ${side}`);
      }
    }
    for (const { case: name, side, metric, samples, median, p99, messages } of result.measurements) {
      const what = `${name}, ${side}, ${metric}`;
      t.ok(samples > 0 && messages > samples, `${what}: ${samples} samples, ${messages} messages`);
      t.ok(median > 0 && p99 >= median && Number.isFinite(p99), `${what}: median ${median}, p99 ${p99}`);
    }
    for (const { case: name, side, reason } of result.absent)
      t.match([name, side, reason], [/migrate/, 'hitless', /Table/], 'only what needs tables may be absent');
    for (const { name, ratio, held, atMost } of result.gates)
      t.equal(held, ratio === undefined ? undefined : ratio <= atMost, name);
    t.match(stdout, /held|MISSED/);
    t.match(stdout, /Erlang\/OTP \d+/);
  },
);

t.test('a command line that is not understood is refused before anything is measured', async (t) => {
  const refused = async (args: string[], message: string | RegExp) => {
    const { status, stdout, stderr } = await bench(...args);
    t.equal(status, 2, args.join(' '));
    t.equal(stdout, '');
    t.match(stderr, message);
  };
  await refused(['swop'], 'bench: USAGE: there is no bench "swop"; did you mean "swap"?');
  await refused(['swap', '--quik'], /USAGE: Unknown option '--quik'/);
  await refused(['swap', 'swap'], '"swap" is named twice');
  await refused(['swap', '--rounds', '0'], '--rounds takes a whole number from 1 to 100, not "0"');
  await refused(['swap', '--only', 'singel'], 'swap has no case "singel"; did you mean "single"?');
  await refused(['swap', '--json', '/nowhere/result.json'], '--json /nowhere/result.json: cannot be written');
});

t.test('it says which benches there are', async (t) => {
  const { status, stdout } = await bench('--help');
  t.equal(status, 0);
  t.match(stdout, /npm run bench -- \[BENCH…\]/);
  t.match(stdout, /\n {2}swap {2}\S/);
  t.ok(existsSync(join(root, 'bench/swap/bench.ts')));
});
