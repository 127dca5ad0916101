import { types } from 'node:util';

/**
 * Every error of the runtime: a stable code, and a message that says what is wrong, where, and what to do.
 */
export const CODES = {
  // modules and names
  MODULE_UNKNOWN: 'no module has this name',
  MODULE_EXISTS: 'a module of this name is in service already',
  MODULE_DISABLED: 'the module is disabled',
  MODULE_NEEDED: 'others still send to the module, or need its events',
  PUBLISHER_MISSING: 'nobody publishes an event that the module cannot do without',
  NAME_INVALID: 'the name cannot be used',
  // bundles
  BUNDLE_NOT_FOUND: 'there is no such bundle',
  BUNDLE_UNREADABLE: 'the file cannot be read',
  BUNDLE_NOT_A_BUNDLE: 'the file is not a bundle',
  BUNDLE_SYNTAX: 'the bundle does not compile',
  BUNDLE_THREW: 'the bundle threw while it was loaded',
  BUNDLE_TIMEOUT: 'the bundle took too long to load',
  COMPILER_ENDED: 'the thread that compiled the bundle ended before it was done',
  BUNDLE_IMPORT: 'the bundle requires something that is not supplied',
  BUNDLE_MISMATCH: 'the bundle is not what its name says',
  BUNDLE_LOADED: 'this bundle is loaded already',
  BUNDLE_RUNTIME: 'the bundle has the runtime compiled into it',
  BUNDLE_NO_FILE: 'a class of the program is in no file, and cannot be found again after a restart',
  BUNDLE_IN_USE: 'the bundle is in use',
  BUNDLE_CHANGED: 'a released bundle does not have the hash it was released with',
  MANIFEST_INVALID: 'the manifest breaks a rule',
  API_UNSUPPORTED: 'the bundle is made for another runtime',
  SECTION_INVALID: 'check or settings of a manifest returned something else than it must',
  HANDLER_MISSING: 'the module lacks a handler that its manifest declares',
  WATCH_FAILED: 'a file or directory cannot be watched',
  // transactions
  TRANSACTION_BUSY: 'another transaction runs',
  TRANSACTION_EMPTY: 'nothing would change',
  TRANSACTION_ABORTED: 'the transaction was aborted',
  CONFIRM_PENDING: 'the last transaction waits to be confirmed',
  NOTHING_TO_CONFIRM: 'no transaction waits to be confirmed',
  NOTHING_TO_ROLL_BACK: 'there is no transaction that could be undone',
  NOTHING_TO_CANCEL: 'nothing waits to be tried again',
  PORT_FAILED: 'a port could not be opened',
  PORT_KIND_UNKNOWN: 'the program knows no such kind of port',
  PORT_INVALID: 'a port is declared, or opened, with something that its kind does not take',
  PROTOCOL_MISMATCH: 'two modules would not understand each other',
  STATE_NO_HANDLER: 'no state handler leads from one state version to the other',
  DESCRIPTORS_GONE: 'the process has no file descriptors left',
  GUARD_UNPROVEN: 'code that never yields could not be cut here',
  NOT_QUIESCENT: 'the module was not quiescent at the deadline',
  HOOK_THREW: 'module code threw',
  HOOK_CUT: 'module code was cut',
  REFUSED: 'the module refused',
  CONFIG_REFUSED: 'the module does not take this configuration while it runs',
  HOOK_ASYNC: 'module code answered with a promise where it must be synchronous',
  STATE_WRITTEN: 'prepare wrote the old state',
  STATE_NOT_PLAIN: 'the state is not plain data',
  STATE_KIND: 'a handler returned nothing, or something of another kind than the state or the row was',
  STATE_SHARED: 'a row handler gave back a part of the old row',
  CHECKPOINT_UNWRITABLE: 'the checkpoint cannot be written',
  CHECKPOINT_UNREADABLE: 'the file is not a checkpoint that can be read',
  CHECKPOINT_CORRUPT: 'the checkpoint is damaged',
  CHECKPOINT_MISMATCH: 'the checkpoint is of another module',
  ARGUMENT_INVALID: 'a call to the context or the runtime was given something that it cannot be given',
  STOPPED: 'the runtime was stopped',
  // the set of current versions
  VERSIONS_LOCKED: 'another program uses this set of versions',
  VERSIONS_CORRUPT: 'the file of the set of versions cannot be understood',
  VERSIONS_UNUSABLE: 'the set of versions cannot be kept in this directory',
  VERSIONS_BUSY: 'a set of versions is prepared already',
  VERSIONS_NOT_DURABLE: 'what is current could not be written to the disk',
  // requests
  ASK_TIMEOUT: 'no answer came in time',
  ASK_FULL: 'the mailbox was full',
  ASK_LIMIT: 'the module has as many requests without an answer as it may have',
  ASK_UNKNOWN: 'nobody takes this request',
  VIEW_REFUSED: 'the module refuses what was asked of a view, and says why',
  VIEW_INVALID: 'the answer to the request of a view is no list of rows',
  ASK_FAILED: 'the handler of the request threw, or was ended',
  ASK_UNDELIVERABLE: 'the request came back, and no handler had it',
} as const;

