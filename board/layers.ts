/**
 * The two layers of an initramfs, so that an update sends only what changed:
 *
 * - base: busybox, ip, Node, their libraries, the kernel's modules. Tens of megabytes that seldom change.
 * - app: the supervisor, hitless with its released bundles, the addons, the configuration for the first boot.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, sep } from 'node:path';
import { strip, TARGETS, type Target } from './architecture.ts';
import type { Board } from './board.ts';
import { BoardError } from './errors.ts';
import { Initramfs } from './initramfs.ts';
import { type Kernel, modulesAtStart } from './kernel.ts';
import { Libraries } from './libraries.ts';
import { type DebianPackages, npmPackage, type PackageOptions } from './packages.ts';
import { projectDirectory } from './project.ts';
import { run } from './tool.ts';

/** The Node of the board: one exact version that npm has for every architecture. */
export const NODE_VERSION = '24.21.0';

/** A watchdog that was not fed for so many seconds resets the board: longer than the router ever computes at a stretch. */
const HEARTBEAT = 15;

/** Beside the supervisor: `board/NAME.sh` is `hitless-NAME` on the board. */
const SCRIPTS = ['medium', 'reboot', 'say', 'slot', 'trial', 'within'];

export interface LayerContext {
  board: Board;
  debian: DebianPackages;
  packages: PackageOptions;
  /** A folder for what is unpacked and compiled. */
  work: string;
}

/** Node's package of npm, unpacked: its program and, for addons, its headers. */
export function fetchNode({ board, packages, work }: LayerContext): string {
  const { node, architecture } = TARGETS[board.architecture];
  const { file } = npmPackage(node, NODE_VERSION, architecture, packages);
  const into = join(work, 'node');
  mkdirSync(into);
  const wanted = ['package/bin/node', 'package/include'];
  run('tar', ['-xzf', file, '--no-same-owner', '--strip-components=1', '-C', into, ...wanted]);
  return into;
}

export function baseLayer(context: LayerContext, kernel: Kernel, node: string): Initramfs {
  const { board, debian, work } = context;
  const target = TARGETS[board.architecture];
  const layer = new Initramfs();
  for (const folder of ['bin', 'sbin', 'lib', 'lib64'])
    layer.directory(`usr/${folder}`).link(folder, `usr/${folder}`);
  for (const folder of ['dev', 'proc', 'sys', 'run', 'tmp', 'data', 'root', 'var/lib'])
    layer.directory(folder);
  // The kernel opens it for PID 1 before anything is mounted.
  layer.characterDevice('dev/console', 5, 1);
  layer.file('etc/passwd', 'root:x:0:0:root:/root:/bin/sh\n').file('etc/group', 'root:x:0:\n');

  const libraries = new Libraries(target, debian, work);
  const programs = {
    busybox: libraries.program('busybox-static', 'busybox'),
    // Debian's busybox has none, and a real-time priority needs it.
    chrt: libraries.program('util-linux', 'chrt'),
    // busybox has one of its own, which knows no JSON.
    ip: libraries.program('iproute2', 'ip'),
    node: { path: strip(target, join(node, 'bin/node'), join(work, 'node.stripped')), dependencies: [] },
  };
  for (const [name, { path }] of Object.entries(programs))
    layer.file(`usr/bin/${name}`, readFileSync(path), 0o755);
  layer.link('usr/bin/sh', 'busybox');
  for (const [name, body] of libraries.neededBy(Object.values(programs)))
    layer.file(`usr/lib/${target.triplet}/${name}`, body, 0o755);
  layer.file(`usr/${target.loader}`, libraries.loader, 0o755);
  return layer.tree('usr/lib/modules', join(kernel.modules, 'lib/modules'));
}

/** @param config the configuration for the first boot, as text */
export function appLayer(context: LayerContext, node: string, config: string): Initramfs {
  const { board } = context;
  const project = projectDirectory();
  const layer = new Initramfs();
  layer.file('init', readFileSync(join(project, 'board/supervisor.sh')), 0o755);
  for (const name of SCRIPTS)
    layer.file(`usr/sbin/hitless-${name}`, readFileSync(join(project, `board/${name}.sh`)), 0o755);
  if (board.boot.scheme === 'raspberry-pi')
    layer.file('usr/sbin/reboot-argument', readFileSync(compileReboot(context)), 0o755);
  layer.file('etc/hitless/board', settings(board)).file('etc/hitless/router.yaml', config);
  layer.file('hitless/package.json', readFileSync(join(project, 'package.json')));
  layer.file('hitless/dist/hitless.mjs', readFileSync(bundle(project)));
  layer.tree('hitless/firmware/releases', join(project, 'firmware/releases'));
  addSerialport(layer, TARGETS[board.architecture]);
  for (const addon of ADDONS) addAddon(layer, context, node, addon);
  return addRawSocket(layer, context, node);
}

/** An addon of our own. */
interface OwnAddon {
  name: string;
  /** Its folder, and where a package has it. */
  source: string;
  shipped: string;
  file: string;
  compiler: string;
  flags: readonly string[];
}

const ADDONS: readonly OwnAddon[] = [
  // The guard's watch.
  {
    name: 'watch',
    source: 'runtime/native',
    shipped: 'dist/native',
    file: 'watch.cc',
    compiler: 'g++',
    flags: ['-std=gnu++20'],
  },
  // Sockets of any family.
  {
    name: 'socket',
    source: 'drivers/native',
    shipped: 'dist/socket',
    file: 'socket.c',
    compiler: 'gcc',
    flags: [],
  },
];

