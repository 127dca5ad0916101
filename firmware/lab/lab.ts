/**
 * `hitless lab`: the router in network namespaces, with a neighbour and monitors on each side.
 *
 *   this process ── setpriv ► unshare ── inner process (inside.ts, process 1 of the lab)
 *                                         ├ router   `hitless run`
 *                                         ├ monitors `hitless monitor`
 *                                         └ peers    FRR, keepalived
 *
 * Nothing may stay, however it ends. This process dies: the kernel kills `unshare` (setpriv --pdeathsig) and
 * with it process 1 (unshare --kill-child) and with it the whole lab; the end of the channel between the two
 * tells the same. An ancestor dies (npm): this process sees it (ancestry.ts) and kills the lab. The files are
 * removed by this process, or by its caretaker (caretaker.ts).
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  realpathSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { isatty } from 'node:tty';
import { FirmwareError } from '../errors.ts';
import { ensure, FRR_NEEDS, KEEPALIVED_NEEDS, LAB_NEEDS } from '../host/needs.ts';
import { processOf, watchAncestors } from './ancestry.ts';
import { Caretaker } from './caretaker.ts';
import { findSocketPlace, makeSocketPlace } from './console-socket.ts';
import { frrDirectory } from './frr.ts';
import type { InnerMessage, LabPlan, OuterMessage } from './plan.ts';
import { checkTiming, DEFAULT_TIMING, type Timing } from './timing.ts';
import { exitCodeOf, systemEnvironment } from './tool.ts';
import { PLACES } from './topology.ts';

export interface LabOptions {
  /** With FRR (as root) and keepalived beside the router. */
  peers: boolean;
  /** Commands for the router to run instead of reading them from the terminal: a file, or `-`. */
  script?: string;
  /** May what is missing be installed? */
  install: boolean;
  /** How to start hitless itself: a program and its first arguments. */
  program: string[];
  /** The console's socket; the place where clients look by default, unless told. */
  console?: string;
  /** A configuration for the router in place of the generated one. */
  config?: string;
  json?: boolean;
  /** Paths that the router watches, see `hitless run --watch`. */
  watch?: readonly string[];
  timing?: Partial<Timing>;
}

/** `lab.json` in the lab's directory: there once the router's console is open, for whoever looks in from outside. */
export interface LabFacts {
  /** The lab's process 1, as this host numbers it. */
  pid: number;
  directory: string;
  console: string;
  namespaces: string[];
  /** Put before a namespace's name and a command, it runs the command there; it ends with the lab. */
  enter: string[];
  /** For `vtysh --vty_socket`; absent without FRR. */
  vty?: string;
  logs: { zebra?: string; ospfd?: string; keepalived?: string };
}

/** How long the lab may take to end in order. */
const END_PATIENCE_MS = 8_000;

/**
 * Runs the lab until its router ends.
 * @returns the router's exit code; 128 and the signal's number after a signal.
 * @throws FirmwareError or FirmwareError when it cannot begin.
 */
export async function runLab(options: LabOptions): Promise<number> {
  const root = process.getuid?.() === 0;
  const timing = checkTiming({ ...DEFAULT_TIMING, ...options.timing });
  const frr = options.peers && root;
  const peerNeeds = options.peers ? [...KEEPALIVED_NEEDS, ...(frr ? FRR_NEEDS : [])] : [];
  await ensure([...LAB_NEEDS, ...peerNeeds], { install: options.install });
  if (options.peers && !root) {
    process.stderr.write('FRR is left out: it needs root. keepalived and all the rest run.\n');
  }

  const place = await findSocketPlace(options.console);
  const directory = nameDirectory(root);
  const inDirectory = join(directory, 'console.sock');
  const caretaker = await Caretaker.begin({
    directory,
    socket: place?.path ?? inDirectory,
    ...(place?.directory === undefined ? {} : { socketDirectory: place.directory }),
  });
  try {
    // FRR's user must be able to pass through root's.
    mkdirSync(directory, { mode: 0o700 });
    if (root) chmodSync(directory, 0o711);
    const socket = place !== undefined && makeSocketPlace(place) ? place.path : inDirectory;
    const script =
      options.script === undefined || options.script === '-' ? options.script : resolve(options.script);
    const config = options.config === undefined ? undefined : resolve(options.config);
    const needed = [
      directory,
      dirname(socket),
      process.cwd(),
      ...options.program.filter((word) => word.startsWith('/')).map(dirname),
    ];
    const watch = (options.watch ?? []).map((path) => resolve(path));
    for (const file of [script, config, ...watch]) if (file?.startsWith('/')) needed.push(dirname(file));
    const plan: LabPlan = {
      program: options.program,
      directory,
      socket,
      keep: belowRun(needed),
      timing,
      keepalived: options.peers,
      frr,
      json: options.json ?? false,
      watch,
      ...(script === undefined ? {} : { script }),
      ...(config === undefined ? {} : { config }),
    };
    return await runInner(plan, root);
  } finally {
    caretaker.finish();
  }
}