/** The code of a `HitlessError`: a key of `CODES`, which says each one's meaning. */
export type Code = keyof typeof CODES;

/** Every error that the runtime throws. `message` says what is wrong, where, and what to do. */
export class HitlessError extends Error {
  /** Stable: programs may rely on it. */
  readonly code: Code;
  /** The module at fault, where there is one. */
  readonly module: string | undefined;

  /** For the runtime and for modules that want to fail with one of its codes. */
  constructor(code: Code, message: string, options: { module?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'HitlessError';
    this.code = code;
    this.module = options.module;
  }

  /** Whether it is one, and one that can be passed on: its text is data, and of bounded length. */
  static isSound(thrown: unknown): thrown is HitlessError {
    if (types.isProxy(thrown) || !(thrown instanceof HitlessError)) return false;
    const text: unknown = Object.getOwnPropertyDescriptor(thrown, 'message')?.value;
    return typeof text === 'string' && text.length <= MOST_TEXT;
  }
}

/** Characters that are kept of a text that module code made. */
const MOST_TEXT = 2_000;
const MOST_STACK = 8_192;

/** An error of module code, as plain data: nothing behind has to look at what a module made. */
export class Thrown extends Error {
  /** In one line, such as `TypeError: x is not a function`. */
  readonly text: string;

  constructor(text: string, stack: string) {
    super(text);
    this.name = 'Thrown';
    this.text = text;
    this.stack = stack;
  }
}

/**
 * Turns what module code threw into plain data. It may have accessors or be a Proxy, and its text may be without end.
 * To be called where it is caught, while the guard still bounds the call.
 */
export function thrownOf(thrown: unknown): HitlessError | Thrown {
  if (thrown instanceof Thrown || HitlessError.isSound(thrown)) return thrown;
  return new Thrown(reasonOf(thrown), stackOf(thrown));
}

function stackOf(thrown: unknown): string {
  try {
    const found: unknown = (thrown as { stack?: unknown } | undefined)?.stack;
    return typeof found === 'string' ? shortened(found, MOST_STACK) : '';
  } catch {
    return '';
  }
}

/** A text that module code made, of bounded length. What is left of a long one does not keep all of it in memory. */
export function shortened(text: string, most = MOST_TEXT): string {
  return text.length <= most ? text : `${Buffer.from(text.slice(0, most)).toString()}…`;
}

/** A thrown value as one line of text. Never throws itself, whatever it is given. */
export function reasonOf(thrown: unknown): string {
  try {
    return shortened(describe(thrown));
  } catch {
    return 'something that has no text';
  }
}

function describe(thrown: unknown): string {
  if (thrown instanceof Thrown) return thrown.text;
  if (thrown instanceof HitlessError) return `${thrown.code}: ${thrown.message}`;
  if (thrown instanceof Error || types.isNativeError(thrown)) return `${thrown.name}: ${thrown.message}`;
  // A bundle's errors come from its own realm when it makes one.
  if (typeof thrown === 'object' && thrown !== null && 'message' in thrown) return String(thrown.message);
  return String(thrown);
}

/** Lines of a stack that are told. */
const TOLD_LINES = 3;

/** The innermost lines of a stack, in one. */
export function innermost(stack: string): string {
  return stack.split('\n').slice(0, TOLD_LINES).join(' ');
}
