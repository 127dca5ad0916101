/**
 * tap as one file, kept with what V8 compiled of it: to look up, read and compile its 250 modules one by one takes as long
 * as all else that a short test does.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, Script } from 'node:vm';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
/** As if it were a file of tap's: by their folder tap knows its own lines in a stack. */
const NAME = join(root, 'node_modules/@tapjs/core/dist/commonjs/whole.cjs');

/** Changes with any package, with this file, and with what V8 understands of what it compiled. */
function key() {
  const hash = createHash('sha256');
  for (const file of [join(root, 'package-lock.json'), fileURLToPath(import.meta.url)])
    hash.update(readFileSync(file)).update('\0');
  return hash.update(`${process.version} ${process.arch}`).digest('hex').slice(0, 16);
}

/**
 * @param {string} folder  where it is kept
 * @throws where it cannot be made, or what is kept is not whole
 */
export function loadWhole(folder) {
  const name = key();
  const place = join(folder, name);
  let [source, compiled] = [readIfThere(`${place}.cjs`), readIfThere(`${place}.v8`)];
  source ??= wholeTap();
  // V8 rejects a piece, or another version's, which is compiled anew.
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${source}\n})`, {
    filename: NAME,
    cachedData: compiled,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  if (script.cachedDataRejected) compiled = undefined;
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(NAME), module, NAME, dirname(NAME));
  if (compiled === undefined) {
    mkdirSync(folder, { recursive: true });
    for (const old of readdirSync(folder)) if (!old.startsWith(name)) rmSync(join(folder, old));
    keep(`${place}.cjs`, source);
    // After it ran, with the functions that every test calls.
    keep(`${place}.v8`, script.createCachedData());
  }
  return module.exports;
}

/** In a second of work, once for all test files of this checkout. */
function wholeTap() {
  const { outputFiles } = require('esbuild').buildSync({
    entryPoints: [require.resolve('tap')],
    bundle: true,
    write: false,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'ascii',
    logLevel: 'silent',
  });
  return outputFiles[0].text;
}

function readIfThere(path) {
  try {
    const bytes = readFileSync(path);
    return path.endsWith('.cjs') ? bytes.toString('utf8') : bytes;
  } catch {
    return undefined;
  }
}

/** Whole or not at all: test files run at the same time. */
function keep(place, what) {
  const beside = `${place}.${process.pid}`;
  writeFileSync(beside, what);
  renameSync(beside, place);
}
