/**
 * The image of the board `virt`, from the outside: built by the command, booted by U-Boot from its own partitions
 * under QEMU's software emulation, commanded over the emulated serial line.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { readBoard } from '../../board/board.ts';
import { emulation } from '../../board/emulator.ts';
import { partition } from '../../board/partitions.ts';
import { boardTestNeeds } from '../../firmware/board-program.ts';
import { missing, systemPath } from '../../firmware/needs.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));

/** Generous: emulation on a machine that others use too. In ms. */
const BOOT = 150_000;
const ANSWER = 40_000;

/** The line of TIMER in the answer to `show modules`: version, version of the state, service. */
const RUNNING = /TIMER +(\d+\.\d+\.\d+) +\d+ +service/;

const lacking = missing(boardTestNeeds()).map((need) => ('package' in need ? need.package : need.addon));
const why =
  process.env.HITLESS_TEST_BOARD !== '1'
    ? 'HITLESS_TEST_BOARD=1 asks for it: it installs an emulator and a cross compiler, and takes minutes'
    : lacking.length > 0 &&
      `this machine lacks ${[...new Set(lacking)].join(', ')}; as root "npm test" installs them`;
const skip = why !== false && `SKIPPED: the image is neither built nor booted: ${why}`;
if (skip !== false) process.stderr.write(`test/board: ${skip}\n`);

const folder = mkdtempSync(join(tmpdir(), 'hitless-virt-'));
const image = join(folder, 'virt.img');
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

/** The downloads of this machine, so that tests fetch nothing twice; layers are made anew where asked for. */
function cache({ layers }: { layers: 'kept' | 'anew' }): string {
  const usual = join(homedir(), '.cache/hitless');
  if (layers === 'kept') return usual;
  const own = mkdtempSync(join(folder, 'cache-'));
  for (const name of ['apt', 'debian', 'npm']) {
    mkdirSync(join(usual, name), { recursive: true });
    symlinkSync(join(usual, name), join(own, name));
  }
  return own;
}

function build(out: string, options: { layers: 'kept' | 'anew' }): string {
  const args = ['image', '--board', 'virt', '--no-install', '--cache', cache(options), '--out', out];
  return execFileSync(process.execPath, [HITLESS, ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** The board, running, and its serial line. */
class Machine {
  /** What came over the line since what was waited for last. */
  said = '';
  /** All of it: what a person needs when the test fails. */
  transcript = '';
  readonly #child: ChildProcess;
  readonly #line: Socket;

  private constructor(child: ChildProcess, line: Socket) {
    this.#child = child;
    this.#line = line;
    line.setEncoding('utf8').on('data', (text: string) => {
      this.said += text;
      this.transcript += text;
    });
  }

  static async on(): Promise<Machine> {
    const serial = join(folder, 'serial');
    rmSync(serial, { force: true });
    const { program, args } = emulation(readBoard('virt'), { image, serial });
    const child = spawn(program, args, { stdio: 'ignore', env: { ...process.env, PATH: systemPath() } });
    t.teardown(() => child.kill('SIGKILL'));
    while (!existsSync(serial)) await pause();
    const line = connect(serial);
    line.on('error', () => {}); // the power was cut
    return new Machine(child, line);
  }

  /** Waits until this comes, after what was waited for before, and answers it. */
  async hears(pattern: RegExp, within: number): Promise<RegExpExecArray> {
    for (const end = Date.now() + within; Date.now() < end; await pause()) {
      const found = pattern.exec(this.said);
      if (found !== null) {
        this.said = this.said.slice(found.index + found[0].length);
        return found;
      }
    }
    throw new Error(`no ${pattern} within ${within} ms; since the last that was waited for:\n${this.said}`);
  }

  type(command: string): void {
    this.#line.write(`${command}\r`);
  }

  /** Without a word to the board. */
  async cutPower(): Promise<void> {
    const gone = new Promise((resolve) => this.#child.once('close', resolve));
    this.#child.kill('SIGKILL');
    this.#line.destroy();
    await gone;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 50));
}

/** How often a swap may be taken back because the emulated board is too slow to prove itself healthy. */
const SWAPS = 6;

/** Swaps until it is confirmed: a board that others keep busy may miss the milliseconds of its probation. */
async function keep(board: Machine, command: string): Promise<void> {
  for (let swap = 1; swap <= SWAPS; swap++) {
    board.type(command);
    const [, done] = await board.hears(/transaction \d+ (committed: window|aborted)/, ANSWER);
    if (done === 'aborted') continue;
    await board.hears(/on probation/, ANSWER);
    board.type('confirm');
    const [, outcome] = await board.hears(/transaction \d+: probation (\w+)/, ANSWER);
    if (outcome !== 'failed') return;
    await board.hears(/transaction \d+ committed \("rollback/, ANSWER);
  }
  throw new Error(`"${command}" was taken back ${SWAPS} times`);
}

function mtools(program: string, ...args: string[]): string {
  const at = `${image}@@${partition('boot').start}`;
  return execFileSync(program, ['-i', at, ...args], { encoding: 'utf8' });
}

t.test('the image is built, and the same inputs give the same bytes', { skip }, async (t) => {
  t.match(
    build(image, { layers: 'kept' }),
    /^.*virt\.img: QEMU virt, arm64; each slot has kernel .* base .* app /,
  );
  const again = join(folder, 'again.img');
  build(again, { layers: 'anew' });
  const [one, two] = [image, again].map((path) =>
    createHash('sha256').update(readFileSync(path)).digest('hex'),
  );
  t.equal(one, two);
  rmSync(again);
});

t.test(
  'it boots, is commanded over its serial line, and keeps versions when the power is cut',
  { skip },
  async (t) => {
    const machines: Machine[] = [];
    t.teardown(() => {
      if (!t.passing()) for (const { transcript } of machines) process.stderr.write(`${transcript}\n`);
    });
    const first = await Machine.on();
    machines.push(first);
    await first.hears(/supervisor: hitless on virt, slot a, /, BOOT);
    await first.hears(/first boot: the image's configuration becomes/, BOOT);
    await first.hears(/Non-Stop Router, serial console/, BOOT);
    first.type('show modules');
    t.equal((await first.hears(RUNNING, ANSWER))[1], '2.0.0');
    await keep(first, 'replace TIMER timer@1.1.0');
    first.type('show modules');
    t.equal((await first.hears(RUNNING, ANSWER))[1], '1.1.0');
    await first.cutPower();

    // The mark that has the other slot tried, once.
    writeFileSync(join(folder, 'try'), 'slot=b\n');
    mtools('mcopy', join(folder, 'try'), '::try');
    const second = await Machine.on();
    machines.push(second);
    await second.hears(/supervisor: hitless on virt, slot b, /, BOOT);
    t.notMatch(mtools('mdir', '-b', '::'), /try/, 'the mark is gone before the slot is booted');
    await second.hears(/Non-Stop Router, serial console/, BOOT);
    t.notMatch(second.said, /first boot/);
    second.type('show modules');
    t.equal((await second.hears(RUNNING, ANSWER))[1], '1.1.0');
    await second.cutPower();
  },
);
