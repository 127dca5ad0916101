/**
 * The needs of hitless beyond npm: programs of Debian packages, and the compiled addons. What is
 * missing is announced with its reason and installed as root; otherwise the exact line to type is given.
 * Nothing missing costs a look through PATH and no process.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, existsSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join } from 'node:path';
import { loadRawSocket } from '../../drivers/addon.ts';
import { loadSocket } from '../../drivers/native/socket.ts';
import { FIRMWARE_CODES, FirmwareError } from '../errors.ts';
import { holdDaemons } from './daemon-policy.ts';
import { projectDirectory } from './project.ts';

export type AddonName = 'raw-socket' | 'socket' | 'guard';

/** Where each comes from, below `dist/`, and how to tell that it is compiled for this Node. */
const ADDONS: Record<AddonName, { source: string; load: (require: NodeJS.Require) => unknown }> = {
  'raw-socket': { source: 'raw-socket', load: loadRawSocket },
  socket: { source: 'socket', load: loadSocket },
  guard: { source: 'native', load: (require) => require('./native/build/Release/watch.node') },
};

export type Need = { why: string } & (
  | { command: string; package: string }
  | { file: string; package: string }
  /** An addon, compiled for this Node. */
  | { addon: AddonName }
);

export interface EnsureOptions {
  /** May packages be installed and the addon be compiled? */
  install: boolean;
  /** Takes each line of progress; stderr unless told. */
  say?: (line: string) => void;
}

export const LAB_NEEDS: Need[] = [
  { command: 'ip', package: 'iproute2', why: 'makes the namespaces and links of the lab' },
  { command: 'unshare', package: 'util-linux', why: 'keeps the lab apart from this host' },
  { command: 'setpriv', package: 'util-linux', why: 'ends the lab when its parent ends' },
  { command: 'mount', package: 'mount', why: 'gives the lab a /run of its own' },
  { addon: 'raw-socket', why: 'sends and receives IP packets' },
  { addon: 'socket', why: 'tells of interfaces, and sets addresses and routes' },
];

/** Without it the guard does with `vm` time-outs, so nothing but the tests insists on it. */
const GUARD_NEED: Need = { addon: 'guard', why: 'ends code that does not return, in every turn' };

export const FRR_NEEDS: Need[] = [
  { file: '/usr/lib/frr/ospfd', package: 'frr', why: 'is the OSPF neighbour' },
  { command: 'vtysh', package: 'frr', why: 'asks the OSPF neighbour what it sees' },
];

export const KEEPALIVED_NEEDS: Need[] = [
  { command: 'keepalived', package: 'keepalived', why: 'is the VRRP neighbour' },
];

export const BENCH_NEEDS: Need[] = [
  { command: 'erl', package: 'erlang-base', why: 'is measured beside hitless' },
  { command: 'erlc', package: 'erlang-base', why: 'compiles what is measured beside hitless' },
];

/** The needs of the tests alone. */
const INSPECTION_NEEDS: Need[] = [
  { command: 'nsenter', package: 'util-linux', why: 'looks into the lab from outside' },
  { command: 'tcpdump', package: 'tcpdump', why: 'captures packets independently of hitless' },
  { command: 'nft', package: 'nftables', why: 'reads and changes packet filters independently of hitless' },
  { command: 'sysctl', package: 'procps', why: "sets the kernel's switches in a test's namespaces" },
  { command: 'pgrep', package: 'procps', why: "finds a lab's processes from outside" },
  { command: 'socat', package: 'socat', why: 'makes the pty pairs of the serial tests' },
  { command: 'busybox', package: 'busybox-static', why: 'runs the shell scripts of a board' },
  { command: 'mformat', package: 'mtools', why: 'makes the small images that are flashed and read' },
  { command: 'zsh', package: 'zsh', why: "completes hitless's command line" },
  { command: 'fish', package: 'fish', why: "completes hitless's command line" },
];

const SYSTEMD_NEEDS: Need[] = [
  { file: '/lib/systemd/systemd', package: 'systemd', why: 'runs the service that the tests install' },
];

