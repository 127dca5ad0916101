/**
 * Releases module versions: bundles `modules/<m>/module.ts` into `releases/<m>-<version>.cjs`, one CommonJS file
 * that gets `hitless/runtime` from its host, and keeps the hash of every release in `releases/SHA256SUMS`.
 * A release never changes: routers in the field name it by its version alone.
 *
 *     node firmware/release.mjs MODULE…     release the version that each module's manifest names
 *     node firmware/release.mjs --check     prove that releases, hashes and sources agree; writes nothing
 *
 * `--modules DIR` and `--releases DIR` take other folders. Exit code 0: done, 1: refused, 2: not understood.
 * Plain JavaScript, so that it runs before anything is built.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { basename, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';

const SUMS = 'SHA256SUMS';
const RUNTIME = 'hitless/runtime';
/** Both names of the library: a host supplies the same for each. */
const SUPPLIED = [RUNTIME, 'hitless-runtime'];
const MODULE_NAME = /^[A-Za-z][A-Za-z0-9_-]{0,31}$/;
/** So many state versions before its own a version takes over from, and gives back to. */
const STATE_VERSIONS = 3;
const VERSION = /^\d{1,6}\.\d{1,6}\.\d{1,6}(-[0-9A-Za-z.-]{1,32})?$/;

/** Something that a person has to put right; its message says what and how. */
class ReleaseError extends Error {}

/**
 * @typedef {object} Bundle
 * @property {string} version  as the manifest has it
 * @property {string} file     name of the release, such as `ip-1.0.0.cjs`
 * @property {string} text     what the release holds, the same on every machine
 * @property {string} source   where it was made from, for messages
 */

/**
 * Bundles the current source of one module.
 * @param {string} modules  folder of all modules
 * @param {string} name     folder of this one, such as `ip`
 * @returns {Promise<Bundle>}
 */
async function bundle(modules, name) {
  const source = join(modules, name, 'module.ts');
  if (!existsSync(source)) {
    throw new ReleaseError(
      `there is no module "${name}": ${show(source)} does not exist (known: ${moduleNames(modules).join(', ') || 'none'})`,
    );
  }
  // Paths in the output are relative to this folder, and nothing of a tsconfig.json outside the release takes part.
  const result = await build({
    absWorkingDir: modules,
    entryPoints: [`${name}/module.ts`],
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    charset: 'utf8',
    minify: false,
    sourcemap: false,
    legalComments: 'none',
    external: SUPPLIED,
    // Strict like the source, which is an ES module: a write to something frozen throws.
    tsconfigRaw: { compilerOptions: { target: 'es2023', verbatimModuleSyntax: true, alwaysStrict: true } },
    logLevel: 'silent',
  }).catch((error) => {
    throw new ReleaseError(`${name} does not bundle:\n${error.message}`);
  });
  for (const output of Object.values(result.metafile.outputs)) {
    const foreign = output.imports.find(({ path }) => !SUPPLIED.includes(path));
    if (foreign)
      throw new ReleaseError(
        `${name} imports "${foreign.path}", which no host supplies; a module is given ${RUNTIME}, all else is bundled into it`,
      );
  }
  const code = result.outputFiles[0].text;
  const manifest = manifestOf(code, name);
  const version = manifest.version;
  if (!MODULE_NAME.test(manifest.name) || manifest.name.toLowerCase() !== name) {
    throw new ReleaseError(
      `the manifest of ${name} has the name "${manifest.name}"; its folder allows only "${name.toUpperCase()}" (in any case)`,
    );
  }
  if (!VERSION.test(version)) {
    throw new ReleaseError(
      `the manifest of ${name} has the version "${version}"; allowed is one such as 1.0.0`,
    );
  }
  const missing = missingHandlers(manifest.state ?? {});
  if (missing.length > 0) {
    throw new ReleaseError(
      `the manifest of ${name} has state version ${manifest.state.version} and lacks ${missing.join(', ')}: ` +
        `a version takes over from the last ${STATE_VERSIONS} state versions, and gives back to them`,
    );
  }
  return {
    version,
    file: `${name}-${version}.cjs`,
    text: `// ${name}@${version}, a module bundle of hitless. Released: it never changes.\n${code}`,
    source: `${show(join(modules, name))}/`,
  };
}

