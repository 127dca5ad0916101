/** Errors of the board's programs: a stable code, and a message that says what is wrong, where, and what to do. */
export const BOARD_CODES = {
  BOARD_UNKNOWN: 'there is no description of this board',
  BOARD_INVALID: 'the description of a board is not understood',
  PACKAGE_MISSING: 'a package cannot be had',
  PACKAGE_CHANGED: 'a package is not what the lock says',
  LOCK_INVALID: 'the lock of inputs is not understood',
  BOOT_FILES_MISSING: 'files that the boot scheme needs are not there',
  BUNDLE_MISSING: 'what goes into the image is not built or not installed',
  CONFIG_UNUSABLE: 'the configuration cannot go into the image',
  IMAGE_TOO_SMALL: 'what goes into the image is larger than its place',
  TOOL_FAILED: 'a program that the builder uses failed',
  USAGE: 'the command line is not understood',
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
