/**
 * Starts a lab from outside, as a process of its own with the stand-in for a router, and looks for what it
 * leaves behind: processes by a mark in their environment, namespaces by their number, and files.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  existsSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Test } from 'tap';
import type { LabFacts } from '../../firmware/lab/lab.ts';
import type { Timing } from '../../firmware/lab/timing.ts';
import type { Step } from './stand-in.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

let standIn: Promise<string> | undefined;

/** Builds the stand-in where it finds the project's node_modules; answers its path. */
async function buildStandIn(): Promise<string> {
  const directory = join(root, 'dist/test');
  const file = join(directory, 'lab-stand-in.mjs');
  const own = `${file}.${process.pid}`;
  mkdirSync(directory, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['test/lab/stand-in.ts'],
    outfile: own,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['raw-socket'],
    logLevel: 'warning',
  });
  // Another test may be running the file at this moment.
  renameSync(own, file);
  return file;
}

export interface Start {
  steps?: Step[];
  peers?: boolean;
  timing?: Partial<Timing>;
  /** Put before the lab's own command line, such as another user, or a shell. */
  through?: string[];
  /** Lets the lab choose its console's socket. */
  chooseConsole?: boolean;
  env?: Record<string, string>;
}

export class LabUnderTest {
  readonly child: ChildProcess;
  readonly mark: string;
  /** The TMPDIR of the lab. */
  readonly temporary: string;
  stdout = '';
  stderr = '';
  readonly ended: Promise<number | NodeJS.Signals | null>;
  /** The lab's namespaces by number, filled in by `ready`. Held open, so that the kernel gives no other the number. */
  readonly #namespaces = new Map<number, number>();