/**
 * Loads a bundle's code for its manifest only. All that it takes from the runtime is a stub that can be called and derived
 * from, and `defineModule` is one that knows name, version and state: the runtime need not be built for a release.
 * @param {string} code
 * @param {string} name
 * @returns {{ name: string, version: string, state?: object }}
 */
function manifestOf(code, name) {
  const stubs = new Map([
    [
      'defineModule',
      ({ name, version, state = { version: 1 } }) =>
        Object.assign(class {}, { manifest: { name, version, state } }),
    ],
  ]);
  const runtime = new Proxy(
    {},
    {
      get: (_, key) => {
        if (!stubs.has(key)) stubs.set(key, function stub() {});
        return key === '__esModule' ? true : stubs.get(key);
      },
    },
  );
  const module = { exports: {} };
  const load = compileFunction(code, ['exports', 'require', 'module'], { filename: `${name}.cjs` });
  try {
    load(module.exports, () => runtime, module);
  } catch (error) {
    throw new ReleaseError(`${name} throws while it is loaded: ${error.stack ?? error}`);
  }
  const manifest = module.exports.manifest ?? module.exports.default?.manifest;
  if (typeof manifest?.name !== 'string' || typeof manifest.version !== 'string') {
    throw new ReleaseError(
      `${name} has no manifest with a name and a version: export \`manifest\`, or a default made by \`defineModule\``,
    );
  }
  return manifest;
}

/**
 * The handlers that lead from the last state versions to this one and back, and are not there. A step may be a table's alone.
 * @param {{ version?: number, up?: object, down?: object, tables?: object }} state
 * @returns {string[]}
 */
function missingHandlers({ version = 1, up = {}, down = {}, tables = {} }) {
  const missing = [];
  for (let step = Math.max(1, version - STATE_VERSIONS); step < version; step++) {
    const inTables = (way) => Object.values(tables).some((table) => table?.[way]?.[step] !== undefined);
    if (up[step] === undefined && !inTables('up')) missing.push(`state.up[${step}]`);
    if (down[step] === undefined && !inTables('down')) missing.push(`state.down[${step}]`);
  }
  return missing;
}

/**
 * Writes one release, or refuses.
 * @param {string} modules
 * @param {string} releases
 * @param {string} name
 * @returns {Promise<string>} what was done, for a person
 */
async function release(modules, releases, name) {
  const { version, file, text, source } = await bundle(modules, name);
  const target = join(releases, file);
  const hash = sha256(text);
  const sums = readSums(releases);
  const released = existsSync(target) ? sha256(readFileSync(target)) : sums.get(file);
  if ((released ?? hash) !== hash || (sums.get(file) ?? hash) !== hash) {
    throw new ReleaseError(
      `${name}@${version} is released already, and what ${source} gives now is something else. ` +
        `A release never changes: raise the version in the manifest of ${source}`,
    );
  }
  if (existsSync(target) && sums.has(file)) return `${name}@${version} is released already, unchanged`;
  mkdirSync(releases, { recursive: true });
  replaceFile(target, text);
  sums.set(file, hash);
  replaceFile(join(releases, SUMS), formatSums(sums));
  return `released ${name}@${version}: ${show(target)}, ${Buffer.byteLength(text)} bytes, sha256 ${hash}`;
}

/**
 * Everything that is wrong with the releases, as sentences.
 * @param {string} modules
 * @param {string} releases
 * @param {(line: string) => void} note  takes what is no mistake but worth knowing
 * @returns {Promise<string[]>}
 */
