/**
 * A boot scheme: how a board finds and starts a slot. Every scheme reads which slot to boot from the boot partition,
 * so that a slot is chosen by one small file, and starts the kernel of that slot with both layers.
 */
import type { Board } from '../board.ts';
import type { Kernel } from '../kernel.ts';
import type { DebianPackages } from '../packages.ts';
import { SIGNATURE } from '../partitions.ts';

export type Slot = 'a' | 'b';

/** Their numbers in the partition table, the same on all boards. */
export const SLOT_PARTITION: Record<Slot, number> = { a: 2, b: 3 };

/** The boot partition of a medium that was never booted, as U-Boot and GRUB write it: disk and partition. */
export const IMAGE_DISK = `${SIGNATURE.toString(16)}-01`;

export interface BootContext {
  board: Board;
  kernel: Kernel;
  debian: DebianPackages;
  /** A folder for what is unpacked. */
  work: string;
  /** Where the user has the board's boot files; Debian's are taken when this is absent. */
  bootFiles?: string;
}

export interface BootFiles {
  /** For the boot partition. */
  boot: Map<string, Buffer>;
  /** For each slot, beside `kernel`, `base`, `app` and `board.dtb`: the same in both, so that either takes an update. */
  slot: Map<string, Buffer>;
  /** What a BIOS starts: for the first sector, and for those after it up to the first partition. */
  sectors?: { first: Buffer; following: Buffer };
}

/** What the kernel is told, but for the slot. */
export function kernelArguments({ console, kernel }: Board): string {
  // A kernel that cannot go on starts again, so that a watchdog is not the only way out.
  const always = ['loglevel=4', 'panic=10'];
  return [`console=${console.device},${console.baud}`, ...always, ...kernel.arguments].join(' ');
}
