/** The kernel of a board: its image, its device tree, and the modules that the board needs with what those need. */
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Board } from './board.ts';
import { BoardError } from './errors.ts';
import { type DebianPackages, fieldOf, unpack } from './packages.ts';
import { run } from './tool.ts';

export interface Kernel {
  version: string;
  /** What the loader starts. */
  image: Buffer;
  /** Absent where the board's firmware hands one over. */
  deviceTree?: Buffer;
  /** A folder that holds `lib/modules/VERSION`, with what modprobe reads. */
  modules: string;
}

/**
 * On every board: the data partition, the slots with the character sets that FAT asks for, and what VLANs and virtual
 * routers need (RFC 9568 7.3: a MAC of their own; 6.4.3: packets that are not accepted).
 */
const ALWAYS = ['ext4', 'crc32c_generic', 'vfat', 'nls_cp437', 'nls_ascii', '8021q', 'macvlan', 'nf_tables'];

/** What modprobe reads as text; the rest is for other programs. */
const LISTS = ['modules.dep', 'modules.alias', 'modules.symbols', 'modules.softdep', 'modules.builtin'];

/** The modules to load at start, in order; the others are there for who asks. */
export function modulesAtStart({ drivers }: Board): string[] {
  return [...ALWAYS, ...drivers.storage, ...drivers.network];
}

/**
 * @param work an empty folder for what is unpacked; `modules` lies in it
 * @throws BoardError `BOARD_INVALID` for a module or device tree that this kernel does not have
 */
export function fetchKernel(board: Board, debian: DebianPackages, work: string): Kernel {
  let deb = debian.get(board.kernel.package);
  // A package such as linux-image-arm64 is empty and depends on the kernel of today.
  const named = /^linux-image-\d\S*/.exec(fieldOf(deb, 'Depends'))?.[0];
  if (named !== undefined) deb = debian.get(named);
  const whole = join(work, 'kernel');
  unpack(deb, whole, './boot/vmlinuz-*', './*lib/modules', ...treePaths(board));
  const library = existsSync(join(whole, 'usr/lib/modules')) ? join(whole, 'usr') : whole;
  const version = only(readdirSync(join(library, 'lib/modules')), `${deb.name} holds modules`);
  const modules = join(work, 'modules');
  reduce(board, library, version, modules);
  const image = readFileSync(join(whole, `boot/vmlinuz-${version}`));
  const deviceTree =
    board.deviceTree && treeOf(board.deviceTree, join(whole, 'usr/lib', `linux-image-${version}`));
  rmSync(whole, { recursive: true, force: true });
  return { version, image, modules, ...(deviceTree && { deviceTree }) };
}

function treePaths({ deviceTree }: Board): string[] {
  return deviceTree === undefined ? [] : ['./usr/lib/linux-image-*'];
}

function treeOf(name: string, folder: string): Buffer {
  const path = join(folder, name);
  if (existsSync(path)) return readFileSync(path);
  throw new BoardError(
    'BOARD_INVALID',
    `deviceTree: ${name} is not in ${folder.split('/').at(-1)} of Debian`,
  );
}

/** Copies what the board needs out of all modules, uncompressed: the layer is compressed as a whole. */
function reduce(board: Board, whole: string, version: string, into: string): void {
  const from = join(whole, 'lib/modules', version);
  const to = join(into, 'lib/modules', version);
  run('depmod', ['-b', whole, version]);
  const wanted = [...modulesAtStart(board), ...(board.watchdog === undefined ? [] : [board.watchdog])];
  for (const path of withDependencies(wanted, from, board)) {
    const plain = path.replace(/\.xz$/, '');
    mkdirSync(dirname(join(to, plain)), { recursive: true });
    if (plain === path) cpSync(join(from, path), join(to, path));
    else writeFileSync(join(to, plain), run('xz', ['-dc', join(from, path)]));
  }
  for (const list of ['modules.builtin', 'modules.order', 'modules.builtin.modinfo'])
    cpSync(join(from, list), join(to, list));
  run('depmod', ['-b', into, version]);
  for (const name of readdirSync(to))
    if (name.startsWith('modules.') && !LISTS.includes(name)) rmSync(join(to, name));
}

/** Paths of modules and of all that they depend on, sorted. @throws BoardError `BOARD_INVALID` */
function withDependencies(names: readonly string[], folder: string, board: Board): string[] {
  const paths = new Map<string, string>();
  const needs = new Map<string, string[]>();
  for (const entry of lines(join(folder, 'modules.dep'))) {
    const [path, rest] = entry.split(':') as [string, string];
    paths.set(nameOf(path), path);
    needs.set(path, rest.trim().split(' ').filter(Boolean));
  }
  const builtin = new Set(lines(join(folder, 'modules.builtin')).map(nameOf));
  const found = new Set<string>();
  for (const name of names) {
    const path = paths.get(nameOf(name));
    if (path === undefined && builtin.has(nameOf(name))) continue;
    if (path === undefined)
      throw new BoardError(
        'BOARD_INVALID',
        `the board ${board.name} wants the kernel module ${name}, which ${board.kernel.package} of Debian ${board.suite} does not have`,
      );
    for (const needed of [path, ...(needs.get(path) ?? [])]) found.add(needed);
  }
  return [...found].sort();
}

/** Module names do not tell `-` from `_`. */
function nameOf(path: string): string {
  return path
    .split('/')
    .at(-1)!
    .replace(/\.ko(\.xz)?$/, '')
    .replaceAll('-', '_');
}

function lines(path: string): string[] {
  return readFileSync(path, 'utf8').split('\n').filter(Boolean);
}

function only(names: string[], what: string): string {
  if (names.length === 1) return names[0]!;
  throw new BoardError(
    'BOARD_INVALID',
    `${what} of ${names.length} kernels (${names.join(', ')}); one is expected`,
  );
}
