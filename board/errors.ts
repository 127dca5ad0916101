/** Errors of the board's programs: a stable code, and a message that says what is wrong, where, and what to do. */
export const BOARD_CODES = {
  BOARD_UNKNOWN: 'there is no description of this board',
  BOARD_INVALID: 'the description of a board is not understood',
  BOARD_UNPLAYED: 'QEMU does not play the board, or not with this image',
  PACKAGE_MISSING: 'a package cannot be had',
  PACKAGE_CHANGED: 'a package is not what the lock says',
  LOCK_INVALID: 'the lock of inputs is not understood',
  BOOT_FILES_MISSING: 'files that the boot scheme needs are not there',
  BUNDLE_MISSING: 'what goes into the image is not built or not installed',
  CONFIG_UNUSABLE: 'the configuration cannot go into the image',
  IMAGE_TOO_SMALL: 'what goes into the image is larger than its place',
  IMAGE_UNWRITABLE: 'the image cannot be written there',
  IMAGE_MISSING: 'there is no image to read',
  IMAGE_FOREIGN: 'a file is no image of hitless',
  IMAGE_DAMAGED: 'an image is not whole, or a part of it is not what its list says',
  FAT_INVALID: 'a FAT file system is damaged',
  CONTENTS_INVALID: "the list of a slot's parts is not understood",
  FOLDER_UNUSABLE: 'a folder cannot take what is unpacked',
  TARGET_MISSING: 'there is nothing to flash to, or it was not named',
  TARGET_UNSUITABLE: 'what was named is no disk, and no plain file',
  TARGET_SYSTEM: 'this system runs from the disk',
  TARGET_MOUNTED: 'a file system of the disk is mounted',
  TARGET_BUSY: 'something else on this machine uses the disk',
  TARGET_READ_ONLY: 'the target cannot be written',
  TARGET_TOO_SMALL: 'the target is smaller than the image',
  TARGET_NOT_REMOVABLE: 'the disk is not removable, and this was not asked for',
  FLASH_UNCONFIRMED: 'nobody has said that the target may be overwritten',
  FLASH_INTERRUPTED: 'flashing was interrupted',
  FLASH_FAILED: 'the target could not be written or read back',
  FLASH_DIFFERS: 'the target does not hold what was written',
  LAN_UNUSABLE: 'a network card of the board cannot be what was named of this machine',
  EMULATOR_FAILED: 'the emulator did not start, or failed',
  TOOL_FAILED: 'a program that the builder uses failed',
  USAGE: 'the command line is not understood',
  OUTPUT_LOST: 'standard output could not be written',
} as const;

export type BoardCode = keyof typeof BOARD_CODES;

export class BoardError extends Error {
  readonly code: BoardCode;

  constructor(code: BoardCode, message: string) {
    super(message);
    this.name = 'BoardError';
    this.code = code;
  }
}