  private constructor(child: ChildProcess, mark: string, temporary: string) {
    this.child = child;
    this.mark = mark;
    this.temporary = temporary;
    child.stdout?.on('data', (chunk: Buffer) => {
      this.stdout += chunk.toString('utf8');
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString('utf8');
    });
    this.ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(code ?? signal)));
  }

  static async start(options: Start = {}): Promise<LabUnderTest> {
    const program = await (standIn ??= buildStandIn());
    const mark = randomUUID();
    const temporary = mkdtempSync('/tmp/hitless-test-');
    chmodSync(temporary, 0o777);
    const given: Record<string, unknown> = { peers: options.peers ?? false };
    if (options.timing !== undefined) given.timing = options.timing;
    if (options.chooseConsole !== true) given.console = join(temporary, 'console/lab.sock');
    if (options.steps !== undefined) {
      given.script = join(temporary, 'script.json');
      writeFileSync(join(temporary, 'script.json'), JSON.stringify(options.steps));
    }
    // A process group of its own, as a job at a terminal has, and never longer than this test.
    const guard = ['--pdeathsig', 'KILL', '--', ...(options.through ?? [])];
    const child = spawn('setpriv', [...guard, process.execPath, program, 'lab', JSON.stringify(given)], {
      cwd: root,
      detached: true,
      env: { ...process.env, ...options.env, TMPDIR: temporary, HITLESS_TEST_MARK: mark },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new LabUnderTest(child, mark, temporary);
  }

  /** Waits until the router is started. */
  async ready(): Promise<LabFacts> {
    const file = await eventually('the lab is ready', 20_000, () => {
      if (this.child.exitCode !== null) throw new Error(`the lab ended: ${this.stderr}`);
      const name = readdirSync(this.temporary).find((entry) => entry.startsWith('hitless-lab-')) ?? '';
      const path = join(this.temporary, name, 'lab.json');
      return existsSync(path) ? path : undefined;
    });
    const facts = JSON.parse(readFileSync(file, 'utf8')) as LabFacts;
    for (const kind of ['net', 'mnt', 'pid']) this.#hold(`/proc/${facts.pid}/ns/${kind}`);
    for (const name of facts.namespaces) this.#hold(`/proc/${facts.pid}/root/run/netns/${name}`);
    return facts;
  }

  #hold(path: string): void {
    const file = openSync(path, 'r');
    this.#namespaces.set(fstatSync(file).ino, file);
  }

  /** What the stand-in printed, each line read. */
  lines(): Record<string, unknown>[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return whole.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []));
  }

  /** Sends a signal to the whole job, as the terminal does at Ctrl-C. */
  signalJob(signal: NodeJS.Signals): void {
    process.kill(-(this.child.pid ?? 0), signal);
  }

  /** Processes, namespaces and files of this lab that exist now. */
  leftovers(): string[] {
    const processes = processesWith(this.mark).map((pid) => `process ${pid}: ${commandOf(pid)}`);
    const namespaces = namespacesInUse().filter(({ number }) => this.#namespaces.has(number));
    const files = readdirSync(this.temporary).filter((name) => name !== 'script.json');
    return [
      ...processes,
      ...namespaces.map(({ number, by }) => `namespace ${number}: ${by}`),
      ...files.map((name) => `file ${name}`),
    ];
  }

  /** What is left once everything had time to end, in ms. */
  async leftoversAtRest(patience = 5_000): Promise<string[]> {
    await eventually('nothing is left', patience, () => this.leftovers().length === 0 || undefined).catch(
      () => {},
    );
    return this.leftovers();
  }

  /** For a test's end, whatever happened in it. */
  async cleanup(): Promise<void> {
    for (const pid of processesWith(this.mark)) kill(pid);
    await this.ended;
    for (const file of this.#namespaces.values()) closeSync(file);
    this.#namespaces.clear();
    rmSync(this.temporary, { recursive: true, force: true });
  }
}

/** Starts a lab for a test, waits until it is ready, and sees to its end with the test's. */
export async function readyLab(
  t: Test,
  options: Start = {},
): Promise<{ lab: LabUnderTest; facts: LabFacts }> {
  const lab = await LabUnderTest.start(options);
  t.teardown(() => lab.cleanup());
  return { lab, facts: await lab.ready() };
}

/** Runs a command in one of the lab's namespaces, from outside. @param as puts the lab's own user before it */
export function inside(facts: LabFacts, name: string, command: string[], as: string[] = []): string {
  const [program = '', ...args] = [...as, ...facts.enter, name, ...command];
  return execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}

export function processesWith(mark: string): number[] {
  return pids().filter((pid) => readProc(pid, 'environ').split('\0').includes(`HITLESS_TEST_MARK=${mark}`));
}

export function commandOf(pid: number): string {
  return readProc(pid, 'cmdline').replaceAll('\0', ' ').trim();
}

/** Numbers of namespaces, and what keeps each: a process in it, or a mount. */
function namespacesInUse(): { number: number; by: string }[] {
  const found: { number: number; by: string }[] = [];
  for (const pid of pids()) {
    for (const kind of ['net', 'mnt', 'pid']) {
      try {
        found.push({
          number: statSync(`/proc/${pid}/ns/${kind}`).ino,
          by: `the ${kind} namespace of ${commandOf(pid)}`,
        });
      } catch {
        // It ended meanwhile, or is another user's.
      }
    }
  }
  for (const [, number] of readFileSync('/proc/self/mountinfo', 'utf8').matchAll(/ net:\[(\d+)\] /g)) {
    found.push({ number: Number(number), by: 'a mount on this host' });
  }
  return found;
}

function pids(): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

function readProc(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}

export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Tries until there is something, or throws after `patience` ms. */
export async function eventually<T>(
  what: string,
  patience: number,
  attempt: () => T | undefined,
): Promise<T> {
  const giveUp = performance.now() + patience;
  for (;;) {
    const found = attempt();
    if (found !== undefined) return found;
    if (performance.now() > giveUp) throw new Error(`not within ${patience} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Why no lab can run here, for a test's `skip`; false when it can. */
export function labUnavailable(): string | false {
  try {
    execFileSync('unshare', ['-mnpf', '--mount-proc', 'true'], { stdio: 'pipe' });
    return false;
  } catch (error) {
    return `SKIPPED: no namespaces can be made here, run the tests as root: ${(error as Error).message.trim()}`;
  }
}

/** Put before a command, it runs it without root: root becomes nobody, everybody else is ordinary already. */
export const ORDINARY_USER =
  process.getuid?.() === 0 ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'] : [];

/** Why the ordinary user cannot run what is in this checkout, for a test's `skip`; false when it can. */
export function checkoutUnreadable(): string | false {
  try {
    const [program = '', ...args] = [...ORDINARY_USER, process.execPath, '-e', "require('raw-socket')"];
    execFileSync(program, args, { cwd: root, stdio: 'pipe' });
    return false;
  } catch {
    return 'SKIPPED: the user nobody cannot read this checkout; put it where everybody can, such as /srv';
  }
}
