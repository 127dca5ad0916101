/** The whole swap bench, with few samples: that it measures, not what. No figure is asserted: the machine may be busy. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { BenchResult } from '../../bench/result.ts';
import { BENCH_NEEDS, missing } from '../../firmware/host/needs.ts';
import { bench } from './harness.ts';

/** It takes 25 s; several times that on a busy machine. */
t.setTimeout(280_000);

const lacking = missing(BENCH_NEEDS).map((need) => ('package' in need ? need.package : ''));
const withoutErlang = lacking.length > 0;
if (withoutErlang) t.comment(`SKIPPED: the side of Erlang: ${[...new Set(lacking)].join(', ')} is missing`);

t.test('the swap bench measures every case on every side, and loses no message', async (t) => {
  const directory = t.testdir();
  const [json, html, markdown] = ['json', 'html', 'md'].map((end) => join(directory, `result.${end}`)) as [
    string,
    string,
    string,
  ];
  const files = ['--json', json, '--html', html, '--markdown', markdown];
  const { status, stdout, stderr } = await bench('swap', '--least', '--no-install', ...files);
  t.equal(status, 0, stderr);
  const result = JSON.parse(readFileSync(json, 'utf8')) as BenchResult;
  t.equal(result.bench, 'swap');
  t.equal(result.command, 'npm run bench -- swap --least', 'what measures it again');
  t.match(result.environment.node, process.versions.node);
  t.match(result.environment.others['Erlang/OTP'], withoutErlang ? 'not run' : /^\d+$/);
  t.ok(result.control && result.control.before.median > 0 && result.control.after.p99 > 0, 'a control');

  const both = [
    'single',
    'abort',
    'group',
    'group-10',
    'entries-0',
    'entries-many',
    'migrate-1k',
    'migrate-100k',
  ];
  const streams = [
    'gap-none',
    'gap-1k',
    'gap-single',
    'gap-flat',
    'gap-abort',
    'gap-group-10',
    'ask',
    'send',
  ];
  const wanted = [
    ...[...both, ...streams].flatMap((name) => [`${name} hitless`, `${name} erlang`]),
    ...['single', 'gap-single', 'migrate-1k', 'migrate-100k'].map((name) => `${name} restart`),
    'single-hot hitless',
  ];
  const measured = new Set(result.measurements.map(({ case: name, side }) => `${name} ${side}`));
  const absent = new Map(result.absent.map(({ case: name, side, reason }) => [`${name} ${side}`, reason]));
  for (const figure of wanted) {
    if (withoutErlang && figure.endsWith('erlang'))
      t.match(absent.get(figure), /erlang-base is not installed/, figure);
    else t.ok(measured.has(figure), figure);
  }
  if (!withoutErlang) t.strictSame(result.absent, [], 'nothing is left out');
  for (const { case: name, side, metric, samples, median, p99, messages, histogram } of result.measurements) {
    const what = `${name}, ${side}, ${metric}`;
    t.ok(samples > 0 && messages >= samples, `${what}: ${samples} samples, ${messages} messages`);
    t.ok(median > 0 && p99 >= median && Number.isFinite(p99), `${what}: median ${median}, p99 ${p99}`);
    t.equal(
      histogram?.counts.reduce((sum, count) => sum + count, 0),
      samples,
      `${what}: each sample is in the histogram once`,
    );
  }
  for (const { side, handled, ended } of result.timelines ?? [])
    t.ok(
      ended > 0 && handled.some((time) => time < 0) && handled.at(-1)! > 0,
      `${side} handled before and after`,
    );
  t.ok(result.timelines?.some(({ side }) => side === 'restart'));
  for (const { name, ratio, held, atMost } of result.gates)
    t.equal(held, ratio === undefined ? undefined : ratio <= atMost, name);
  t.match(stdout, /held|MISSED/);
  t.match(stdout, /control: one and the same piece of work took/);
  t.match(readFileSync(html, 'utf8'), /<h2>The swap<\/h2>/);
  t.match(readFileSync(markdown, 'utf8'), '`npm run bench -- swap --least`');
});

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
  for (const key of ['json', 'html', 'markdown'])
    await refused([`--${key}`, '/nowhere/result'], `--${key} /nowhere/result: cannot be written`);
  const file = join(t.testdir(), 'result.json');
  await refused(['swop', '--json', file], 'there is no bench');
  t.notOk(existsSync(file), 'nothing is left of it');
});

t.test('--help says which benches there are, and their cases', async (t) => {
  const { status, stdout } = await bench('--help');
  t.equal(status, 0);
  t.match(stdout, /npm run bench -- \[BENCH…\]/);
  t.match(stdout, /\n {2}swap {2}\S.*\n {8}cases: single, /);
});
