/**
 * A board that QEMU plays, from the outside: its power, its medium, what it says on its serial line, and hitless at
 * the other end of that line. The line is a pty of QEMU's; the log has all of it, whoever reads the pty.
 */
import { type ChildProcess, execFile, execFileSync, spawn, spawnSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import { readBoard } from '../../board/board.ts';
import { emulation } from '../../board/emulator.ts';
import { partition } from '../../board/partitions.ts';
import { openSerial } from '../../drivers/serial.ts';
import { boardNeeds } from '../../firmware/host/board-program.ts';
import { missing, systemPath } from '../../firmware/host/needs.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));

/** So generous that only a board that hangs is given up: emulation on a machine that others use too. In ms. */
export const BOOT = 500_000;
export const ANSWER = 240_000;

/** How often a swap may be taken back because the emulated board is too slow to prove itself healthy. */
const SWAPS = 6;

/** Why a board cannot be built and booted here: for a test's `skip`. False when it can. */
export function unavailable(...boards: string[]): string | false {
  const lacking = missing(boards.flatMap((board) => boardNeeds(board, { emulator: true })));
  if (lacking.length === 0) return false;
  const names = lacking.map((need) => ('package' in need ? need.package : need.addon));
  const why = `SKIPPED: no image is built nor booted: this machine lacks ${[...new Set(names)].join(', ')}; as root "npm test" installs them`;
  process.stderr.write(`test/board: ${why}\n`);
  return why;
}

/** Builds a board's image, with the downloads and layers of this machine. Answers what it printed. */
export function build(board: string, out: string, ...more: string[]): string {
  const args = ['image', '--board', board, '--no-install', '--out', out, ...more];
  return execFileSync(process.execPath, [HITLESS, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** Writes an image to a file that plays the medium. */
export function flash(image: string, to: string): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [HITLESS, 'flash', image, to, '--yes'], {
    encoding: 'utf8',
  });
  return { status: status ?? -1, output: stdout, errors: stderr };
}

export interface MachineOptions {
  board: string;
  image: string;
  /** As many as the board has when absent. One is a sixth less work for the emulator. */
  cpus?: number;
  /** With a U-Boot that waits for nobody to stop it, instead of the 2 s that it counts on a whole core of the host. */
  atOnce?: boolean;
  /** For the log, and for what is taken out of the image. */
  folder: string;
  /** A second medium, which is not booted. */
  beside?: { image: string; first: boolean };
  /** A network namespace, and the tap devices there that its network cards are. */
  network?: { namespace: string; taps: readonly string[] };
}

export interface Outcome {
  status: number;
  output: string;
  errors: string;
}

export class Machine {
  readonly #child: ChildProcess;
  readonly #pty: string;
  readonly #log: string;
  #line: Duplex | undefined;
  /** How much of the log was waited for. */
  #heard = 0;

  private constructor(child: ChildProcess, pty: string, log: string) {
    this.#child = child;
    this.#pty = pty;
    this.#log = log;
  }

  /** Switches it on. Its power is cut when the test ends; what it said is shown when the test failed. */
  static async on(t: Test, options: MachineOptions): Promise<Machine> {
    const machine = await Machine.start(options);
    t.teardown(async () => {
      await machine.cutPower();
      if (!t.passing()) process.stderr.write(`${options.board} said:\n${machine.transcript}\n`);
    });
    return machine;
  }

  /** Switches it on. It does not outlive this process. */
  static async start(options: MachineOptions): Promise<Machine> {
    const { board: name, image, beside, cpus, atOnce = false, folder, network } = options;
    const board = readBoard(name);
    const log = join(folder, `console-${performance.now()}.log`);
    writeFileSync(log, '');
    const loader = (file: string) => (atOnce ? hurried(file, folder) : file);
    const chained = board.boot.scheme === 'u-boot' && board.boot.chain !== undefined;
    const { program, args } = emulation(board, {
      image,
      console: { log },
      ...(beside && { beside }),
      ...(network && { taps: network.taps }),
      // What the firmware of the real board would do.
      ...(chained && {
        chained: {
          loader: loader(fromBoot(image, 'u-boot.bin', folder)),
          deviceTree: fromBoot(image, 'board.dtb', folder),
        },
      }),
    });
    const { firmware } = board.emulator ?? {};
    if (firmware !== undefined) args[args.indexOf(firmware.file)] = loader(firmware.file);
    const inside = network === undefined ? [] : ['ip', 'netns', 'exec', network.namespace];
    const fewer = cpus === undefined ? [] : ['-smp', `${cpus}`];
    // Time that it waits for a processor is time of the board's own: what runs beside it must not make it slow.
    const first = ['nice', '-n', '-5'];
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', '--', ...inside, ...first, program, ...args, ...fewer],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { ...process.env, PATH: systemPath() },
      },
    );
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        said += text;
      });
    const path = await until('QEMU tells its pty', 20_000, () => {
      if (child.exitCode !== null) throw new Error(`QEMU ended with ${child.exitCode}: ${said}`);
      return /redirected to (\/dev\/pts\/\d+)/.exec(said)?.[1];
    });
    return new Machine(child, path, log);
  }

  get transcript(): string {
    return readFileSync(this.#log, 'latin1');
  }

  /** Waits until this slot of the board `virt` has come up to its console. */
  async boots(slot: 'a' | 'b'): Promise<void> {
    await this.hears(new RegExp(`supervisor: hitless on virt, slot ${slot}, `), BOOT);
    await this.hears(/Non-Stop Router, serial console/, BOOT);
  }

  /** Waits until this comes on the line, after what was waited for before, and answers it. */
  async hears(pattern: RegExp, within: number): Promise<RegExpExecArray> {
    return until(
      `${pattern} on the console`,
      within,
      () => {
        if (this.#child.exitCode !== null) throw new Error('QEMU ended');
        const found = pattern.exec(this.#rest);
        if (found !== null) this.#heard += found.index + found[0].length;
        return found ?? undefined;
      },
      () => `; since what was waited for last:\n${this.#rest}`,
    );
  }

  /** Waits until this has come on the line since the board booted last, before or after anything else. */
  async said(pattern: RegExp, within: number): Promise<void> {
    const since = () => this.transcript.slice(this.transcript.lastIndexOf('supervisor: hitless on '));
    await until(
      `${pattern} on the console since it booted`,
      within,
      () => pattern.test(since()) || undefined,
      () => `:\n${since()}`,
    );
  }

  get #rest(): string {
    return this.transcript.slice(this.#heard);
  }

  /** As a person types. */
  async type(command: string): Promise<void> {
    this.#line ??= (await openSerial(this.#pty, 115_200)).resume();
    this.#line.write(`${command}\r`);
  }

  /** Hitless at the other end of the line, such as `exec` or `push`. */
  async hitless(command: string, ...args: string[]): Promise<Outcome> {
    const child = await this.begin(command, ...args);
    return outcomeOf(child);
  }

  /** The same, without waiting for its end. */
  async begin(command: string, ...args: string[]): Promise<ChildProcess> {
    await this.#release();
    return execFile(process.execPath, [HITLESS, command, '--console', this.#pty, ...args]);
  }

  /** A command of its console. */
  exec(command: string, ...options: string[]): Promise<Outcome> {
    return this.hitless('exec', '--timeout', `${ANSWER / 1000}s`, ...options, command);
  }

  /** The facts of an answer to what is only shown: asked again where the line was silent for too long. */
  ask<T>(command: string): Promise<T> {
    let said = '';
    const attempt = async (): Promise<{ data: T } | undefined> => {
      const { output, errors } = await this.exec(command, '--json');
      said = `${output}${errors}`;
      const answer = JSON.parse(output || '{}') as { ok?: boolean; data: T };
      return answer.ok === true ? answer : undefined;
    };
    return until(`an answer to "${command}"`, ANSWER, attempt, () => `: ${said}`).then(({ data }) => data);
  }

  /** Swaps until that is kept: a board that others keep busy may fail the milliseconds of its probation. */
  async keeps(swap: string): Promise<void> {
    let said = '';
    for (let attempt = 1; attempt <= SWAPS; attempt++) {
      for (const command of [`${swap} confirm 5m retry 5 every 1s`, 'confirm']) {
        const { status, output, errors } = await this.exec(command);
        said += `${command}: ${output}${errors}`;
        if (command === 'confirm' && status === 0) return;
      }
    }
    throw new Error(`"${swap}" was not kept in ${SWAPS} attempts: ${said}`);
  }

  /** Its version of a module. */
  async version(module: string): Promise<string | undefined> {
    const modules = await this.ask<{ name: string; version: string }[]>('show modules');
    return modules.find(({ name }) => name === module)?.version;
  }

  /** Without a word to the board. A second call does nothing. */
  async cutPower(): Promise<void> {
    await this.#release();
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    // setpriv and ip have become QEMU.
    this.#child.kill('SIGKILL');
    await gone;
  }

  /** serialport has the line for itself. */
  async #release(): Promise<void> {
    const line = this.#line;
    this.#line = undefined;
    if (line === undefined) return;
    const closed = new Promise((resolve) => line.once('close', resolve));
    line.destroy();
    await closed;
  }
}

async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  let output = '';
  let errors = '';
  child.stdout!.on('data', (text) => (output += text));
  child.stderr!.on('data', (text) => (errors += text));
  const status = await new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
  return { status, output, errors };
}

/** mtools on one of the image's FAT partitions, while the power is off. */
export function mtools(image: string, name: 'boot' | 'a' | 'b', program: string, ...args: string[]): string {
  const at = `${image}@@${partition(name).start}`;
  return execFileSync(program, ['-i', at, ...args], { encoding: 'utf8' });
}

/** Whether two images have the same bytes, without half a gibibyte of each in memory. */
export function areEqual(one: string, other: string): boolean {
  return spawnSync('cmp', ['-s', one, other]).status === 0;
}

/** Where U-Boot has the seconds that it waits for somebody to stop it, as a variable. */
const WAITS = 'bootdelay=2\0';

function hurried(loader: string, folder: string): string {
  const code = readFileSync(loader);
  const at = code.indexOf(WAITS);
  if (at < 0) throw new Error(`${loader} does not wait as it did`);
  code.write(WAITS.replace('2', '0'), at);
  const to = join(folder, 'u-boot-at-once.bin');
  writeFileSync(to, code);
  return to;
}

function fromBoot(image: string, name: string, folder: string): string {
  const to = join(folder, name);
  rmSync(to, { force: true });
  mtools(image, 'boot', 'mcopy', `::${name}`, to);
  return to;
}

export async function until<T>(
  what: string,
  within: number,
  attempt: () => T | undefined | Promise<T | undefined>,
  more: () => string = () => '',
): Promise<T> {
  for (const end = performance.now() + within; ; ) {
    const found = await attempt();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`not within ${within} ms: ${what}${more()}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
