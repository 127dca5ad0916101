/**
 * Starting the board's program, `dist/board.mjs`. It is a program of its own because the router shares no code with
 * it: what builds and flashes images has no place on a board. What it needs of this machine it says, and is installed here.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { ensure, type Need } from './needs.ts';
import { ROOT } from './project.ts';

const PROGRAM = join(ROOT, 'dist/board.mjs');

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs one of its commands on this terminal. Returns the exit code.
 * @param args as typed after the command
 * @param needs the arguments of its command `tools` that name what this command uses; nothing is looked for without
 * @throws FirmwareError `BOARD_PROGRAM_MISSING`; FirmwareError for programs of this machine
 */
export async function runBoardProgram(
  command: 'image' | 'flash' | 'boot',
  args: readonly string[],
  needs: readonly string[] | undefined,
  { install }: { install: boolean },
): Promise<number> {
  if (needs !== undefined) await ensure(toolsFor(needs), { install });
  const child = spawn(process.execPath, [program(), command, ...args], { stdio: 'inherit' });
  // It decides what an interrupt means, and has the last word.
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? 2));
    });
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}

/**
 * Takes what a slot holds out of an image file: contents.txt and every file that it lists, each proven by its hash.
 * @throws FirmwareError `PUSH_FILE`, with what is wrong; FirmwareError `BOARD_PROGRAM_MISSING`
 */
export async function unpackImage(image: string, into: string): Promise<void> {
  const child = spawn(process.execPath, [program(), 'unpack', image, '--into', into], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const code = await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new FirmwareError('PUSH_FILE', said.trim().replace(/^hitless: /, '') || `${image} cannot be read`);
}

/**
 * The tools that this machine needs to build a board's image, and to boot it in QEMU if that is wanted too.
 * @throws FirmwareError `BOARD_PROGRAM_MISSING`
 */
export function boardNeeds(board: string, { emulator = false } = {}): Need[] {
  return toolsFor(['--board', board, ...(emulator ? ['--emulator'] : [])]);
}

/** Nothing for a board that is not understood: the build tells that. */
function toolsFor(args: readonly string[]): Need[] {
  const { status, stdout } = spawnSync(process.execPath, [program(), 'tools', ...args], { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : [];
}

function program(): string {
  if (existsSync(PROGRAM)) return PROGRAM;
  throw new FirmwareError(
    'BOARD_PROGRAM_MISSING',
    `${PROGRAM} is missing: type "npm run build" where hitless's source is`,
  );
}

/** The tools of the tests of booted images: emulators, cross compilers, some hundred MB. */
export function boardTestNeeds(): Need[] {
  const boards = ['virt', 'rpi3', 'qemu-pc'].flatMap((board) => boardNeeds(board, { emulator: true }));
  return [...boards, ...toolsFor(['--flash'])];
}
