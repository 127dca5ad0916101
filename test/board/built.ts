/**
 * Images that several test files boot, each built once: the same inputs give the same bytes. They are kept under a
 * name that all inputs are part of, in `node_modules/.cache`, and whoever comes while one is built waits for it.
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from './machine.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'node_modules/.cache/hitless-images');

/** Folders and files that an image is made of, besides the packages that the lock names. */
const INPUTS = [
  'dist/hitless.mjs',
  'dist/board.mjs',
  'board',
  'firmware/releases',
  'package.json',
  'package-lock.json',
  'node_modules/raw-socket/src',
  'drivers/native',
  'runtime/native',
];

export interface BuiltImage {
  /** Not to be written to: `copyOf` makes one that may be. */
  path: string;
  /** What the build printed. */
  output: string;
}

/** @param config the text of its first configuration */
export function built(board: string, config: string): BuiltImage {
  mkdirSync(FOLDER, { recursive: true });
  const kind = `${board}-${digest(config).slice(0, 8)}`;
  const name = `${kind}-${inputs().slice(0, 16)}`;
  const path = join(FOLDER, `${name}.img`);
  const told = join(FOLDER, `${name}.txt`);
  if (!existsSync(path)) locked(kind, name, config);
  return { path, output: readFileSync(told, 'utf8') };
}

/** In another process, because a lock of flock(1) is one for as long as a program runs. */
function locked(kind: string, name: string, config: string): void {
  const program = fileURLToPath(import.meta.url);
  const node = [process.execPath, '--import', join(ROOT, 'test/runner/typescript.mjs'), program];
  execFileSync('flock', [join(FOLDER, `${kind}.lock`), ...node, kind, name, config], {
    cwd: ROOT,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
}

/** What nobody else makes at this time. */
function make(kind: string, name: string, config: string): void {
  const path = join(FOLDER, `${name}.img`);
  if (existsSync(path)) return;
  for (const old of readdirSync(FOLDER))
    if (old.startsWith(`${kind}-`)) rmSync(join(FOLDER, old), { force: true });
  const board = kind.slice(0, kind.lastIndexOf('-'));
  const [aside, given] = [join(FOLDER, `${name}.new`), join(FOLDER, `${name}.yaml`)];
  writeFileSync(given, config);
  const output = build(board, aside, '--config', given);
  writeFileSync(join(FOLDER, `${name}.txt`), output);
  renameSync(aside, path);
}

/** A medium with this image, to be booted and written to. */
export function copyOf({ path }: BuiltImage, to: string): void {
  execFileSync('cp', ['--sparse=always', path, to]);
}

function inputs(): string {
  const hash = createHash('sha256');
  for (const file of INPUTS.flatMap((name) => filesOf(join(ROOT, name))))
    hash.update(`${file}\0`).update(digest(readFileSync(file)));
  return hash.digest('hex');
}

/** A file itself; of a folder all that is in it. */
function filesOf(path: string): string[] {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}

function digest(of: string | Buffer): string {
  return createHash('sha256').update(of).digest('hex');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [kind, name, config] = process.argv.slice(2) as [string, string, string];
  make(kind, name, config);
}