/** Compiles it, and puts it where the program looks for it. */
function addAddon(layer: Initramfs, { board, work }: LayerContext, node: string, addon: OwnAddon): Initramfs {
  const { name, source, shipped, file, compiler, flags } = addon;
  const output = join(work, `${name}.node`);
  const sources = [source, shipped].map((folder) => join(projectDirectory(), folder, file));
  run(`${TARGETS[board.architecture].triplet}-${compiler}`, [
    ...[...flags, ...ADDON_FLAGS, `-DNODE_GYP_MODULE_NAME=${name}`, '-I', join(node, 'include/node')],
    ...['-o', output, sources.find((path) => existsSync(path)) ?? file],
  ]);
  return layer.file(`hitless/${shipped}/build/Release/${name}.node`, readFileSync(output), 0o755);
}

/** As node-gyp compiles an addon. */
const ADDON_FLAGS = [
  ...['-O2', '-fPIC', '-shared', '-s', '-w', '-pthread', '-Wl,--build-id=none'],
  ...['-DBUILDING_NODE_EXTENSION', '-D_FILE_OFFSET_BITS=64'],
];

/** What the supervisor reads, as shell variables. Every value was checked by the board's schema. */
function settings(board: Board): string {
  const { name, console, boot, watchdog, trial } = board;
  const variables = {
    BOARD: name,
    SCHEME: boot.scheme,
    CONSOLE: console.device,
    BAUD: console.baud,
    MODULES: `"${modulesAtStart(board).join(' ')}"`,
    WATCHDOG: watchdog ?? '',
    HEARTBEAT,
    CONFIRM: trial,
  };
  return Object.entries(variables)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}

function bundle(project: string): string {
  const path = join(project, 'dist/hitless.mjs');
  if (existsSync(path)) return path;
  throw new BoardError('BUNDLE_MISSING', `${path} is missing: type "npm run build" in ${project}`);
}

/** serialport with the packages that it loads, without what only other systems and developers use. */
function addSerialport(layer: Initramfs, target: Target): void {
  const addon = join('prebuilds', target.serialport);
  const added = new Set<string>();
  const add = (name: string, from: string) => {
    const folder = packageFolder(name, from);
    if (added.has(folder)) return;
    added.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const keep = (path: string) =>
      !path.split(sep).includes('node_modules') &&
      (path === addon || path === 'package.json' || (/\.c?js$/.test(path) && !/\.test\.js$/.test(path)));
    layer.tree(join('hitless', insideModules(folder)), folder, keep);
    for (const dependency of Object.keys(dependencies).sort()) add(dependency, folder);
  };
  add('serialport', projectDirectory());
}

function compileReboot({ board, work }: LayerContext): string {
  const output = join(work, 'reboot-argument');
  const source = join(projectDirectory(), 'board/reboot-argument.c');
  run(`${TARGETS[board.architecture].triplet}-gcc`, [
    '-O2',
    '-s',
    '-Wl,--build-id=none',
    '-o',
    output,
    source,
  ]);
  return output;
}

/** raw-socket, compiled for the board. It loads its addon from exactly this place. */
function addRawSocket(layer: Initramfs, { board, work }: LayerContext, node: string): Initramfs {
  const { triplet } = TARGETS[board.architecture];
  // With the `nan` that hitless names: the one that the package names does not compile for every Node.
  const own = join(projectDirectory(), 'dist/raw-socket');
  const folder = existsSync(own) ? own : packageFolder('raw-socket', projectDirectory());
  const nan = packageFolder('nan', folder);
  const output = join(work, 'raw.node');
  run(
    `${triplet}-g++`,
    [
      ...['-std=gnu++20', ...ADDON_FLAGS, '-DNODE_GYP_MODULE_NAME=raw'],
      ...['-I', join(node, 'include/node'), '-I', nan, '-o', output, 'src/raw.cc'],
    ],
    { cwd: folder },
  );
  const place = 'hitless/node_modules/raw-socket';
  for (const name of ['package.json', 'index.js'])
    layer.file(`${place}/${name}`, readFileSync(join(folder, name)));
  return layer.file(`${place}/build/Release/raw.node`, readFileSync(output), 0o755);
}

/** The folder of an installed package, as Node would find it. @throws BoardError `BUNDLE_MISSING` */
function packageFolder(name: string, from: string): string {
  for (const modules of createRequire(join(from, 'package.json')).resolve.paths(name) ?? []) {
    const folder = join(modules, name);
    if (existsSync(join(folder, 'package.json'))) return folder;
  }
  throw new BoardError(
    'BUNDLE_MISSING',
    `the npm package ${name} is not installed; the image needs it: type "npm install" in ${projectDirectory()}`,
  );
}

/** From the outermost `node_modules` on. */
function insideModules(folder: string): string {
  return folder.slice(folder.indexOf(`${sep}node_modules${sep}`) + 1);
}

/** Compresses a layer; the result is kept, because the base layer takes long and seldom changes. */
export function compressed(layer: Buffer, name: string, cache: string): Buffer {
  const file = join(cache, 'layers', `${name}-zstd${LEVEL}.zst`);
  if (existsSync(file)) return readFileSync(file);
  mkdirSync(dirname(file), { recursive: true });
  // One thread: with several the bytes depend on how many.
  run('zstd', ['-q', `-${LEVEL}`, '--single-thread', '-f', '-o', `${file}.${process.pid}`], { input: layer });
  run('mv', [`${file}.${process.pid}`, file]);
  return readFileSync(file);
}

/** Of zstd: 19 would be an eighth smaller and take nine times as long. */
const LEVEL = 12;
