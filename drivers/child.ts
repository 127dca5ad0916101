/** Child processes that get nothing of this process but what they are given. */
import { type ChildProcess, spawn } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';

const O_CLOEXEC = 0o2000000;

export interface ChildOptions {
  /** What the child's standard output and error go to. */
  output: 'pipe' | 'ignore';
  /** What its standard input comes from: nothing, unless told. */
  input?: 'pipe' | 'ignore';
  /** It is in a session of its own: a terminal's signals do not reach it. */
  ownSession?: true;
  /** User and group that it becomes, with no group besides. Root alone can do that. */
  user?: number;
  group?: number;
  /** All variables that it has; those of this process unless told. */
  environment?: Readonly<Record<string, string>>;
  /** The folder that it runs in; that of this process unless told. */
  folder?: string;
}

/**
 * Starts a program, and never throws: children are started out of timers. That it is not there, or that no descriptor or
 * memory is left, is told by the child's `error` event.
 *
 * The addon raw-socket opens its sockets without O_CLOEXEC: a child would inherit them, and with them the
 * memberships and a receive buffer that nobody empties. So in the child every such descriptor is made another
 * name of /dev/null.
 */
export function startChild(program: string, args: readonly string[], options: ChildOptions): ChildProcess {
  try {
    return start(program, args, options);
  } catch (thrown) {
    return failed(thrown);
  }
}

/** A child that never was. Node's own class would signal this process and its siblings when it is killed unborn. */
function failed(thrown: unknown): ChildProcess {
  const none = { stdin: null, stdout: null, stderr: null, pid: undefined, exitCode: null, signalCode: null };
  const nothing = { kill: () => false, ref: () => {}, unref: () => {} };
  const child = Object.assign(new EventEmitter(), none, nothing);
  process.nextTick(() => child.emit('error', thrown));
  return child as unknown as ChildProcess;
}

function start(program: string, args: readonly string[], options: ChildOptions): ChildProcess {
  const nowhere = openSync('/dev/null', 'r');
  try {
    const inherited = inheritable();
    const last = Math.max(2, ...inherited);
    const rest = Array.from({ length: last - 2 }, (_, i) => (inherited.has(i + 3) ? nowhere : 'ignore'));
    return spawn(program, [...args], {
      stdio: [options.input ?? 'ignore', options.output, options.output, ...rest],
      detached: options.ownSession ?? false,
      ...(options.user !== undefined && { uid: options.user }),
      ...(options.group !== undefined && { gid: options.group }),
      ...(options.environment !== undefined && { env: options.environment }),
      ...(options.folder !== undefined && { cwd: options.folder }),
    });
  } finally {
    closeSync(nowhere);
  }
}

/** Descriptors above standard error that a child would inherit, and that can be made another's name. */
function inheritable(): Set<number> {
  const found = new Set<number>();
  const limit = descriptorLimit();
  for (const name of readdirSync('/proc/self/fdinfo')) {
    const descriptor = Number(name);
    // One above the limit was opened by another program before: no socket of ours.
    if (descriptor <= 2 || descriptor >= limit) continue;
    try {
      const flags = /^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))?.[1] ?? '0';
      if ((Number.parseInt(flags, 8) & O_CLOEXEC) === 0) found.add(descriptor);
    } catch (thrown) {
      // The descriptor of the directory listing itself is gone by now. One that cannot be looked at might be a socket.
      if ((thrown as NodeJS.ErrnoException).code !== 'ENOENT') throw thrown;
    }
  }
  return found;
}

/** getrlimit(2): RLIMIT_NOFILE */
function descriptorLimit(): number {
  const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  return soft === undefined ? Number.POSITIVE_INFINITY : Number(soft);
}
