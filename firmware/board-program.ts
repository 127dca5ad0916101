/**
 * Starting the board's program, `dist/board.mjs`. It is a program of its own because the router shares no code with
 * it: what builds images has no place on a board. What it needs of this machine it says, and is installed here.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { RouterError } from './errors.ts';
import { ensure, type Need } from './needs.ts';
import { Refused } from './push/sending.ts';

const PROGRAM = fileURLToPath(new URL('../dist/board.mjs', import.meta.url));

/**
 * Builds a board's image. Answers the exit code.
 * @param args as typed after `hitless image`
 * @throws RouterError `BOARD_PROGRAM_MISSING`; NeedError for programs of this machine
 */
export async function makeImage(
  args: readonly string[],
  board: string | undefined,
  { install }: { install: boolean },
): Promise<number> {
  if (!existsSync(PROGRAM)) {
    const where = `${PROGRAM} is missing`;
    throw new RouterError(
      'BOARD_PROGRAM_MISSING',
      `${where}: type "npm run build" where hitless's source is`,
    );
  }
  if (board !== undefined) {
    const asked = spawnSync(process.execPath, [PROGRAM, 'tools', '--board', board], { encoding: 'utf8' });
    // A board that is not understood is told by the build itself.
    if (asked.status === 0) await ensure(JSON.parse(asked.stdout) as Need[], { install });
  }
  const child = spawn(process.execPath, [PROGRAM, 'image', ...args], { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? 2));
  });
}

/**
 * What must be on this machine to build a board's image, and to boot it in QEMU if that is wanted too. Nothing for a
 * board that is not understood: the build tells that.
 * @throws RouterError `BOARD_PROGRAM_MISSING`
 */
export function boardNeeds(board: string, { emulator = false } = {}): Need[] {
  if (!existsSync(PROGRAM)) {
    const where = `${PROGRAM} is missing`;
    throw new RouterError(
      'BOARD_PROGRAM_MISSING',
      `${where}: type "npm run build" where hitless's source is`,
    );
  }
  const args = [PROGRAM, 'tools', '--board', board, ...(emulator ? ['--emulator'] : [])];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return status === 0 ? JSON.parse(stdout) : [];
}

/**
 * What the test of a booted image uses: an emulator, a cross compiler, some hundred MB. It runs where that is asked
 * for with `HITLESS_TEST_BOARD=1`.
 */
export function boardTestNeeds(): Need[] {
  return process.env.HITLESS_TEST_BOARD === '1' ? boardNeeds('virt', { emulator: true }) : [];
}

/**
 * Puts an image's contents.txt and its parts into a directory, each verified.
 * @throws RouterError `BOARD_PROGRAM_MISSING`; Refused with the code that the board's program gives
 */
export async function unpackImage(image: string, directory: string): Promise<void> {
  if (!existsSync(PROGRAM)) {
    const where = `${PROGRAM} is missing`;
    throw new RouterError(
      'BOARD_PROGRAM_MISSING',
      `${where}: type "npm run build" where hitless's source is`,
    );
  }
  const child = spawn(process.execPath, [PROGRAM, 'unpack', image, '--into', directory], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status === 0) return;
  const [, code, message] = /^hitless: ([A-Z_]+): ([\s\S]*)$/m.exec(said.trim()) ?? [];
  throw new Refused({ code: code ?? 'IMAGE_INVALID', message: message ?? `${image}: ${said.trim()}` });
}
