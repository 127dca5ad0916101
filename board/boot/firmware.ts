/**
 * The Raspberry Pi's firmware: blobs that its boot ROM loads from the first partition, or from a slot. They are not
 * free software: they come from Debian's package raspi-firmware (non-free-firmware), or from a folder of the user's.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { BoardError } from '../errors.ts';
import { unpack } from '../packages.ts';
import type { BootContext } from './scheme.ts';

const PACKAGE = 'raspi-firmware';

/** @throws BoardError `BOOT_FILES_MISSING` */
export function firmwareBlobs(
  { board, debian, work, bootFiles }: Omit<BootContext, 'kernel'>,
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
