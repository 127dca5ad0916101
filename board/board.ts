/**
 * A board: what the image builder has to know of it. Each is one file in `boards/`, read when it is asked for, so
 * that a new board is one new file; a file anywhere else is named by its path.
 */
import { existsSync, readdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import * as z from 'zod';
import { BoardError } from './errors.ts';
import { readPlainText } from './plain-file.ts';
import { projectDirectory } from './project.ts';

// A board is read once: to compile a parser for it takes longer than to walk through it.
z.config({ jitless: true });

const word = (what: string, pattern: RegExp) => z.string().regex(pattern, `is no name of ${what}`);
const packageName = word('a Debian package', /^[a-z0-9][a-z0-9+.-]+$/);
const moduleName = word('a kernel module', /^[a-z0-9][a-z0-9_-]*$/);
const fileName = word('a file', /^[A-Za-z0-9][A-Za-z0-9._-]*$/);

const boot = z.discriminatedUnion('scheme', [
  /** U-Boot runs `boot.scr` of the boot partition. */
  z.strictObject({
    scheme: z.literal('u-boot'),
    /** U-Boot in the image, for a board that has none in its flash: started by the Raspberry Pi's own firmware. */
    chain: z
      .strictObject({
        /** Which of those in Debian's package u-boot-rpi. */
        loader: word('a folder of u-boot-rpi', /^rpi_[a-z0-9_]+$/),
        /** The firmware's blobs. */
        firmware: z.array(fileName).min(1),
      })
      .optional(),
  }),
  /** GRUB, in the gap before the first partition, started by a PC's BIOS. */
  z.strictObject({ scheme: z.literal('grub') }),
  /** The Raspberry Pi's own firmware alone: `autoboot.txt` names the partition to boot. */
  z.strictObject({
    scheme: z.literal('raspberry-pi'),
    /** Blobs on the boot partition: what the boot ROM loads, before it knows of slots. */
    loader: z.array(fileName),
    /** Blobs in each slot, so that they change with it. */
    firmware: z.array(fileName),
  }),
]);

const schema = z.strictObject({
  name: word('a board', /^[a-z0-9][a-z0-9-]{0,31}$/),
  description: z.string().min(1),
  architecture: z.enum(['arm64', 'amd64']),
  /** The Debian release that kernel, C library and busybox come from. */
  suite: z.enum(['bookworm', 'trixie']),
  kernel: z.strictObject({
    /** Debian's package, or the one that depends on the newest. */
    package: packageName,
    /** What else the kernel is told; the console is told already. */
    arguments: z.array(word('a kernel argument', /^[^\s"'$;&|<>]+$/)).default([]),
  }),
  /** Below the kernel package's folder of device trees; absent where the firmware hands one over. */
  deviceTree: word('a device tree', /^[A-Za-z0-9._/-]+\.dtb$/).optional(),
  console: z.strictObject({
    /** In `/dev`, a UART that is the kernel's console too. */
    device: word('a serial line', /^tty[A-Z]+\d+$/),
    baud: z.int().min(1200).max(4_000_000),
  }),
  /** Kernel modules to load at start; what they depend on comes with them. */
  drivers: z.strictObject({
    network: z.array(moduleName).min(1),
    /** What the boot medium needs. */
    storage: z.array(moduleName).min(1),
  }),
  /** The module that drives it; absent where there is none. It is in the image, and loaded by who pets it. */
  watchdog: moduleName.optional(),
  boot,
  /** A slot that is tried has so many seconds to prove healthy, from its supervisor's start on. */
  trial: z.int().min(30).max(3600).default(90),
  /** How QEMU plays this board; absent where it does not. */
  emulator: z
    .strictObject({
      program: word('a program', /^qemu-system-[a-z0-9_]+$/),
      package: packageName,
      /** What it boots with, a file of the other package; absent where it has a BIOS of its own. */
      firmware: z.strictObject({ file: z.string().startsWith('/'), package: packageName }).optional(),
      arguments: z.array(z.string().min(1)),
      /** Which of its UARTs is the console. */
      line: z.int().min(0).max(3).default(0),
      /** How the medium is attached; `ide-hd` on a PC is a disk at its AHCI. */
      medium: z.enum(['virtio-blk-pci', 'ide-hd', 'sd']).default('virtio-blk-pci'),
      /** The board's own watchdog resets it as soon as it is armed, so that only images without one get far. */
      resets: z.boolean().default(false),
      /** QEMU's name of a network card that the drivers know. */
      network: word('a device of QEMU', /^[a-z0-9-]+$/).default('virtio-net-pci'),
    })
    .optional(),
  /** Why QEMU does not play it: a sentence without its end. */
  unplayed: z.string().min(1).optional(),
});

export type Board = z.infer<typeof schema>;
export type Architecture = Board['architecture'];

const FOLDER = 'board/boards';

/** The names of all boards that there are files of, sorted. */
export function boardNames(): string[] {
  return readdirSync(join(projectDirectory(), FOLDER))
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => basename(file, '.yaml'))
    .sort();
}

/**
 * Reads one board.
 * @param name as in `boardNames`, or the path of a description: something with a slash
 * @throws BoardError `BOARD_UNKNOWN` or `BOARD_INVALID`
 */
export function readBoard(name: string): Board {
  const path = name.includes('/') ? name : join(projectDirectory(), FOLDER, `${name}.yaml`);
  if (!existsSync(path)) {
    const known = boardNames().join(', ');
    throw new BoardError(
      'BOARD_UNKNOWN',
      `there is no board "${name}"; there are ${known}. For another one write a description like those in ${FOLDER}, and give its path: --board ./NAME.yaml`,
    );
  }
  const board = understand(readPlainText(path, 'BOARD_INVALID'), path);
  const expected = basename(path, '.yaml');
  if (board.name !== expected)
    throw new BoardError(
      'BOARD_INVALID',
      `${path}: name: "${board.name}", but the file is called ${expected}; both must agree`,
    );
  return board;
}

function understand(text: string, path: string): Board {
  const document = attempt(() => parse(text) as unknown, path);
  const { data, error } = schema.safeParse(document);
  if (error === undefined) return data;
  const problems = error.issues.map(
    ({ path: keys, message }) => `${keys.join('.') || 'the file'}: ${message}`,
  );
  throw new BoardError(
    'BOARD_INVALID',
    `${path}: ${problems.join('; ')}. The other boards show how it is meant`,
  );
}

function attempt<T>(read: () => T, path: string): T {
  try {
    return read();
  } catch (thrown) {
    throw new BoardError('BOARD_INVALID', `${path}: no YAML: ${(thrown as Error).message.split('\n')[0]}`);
  }
}