/** All that `npm test` uses; FRR and systemd are of no use to who is not root. */
export function testNeeds(): Need[] {
  const rootly = process.getuid?.() === 0 ? [...FRR_NEEDS, ...SYSTEMD_NEEDS] : [];
  return [...LAB_NEEDS, GUARD_NEED, ...rootly, ...KEEPALIVED_NEEDS, ...INSPECTION_NEEDS, ...BENCH_NEEDS];
}

const COMPILER_NEEDS: Need[] = [
  { command: 'g++', package: 'g++', why: 'compiles the addons' },
  { command: 'make', package: 'make', why: 'compiles the addons' },
  { command: 'python3', package: 'python3', why: 'compiles the addons' },
];

/** Debian keeps these out of the PATH of ordinary users. */
const SYSTEM_DIRECTORIES = ['/usr/local/sbin', '/usr/sbin', '/sbin'];

/** PATH with the system directories, for spawning what `ensure` found. */
export function systemPath(): string {
  const listed = (process.env.PATH ?? '/usr/bin:/bin').split(delimiter);
  return [...listed, ...SYSTEM_DIRECTORIES.filter((d) => !listed.includes(d))].join(delimiter);
}

/** Those of `needs` that are not there. */
export function missing(needs: readonly Need[]): Need[] {
  return needs.filter((need) => !present(need));
}

/**
 * Sees to it that all of `needs` is there.
 * @throws FirmwareError naming what is missing, why it is needed, and the line to type.
 */
export async function ensure(needs: readonly Need[], options: EnsureOptions): Promise<void> {
  const lacking = missing(needs);
  if (lacking.length === 0) return;
  const say = options.say ?? ((line: string) => process.stderr.write(`${line}\n`));

  const addon = lacking.some((need) => 'addon' in need);
  const wanted = addon ? [...lacking, ...missing(COMPILER_NEEDS)] : lacking;
  const packages = [...new Set(wanted.flatMap((need) => ('package' in need ? [need.package] : [])))];
  const reasons = wanted.map((need) => `  ${describe(need)}`).join('\n');
  const root = process.getuid?.() === 0;

  if (!options.install || (packages.length > 0 && !root)) {
    const code = options.install ? 'NEED_ROOT' : 'NEED_FORBIDDEN';
    const lines = [
      ...(packages.length > 0 ? [aptLine(packages, root)] : []),
      ...(addon ? [addonLine()] : []),
    ].map((line) => `  ${line}`);
    throw new FirmwareError(
      code,
      `${FIRMWARE_CODES[code]}:\n${reasons}\nType this, then start again:\n${lines.join('\n')}`,
    );
  }

  say(`Missing on this machine:\n${reasons}`);
  if (packages.length > 0) await installPackages(packages, reasons, say);
  if (addon) await buildAddons(say, new Set(wanted.flatMap((need) => ('addon' in need ? [need.addon] : []))));

  const still = missing(wanted);
  if (still.length > 0) {
    const rest = still.map((need) => `  ${describe(need)}`).join('\n');
    throw new FirmwareError('NEED_INSTALL_FAILED', `still missing after the installation:\n${rest}`);
  }
}

function present(need: Need): boolean {
  if ('command' in need) return findCommand(need.command) !== undefined;
  if ('file' in need) return existsSync(need.file);
  return addonLoads(need.addon);
}

