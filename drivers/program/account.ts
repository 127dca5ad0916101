/**
 * The user that a program runs as, and what is put before it so that it has nothing of this process: no capability, no
 * real-time priority.
 *
 * - As root, a program runs as `nobody`, or as the user that was asked for, but never as root. Without `nobody` in /etc/passwd,
 *   such as on a board, it has the user and group 65534, which no file belongs to.
 * - Otherwise it runs as the user of this process, which can become no other.
 */
import { accessSync, constants, readFileSync } from 'node:fs';
import { DriverError } from '../errors.ts';

export interface Account {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

/** The kernel's own number for nobody (/proc/sys/kernel/overflowuid). */
const NOBODY: Account = { name: 'nobody', uid: 65_534, gid: 65_534 };

/** SCHED_OTHER, the normal policy (sched(7)). */
const NORMAL = 0;

/**
 * @param wanted the name or number of a user; `nobody` unless told
 * @throws DriverError PROGRAM_USER
 */
export function accountFor(wanted?: string): Account {
  const own = process.geteuid!();
  if (own === 0) return mapped(unprivileged(wanted));
  const mine: Account = { name: named(own) ?? String(own), uid: own, gid: process.getegid!() };
  if (wanted === undefined || wanted === mine.name || wanted === String(own)) return mine;
  throw new DriverError(
    'PROGRAM_USER',
    `a program cannot run as the user ${wanted}: only root can become another, and the router is ${mine.name}`,
  );
}

/**
 * The program and arguments that run this one without any capability and with the normal priority.
 * @throws DriverError PROGRAM_CAPABILITIES
 */
export function stripped(program: string, args: readonly string[]): [string, string[]] {
  const before: string[] = [];
  if (policy() !== NORMAL) before.push(tool('chrt') ?? missing('chrt', 'a real-time priority'), '-o', '0');
  const setpriv = tool('setpriv');
  if (setpriv !== undefined)
    before.push(
      setpriv,
      '--no-new-privs',
      '--inh-caps=-all',
      '--ambient-caps=-all',
      '--pdeathsig=KILL',
      '--',
    );
  // A process that stops being root loses all by itself; ambient ones of another user would go on to its children.
  else if (process.geteuid!() !== 0 && hasAmbient()) missing('setpriv', 'capabilities');
  const [first = program, ...rest] = [...before, program, ...args];
  return [first, rest];
}

function unprivileged(wanted: string | undefined): Account {
  const account = found(wanted ?? NOBODY.name) ?? (wanted === undefined ? NOBODY : numbered(wanted));
  if (account === undefined)
    throw new DriverError(
      'PROGRAM_USER',
      `there is no user ${wanted} in /etc/passwd for a program to run as`,
    );
  if (account.uid !== 0) return account;
  throw new DriverError(
    'PROGRAM_USER',
    `a program does not run as ${wanted}, who may do anything: give it a user of its own`,
  );
}

/** A namespace of users need not have it (user_namespaces(7)). */
function mapped(account: Account): Account {
  const { uid, name } = account;
  const ranges = readFileSync('/proc/self/uid_map', 'utf8').trim().split('\n');
  const has = ranges.some((line) => {
    const [first = 0, , count = 0] = line.trim().split(/\s+/).map(Number);
    return uid >= first && uid < first + count;
  });
  if (has) return account;
  throw new DriverError(
    'PROGRAM_USER',
    `a program cannot run as ${name} (${uid}): this user namespace has no such user`,
  );
}

function found(name: string): Account | undefined {
  return passwd().find((account) => account.name === name);
}

function named(uid: number): string | undefined {
  return passwd().find((account) => account.uid === uid)?.name;
}

function numbered(text: string): Account | undefined {
  if (!/^\d{1,9}$/.test(text)) return undefined;
  const uid = Number(text);
  return passwd().find((account) => account.uid === uid) ?? { name: text, uid, gid: uid };
}

/** passwd(5); users of a directory service are not known here. */
function passwd(): Account[] {
  let text: string;
  try {
    text = readFileSync('/etc/passwd', 'utf8');
  } catch {
    return [];
  }
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = '', gid = ''] = line.split(':');
    return /^\d+$/.test(uid) && /^\d+$/.test(gid) ? [{ name, uid: Number(uid), gid: Number(gid) }] : [];
  });
}

/** Of the main thread: children have it, too (proc(5): field 41 of stat). */
function policy(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[38]);
}

function hasAmbient(): boolean {
  return /^CapAmb:\s*0*[1-9a-f]/m.test(readFileSync('/proc/self/status', 'utf8'));
}

/** Absolute: the user that the program runs as may have no PATH. */
function tool(name: string): string | undefined {
  return ['/usr/bin', '/bin', '/usr/sbin', '/sbin']
    .map((folder) => `${folder}/${name}`)
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

function missing(name: string, what: string): never {
  throw new DriverError(
    'PROGRAM_CAPABILITIES',
    `there is no \`${name}\` command, and without it a program would have ${what} of the router: apt-get install util-linux`,
  );
}
