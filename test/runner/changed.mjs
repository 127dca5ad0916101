/**
 * `npm test -- --changed`: the test files that a change may concern. A test is concerned by every file that it imports,
 * however far down, and by every file that it or what it imports of the tests names in its text: programs that it
 * starts, scripts, documents. A test that starts the built program is concerned by all that the program is made of. What
 * nothing imports, a script or a table, concerns all tests of its folder.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';

/** What the built programs are made of; `board/` is a program of its own that they start. */
const PROGRAMS = ['firmware/main.ts', 'board/main.ts', 'firmware/build.mjs'];
/** A change of these concerns every test. */
const EVERYTHING = /^(package(-lock)?\.json|tsconfig.*\.json|test\/(run\.mjs|runner\/.*\.mjs))$/;
/** Where modules and releases are loaded from by name, at run time. */
const LOADED = /^firmware\/(modules|releases)\//;

/**
 * Files that differ from a revision, those that git does not know included.
 * @param {string} root
 * @param {string | undefined} since  unless told, what is not committed, or the last commit where all is
 * @returns {string[]} relative to the root
 */
export function changedFiles(root, since) {
  const git = (...args) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  const fresh = git('ls-files', '--others', '--exclude-standard', '-z');
  const against = (revision) => [...git('diff', '--name-only', '-z', revision, '--'), ...fresh];
  if (since !== undefined) return against(since);
  const uncommitted = against('HEAD');
  return uncommitted.length > 0 ? uncommitted : against('HEAD~1');
}

/**
 * @param {string} root
 * @param {readonly string[]} tests  test files, relative to the root
 * @param {readonly string[]} changed  changed files, relative to the root
 * @returns {Promise<string[]>} those of the tests that the change may concern
 */
export async function concerned(root, tests, changed) {
  if (changed.some((file) => EVERYTHING.test(file))) return [...tests];
  const program = new Set([...(await importsOf(root, PROGRAMS)).values()].flatMap((files) => [...files]));
  const imports = await importsOf(root, tests);
  const imported = new Set([...program, ...[...imports.values()].flatMap((files) => [...files])]);
  return tests.filter((test) => {
    const files = imports.get(test) ?? new Set([test]);
    const texts = [...files].filter((file) => file.startsWith('test/')).map((file) => textOf(root, file));
    const starts = texts.some((text) => text.includes('dist/'));
    return changed.some(
      (file) =>
        files.has(file) ||
        (starts && (program.has(file) || LOADED.test(file))) ||
        (!imported.has(file) && !file.endsWith('.md') && test.startsWith(`test/${file.split('/', 1)[0]}/`)) ||
        texts.some((text) => names(text, file)),
    );
  });
}

/** Whether a text names a file: by its name, or where that is one of many, with its folder. */
function names(text, file) {
  const name = basename(file);
  const bare = name.replace(/\.(ts|mjs)$/, '');
  const common = ['module.ts', 'main.ts', 'index.ts', 'bench.ts', 'program.ts', 'state.ts', 'README.md'];
  if (common.includes(name) && name !== file) return text.includes(`${basename(dirname(file))}/${bare}`);
  return text.includes(name);
}

function textOf(root, file) {
  return readFileSync(join(root, file), 'utf8');
}

/** @returns {Promise<Map<string, Set<string>>>} by entry: all files of the project that it imports, itself included */
async function importsOf(root, entries) {
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: [...entries],
    outdir: 'nowhere',
    bundle: true,
    // What is shared is linked once: this is about imports alone.
    splitting: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    logLevel: 'silent',
  });
  const { inputs } = metafile;
  return new Map(
    entries.map((entry) => {
      const found = new Set();
      const visit = (file) => {
        if (found.has(file)) return;
        found.add(file);
        for (const { path, external } of inputs[file]?.imports ?? []) if (!external) visit(path);
      };
      visit(entry);
      return [entry, found];
    }),
  );
}
