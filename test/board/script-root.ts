/**
 * A board's root file system in a folder, to run its shell scripts in without a board: busybox, the scripts as they
 * are, and stubs for what is no part of busybox, or is called by a path. It has namespaces of its own: what is mounted
 * there is mounted nowhere else, and a reboot ends nothing but what runs there (pid_namespaces(7)).
 */
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { findCommand } from '../../firmware/host/needs.ts';

const busybox = findCommand('busybox');
const CHROOT = findCommand('chroot') ?? 'chroot';
const SETPRIV = findCommand('setpriv') ?? 'setpriv';
const UNSHARE = findCommand('unshare') ?? 'unshare';
const APART = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--kill-child'];

function hindrance(): string | undefined {
  if (busybox === undefined) return 'no busybox: as root, `apt-get install busybox-static`';
  const { status } = spawnSync(UNSHARE, [...APART, busybox, 'true'], { stdio: 'ignore' });
  return status === 0 ? undefined : 'no namespaces of its own (unshare --user --pid)';
}

const why = hindrance();
/** Why there is none here; false when there can be. */
export const skip: string | false = why === undefined ? false : `SKIPPED: ${why}`;
if (skip !== false) process.stderr.write(`test/board: ${skip}\n`);

const SCRIPTS = ['medium', 'reboot', 'say', 'slot', 'trial', 'within'];

export interface Ran {
  status: number | null;
  signal: NodeJS.Signals | null;
  output: string;
}

export class ScriptRoot {
  readonly path: string;

  constructor(t: Test, settings: Record<string, string | number> = {}) {
    this.path = mkdtempSync(join(tmpdir(), 'hitless-root-'));
    t.teardown(() => rmSync(this.path, { recursive: true, force: true }));
    for (const folder of [
      'bin',
      'usr/bin',
      'usr/sbin',
      'dev',
      'proc',
      'sys/class/block',
      'run/hitless',
      'data',
    ])
      mkdirSync(join(this.path, folder), { recursive: true });
    copyFileSync(busybox!, join(this.path, 'bin/busybox'));
    for (const name of SCRIPTS) {
      copyFileSync(`board/${name}.sh`, join(this.path, `usr/sbin/hitless-${name}`));
      chmodSync(join(this.path, `usr/sbin/hitless-${name}`), 0o755);
    }
    this.run('/bin/busybox', '--install', '-s', '/usr/bin');
    const all = { BOARD: 'virt', SCHEME: 'u-boot', CONSOLE: 'console', BAUD: 115_200, ...settings };
    this.write(
      'etc/hitless/board',
      Object.entries(all)
        .map(([key, value]) => `${key}=${value}\n`)
        .join(''),
    );
    for (const name of ['dev/console', 'dev/null', 'calls', 'proc/cmdline']) this.write(name, '');
    // What a stub or a script draws at random.
    this.write('dev/urandom', Buffer.from('1f2e3d4c', 'hex'));
  }

  write(path: string, body: string | Buffer): void {
    mkdirSync(dirname(join(this.path, path)), { recursive: true });
    writeFileSync(join(this.path, path), body);
  }

  read(path: string): string {
    return existsSync(join(this.path, path)) ? readFileSync(join(this.path, path), 'latin1') : '';
  }

  /**
   * A program of that name which notes its call, and then does what the shell script says. The shell runs most of
   * busybox's own commands without a look at the path; `mount` and hitless's own can be replaced.
   */
  stub(name: string, script = ''): void {
    for (const folder of ['usr/bin', 'usr/sbin']) rmSync(join(this.path, folder, name), { force: true });
    this.write(`usr/bin/${name}`, `#!/bin/busybox sh\necho "${name} $*" >> /calls\n${script}\n`);
    chmodSync(join(this.path, 'usr/bin', name), 0o755);
  }

  /** What the stubs were called with, oldest first. */
  get calls(): string[] {
    return this.read('calls').split('\n').slice(0, -1);
  }

  /** To its end, or to the end of all when it reboots: `signal` is SIGHUP then. */
  run(program: string, ...args: string[]): Ran {
    return this.#run([], program, args);
  }

  /** The same, where the kernel refuses a reboot. */
  runWithoutReboot(program: string, ...args: string[]): Ran {
    return this.#run([SETPRIV, '--bounding-set', '-sys_boot'], program, args);
  }

  #run(through: readonly string[], program: string, args: readonly string[]): Ran {
    const command = [...APART, '--', ...through, CHROOT, this.path, program, ...args];
    const { status, signal, stdout, stderr } = spawnSync(UNSHARE, command, OPTIONS);
    return { status, signal, output: `${stdout}${stderr}` };
  }
}

const OPTIONS = {
  encoding: 'utf8',
  env: { PATH: '/usr/bin:/usr/sbin:/bin:/sbin' },
  timeout: 120_000,
  killSignal: 'SIGKILL',
} as const;

/** A disk in the root's /dev, with the first sector and the data partition of one that has hitless on it. */
export function addDisk(
  root: ScriptRoot,
  name: string,
  { identifier, label = 'hitless-data', infix = '' }: { identifier: string; label?: string; infix?: string },
): void {
  const sector = Buffer.alloc(512);
  sector.writeUInt32LE(Number.parseInt(identifier, 16), 440);
  root.write(`dev/${name}`, sector);
  const data = Buffer.alloc(2048);
  data.writeUInt16LE(0xef53, 1080);
  data.write(label, 1144);
  for (const number of [1, 2, 3, 4]) {
    root.write(`dev/${name}${infix}${number}`, number === 4 ? data : Buffer.alloc(2048));
    root.write(`sys/class/block/${name}${infix}${number}/partition`, `${number}\n`);
  }
}

/** The identifier in its first sector. */
export function identifierOf(root: ScriptRoot, name: string): string {
  return readFileSync(join(root.path, 'dev', name))
    .readUInt32LE(440)
    .toString(16);
}
