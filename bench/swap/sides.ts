/** The programs that measure: built once into a directory of their own, started once for each job. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { findCommand } from '../../firmware/host/needs.ts';
import { BenchError } from '../errors.ts';
import { linkNative } from '../native.ts';
import { SERVERS, type Series } from './cases.ts';
import type { Job } from './job.ts';
import { Record } from './record.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const erlangSources = fileURLToPath(new URL('./erlang/', import.meta.url));

/** A job that takes longer than this, in ms, hangs. */
const PATIENCE_MS = 180_000;
/** How much of a failed program's output is shown. */
const TAIL = 4_000;

export class Sides {
  readonly #directory = mkdtempSync(join(tmpdir(), 'hitless-bench-'));
  readonly #withoutErlang: string | undefined;
  #count = 0;

  /** @param withoutErlang why Erlang is not measured; undefined when it is */
  constructor(withoutErlang: string | undefined) {
    this.#withoutErlang = withoutErlang;
  }

  /** @throws BenchError when a program cannot be built */
  async build(): Promise<void> {
    linkNative(this.#directory);
    await Promise.all([
      this.#bundle('bench/swap/hitless/main.ts', 'hitless.mjs'),
      this.#bundle('bench/swap/restart/main.ts', 'restart.mjs'),
      this.#bundle('bench/swap/restart/server.ts', 'server.mjs'),
      ...(this.#withoutErlang === undefined ? [this.#buildErlang()] : []),
    ]);
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  /** Runs one job in a process of its own. Throws a BenchError when the job fails or its record is not sound. */
  async measure({ case: name, side, job }: Series): Promise<Record> {
    if (side === 'erlang' && this.#withoutErlang !== undefined)
      return new Record(name, job, `unavailable ${this.#withoutErlang}`);
    const work = join(this.#directory, `job-${++this.#count}`);
    const output = `${work}.record`;
    mkdirSync(work);
    const who = `${name}, ${side}`;
    if (side === 'erlang') {
      const directory = join(this.#directory, 'erlang');
      const files = [`directory=${directory}`, `output=${output}`];
      const program = ['-noshell', '-noinput', '-pa', directory, '-s', 'swap_bench', 'main', '-extra'];
      await run(who, 'erl', [...program, ...words(job), ...files]);
    } else {
      const program = (file: string) => join(this.#directory, file);
      const more = side === 'restart' ? [program('server.mjs')] : [];
      await run(who, process.execPath, [program(`${side}.mjs`), JSON.stringify(job), output, work, ...more]);
    }
    const record = new Record(who, job, readFileSync(output, 'utf8'));
    rmSync(output);
    rmSync(work, { recursive: true, force: true });
    return record;
  }

  async #bundle(source: string, file: string): Promise<void> {
    await build({
      absWorkingDir: root,
      entryPoints: [source],
      outfile: join(this.#directory, file),
      alias: { 'hitless/runtime': './runtime/index.ts' },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      logLevel: 'warning',
      // As firmware/build.mjs: the loader of bundles needs one.
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    });
  }

  async #buildErlang(): Promise<void> {
    const directory = join(this.#directory, 'erlang');
    for (const sub of ['', '0', '1', 'sources']) mkdirSync(join(directory, sub), { recursive: true });
    const source = readFileSync(join(erlangSources, 'swap_server.erl'), 'utf8');
    const servers = Array.from({ length: SERVERS }, (_, i) => {
      const file = join(directory, 'sources', `swap_server${i + 1}.erl`);
      writeFileSync(file, source.replace('-module(swap_server)', `-module(swap_server${i + 1})`));
      return file;
    });
    const programs = ['swap_bench.erl', 'talk_bench.erl'].map((file) => join(erlangSources, file));
    const compile = (args: string[]) => run('the Erlang side', 'erlc', ['-Werror', ...args]);
    await Promise.all([
      compile(['-o', directory, ...programs]),
      ...['0', '1'].map((version) =>
        compile([`-DVSN=${version}`, '-o', join(directory, version), ...servers]),
      ),
    ]);
  }
}

function words(job: Job): string[] {
  return Object.entries(job).map(([name, value]) => `${name}=${value}`);
}

function run(who: string, program: string, args: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(findCommand(program) ?? program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
      killSignal: 'SIGKILL',
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-TAIL);
      });
    const failed = (how: string) =>
      reject(
        new BenchError('SIDE_FAILED', `${who}: ${program} ${how}:\n${said.trim() || '(it said nothing)'}`),
      );
    child.once('error', (error) => failed(`could not be started (${error.message})`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else failed(signal === null ? `ended with ${code}` : `was ended by ${signal}`);
    });
  });
}
