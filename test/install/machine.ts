/**
 * A systemd of the test's own: process 1 of its own namespaces, over this machine's root file system with everything
 * that is written kept in memory. It starts nothing but what a test asks for, and nothing of it outlives the test.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCommand } from '../../firmware/host/needs.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const SYSTEMD = '/lib/systemd/systemd';
/** Generous, for a machine that others use too. In ms. */
const BOOT = 30_000;

/** The only units there are, but for those in /etc and /run, which are the test's. */
const UNITS: Record<string, string> = {
  'sysinit.target': '',
  'basic.target': '',
  'network.target': '',
  'shutdown.target': '',
  'multi-user.target': 'Requires=basic.target\nAfter=basic.target\nWants=systemd-journald.service\n',
};
/** Of this machine, so that there is a log. */
const LOG_UNITS = [
  'systemd-journald.service',
  'systemd-journald.socket',
  'systemd-journald-dev-log.socket',
  'syslog.socket',
];

/** Nothing of this machine's kernel can be changed from inside: /sys and /proc/sys are read-only. */
const SETUP = `set -e
mount --make-rprivate /
mount -t tmpfs tmpfs "$W"
mkdir "$W/upper" "$W/work" "$W/root"
R="$W/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$W/upper,workdir=$W/work" "$R"
mount -t proc proc "$R/proc"
mount --bind "$R/proc/sys" "$R/proc/sys"
mount -o remount,bind,ro "$R/proc/sys"
mount -t sysfs -o ro sysfs "$R/sys"
mount -t cgroup2 cgroup2 "$R/sys/fs/cgroup"
mount -t tmpfs -o mode=755 tmpfs "$R/dev"
for name in null zero full random urandom tty; do
  touch "$R/dev/$name"; mount --bind "/dev/$name" "$R/dev/$name"
done
mkdir "$R/dev/pts" "$R/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$R/dev/pts"
mount -t tmpfs tmpfs "$R/dev/shm"
ln -s pts/ptmx "$R/dev/ptmx"
ln -s /proc/self/fd "$R/dev/fd"
for n in 0 1 2; do ln -s /proc/self/fd/$n "$R/dev/$(echo stdin stdout stderr | cut -d' ' -f$((n + 1)))"; done
mount -t tmpfs -o mode=755 tmpfs "$R/run"
mount -t tmpfs -o mode=1777 tmpfs "$R/tmp"
[ -e "$R$NODE" ] || { mkdir -p "$(dirname "$R$NODE")"; touch "$R$NODE"; mount --bind "$NODE" "$R$NODE"; }
mkdir -p "$R$PROJECT"
mount --bind "$PROJECT" "$R$PROJECT"
mount -o remount,bind,ro "$R$PROJECT"
rm -rf "$R/etc/systemd/system" "$R/var/log/journal" "$R/usr/local/lib/hitless" "$R/usr/local/bin/hitless" "$R/etc/hitless" "$R/var/lib/hitless"
mkdir -p "$R/etc/systemd/system/multi-user.target.wants" "$R/run/units" "$R/run/upper" "$R/run/old"
ln -s /etc/systemd/system/other.service "$R/etc/systemd/system/multi-user.target.wants/"
cp "$W.units"/* "$R/run/units/"
ip link set lo up
ip link add wan0 type veth peer name far0
ip address add 10.9.0.1/24 dev wan0
ip link set wan0 up
ip link set far0 up
mount --bind "$W/upper" "$R/run/upper"
cd "$R"
pivot_root . run/old
umount -l /run/old
rmdir /run/old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin SYSTEMD_GENERATOR_PATH=/none \\
  SYSTEMD_UNIT_PATH=/etc/systemd/system:/run/systemd/system:/run/units \\
  ${SYSTEMD} --system --unit=multi-user.target --log-target=journal --show-status=no
`;

export class Machine {
  /** Of its process 1, as this machine numbers it. */
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #folder: string;
  readonly #cgroup: string;
  #ended = false;

  private constructor(child: ChildProcess, pid: number, folder: string, cgroup: string) {
    this.#child = child;
    this.pid = pid;
    this.#folder = folder;
    this.#cgroup = cgroup;
  }

