/**
 * The board's program. It is one of its own, and not a part of `hitless`, because the router on a board has no use
 * for it and shares no code with it; `hitless image` starts it.
 *
 *     image --board NAME [--config FILE] [--out FILE] [--boot-files FOLDER] [--lock] [--mirror URL] [--cache FOLDER]
 *     tools --board NAME [--emulator]   what must be on this machine to build it, and to boot it in QEMU, as JSON
 *     boards                            what boards there are
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { TARGETS, toolChain } from './architecture.ts';
import { type Board, boardNames, readBoard } from './board.ts';
import { emulatorTools } from './emulator.ts';
import { BoardError } from './errors.ts';
import { type Built, buildImage } from './image.ts';
import { Lock } from './lock.ts';
import { projectDirectory } from './project.ts';
import type { Tool } from './tool.ts';

const OPTIONS = {
  board: { type: 'string' },
  config: { type: 'string' },
  out: { type: 'string' },
  'boot-files': { type: 'string' },
  mirror: { type: 'string' },
  cache: { type: 'string' },
  lock: { type: 'boolean' },
  emulator: { type: 'boolean' },
} as const;

const TOOLS: Tool[] = [
  { command: 'apt-get', package: 'apt', why: 'fetches the packages of the board' },
  { command: 'dpkg-deb', package: 'dpkg', why: 'unpacks them' },
  { command: 'depmod', package: 'kmod', why: "lists the kernel's modules" },
  { command: 'xz', package: 'xz-utils', why: 'unpacks kernel modules' },
  { command: 'zstd', package: 'zstd', why: 'compresses the layers' },
  { command: 'mformat', package: 'mtools', why: 'makes FAT file systems without a mount' },
  { command: 'mke2fs', package: 'e2fsprogs', why: 'makes the data partition' },
];
const GRUB_TOOLS: Tool[] = [
  { command: 'grub-mkimage', package: 'grub-common', why: "makes the PC's boot loader" },
];

function toolsOf(board: Board): Tool[] {
  const loader = board.boot.scheme === 'grub' ? GRUB_TOOLS : [];
  return [...TOOLS, ...toolChain(TARGETS[board.architecture]), ...loader];
}

/** In the user's cache directory (XDG Base Directory, 0.8). */
function cachePath(): string {
  const own = process.env.XDG_CACHE_HOME;
  return join(own && isAbsolute(own) ? own : join(homedir(), '.cache'), 'hitless');
}

/** For a router of which nothing is known yet: it can be commanded over the serial line. */
function firstConfig({ console }: Board): string {
  return `# The first configuration of this board: only the console on its serial line. Add your interfaces.
console:
  serial: { path: /dev/${console.device}, baud: ${console.baud} }
`;
}

/** @throws BoardError `CONFIG_UNUSABLE` */
function readConfig(path: string, board: Board, say: (line: string) => void): string {
  if (!existsSync(path)) throw new BoardError('CONFIG_UNUSABLE', `--config: there is no file ${path}`);
  const text = readFileSync(path, 'utf8');
  let line: unknown;
  try {
    line = parse(text)?.console?.serial?.path;
  } catch (thrown) {
    throw new BoardError('CONFIG_UNUSABLE', `${path}: no YAML: ${(thrown as Error).message.split('\n')[0]}`);
  }
  const { device, baud } = board.console;
  if (line !== `/dev/${device}`)
    say(
      `note: ${path} opens no console on the serial line of ${board.name}; for one it needs\n  console: { serial: { path: /dev/${device}, baud: ${baud} } }`,
    );
  return text;
}

function image(values: Record<string, string | boolean | undefined>, board: Board): number {
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const text = (key: string) => (typeof values[key] === 'string' ? values[key] : undefined);
  const bootFiles = text('boot-files');
  if (bootFiles !== undefined && !(existsSync(bootFiles) && statSync(bootFiles).isDirectory()))
    throw new BoardError('BOOT_FILES_MISSING', `--boot-files: there is no folder ${bootFiles}`);
  const mirror = text('mirror');
  const given = text('config');
  const lock = new Lock(join(projectDirectory(), 'board/inputs.lock'));
  const built = buildImage({
    board,
    config: given === undefined ? firstConfig(board) : readConfig(given, board, say),
    out: text('out') ?? `hitless-${board.name}.img`,
    lock,
    cache: text('cache') ?? cachePath(),
    ...(mirror !== undefined && { mirror }),
    ...(bootFiles !== undefined && { bootFiles }),
    say,
  });
  report(built, board);
  if (values.lock === true) lock.write();
  else for (const difference of lock.differences()) say(`not as in board/inputs.lock: ${difference}`);
  return 0;
}

function report({ out, sha256, layers }: Built, board: Board): void {
  const parts = layers.map(({ name, size }) => `${name} ${(size / 1e6).toFixed(1)} MB`).join(', ');
  process.stdout.write(`${out}: ${board.description}; each slot has ${parts}\nsha256 ${sha256}\n`);
}

function main([name, ...args]: string[]): number {
  if (name === 'boards') {
    for (const board of boardNames())
      process.stdout.write(`${board.padEnd(10)} ${readBoard(board).description}\n`);
    return 0;
  }
  if (name !== 'image' && name !== 'tools')
    throw new BoardError('USAGE', `there is no command "${name ?? ''}"`);
  const { values } = understand(args);
  if (values.board === undefined)
    throw new BoardError('USAGE', `${name} needs --board NAME; there are ${boardNames().join(', ')}`);
  const board = readBoard(values.board);
  if (name === 'image') return image(values, board);
  const tools = [...toolsOf(board), ...(values.emulator === true ? emulatorTools(board) : [])];
  process.stdout.write(`${JSON.stringify(tools)}\n`);
  return 0;
}

function understand(args: string[]) {
  try {
    return parseArgs({ args, options: OPTIONS });
  } catch (thrown) {
    throw new BoardError('USAGE', (thrown as Error).message);
  }
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  // An error without a code of ours is a fault of the program: its place is what matters then.
  process.stderr.write(
    thrown instanceof BoardError ? `hitless: ${code}: ${message}\n` : `hitless: ${stack}\n`,
  );
  process.exitCode = 2;
}
