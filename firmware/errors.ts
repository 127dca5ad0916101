/** Every error of the firmware: a stable code, and a message that says what is wrong, where, and what to do. */
import { DriverError } from '../drivers/errors.ts';
import { HitlessError, reasonOf } from '../runtime/index.ts';

export const FIRMWARE_CODES = {
  // the programs and the router's start
  BUNDLE_MISSING: 'there is no bundle for a module that the configuration wants',
  STATE_UNUSABLE: 'the directory that keeps which versions are current cannot be used',
  REALTIME_UNBOUNDED: 'under the real-time priority, code that never yields would not be cut in time',
  UNIT_OUTDATED: 'the installed unit does not allow what the configuration asks for',
  DEBUGGER_OPEN: "Node's debugger is open, and nobody asked the router for that",
  START_ABORTED: 'the modules could not be started',
  WATCH_PATH: '--watch was given a path at which nothing can be watched',
  BUNDLER_MISSING: 'a watched module is source, and what bundles it is not installed',
  BOARD_PROGRAM_MISSING: 'what builds images of boards is not built',
  BENCH_PROGRAM_MISSING: 'what makes a page of figures is not built, or failed',
  BENCH_SOURCE_MISSING: 'the benches are not where hitless is',
  BENCH_REFUSED: 'a router did not measure what it was asked to',
  BENCH_OUT: 'the figures cannot be written where they are to go',
  OUTPUT_LOST: 'standard output could not be written',
  USAGE: 'the command line is not understood',
  // the configuration file
  CONFIG_UNREADABLE: 'the file cannot be read',
  CONFIG_SYNTAX: 'the file is not YAML',
  MODULE_FIXED: 'a module cannot be configured while it runs',
  CONFIG_UNWRITABLE: 'the configuration cannot be written',
  CONFIG_HISTORY: 'no configuration of this number is kept',
  CONFIG_PATH: 'words lead to nothing in the configuration',
  CONFIG_VALUE: 'a value cannot stand there in the configuration',
  CONFIG_OVERTAKEN: 'somebody else has committed since the candidate was begun',
  CONFIG_UNCOMMITTED: 'the candidate has changes that were not committed',
  CONFIG_UNPROVEN: 'what runs may still go back by itself',
  CONFIG_EDITED: 'somebody has edited the file since it was read',
  CONFIG_UNCONFIRMABLE: 'what is committed has nothing that could go back by itself',
  CONFIG_INVALID: 'the file is YAML, but not a configuration of this router',
  // what is missing on this machine
  NEED_ROOT: 'something is missing, and only root can install it',
  NEED_FORBIDDEN: 'something is missing, and --no-install forbids to install it',
  NEED_NO_APT: 'something is missing, and this system has no apt-get',
  NEED_INSTALL_FAILED: 'something is missing, and installing it failed',
  // the console: a line as it arrives
  LINE_TOO_LONG: 'the line is longer than a command can be',
  LINE_CONTROL: 'the line contains a control character',
  LINE_NOT_UTF8: 'the line is not valid UTF-8',
  LINE_NOISY: 'there was noise on the serial line while the command was typed',
  QUOTE_UNCLOSED: 'a quoted word is not closed',
  REQUEST_INVALID: 'a request on the socket is not what the protocol says',
  // the console: what it says
  COMMAND_UNKNOWN: 'there is no such command',
  VIEW_ABSENT: 'the view is one of a version that does not run',
  COMMAND_AMBIGUOUS: 'a word is cut short, and may be the beginning of several',
  COMMAND_USAGE: 'the command is not given in full, or has a word too many',
  DURATION_INVALID: 'this is no duration, or one out of range',
  NUMBER_INVALID: 'this is no number that can stand here',
  CHOICE_UNKNOWN: 'this is none of the words that can stand here',
  FAULT_UNKNOWN: 'there is no such kind of fault',
  HOOK_UNKNOWN: 'there is no such hook',
  UPGRADE_UNKNOWN: 'no transaction has this number',
  // the console: what it asks for
  PROBATION_FAILED: 'what was committed was undone while it was on probation',
  CHECK_FAILED: 'the change that was checked would be aborted',
  MODULE_UNCONFIGURED: 'the configuration has nothing for the module',
  MODULE_DISABLED: 'the module is out of service and answers nothing',
  STATE_PATH_UNKNOWN: "the module's state has nothing at this path",
  HOST_INVALID: 'this is no name and no address of a host',
  PROGRAM_MISSING: 'a program of the host is not installed, or may not be run',
  PROGRAM_FAILED: 'a program of the host ended with an error',
  CONFIGURATION_ABSENT: 'there is no configuration file to show',
  SESSION_ONLY: 'the command sets something of a session, and there is none',
  LAB_ONLY: 'the command exists in the lab only',
  MONITORS_ABSENT: 'this router has no monitors',
  WAIT_INTERRUPTED: 'a wait was broken off',
  BENCH_BUSY: 'the router measures already',
  BENCH_TOO_LONG: 'a measurement is longer than its samples have room',
  INTERNAL: 'the console itself failed',
  // the console: the socket
  CONSOLE_UNREACHABLE: 'no router answers on the console socket',
  CONSOLE_IN_USE: 'another router answers on the console socket',
  CONSOLE_PERMISSION: 'the console socket may not be used or made',
  CONSOLE_PATH: 'the console socket cannot be at this path',
  CONSOLE_FULL: 'too many console sessions at once',
  CONSOLE_LOST: 'the router went away before it answered',
  CONSOLE_TIMEOUT: 'the router did not answer in time',
  // the console: what is sent
  PUSH_UNAVAILABLE: 'the router has no place for what is sent',
  PUSH_FILE: 'the file that is to be sent cannot be read, or is no bundle by its size',
  PUSH_UNKNOWN: 'a part came of what was not announced',
  PUSH_DAMAGED: 'what arrived is not what was announced',
  PUSH_EXISTS: 'the router has other contents under this name and version',
  PUSH_DISK: 'the router could not write what was sent',
  ROUTER_RESTARTED: 'the router was started again before it told what came of a transaction',
  // the console: an image that is sent
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
  // the installation as a service
  INSTALL_ROOT: 'only root can install a service',
  INSTALL_NO_SYSTEMD: 'systemd does not run this system',
  INSTALL_NODE: 'this Node cannot run the service',
  INSTALL_PROGRAM: 'parts of the program are missing',
  INSTALL_CONFIG: 'the configuration does not fit a service',
  INSTALL_TAKEN: 'something else is where the service would be',
  INSTALL_FAILED: 'a step failed, and what was done before was undone',
  INSTALL_NOT_INSTALLED: 'there is no installation',
  INSTALL_UNFINISHED: 'something could not be taken away',
  // the lab
  LAB_OPTIONS: 'the lab was asked for something that it cannot do',
  LAB_NAMESPACES: 'this host does not let the lab have namespaces of its own',
  LAB_NETWORK: "the lab's network could not be built",
  LAB_CONSOLE_IN_USE: 'another router answers on the console socket',
  LAB_MONITOR: 'a monitor could not watch',
  LAB_PEER: 'a peer did not start',
  LAB_ROUTER: 'the router could not be started',
} as const;

export type FirmwareCode = keyof typeof FIRMWARE_CODES;

export class FirmwareError extends Error {
  readonly code: FirmwareCode;

  constructor(code: FirmwareCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'FirmwareError';
    this.code = code;
  }
}

/** An error as a code and a message; anything without a code of ours is `INTERNAL`. */
export function describeError(thrown: unknown): { code: string; message: string } {
  const ours = [FirmwareError, HitlessError, DriverError].some((kind) => thrown instanceof kind);
  if (ours) {
    const { code, message } = thrown as FirmwareError;
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