  /** Boots one. Answers why not where that cannot be done: for a test's `skip`. */
  static async boot(): Promise<Machine | string> {
    const lacking = lack();
    if (lacking !== undefined) return lacking;
    sweep();
    const folder = mkdtempSync(join(tmpdir(), 'hitless-systemd-'));
    const cgroup = join(cgroupMount()!, `hitless-test-${process.pid}`);
    const units = `${folder}.units`;
    let machine: Machine | undefined;
    try {
      mkdirSync(cgroup);
      mkdirSync(units);
      for (const [name, text] of Object.entries(UNITS))
        writeFileSync(join(units, name), `[Unit]\nDefaultDependencies=no\n${text}`);
      for (const name of LOG_UNITS) {
        const file = join('/usr/lib/systemd/system', name);
        if (existsSync(file)) writeFileSync(join(units, name), readFileSync(file));
      }
      const namespaces = [
        '--mount',
        '--pid',
        '--uts',
        '--ipc',
        '--net',
        '--cgroup',
        '--fork',
        '--kill-child',
      ];
      const enter = `echo $$ > "${cgroup}/cgroup.procs" && exec unshare ${namespaces.join(' ')} sh -c "$SETUP"`;
      const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'sh', '-c', enter], {
        env: { ...process.env, SETUP, PROJECT, W: folder, NODE: process.execPath },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let said = '';
      for (const stream of [child.stdout!, child.stderr!])
        stream.on('data', (chunk: Buffer) => {
          said += chunk.toString('utf8');
        });
      const until = Date.now() + BOOT;
      while (Date.now() < until && child.exitCode === null && child.signalCode === null) {
        const pid = Number(spawnSync('pgrep', ['-P', String(child.pid)], { encoding: 'utf8' }).stdout);
        if (pid > 0) {
          machine ??= new Machine(child, pid, folder, cgroup);
          if (machine.try('systemctl', 'is-active', 'multi-user.target').output.trim() === 'active')
            return machine;
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      child.kill('SIGKILL');
      throw new Error(`systemd did not come up in namespaces of its own: ${said.trim()}`);
    } catch (thrown) {
      if (machine) machine.cleanup();
      else release(folder, cgroup);
      return (thrown as Error).message;
    }
  }

  /** Runs a program inside as root. @throws with what it said */
  run(...command: string[]): string {
    const { status, output } = this.try(...command);
    if (status !== 0) throw new Error(`"${command.join(' ')}" ended with ${status}: ${output}`);
    return output;
  }

  /** Where failing is an answer. */
  try(...command: string[]): { status: number | null; output: string } {
    return this.#enter(command);
  }

  #enter(command: readonly string[], input = ''): { status: number | null; output: string } {
    const inside = ['-t', String(this.pid), '-m', '-u', '-i', '-n', '-p', '-C', '-r', '-w'];
    const { status, stdout, stderr } = spawnSync('nsenter', [...inside, '--', ...command], {
      encoding: 'utf8',
      input,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      timeout: 120_000,
      maxBuffer: 1 << 26,
    });
    return { status, output: stdout + stderr };
  }

  write(path: string, text: string): void {
    // An argument has a limit.
    const { status, output } = this.#enter(
      ['sh', '-c', 'mkdir -p "$(dirname "$1")" && cat > "$1"', '-', path],
      text,
    );
    if (status !== 0) throw new Error(`${path} cannot be written: ${output}`);
  }

  /**
   * All that differs from this machine's root file system: types, modes, owners, links, and what files hold. Folders
   * that are the same there are left out, and what the copies of the files of accounts hold.
   */
  traces(): string[] {
    const list = this.run('find', '/run/upper', '-printf', '%y %m %U:%G /%P %l\\n').split('\n');
    const sums = this.run(
      'find',
      '/run/upper',
      '-type',
      'f',
      '!',
      '-path',
      '*/etc/*-',
      '-exec',
      'sha256sum',
      '{}',
      '+',
    );
    return [...list.filter((line) => !isSameFolder(line)), ...sums.split('\n')]
      .filter((line) => line !== '')
      .sort();
  }

  /** Ends all that runs inside. A second call does nothing. */
  cleanup(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#child.kill('SIGKILL');
    release(this.#folder, this.#cgroup);
  }
}

function lack(): string | undefined {
  if (process.getuid?.() !== 0) return 'only root can start a systemd in namespaces (run the tests as root)';
  if (!existsSync(SYSTEMD)) return `${SYSTEMD} is not here`;
  for (const name of [
    'unshare',
    'nsenter',
    'setpriv',
    'pgrep',
    'ip',
    'systemctl',
    'systemd-notify',
    'useradd',
  ])
    if (findCommand(name) === undefined) return `this machine lacks ${name}`;
  if (cgroupMount() === undefined) return 'no cgroup2 file system is mounted';
  return undefined;
}

/** Removes the groups that a test process left which was killed before it could clean up. */
function sweep(): void {
  for (const name of readdirSync(cgroupMount()!)) {
    const pid = /^hitless-test-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) removeGroup(join(cgroupMount()!, name));
  }
}

function isSameFolder(line: string): boolean {
  const [, mode, owner, path] = /^d (\d+) (\S+) (\S+)/.exec(line) ?? [];
  const found = path === undefined ? undefined : statSync(path, { throwIfNoEntry: false });
  if (!found?.isDirectory()) return false;
  return (found.mode & 0o7777).toString(8) === mode && `${found.uid}:${found.gid}` === owner;
}

/** mountinfo(5) */
function cgroupMount(): string | undefined {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.find((line) => / - cgroup2 /.test(line))?.split(' ')[4];
}

/** The kernel unmounts what was mounted inside with the last process. */
function release(folder: string, cgroup: string): void {
  if (existsSync(cgroup)) removeGroup(cgroup);
  rmSync(`${folder}.units`, { recursive: true, force: true });
  rmSync(folder, { recursive: true, force: true });
}

/** Its processes died with the one that started them; the kernel takes a moment to empty a group. */
function removeGroup(cgroup: string): void {
  const groups = execFileSync('find', [cgroup, '-depth', '-type', 'd'], { encoding: 'utf8' });
  for (const group of groups.trim().split('\n')) {
    for (let tries = 0; tries < 100; tries++) {
      try {
        rmdirSync(group);
        break;
      } catch {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
      }
    }
  }
}
