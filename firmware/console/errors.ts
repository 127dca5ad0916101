/**
 * Every error that the console itself can give: a stable code, and a message that says what is wrong, where, and
 * what to do. Errors of the runtime (`runtime/errors.ts`) and the drivers pass through with their own codes.
 */
import { DriverError } from '../../drivers/errors.ts';
import { HitlessError, reasonOf } from '../../runtime/index.ts';
import { ConfigError } from '../config/problem.ts';

export const CONSOLE_CODES = {
  // a line as it arrives
  LINE_TOO_LONG: 'the line is longer than a command can be',
  LINE_CONTROL: 'the line contains a control character',
  LINE_NOT_UTF8: 'the line is not valid UTF-8',
  LINE_NOISY: 'there was noise on the serial line while the command was typed',
  QUOTE_UNCLOSED: 'a quoted word is not closed',
  REQUEST_INVALID: 'a request on the socket is not what the protocol says',
  // what it says
  COMMAND_UNKNOWN: 'there is no such command',
  COMMAND_USAGE: 'the command is not given in full, or has a word too many',
  DURATION_INVALID: 'this is no duration, or one out of range',
  NUMBER_INVALID: 'this is no number that can stand here',
  FAULT_UNKNOWN: 'there is no such kind of fault',
  HOOK_UNKNOWN: 'there is no such hook',
  UPGRADE_UNKNOWN: 'no transaction has this number',
  // what it asks for
  CHECK_FAILED: 'the change that was checked would be aborted',
  MODULE_UNCONFIGURED: 'the configuration has nothing for the module',
  MODULE_DISABLED: 'the module is out of service and answers nothing',
  STATE_PATH_UNKNOWN: "the module's state has nothing at this path",
  LAB_ONLY: 'the command exists in the lab only',
  MONITORS_ABSENT: 'this router has no monitors',
  WAIT_INTERRUPTED: 'a wait was broken off',
  BENCH_BUSY: 'the router measures already',
  BENCH_TOO_LONG: 'a measurement is longer than its samples have room',
  INTERNAL: 'the console itself failed',
  // the socket
  CONSOLE_UNREACHABLE: 'no router answers on the console socket',
  CONSOLE_IN_USE: 'another router answers on the console socket',
  CONSOLE_PERMISSION: 'the console socket may not be used or made',
  CONSOLE_PATH: 'the console socket cannot be at this path',
  CONSOLE_FULL: 'too many console sessions at once',
  CONSOLE_LOST: 'the router went away before it answered',
  CONSOLE_TIMEOUT: 'the router did not answer in time',
  // what is sent
  PUSH_UNAVAILABLE: 'the router has no place for what is sent',
  PUSH_FILE: 'the file that is to be sent cannot be read, or is no bundle by its size',
  PUSH_UNKNOWN: 'a part came of what was not announced',
  PUSH_DAMAGED: 'what arrived is not what was announced',
  PUSH_EXISTS: 'the router has other contents under this name and version',
  PUSH_DISK: 'the router could not write what was sent',
  // an image that is sent
  IMAGE_INVALID: 'the image is not what an image is',
  IMAGE_OTHER_BOARD: 'the image is for another board',
  IMAGE_UNCONFIRMED: 'the running slot is on trial itself',
  IMAGE_PENDING: 'the other slot is about to be tried',
  IMAGE_PROBATION: 'a transaction waits to be confirmed, which a reboot would undo',
  IMAGE_BUSY: 'the router is at work on an image already',
  IMAGE_FELL_BACK: 'the image was tried, and the board went back to the slot before',
  IMAGE_UNPROVEN: 'the image runs, and was not confirmed in time',
  IMAGE_SILENT: 'the image was tried, and nobody answers since',
  BOARD_ONLY: 'the command exists on a board only',
  SCRIPT_UNREADABLE: 'the script cannot be read',
} as const;

export type ConsoleCode = keyof typeof CONSOLE_CODES;

export class ConsoleError extends Error {
  readonly code: ConsoleCode;

  constructor(code: ConsoleCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = 'ConsoleError';
    this.code = code;
  }
}

/** An error as a code and a message; anything without a code of ours is `INTERNAL`. */
export function describeError(thrown: unknown): { code: string; message: string } {
  const ours = [ConsoleError, HitlessError, DriverError, ConfigError].some((kind) => thrown instanceof kind);
  if (ours) {
    const { code, message } = thrown as ConsoleError;
    return { code, message };
  }
  return {
    code: 'INTERNAL',
    message: `${reasonOf(thrown)}; this is a fault of the router, not of the command`,
  };
}

/** The `code` of a system error such as `ENOENT`; empty when there is none. */
export function systemCode(thrown: unknown): string {
  return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
}
