/**
 * Builds `dist/`: the router as one file, the programs of the board and of the benches' page, the runtime as a library, and with `--types` the library's types.
 * Plain JavaScript, so that it runs before anything is built.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

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

await Promise.all([
  build({ ...options, entryPoints: ['runtime/index.ts'], outfile: 'dist/runtime.mjs' }),
  existsSync(`${root}firmware/main.ts`) &&
    build({
      ...options,
      entryPoints: ['firmware/main.ts'],
      outfile: 'dist/hitless.mjs',
      external: ['raw-socket', 'serialport'],
      banner: { js: `#!/usr/bin/env node\n${banner.js}` },
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

if (process.argv.includes('--types')) {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.types.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}
