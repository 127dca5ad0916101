/**
 * `npm run bench -- [BENCH…] [options]`: what is measured, each beside what a user would pick instead; without a
 * name, all of it. A bench is a folder here with a `bench.ts`, listed below. The exit code is 0 when it measured,
 * whatever the figures are, 1 when it could not measure or measured nothing, 2 when the command line is not understood.
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { endureLostOutput } from '../firmware/host/standard-streams.ts';
import { didYouMean } from '../runtime/nearest.ts';
import type { Bench } from './bench.ts';
import { boot } from './boot/bench.ts';
import { deadline } from './deadline/bench.ts';
import { BenchError } from './errors.ts';
import { links } from './links/bench.ts';
import { mailbox } from './mailbox/bench.ts';
import { markdownOf } from './markdown.ts';
import { load, measureNoise } from './noise.ts';
import { ospf } from './ospf/bench.ts';
import { outage } from './outage/bench.ts';
import { packet } from './packet/bench.ts';
import { pageOf } from './page/page.ts';
import { Progress } from './progress.ts';
import { type BenchReport, formatReport } from './report.ts';
import type { BenchResult } from './result.ts';
import { routes } from './routes/bench.ts';
import { start } from './start/bench.ts';
import { swap } from './swap/bench.ts';
import { timer } from './timer/bench.ts';
import { vrrp } from './vrrp/bench.ts';

const BENCHES: Record<string, Bench> = {
  swap,
  outage,
  deadline,
  timer,
  mailbox,
  packet,
  routes,
  links,
  ospf,
  vrrp,
  start,
  boot,
};

const MOST_ROUNDS = 100;
/** About how long a bench takes that does not say it, in s. */
const TAKES = { full: 70, quick: 11 };
/** How long the control is measured, before and after each bench, in ms. */
const CONTROL_MS = 300;

const USAGE =
  'npm run bench -- [BENCH…] [--quick] [--rounds N] [--only CASE[,CASE…]] [--json FILE] [--html FILE] [--markdown FILE] [--no-install]';

function help(): string {
  const lines = Object.entries(BENCHES).map(
    ([name, bench]) => `  ${name}  ${bench.help}\n        cases: ${bench.cases.join(', ')}`,
  );
  return `${USAGE}\n\nWithout a name, all of them; within 20 minutes, with --quick within three.\n\nBenches:\n${lines.join('\n')}\n`;
}

function wrong(message: string): BenchError {
  return new BenchError('USAGE', `${message}\nusage: ${USAGE}`);
}

const FILES = ['json', 'html', 'markdown'] as const;

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        // As few samples as can be: for a test that all of it works.
        least: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string', default: '' },
        json: { type: 'string' },
        html: { type: 'string' },
        markdown: { type: 'string' },
        'no-install': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (thrown) {
    throw wrong((thrown as Error).message);
  }
}

type Values = ReturnType<typeof read>['values'];

function chosen(names: readonly string[], only: readonly string[]): [name: string, bench: Bench][] {
  const known = Object.keys(BENCHES);
  for (const [i, name] of names.entries()) {
    if (!Object.hasOwn(BENCHES, name)) throw wrong(`there is no bench "${name}"${didYouMean(name, known)}`);
    if (names.indexOf(name) !== i) throw wrong(`"${name}" is named twice`);
  }
  const all = Object.entries(BENCHES).filter(([name]) => names.length === 0 || names.includes(name));
  if (only.length === 0) return all;
  const cases = all.flatMap(([, bench]) => bench.cases);
  for (const word of only) {
    if (!cases.includes(word)) {
      const who = all.length === 1 ? `${all[0]![0]} has` : 'there is';
      throw wrong(`${who} no case "${word}"${didYouMean(word, cases)}; cases: ${cases.join(', ')}`);
    }
  }
  return all.filter(([, bench]) => bench.cases.some((word) => only.includes(word)));
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = read(args);
  if (values.help || positionals[0] === 'help') {
    process.stdout.write(help());
    return;
  }
  if (
    values.rounds !== undefined &&
    !(/^\d{1,3}$/.test(values.rounds) && Number(values.rounds) >= 1 && Number(values.rounds) <= MOST_ROUNDS)
  )
    throw wrong(`--rounds takes a whole number from 1 to ${MOST_ROUNDS}, not "${values.rounds}"`);
  const only = values.only.split(',').filter((word) => word !== '');
  const benches = chosen(positionals, only);
  // Found out now, and not when minutes of measuring would be lost.
  for (const key of FILES) if (values[key] !== undefined) writable(key, values[key]);

  const report = await measure(benches, positionals, values, only);
  process.stdout.write(formatReport(report));
  write(values, report);
  const [first] = report.failed;
  if (first !== undefined)
    throw new BenchError('SIDE_FAILED', `${first.bench}: ${first.code}: ${first.message}`);
}

