/**
 * Builds `dist/`: the router as one file, the lab's own module, the programs of the board and of the benches' page, the runtime as a library, and with `--types` the library's types.
 * Plain JavaScript, so that it runs before anything is built.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { makeDeclarations } from './declarations.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { build } = await import('esbuild').catch(missingTools);

/** npm leaves them out with --omit=dev, and where NODE_ENV is production. */
function missingTools(thrown) {
  if (thrown.code !== 'ERR_MODULE_NOT_FOUND') throw thrown;
  if (existsSync(`${root}dist/hitless.mjs`)) {
    console.error(
      'hitless is not built again, because its development packages are not here: dist/ stays as it is',
    );
    process.exit(0);
  }
  console.error(
    'hitless is built from its source with development packages, which are not here: type "npm ci --include=dev", and afterwards "npm prune --omit=dev" if you like',
  );
  process.exit(1);
}

/** ES module output has no `require`; the lazily loaded addons and the bundles' loader need one. */
const banner = {
  js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
};

const options = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  sourcemap: 'linked',
  logLevel: 'warning',
  alias: { 'hitless/runtime': './runtime/index.ts' },
};

/** The test kit has the library's own classes: it is given the library, as a program is. */
const onLibrary = {
  name: 'on the library',
  setup: (built) =>
    built.onResolve({ filter: /^\.\.?\/(index|errors)\.ts$/ }, () => ({
      path: './index.cjs',
      external: true,
    })),
};

/** One file of the library, without a map: it is small. */
const part = { ...options, format: 'cjs', sourcemap: false };

await Promise.all([
  build({
    ...part,
    entryPoints: ['runtime/testing/index.ts'],
    outfile: 'dist/runtime/testing.cjs',
    plugins: [onLibrary],
  }),
  build({
    ...part,
    entryPoints: ['runtime/index.ts'],
    outfile: 'dist/runtime/index.cjs',
    define: { 'import.meta.url': '__url' },
    banner: { js: "const __url = require('node:url').pathToFileURL(__filename).href;" },
  }),
  existsSync(`${root}firmware/main.ts`) &&
    build({
      ...options,
      entryPoints: ['firmware/main.ts'],
      outfile: 'dist/hitless.mjs',
      external: ['raw-socket', 'serialport'],
      banner: { js: `#!/usr/bin/env node\n${banner.js}` },
    }),
  // The lab's own module is part of the program: it is no release for routers.
  existsSync(`${root}firmware/lab/modules/relay`) &&
    build({
      ...part,
      alias: {},
      external: ['hitless/runtime'],
      entryPoints: {
        'relay-1.0.0': 'firmware/lab/modules/relay/module.ts',
        'relay-2.0.0': 'firmware/lab/modules/relay/next.ts',
      },
      outdir: 'dist/lab',
      outExtension: { '.js': '.cjs' },
    }),
  existsSync(`${root}board/main.ts`) &&
    build({
      ...options,
      entryPoints: ['board/main.ts'],
      outfile: 'dist/board.mjs',
      banner,
    }),
  existsSync(`${root}bench/page/main.ts`) &&
    build({ ...options, entryPoints: ['bench/page/main.ts'], outfile: 'dist/bench.mjs' }),
]);
if (existsSync(`${root}dist/hitless.mjs`)) chmodSync(`${root}dist/hitless.mjs`, 0o755);

// A package brings the addon's source: npm compiles it with the `nan` that it names, which fails for Node 24, and
// then leaves it out. This one is compiled with the `nan` that hitless names.
const addon = `${root}node_modules/raw-socket`;
if (existsSync(`${addon}/src`)) {
  for (const part of ['README.md', 'index.js', 'binding.gyp', 'src'])
    cpSync(`${addon}/${part}`, `${root}dist/raw-socket/${part}`, { recursive: true });
  const { dependencies, ...about } = JSON.parse(readFileSync(`${addon}/package.json`, 'utf8'));
  const description = { ...about, private: true, scripts: { install: 'node-gyp rebuild' } };
  writeFileSync(`${root}dist/raw-socket/package.json`, `${JSON.stringify(description, undefined, 2)}\n`);
}

// Our own addons come as their sources too: they are compiled where hitless is installed.
const watch = ['watch.cc', 'watcher.h', 'heap.h'];
for (const { name, from, to, parts } of [
  { name: 'watch', from: 'runtime/native', to: 'dist/native', parts: watch },
  { name: 'socket', from: 'drivers/native', to: 'dist/socket', parts: ['socket.c'] },
]) {
  if (!existsSync(`${root}${from}`)) continue;
  mkdirSync(`${root}${to}`, { recursive: true });
  for (const part of [...parts, 'binding.gyp']) {
    const [source, copy] = [`${root}${from}/${part}`, `${root}${to}/${part}`];
    // An addon of other sources would be called as these are: it is compiled again.
    if (!existsSync(copy) || !readFileSync(copy).equals(readFileSync(source)))
      rmSync(`${root}${to}/build`, { recursive: true, force: true });
    cpSync(source, copy, { preserveTimestamps: true });
  }
  const description = { name, private: true, scripts: { install: 'node-gyp rebuild' } };
  writeFileSync(`${root}${to}/package.json`, `${JSON.stringify(description, undefined, 2)}\n`);
}

// The library is a package of its own, which hitless has inside. One copy of its code serves `import` and `require`, so
// that a class is the same for both.
const library = `${root}dist/runtime`;
for (const [file, types] of [
  ['index', 'index'],
  ['testing', 'testing/index'],
]) {
  const names = Object.keys(createRequire(import.meta.url)(`${library}/${file}.cjs`));
  writeFileSync(
    `${library}/${file}.mjs`,
    `import all from './${file}.cjs';\n\nexport const {\n${names.map((name) => `  ${name},\n`).join('')}} = all;\n`,
  );
  for (const kind of ['cts', 'mts'])
    writeFileSync(`${library}/${file}.d.${kind}`, `export * from './types/${types}.js';\n`);
}
const { private: _, ...about } = JSON.parse(readFileSync(`${root}runtime/package.json`, 'utf8'));
const { version } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
writeFileSync(`${library}/package.json`, `${JSON.stringify({ ...about, version }, undefined, 2)}\n`);
for (const part of ['README.md', 'ARCHITECTURE.md', 'install.mjs'])
  if (existsSync(`${root}runtime/${part}`)) cpSync(`${root}runtime/${part}`, `${library}/${part}`);
if (existsSync(`${root}LICENSE`)) cpSync(`${root}LICENSE`, `${library}/LICENSE`);
mkdirSync(`${library}/native`, { recursive: true });
for (const part of [...watch, 'binding.gyp'])
  cpSync(`${root}runtime/native/${part}`, `${library}/native/${part}`);
mkdirSync(`${library}/types`, { recursive: true });
writeFileSync(`${library}/types/package.json`, '{ "type": "commonjs" }\n');

if (process.argv.includes('--types')) makeDeclarations(`${library}/types`);
