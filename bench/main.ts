/**
 * `npm run bench -- BENCH [options]`: what is measured, each beside what a user would pick instead. A bench is a
 * folder here with a `bench.ts`, listed below. The exit code is 0 when it measured, whatever the figures are,
 * 1 when it could not measure or measured nothing, 2 when the command line is not understood.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { didYouMean } from '../firmware/nearest.ts';
import type { Bench } from './bench.ts';
import { deadline } from './deadline/bench.ts';
import { environmentLine } from './environment.ts';
import { BenchError } from './errors.ts';
import { mailbox } from './mailbox/bench.ts';
import { outage } from './outage/bench.ts';
import { packet } from './packet/bench.ts';
import { formatResult } from './result.ts';
import { swap } from './swap/bench.ts';
import { timer } from './timer/bench.ts';

const BENCHES: Record<string, Bench> = { deadline, mailbox, outage, packet, swap, timer };

const MOST_ROUNDS = 100;

const USAGE =
  'npm run bench -- BENCH [--quick] [--rounds N] [--only CASE[,CASE…]] [--json FILE] [--no-install]';

function help(): string {
  const lines = Object.entries(BENCHES).map(
    ([name, bench]) => `  ${name}  ${bench.help}\n        cases: ${bench.cases.join(', ')}`,
  );
  return `${USAGE}\n\nBenches:\n${lines.join('\n')}\n`;
}

function wrong(message: string): BenchError {
  return new BenchError('USAGE', `${message}\nusage: ${USAGE}`);
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        quick: { type: 'boolean', default: false },
        rounds: { type: 'string' },
        only: { type: 'string', default: '' },
        json: { type: 'string' },
        'no-install': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (thrown) {
    throw wrong((thrown as Error).message);
  }
}

async function main(args: readonly string[]): Promise<void> {
  const { values, positionals } = read(args);
  const [name, ...rest] = positionals;
  if (values.help || name === undefined || name === 'help') {
    process.stdout.write(help());
    return;
  }
  const bench = Object.hasOwn(BENCHES, name) ? BENCHES[name] : undefined;
  if (bench === undefined)
    throw wrong(`there is no bench "${name}"${didYouMean(name, Object.keys(BENCHES))}`);
  if (rest.length > 0) throw wrong(`one bench at a time: "${rest.join(' ')}" is too much`);
  if (
    values.rounds !== undefined &&
    !(/^\d{1,3}$/.test(values.rounds) && Number(values.rounds) >= 1 && Number(values.rounds) <= MOST_ROUNDS)
  )
    throw wrong(`--rounds takes a whole number from 1 to ${MOST_ROUNDS}, not "${values.rounds}"`);
  const only = values.only.split(',').filter((word) => word !== '');
  for (const word of only) {
    if (!bench.cases.includes(word))
      throw wrong(
        `${name} has no case "${word}"${didYouMean(word, bench.cases)}; it has ${bench.cases.join(', ')}`,
      );
  }
  // Found out now, and not when minutes of measuring would be lost.
  if (values.json !== undefined) writable(values.json);
  const result = await bench.run({
    quick: values.quick,
    install: !values['no-install'],
    rounds: values.rounds === undefined ? undefined : Number(values.rounds),
    only,
    say: (line) => process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${environmentLine(result.environment)}\n\n${formatResult(result)}\n`);
  if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(result, undefined, 2)}\n`);
}

function writable(file: string): void {
  try {
    writeFileSync(file, '', { flag: 'a' });
  } catch (thrown) {
    throw wrong(`--json ${file}: cannot be written (${(thrown as Error).message})`);
  }
}

try {
  await main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  process.stderr.write(typeof code === 'string' ? `bench: ${code}: ${message}\n` : `bench: ${stack}\n`);
  process.exitCode = code === 'USAGE' ? 2 : 1;
}
