/**
 * The board's program. It is one of its own, and not a part of `hitless`, because the router on a board has no use
 * for it and shares no code with it; `hitless image` starts it.
 *
 *     image --board NAME [--config FILE] [--out FILE] [--boot-files FOLDER] [--lock] [--mirror URL] [--cache FOLDER]
 *     flash IMAGE [TARGET] [--yes] [--not-removable] [--json]
 *     boot IMAGE [--board FILE] [--lan NAME[=ADDRESS/LENGTH]]… [--pty] [--keep]
 *     unpack IMAGE --into FOLDER        the files of slot a, checked; what they are, as JSON
 *     tools --board NAME [--emulator]   what must be on this machine to build it, and to boot it in QEMU, as JSON
 *     tools --flash                     what flashing needs
 *     tools --boot IMAGE [--board FILE]  what booting it in QEMU needs
 *     boards                            what boards there are
 */
import { existsSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { parse } from 'yaml';
import { TARGETS, toolChain } from './architecture.ts';
import { type Board, boardNames, readBoard } from './board.ts';
import { boardOfImage, bootCommand } from './boot-command.ts';
import { DISK_TOOLS } from './disks.ts';
import { emulatorTools } from './emulator.ts';
import { BoardError } from './errors.ts';
import { flashCommand } from './flash-command.ts';
import { type Built, buildImage } from './image.ts';
import { parseLan } from './lan.ts';
import { Lock } from './lock.ts';
import { readPlainText } from './plain-file.ts';
import { projectDirectory } from './project.ts';
import { endureLostOutput } from './standard-streams.ts';
import type { Tool } from './tool.ts';
import { unpackImage } from './unpack.ts';

const OPTIONS = {
  board: { type: 'string' },
  config: { type: 'string' },
  out: { type: 'string' },
  'boot-files': { type: 'string' },
  mirror: { type: 'string' },
  cache: { type: 'string' },
  lock: { type: 'boolean' },
  emulator: { type: 'boolean' },
  flash: { type: 'boolean' },
  boot: { type: 'string' },
} as const;

const BOOT_OPTIONS = {
  board: { type: 'string' },
  lan: { type: 'string', multiple: true },
  pty: { type: 'boolean' },
  keep: { type: 'boolean' },
} as const;

const FLASH_OPTIONS = {
  yes: { type: 'boolean' },
  'not-removable': { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const UNPACK_OPTIONS = { into: { type: 'string' } } as const;

const TOOLS: Tool[] = [
  { command: 'apt-get', package: 'apt', why: 'fetches the packages of the board' },
  { command: 'flock', package: 'util-linux', why: 'lets two builds share what they fetched' },
  { command: 'dpkg-deb', package: 'dpkg', why: 'unpacks them' },
  { command: 'depmod', package: 'kmod', why: "lists the kernel's modules" },
  { command: 'xz', package: 'xz-utils', why: 'unpacks kernel modules' },
  { command: 'zstd', package: 'zstd', why: 'compresses the layers' },
  { command: 'mformat', package: 'mtools', why: 'makes FAT file systems without a mount' },
  { command: 'mke2fs', package: 'e2fsprogs', why: 'makes the data partition' },
];
const BOOT_TOOLS: Tool[] = [
  { command: 'ip', package: 'iproute2', why: 'makes the LANs of a board' },
  { command: 'setpriv', package: 'util-linux', why: 'ends the emulator with hitless' },
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
  const text = readPlainText(path, 'CONFIG_UNUSABLE');
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

async function main([name, ...args]: string[]): Promise<number> {
  switch (name) {
    case 'boards':
      for (const board of boardNames())
        process.stdout.write(`${board.padEnd(10)} ${readBoard(board).description}\n`);
      return 0;
    case 'image':
      return image(...described(name, args));
    case 'flash':
      return flashFrom(args);
    case 'boot':
      return bootFrom(args);
    case 'unpack':
      return unpackFrom(args);
    case 'tools':
      return tools(args);
    default:
      throw new BoardError('USAGE', `there is no command "${name ?? ''}"`);
  }
}

function described(name: string, args: string[]) {
  const { values } = understand(args, OPTIONS);
  if (values.board === undefined)
    throw new BoardError('USAGE', `${name} needs --board NAME; there are ${boardNames().join(', ')}`);
  return [values, readBoard(values.board)] as const;
}

function tools(args: string[]): number {
  const { flash, boot, board: path } = understand(args, OPTIONS).values;
  if (flash === true) return listed(DISK_TOOLS);
  if (boot !== undefined) return listed([...emulatorTools(boardOfImage(boot, path)), ...BOOT_TOOLS]);
  const [values, board] = described('tools', args);
  return listed([...toolsOf(board), ...(values.emulator === true ? emulatorTools(board) : [])]);
}

function listed(tools: readonly Tool[]): number {
  process.stdout.write(`${JSON.stringify(tools)}\n`);
  return 0;
}

function flashFrom(args: string[]): Promise<number> {
  const { values, words } = understand(args, FLASH_OPTIONS, 2);
  const [image, target] = words;
  if (image === undefined)
    throw new BoardError('USAGE', 'flash needs an image, such as: hitless flash hitless-virt.img');
  return flashCommand({
    image,
    ...(target !== undefined && { target }),
    yes: values.yes === true,
    notRemovable: values['not-removable'] === true,
    json: values.json === true,
  });
}

function bootFrom(args: string[]): Promise<number> {
  const { values, words } = understand(args, BOOT_OPTIONS, 1);
  const [image] = words;
  if (image === undefined)
    throw new BoardError('USAGE', 'boot needs an image, such as: hitless boot hitless-virt.img');
  const { lan = [], pty = false, keep = false, board: described } = values;
  return bootCommand({ image, described, lans: lan.map(parseLan), pty, keep });
}

function unpackFrom(args: string[]): number {
  const { values, words } = understand(args, UNPACK_OPTIONS, 1);
  if (words[0] === undefined || values.into === undefined)
    throw new BoardError('USAGE', 'unpack needs an image and a folder: unpack IMAGE --into FOLDER');
  const { board, hitless, linux, node, parts } = unpackImage(words[0], values.into);
  process.stdout.write(`${JSON.stringify({ board, hitless, linux, node, parts })}\n`);
  return 0;
}

/** @param most how many words without an option are taken */
function understand<T extends NonNullable<ParseArgsConfig['options']>>(args: string[], options: T, most = 0) {
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    if (positionals.length > most) throw new TypeError(`"${positionals[most]}" is not understood`);
    return { values, words: positionals };
  } catch (thrown) {
    throw new BoardError('USAGE', (thrown as Error).message);
  }
}

endureLostOutput();
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (thrown) {
  const { code, message, stack } = thrown as { code?: string; message?: string; stack?: string };
  // An error without a code of ours is a fault of the program: its place is what matters then.
  process.stderr.write(
    thrown instanceof BoardError ? `hitless: ${code}: ${message}\n` : `hitless: ${stack}\n`,
  );
  process.exitCode = 2;
}
