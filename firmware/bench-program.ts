/**
 * `hitless bench`: measures a running router over its console and plots it here, or, where hitless's source is, runs
 * all benches. What makes the page is a program of its own, `dist/bench.mjs`: a board has no use for it.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { placeOf } from '../runtime/plain-file.ts';
import { openChannel, type Way } from './console/channel.ts';
import { COMMANDS } from './console/commands/all.ts';
import { Conversation } from './console/conversation.ts';
import { parseLine } from './console/grammar.ts';
import { silenceOf, WORK_MS } from './console/patience.ts';
import { FirmwareError } from './errors.ts';
import { printable } from './host/printable.ts';
import { ROOT } from './host/project.ts';
import type { MeasuredResult } from './measure/result.ts';

const PAGE_PROGRAM = join(ROOT, 'dist/bench.mjs');
const SOURCE = 'bench/main.ts';
const LOADER = './test/runner/typescript.mjs';

export interface BenchOfRouter extends Way {
  /** `latency` or `swap`, and how long or how many, as typed. */
  words: readonly string[];
  /** Where the result goes; the page goes beside, with `.html` at its end. */
  out?: string | undefined;
  output: Writable;
  errors: Writable;
}

/**
 * Has a router measure itself; saves what it found, and the page made of it. Returns the exit code.
 * @throws FirmwareError `BENCH_OUT`, `BENCH_REFUSED`, `BENCH_PROGRAM_MISSING`; FirmwareError or DriverError when no router is reached
 */
export async function benchRouter({ words, out, output, errors, ...way }: BenchOfRouter): Promise<number> {
  const [kind = 'latency', ...rest] = words;
  const file = out ?? `hitless-bench-${kind}.json`;
  const page = `${file.replace(/\.json$/, '')}.html`;
  // Found out now, and not when minutes of measuring would be lost.
  for (const path of [file, page]) writable(path);
  const channel = await openChannel(way);
  try {
    const request = { command: ['bench', kind, ...rest].join(' '), json: true, progress: true };
    const say = (line: string) => errors.write(`${printable(line)}\n`);
    const parsed = parseLine(request.command, COMMANDS);
    const silence = 'command' in parsed ? silenceOf(parsed, WORK_MS) : WORK_MS;
    const { ok, code, message, data } = await new Conversation(channel).ask(request, silence, say);
    if (!ok) throw new FirmwareError('BENCH_REFUSED', `the router at ${channel.where}: ${code}: ${message}`);
    writeFileSync(file, `${JSON.stringify(data, undefined, 1)}\n`);
    for (const { title, metric, median, p99, unit } of (data as MeasuredResult).measurements)
      output.write(
        `${printable(`${title}: ${metric}: median ${Math.round(median)} ${unit}, p99 ${Math.round(p99)} ${unit}`)}\n`,
      );
    plot(file, page);
    output.write(`${file} has the figures, ${page} shows them\n`);
    return 0;
  } finally {
    await channel.close();
  }
}

function writable(file: string): void {
  placeOf(file, (what) => new FirmwareError('BENCH_OUT', `${file} ${what}, with --out FILE`));
  const isThere = existsSync(file);
  try {
    writeFileSync(file, '', { flag: 'a' });
    if (!isThere) rmSync(file);
  } catch (thrown) {
    throw new FirmwareError(
      'BENCH_OUT',
      `${file} cannot be written (${(thrown as Error).message}); name another with --out FILE`,
    );
  }
}

function plot(file: string, page: string): void {
  if (!existsSync(PAGE_PROGRAM)) {
    throw new FirmwareError(
      'BENCH_PROGRAM_MISSING',
      `${file} has the figures, but ${PAGE_PROGRAM} is missing, which makes a page of them: type "npm run build" where hitless's source is`,
    );
  }
  const { status, stderr } = spawnSync(process.execPath, [PAGE_PROGRAM, file, page], { encoding: 'utf8' });
  if (status !== 0)
    throw new FirmwareError(
      'BENCH_PROGRAM_MISSING',
      `${file} has the figures, but no page: ${stderr.trim()}`,
    );
}

/**
 * Runs the benches of this machine, as `npm run bench` does. Returns the exit code.
 * @param args as typed after `hitless bench`
 * @throws FirmwareError `BENCH_SOURCE_MISSING`
 */
export function benchHere(args: readonly string[]): Promise<number> {
  if (!existsSync(join(ROOT, SOURCE))) {
    throw new FirmwareError(
      'BENCH_SOURCE_MISSING',
      `${ROOT} has no source of the benches: get it, and type "npm ci && npm run bench" there; or measure a running router with "hitless bench --console SOCKET|DEVICE"`,
    );
  }
  const child = spawn(process.execPath, ['--import', LOADER, SOURCE, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 1));
  });
}