/** One bench that fails is no reason to leave the others out. */
async function measure(
  benches: [name: string, bench: Bench][],
  names: readonly string[],
  values: Values,
  only: readonly string[],
): Promise<BenchReport> {
  const { quick, least } = values;
  const began = Date.now();
  const takes = (bench: Bench) => (bench.takes ?? TAKES)[quick || least ? 'quick' : 'full'];
  const progress = new Progress(
    process.stderr,
    benches.map(([name, bench]) => ({ bench: name, takes: takes(bench) })),
  );
  const report: BenchReport = {
    command: commandOf(names, values, only),
    startedAt: new Date(began).toISOString(),
    seconds: 0,
    results: [],
    failed: [],
  };
  for (const [name, bench] of benches) {
    progress.next();
    const own = only.filter((word) => bench.cases.includes(word));
    try {
      const before = measureNoise(CONTROL_MS);
      const result = await bench.run({
        quick: quick || least,
        ...(least && { least }),
        named: names.includes(name) || own.length > 0,
        install: !values['no-install'],
        rounds: values.rounds === undefined ? undefined : Number(values.rounds),
        only: own,
        say: (line) => progress.say(line),
      });
      const control = { before, after: measureNoise(CONTROL_MS), load: load() };
      report.results.push({ ...result, command: commandOf([name], values, own), control });
    } catch (thrown) {
      const { code, message, stack } = thrown as { code?: string; message: string; stack?: string };
      // An error without a code of ours is a fault of the program: its place is what matters then.
      report.failed.push({
        bench: name,
        code: code ?? 'INTERNAL',
        message: (code ? message : stack) ?? message,
      });
    }
  }
  progress.end();
  report.seconds = Math.round((Date.now() - began) / 100) / 10;
  return report;
}

/** The command line that measures the same again. */
function commandOf(
  names: readonly string[],
  { quick, least, rounds }: Values,
  only: readonly string[],
): string {
  const words = [
    ...names,
    ...(quick ? ['--quick'] : []),
    ...(least ? ['--least'] : []),
    ...(rounds === undefined ? [] : ['--rounds', rounds]),
    ...(only.length === 0 ? [] : ['--only', only.join(',')]),
  ];
  return words.length === 0 ? 'npm run bench' : `npm run bench -- ${words.join(' ')}`;
}

function write({ json, html, markdown }: Values, report: BenchReport): void {
  const [only] = report.results;
  const data: BenchReport | BenchResult =
    report.results.length === 1 && report.failed.length === 0 ? only! : report;
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(data, undefined, 1)}\n`);
  if (html !== undefined) writeFileSync(html, pageOf(report));
  if (markdown !== undefined) writeFileSync(markdown, markdownOf(report));
}

function writable(key: string, file: string): void {
  const isThere = existsSync(file);
  try {
    writeFileSync(file, '', { flag: 'a' });
    if (!isThere) rmSync(file);
  } catch (thrown) {
    throw wrong(`--${key} ${file}: cannot be written (${(thrown as Error).message})`);
  }
}

endureLostOutput('bench');
try {
  await main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  process.stderr.write(typeof code === 'string' ? `bench: ${code}: ${message}\n` : `bench: ${stack}\n`);
  process.exitCode = code === 'USAGE' ? 2 : 1;
}
