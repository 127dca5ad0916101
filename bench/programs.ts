/** The programs that measure: built once into a directory of their own, each measurement a process of its own. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import { findCommand, systemPath } from '../firmware/host/needs.ts';
import { BenchError } from './errors.ts';
import { linkNative } from './native.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** A measurement that takes longer than this, in ms, hangs. */
const PATIENCE_MS = 60_000;
/** How much of a failed program's output is shown. */
const TAIL = 4_000;

/** An end by signal takes the way of any other, on which directories and namespaces are removed. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const end = (signal: NodeJS.Signals) => process.exit(128 + constants.signals[signal]);

/** In the place of the runtime's guard. */
const noGuard = join(root, 'bench', 'no-guard.ts');
const NO_GUARD: Plugin = {
  name: 'no-guard',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/guard\.ts$/ }, ({ importer }) =>
      importer === noGuard ? undefined : { path: noGuard },
    ),
};

export interface MeasureOptions {
  /** Put before `node`, such as `chrt -f 50`. */
  before?: readonly string[];
  patience?: number;
}

export class Programs {
  readonly directory = mkdtempSync(join(tmpdir(), 'hitless-bench-'));
  readonly #leave = (): void => this.remove();
  #count = 0;

  constructor() {
    linkNative(this.directory);
    process.once('exit', this.#leave);
    for (const signal of SIGNALS) process.on(signal, end);
  }

  /**
   * Bundles a measuring program with the runtime, as users have it; gives its path.
   * @param source relative to bench/
   * @param guard `none` leaves the runtime's guard out, which no user can: to measure what it costs
   */
  async build(source: string, guard: 'none' | 'as users have it' = 'as users have it'): Promise<string> {
    const without = guard === 'none';
    const file = join(this.directory, `${source.replace(/\W/g, '-')}${without ? '-no-guard' : ''}.mjs`);
    await build({
      plugins: without ? [NO_GUARD] : [],
      absWorkingDir: root,
      entryPoints: [join('bench', source)],
      outfile: file,
      alias: { 'hitless/runtime': './runtime/index.ts' },
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      external: ['raw-socket'],
      logLevel: 'warning',
      // As firmware/build.mjs: the loader of bundles needs one.
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    });
    return file;
  }

  /** A new empty directory. */
  makeDirectory(): string {
    const directory = join(this.directory, `work-${++this.#count}`);
    mkdirSync(directory);
    return directory;
  }

  /**
   * Runs a measuring program, which is given the job, a file for its record, and a directory to work in.
   * @throws BenchError `SIDE_FAILED`
   */
  async measure<Record>(
    who: string,
    program: string,
    job: unknown,
    { before = [], patience }: MeasureOptions = {},
  ): Promise<Record> {
    const work = this.makeDirectory();
    const output = join(work, 'record.json');
    await this.run(who, [...before, process.execPath, program, JSON.stringify(job), output, work], patience);
    const record = JSON.parse(readFileSync(output, 'utf8')) as Record;
    rmSync(work, { recursive: true, force: true });
    return record;
  }

  /**
   * Runs a program to its end; gives what it printed.
   * @throws BenchError `SIDE_FAILED`
   */
  run(who: string, command: readonly string[], patience = PATIENCE_MS): Promise<string> {
    const [program = '', ...args] = command;
    return new Promise((resolve, reject) => {
      const child = spawn(findCommand(program) ?? program, args, {
        stdio: ['ignore', 'pipe', 'pipe'],
        // The addon is found in the project's packages.
        env: { ...process.env, PATH: systemPath(), NODE_PATH: join(root, 'node_modules') },
      });
      const hangs = setTimeout(() => child.kill('SIGKILL'), patience);
      let said = '';
      let complaint = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
      child.stderr.setEncoding('utf8').on('data', (text: string) => {
        complaint = (complaint + text).slice(-TAIL);
      });
      const failed = (how: string) => {
        const tail = (complaint + said.slice(-TAIL)).trim() || '(it said nothing)';
        reject(new BenchError('SIDE_FAILED', `${who}: ${program} ${how}:\n${tail}`));
      };
      child.once('error', (error) => {
        clearTimeout(hangs);
        failed(`could not be started (${error.message})`);
      });
      child.once('close', (code, signal) => {
        clearTimeout(hangs);
        if (code === 0) resolve(said);
        else failed(signal === null ? `ended with ${code}` : `was ended by ${signal}`);
      });
    });
  }

  remove(): void {
    process.removeListener('exit', this.#leave);
    for (const signal of SIGNALS) process.removeListener(signal, end);
    rmSync(this.directory, { recursive: true, force: true });
  }
}