async function check(modules, releases, note) {
  const wrong = [];
  const sumsFile = join(releases, SUMS);
  if (!existsSync(sumsFile)) return [`${show(sumsFile)} is missing; \`npm run release -- MODULE\` writes it`];
  /** @type {Map<string, string>} */
  let sums = new Map();
  try {
    sums = readSums(releases);
    if (readFileSync(sumsFile, 'utf8') !== formatSums(sums)) {
      wrong.push(`${show(sumsFile)} is not sorted by file name, or has a file twice; git knows what it was`);
    }
  } catch (error) {
    if (!(error instanceof ReleaseError)) throw error;
    wrong.push(error.message);
  }
  for (const [file, hash] of sums) {
    const path = join(releases, file);
    if (!existsSync(path)) {
      wrong.push(`${show(path)} is listed in ${SUMS} but missing; restore it, a release stays`);
      continue;
    }
    const bytes = readFileSync(path);
    if (sha256(bytes) !== hash) {
      wrong.push(
        `${show(path)} was changed: its sha256 is ${sha256(bytes)}, released was ${hash}; restore it and raise the version instead`,
      );
      continue;
    }
    const named = `// ${basename(file, '.cjs').replace(/-(?=\d)/, '@')},`;
    if (!bytes.toString('utf8').startsWith(named))
      wrong.push(`${show(path)} does not begin with "${named}": it holds another bundle than its name says`);
  }
  for (const file of readdirSync(releases).sort()) {
    if (file !== SUMS && !sums.has(file))
      wrong.push(
        `${show(join(releases, file))} is not listed in ${SUMS}; only \`npm run release\` puts files there`,
      );
  }
  const names = moduleNames(modules);
  if (names.length === 0) wrong.push(`there is no module in ${show(modules)}`);
  for (const name of names) {
    try {
      const { version, file, text, source } = await bundle(modules, name);
      if (!sums.has(file)) note(`${name}@${version} is not released yet`);
      else if (sums.get(file) !== sha256(text)) {
        wrong.push(
          `${source} has changed since ${name}@${version} was released: raise the version in its manifest (or undo the change)`,
        );
      }
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      wrong.push(error.message);
    }
  }
  if (wrong.length === 0)
    note(`releases: ${sums.size}, every hash is right, and every source is its release`);
  return wrong;
}

/** @param {string} modules */
function moduleNames(modules) {
  if (!existsSync(modules)) return [];
  return readdirSync(modules)
    .filter((name) => existsSync(join(modules, name, 'module.ts')))
    .sort();
}

/**
 * The released files with their hashes.
 * @param {string} releases
 * @returns {Map<string, string>}
 */
function readSums(releases) {
  const path = join(releases, SUMS);
  const sums = new Map();
  if (!existsSync(path)) return sums;
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    if (line === '') continue;
    const match = /^([0-9a-f]{64}) {2}([a-z][a-z0-9_-]*-\d[0-9A-Za-z.-]*\.cjs)$/.exec(line);
    if (match === null)
      throw new ReleaseError(
        `${show(path)}:${index + 1} is no line of a hash and a release: ${JSON.stringify(line)}`,
      );
    sums.set(match[2], match[1]);
  }
  return sums;
}

/** @param {Map<string, string>} sums */
function formatSums(sums) {
  return [...sums]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([file, hash]) => `${hash}  ${file}\n`)
    .join('');
}

/** A reader never sees half a file. */
function replaceFile(path, text) {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}

/** A path as a person would type it. */
function show(path) {
  const short = relative(process.cwd(), path);
  return short.startsWith('..') || short === '' ? path : short;
}

async function main() {
  const here = fileURLToPath(new URL('.', import.meta.url));
  const usage = 'usage: node firmware/release.mjs [--modules DIR] [--releases DIR] (--check | MODULE…)';
  let options;
  try {
    options = parseArgs({
      allowPositionals: true,
      options: { check: { type: 'boolean' }, modules: { type: 'string' }, releases: { type: 'string' } },
    });
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    return 2;
  }
  const { values, positionals } = options;
  const modules = resolve(values.modules ?? join(here, 'modules'));
  const releases = resolve(values.releases ?? join(here, 'releases'));
  if (Boolean(values.check) === positionals.length > 0) {
    console.error(usage);
    return 2;
  }
  if (values.check) {
    const wrong = await check(modules, releases, console.log);
    for (const line of wrong) console.error(`release: ${line}`);
    return wrong.length === 0 ? 0 : 1;
  }
  let code = 0;
  for (const name of positionals) {
    try {
      console.log(await release(modules, releases, name.toLowerCase()));
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      console.error(`release: ${error.message}`);
      code = 1;
    }
  }
  return code;
}

process.exitCode = await main();
