/**
 * The Raspberry Pi's own firmware: `autoboot.txt` on the first partition names the partition to boot, and the one to
 * boot once after `reboot "0 tryboot"`. Not yet seen on hardware.
 *
 * Its blobs are not free software: they come from Debian's package raspi-firmware (non-free-firmware), or from a
 * folder that the user names.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BoardError } from '../errors.ts';
import { unpack } from '../packages.ts';
import { type BootContext, type BootFiles, kernelArguments, SLOT_PARTITION } from './scheme.ts';

const PACKAGE = 'raspi-firmware';

/** The firmware reads no more of it. */
const AUTOBOOT = `[all]
tryboot_a_b=1
boot_partition=${SLOT_PARTITION.a}
[tryboot]
boot_partition=${SLOT_PARTITION.b}
`;

const CONFIG = `arm_64bit=1
enable_uart=1
disable_overscan=1
kernel=kernel
initramfs base,app followkernel
device_tree=board.dtb
`;

export function raspberryPi(context: BootContext): BootFiles {
  const { board } = context;
  if (board.boot.scheme !== 'raspberry-pi')
    throw new TypeError(`${board.name} boots by ${board.boot.scheme}`);
  const { loader, firmware } = board.boot;
  const blobs = blobsOf(context, [...loader, ...firmware]);
  const boot = new Map<string, Buffer>([['autoboot.txt', Buffer.from(AUTOBOOT)]]);
  for (const name of loader) boot.set(name, blobs.get(name)!);
  return {
    boot,
    slot: (slot) => {
      const files = new Map<string, Buffer>([
        ['config.txt', Buffer.from(CONFIG)],
        ['cmdline.txt', Buffer.from(`${kernelArguments(board)} hitless.slot=${slot}\n`)],
      ]);
      for (const name of firmware) files.set(name, blobs.get(name)!);
      return files;
    },
  };
}

/** @throws BoardError `BOOT_FILES_MISSING` */
function blobsOf(
  { board, debian, work, bootFiles }: BootContext,
  names: readonly string[],
): Map<string, Buffer> {
  if (names.length === 0) return new Map();
  const folder = bootFiles ?? fetch({ board, debian, work }, names);
  const missing = names.filter((name) => !existsSync(join(folder, name)));
  if (missing.length > 0) {
    const from = bootFiles === undefined ? `Debian's package ${PACKAGE}` : bootFiles;
    throw refusal(board.name, names, `${from} has no ${missing.join(', ')}`);
  }
  return new Map(names.map((name) => [name, readFileSync(join(folder, name))]));
}

function fetch(
  { board, debian, work }: Pick<BootContext, 'board' | 'debian' | 'work'>,
  names: readonly string[],
): string {
  const folder = join(work, PACKAGE);
  try {
    unpack(debian.get(PACKAGE), folder, './usr/lib/raspi-firmware');
  } catch (thrown) {
    throw refusal(board.name, names, (thrown as Error).message);
  }
  return join(folder, 'usr/lib/raspi-firmware');
}

function refusal(board: string, names: readonly string[], reason: string): BoardError {
  return new BoardError(
    'BOOT_FILES_MISSING',
    `${board} boots with ${names.join(', ')}: ${reason}. Copy these files from the boot partition of a Raspberry Pi OS card, or from the Raspberry Pi's firmware repository, into a folder, and give it: --boot-files FOLDER`,
  );
}