/** The full path of a program; undefined when there is none. */
export function findCommand(name: string): string | undefined {
  for (const directory of systemPath().split(delimiter)) {
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** An addon compiled for another Node is there and yet no good, so it is loaded and not only looked for. */
function addonLoads(name: AddonName): boolean {
  try {
    ADDONS[name].load(createRequire(join(projectDirectory(), 'dist/hitless.mjs')));
    return true;
  } catch {
    return false;
  }
}

function describe(need: Need): string {
  if ('addon' in need) return `${need.addon}, a compiled addon: ${need.why}`;
  return `${'command' in need ? need.command : need.file} (package ${need.package}): ${need.why}`;
}

function aptLine(packages: readonly string[], root: boolean): string {
  const sudo = root ? '' : 'sudo ';
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}

function addonLine(): string {
  return `${process.execPath} ${join(projectDirectory(), 'dist/hitless.mjs')} needs --addon`;
}

/**
 * Compiles the addons that do not load if a compiler is there; for an installation, which goes on without them.
 * Returns whether they load.
 */
export async function compileAddons(say: (line: string) => void): Promise<boolean> {
  if (unloadable().length === 0) return true;
  const lacking = missing(COMPILER_NEEDS).flatMap((need) => ('package' in need ? [need.package] : []));
  if (lacking.length > 0) {
    const apt = aptLine(lacking, process.getuid?.() === 0);
    say(
      `The addons ${unloadable().join(' and ')} are not compiled: the router needs raw-socket and socket, and without guard handlers are bounded in transactions alone. Type: ${apt} && ${addonLine()}`,
    );
    return false;
  }
  await buildAddons(say, new Set(['raw-socket', 'socket']));
  return unloadable().length === 0;
}

function unloadable(): AddonName[] {
  return (Object.keys(ADDONS) as AddonName[]).filter((name) => !addonLoads(name));
}

async function installPackages(
  packages: string[],
  reasons: string,
  say: (line: string) => void,
): Promise<void> {
  const apt = findCommand('apt-get');
  if (apt === undefined) {
    throw new FirmwareError(
      'NEED_NO_APT',
      `${FIRMWARE_CODES.NEED_NO_APT}:\n${reasons}\nInstall these programs with this system's own tools, then start again.`,
    );
  }
  say(`Installing: ${aptLine(packages, true)}`);
  const release = holdDaemons(say);
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const patient = ['-q', '-o', 'DPkg::Lock::Timeout=120'];
    await run(apt, [...patient, 'update'], env);
    await run(apt, [...patient, 'install', '-y', '--no-install-recommends', ...packages], env);
  } finally {
    release();
  }
  say(`Installed: ${packages.join(' ')}`);
}

/** From the sources that come with hitless, and raw-socket with the `nan` that hitless names, where npm did not. */
async function buildAddons(say: (line: string) => void, needed: ReadonlySet<AddonName>): Promise<void> {
  for (const name of unloadable()) {
    try {
      await buildAddon(name, say);
    } catch (thrown) {
      if (needed.has(name)) throw thrown;
      say(`It goes on without the addon ${name}: ${(thrown as Error).message}`);
    }
  }
}

async function buildAddon(name: AddonName, say: (line: string) => void): Promise<void> {
  const root = projectDirectory();
  const npm = npmCommand();
  const source = join(root, 'dist', ADDONS[name].source);
  if (npm === undefined || !existsSync(source)) {
    const lacks =
      npm === undefined ? 'there is no npm, which does it' : `${source} is missing: npm run build`;
    throw new FirmwareError('NEED_INSTALL_FAILED', `the addon ${name} is not compiled, and ${lacks}`);
  }
  say(`Compiling the addon ${name}`);
  const env = { ...process.env, ...headersOf(process.execPath) };
  const [program, ...args] = npm as [string, ...string[]];
  // Within the installation of a global package, npm's own settings would lead elsewhere.
  await run(program, [...args, 'run', 'install', '--global=false', '--prefix', source], env, source);
}

/** Lets the addon be compiled without a download where Node came with its headers. */
export function headersOf(node: string): { npm_config_nodedir?: string } {
  const prefix = dirname(dirname(realpathSync(node)));
  return existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
}

function npmCommand(): string[] | undefined {
  const running = process.env.npm_execpath;
  if (running?.endsWith('.js') && existsSync(running)) return [process.execPath, running];
  const beside = join(dirname(process.execPath), 'npm');
  const found = existsSync(beside) ? beside : findCommand('npm');
  return found === undefined ? undefined : [found];
}

/** How much of a failed program's output is shown. */
const TAIL_LINES = 15;

function run(program: string, args: string[], env: NodeJS.ProcessEnv, cwd = '/'): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      env: { ...env, PATH: systemPath() },
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString('utf8')).slice(-16_384);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const failed = (how: string) => {
      const tail = output.trimEnd().split('\n').slice(-TAIL_LINES).join('\n  ');
      reject(new FirmwareError('NEED_INSTALL_FAILED', `"${program} ${args.join(' ')}" ${how}:\n  ${tail}`));
    };
    child.once('error', (error) => failed(`could not be started (${error.message})`));
    child.once('close', (code, signal) => {
      if (code === 0) resolve();
      else failed(signal === null ? `ended with ${code}` : `was ended by ${signal}`);
    });
  });
}