async function runInner(plan: LabPlan, root: boolean): Promise<number> {
  const terminal = terminalSettings();
  const unshare = ['unshare', ...(root ? [] : ['-Ur']), '-mnpf', '--kill-child', '--mount-proc'];
  const [program, ...rest] = [
    'setpriv',
    '--pdeathsig',
    'KILL',
    ...unshare,
    ...plan.program,
    'lab',
    '--inner',
  ] as const;
  // A parent's death signal follows the thread that spawned: this must be the main thread.
  const child = spawn(program, [...rest, JSON.stringify(plan)], {
    env: systemEnvironment(),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });

  let inside = false;
  let told: number | undefined;
  child.on('message', (received) => {
    const message = received as InnerMessage;
    inside = true;
    if (message.kind === 'ready') writeFacts(plan, innerPid(child), root);
    if (message.kind === 'ended') told = message.code;
  });

  const signals = passSignals(child);
  const stopWatching = watchAncestors(() => child.kill('SIGKILL'));
  try {
    // All messages have been read when the channel is closed.
    const disconnected = new Promise<void>((done) => child.once('disconnect', done));
    const signal = await new Promise<NodeJS.Signals | null>((done, failed) => {
      child.once('exit', (_code, signal) => done(signal));
      child.once('error', (error) => {
        if (child.pid === undefined) failed(new FirmwareError('LAB_NAMESPACES', error.message));
      });
    });
    await disconnected;
    if (signals.received !== undefined) return exitCodeOf(null, signals.received);
    if (told !== undefined) return told;
    if (!inside && signal === null) throw noNamespaces(root);
    // The exit code of an unshare whose child was killed says 1 in util-linux 2.38, as for any failure.
    return exitCodeOf(null, signal ?? 'SIGKILL');
  } finally {
    if (told === undefined) restoreTerminal(terminal);
    stopWatching();
    signals.release();
  }
}

/** The first signal asks the lab to end in order, the second one, or too long a wait, does not ask. */
function passSignals(child: ChildProcess): { received: NodeJS.Signals | undefined; release(): void } {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  let force: NodeJS.Timeout | undefined;
  const state = { received: undefined as NodeJS.Signals | undefined, release };
  const pass = (signal: NodeJS.Signals) => {
    if (state.received !== undefined || !child.connected) {
      child.kill('SIGKILL');
    } else {
      force = setTimeout(() => child.kill('SIGKILL'), END_PATIENCE_MS);
      child.send({ kind: 'stop', signal } satisfies OuterMessage, () => {});
    }
    state.received ??= signal;
  };
  function release() {
    clearTimeout(force);
    for (const name of names) process.removeListener(name, pass);
  }
  for (const name of names) process.on(name, pass);
  return state;
}

function noNamespaces(root: boolean): FirmwareError {
  const advice = root
    ? 'In a container, root must have CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged).'
    : 'Run it as root, or allow user namespaces: as root, sysctl -w kernel.unprivileged_userns_clone=1 (Debian) or sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 (Ubuntu).';
  return new FirmwareError(
    'LAB_NAMESPACES',
    `this host does not let the lab have namespaces of its own. ${advice}`,
  );
}

/**
 * A directory that nobody has yet: what is random in its name is enough for that, and the caretaker must know it before
 * it is made. Root's must be passable for FRR's user, which a private TMPDIR is not, and a Unix socket's path in it
 * must stay below 108 bytes (unix(7)).
 */
function nameDirectory(root: boolean): string {
  const fits = (path: string) => path.length <= 60 && (!root || isPassable(path));
  const parent = [tmpdir(), '/tmp', '/var/tmp'].find((path) => existsSync(path) && fits(path)) ?? tmpdir();
  return join(realpathSync(parent), `hitless-lab-${randomBytes(8).toString('hex')}`);
}

function isPassable(path: string): boolean {
  for (let at = realpathSync(path); at !== '/'; at = dirname(at)) {
    if ((statSync(at).mode & 0o001) === 0) return false;
  }
  return true;
}

/** Those directories that lie below /run, each once and none below another one. */
function belowRun(paths: string[]): string[] {
  const real = [...new Set(paths.filter((path) => existsSync(path)).map((path) => realpathSync(path)))];
  const below = real.filter((path) => path.startsWith('/run/'));
  return below.filter((path) => !below.some((other) => other !== path && path.startsWith(`${other}/`)));
}

/** The one child of `unshare`, which is the lab's process 1. */
function innerPid(child: ChildProcess): number {
  const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
  return pids.find((pid) => processOf(pid)?.parent === child.pid) ?? 0;
}

function writeFacts(plan: LabPlan, pid: number, root: boolean): void {
  const { directory, frr, keepalived, socket } = plan;
  const user = root ? [] : ['--user', '--preserve-credentials'];
  const log = (name: string) => join(directory, `${name}.log`);
  const facts: LabFacts = {
    pid,
    directory,
    console: socket,
    namespaces: [...PLACES],
    enter: ['nsenter', '--target', String(pid), ...user, '--mount', '--pid', 'ip', 'netns', 'exec'],
    ...(frr ? { vty: frrDirectory(directory) } : {}),
    logs: {
      ...(frr ? { zebra: log('zebra'), ospfd: log('ospfd') } : {}),
      ...(keepalived ? { keepalived: log('keepalived') } : {}),
    },
  };
  // Renamed into place, so that nobody reads half of it.
  const file = join(directory, 'lab.json');
  writeFileSync(`${file}.new`, `${JSON.stringify(facts, null, 2)}\n`);
  renameSync(`${file}.new`, file);
}

/** As `stty` gives and takes them; undefined when the input is no terminal. */
function terminalSettings(): string | undefined {
  if (!isatty(0)) return undefined;
  try {
    return execFileSync('stty', ['-g'], { stdio: ['inherit', 'pipe', 'ignore'], encoding: 'utf8' }).trim();
  } catch {
    return undefined;
  }
}

/** A console that was killed leaves the terminal without echo and line editing. */
function restoreTerminal(settings: string | undefined): void {
  if (settings === undefined) return;
  try {
    execFileSync('stty', [settings], { stdio: ['inherit', 'ignore', 'ignore'] });
  } catch {
    // The terminal itself is gone.
  }
}
