/** The program as it is installed: the built file, the released bundles, the lab's own module, and the npm packages that it loads. */
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, sep } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { MANIFEST } from './places.ts';

export interface ProgramFile {
  from: string;
  /** Below the program's folder. */
  to: string;
}

/**
 * The files that make up the program.
 * @param project the folder that hitless is installed in, or was checked out to
 * @throws FirmwareError `INSTALL_PROGRAM`
 */
export function programFiles(project: string, { serial }: { serial: boolean }): ProgramFile[] {
  const files = ['package.json', 'dist/hitless.mjs'].map((name) => ({ from: join(project, name), to: name }));
  for (const { from } of files)
    if (!existsSync(from)) throw incomplete(`${from} is missing: type "npm run build" in ${project}`);
  for (const folder of ['firmware/releases', 'dist/lab']) {
    const from = join(project, folder);
    if (!existsSync(from)) throw incomplete(`${from} is missing: install hitless again`);
    files.push(...tree(from, folder, () => true));
  }
  files.push(...rawSocket(project));
  for (const addon of OWN_ADDONS) files.push(...compiled(project, addon));
  if (serial || folderOf('serialport', project) !== undefined)
    files.push(...npmPackage('serialport', project));
  return files.sort((a, b) => (a.to < b.to ? -1 : 1));
}

/** Copies them into a folder that is not there yet, for all to read and for root to write. */
export function copyProgram(files: readonly ProgramFile[], folder: string): void {
  for (const { from, to } of files) {
    const path = join(folder, to);
    mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
    copyFileSync(from, path);
    chmodSync(path, to === 'dist/hitless.mjs' ? 0o755 : 0o644);
  }
}

/** SHA-256 over names and contents of a program that is installed; undefined where there is none. */
export function digestOf(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  return digest(tree(folder, '', () => true).filter(({ to }) => to !== MANIFEST));
}

export function digest(files: readonly ProgramFile[]): string {
  const hash = createHash('sha256');
  for (const { from, to } of [...files].sort((a, b) => (a.to < b.to ? -1 : 1)))
    hash.update(`${to}\0`).update(createHash('sha256').update(readFileSync(from)).digest());
  return hash.digest('hex');
}

/** As it is loaded: what npm compiled, else what hitless compiled. */
function rawSocket(project: string): ProgramFile[] {
  const own = join(project, 'dist/raw-socket');
  const byNpm = folderOf('raw-socket', project);
  if (byNpm === undefined || !existsSync(join(byNpm, ADDON))) {
    if (existsSync(join(own, ADDON))) return tree(own, 'dist/raw-socket', isLoaded);
  }
  return npmPackage('raw-socket', project);
}

const ADDON = 'build/Release/raw.node';

/** Of hitless itself, below `dist/`: each is optional here, for the router says which one it lacks. */
const OWN_ADDONS = ['socket', 'native'];

function compiled(project: string, addon: string): ProgramFile[] {
  const place = join('dist', addon, 'build/Release');
  const folder = join(project, place);
  return existsSync(folder) ? tree(folder, place, (path) => /^[^/]+\.node$/.test(path)) : [];
}

/** A package with those that it loads, without what only other systems and developers use. */
function npmPackage(name: string, project: string): ProgramFile[] {
  const taken = new Set<string>();
  const take = (name: string, from: string): ProgramFile[] => {
    const folder = folderOf(name, from);
    if (folder === undefined)
      throw incomplete(`the npm package ${name} is not installed: type "npm install" in ${project}`);
    if (taken.has(folder)) return [];
    taken.add(folder);
    const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    // Where it lies among other packages matters: the nearest one of a name is loaded.
    const place = folder.slice(folder.indexOf(`${sep}node_modules${sep}`) + 1);
    const loaded = Object.keys(dependencies).filter((dependency) => !COMPILED_WITH.includes(dependency));
    return [...tree(folder, place, isLoaded), ...loaded.flatMap((dependency) => take(dependency, folder))];
  };
  return take(name, project);
}

/** Headers: of use to a compiler only. */
const COMPILED_WITH = ['nan', 'node-addon-api'];

const PREBUILT = join('prebuilds', `${process.platform}-${process.arch}`);

function isLoaded(path: string): boolean {
  if (path.split(sep).includes('node_modules')) return false;
  if (path.endsWith('.node')) return path.startsWith(PREBUILT) || path.startsWith(join('build', 'Release'));
  return /\.([cm]?js|json)$/.test(path) && !/\.test\.js$/.test(path) && !/^(example|test)s?\//.test(path);
}

function tree(folder: string, place: string, keep: (path: string) => boolean): ProgramFile[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((from) => keep(relative(folder, from)))
    .map((from) => ({ from, to: join(place, relative(folder, from)) }));
}

/** The folder of an installed package, as Node would find it. */
function folderOf(name: string, from: string): string | undefined {
  const places = createRequire(join(from, 'package.json')).resolve.paths(name) ?? [];
  return places
    .map((modules) => join(modules, name))
    .find((folder) => existsSync(join(folder, 'package.json')));
}

function incomplete(message: string): FirmwareError {
  return new FirmwareError('INSTALL_PROGRAM', message);
}
