/** The library's declarations: made by the compiler, without those that nobody can name. */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The library's entries; what none of them leads to is left out. */
const ENTRIES = ['index.d.ts', 'testing/index.d.ts'];

/**
 * @param {string} folder  of the declarations
 * @param {string[]} more  arguments of the compiler
 */
export function makeDeclarations(folder, more = []) {
  const compiler = join(root, 'node_modules/typescript/bin/tsc');
  const args = ['-p', join(root, 'tsconfig.types.json'), '--outDir', folder, ...more];
  execFileSync(process.execPath, [compiler, ...args], { cwd: root, stdio: 'inherit' });
  const reached = new Set();
  for (const entry of ENTRIES) follow(resolve(folder, entry), reached);
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const file = resolve(folder, name);
    if (file.endsWith('.d.ts') && !reached.has(file)) rmSync(file);
  }
}

/**
 * @param {string} file
 * @param {Set<string>} reached
 */
function follow(file, reached) {
  // A comment's example may import what is the reader's.
  if (reached.has(file) || !existsSync(file)) return;
  reached.add(file);
  const text = readFileSync(file, 'utf8');
  for (const [, path = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*["'](\.[^"']+)["']/g))
    follow(resolve(dirname(file), path.replace(/\.[jt]s$/, '.d.ts')), reached);
}
