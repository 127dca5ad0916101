/** The library as a package of its own: packed, installed, used by both kinds of modules, typed for both resolutions, on each Node. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { environmentOf, MAJORS, nodeOf } from './nodes.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const tsc = join(root, 'node_modules/typescript/bin/tsc');
const folder = mkdtempSync(join(tmpdir(), 'hitless-runtime-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

function npm(node: string, cwd: string, args: string[], env: NodeJS.ProcessEnv = {}) {
  return spawnSync('npm', [...args, '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'], {
    cwd,
    encoding: 'utf8',
    env: { ...process.env, ...environmentOf(node), ...env },
  });
}

/** `npm test` builds `dist/` without types: they are made into a copy, for other tests use `dist/` meanwhile. */
const built = join(folder, 'built');
cpSync(join(root, 'dist/runtime'), built, { recursive: true });
execFileSync(process.execPath, [
  tsc,
  '-p',
  join(root, 'tsconfig.types.json'),
  '--outDir',
  join(built, 'types'),
]);

const tarball = join(
  folder,
  JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder, built], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  )[0].filename,
);

const MODULE = `defineModule({ name: 'counter', version: '1.0.0', initial: () => ({ total: 1 }), accepts: { total() { return this.state.total; } } })`;
const USE = `const runtime = new Runtime();
runtime.add(${MODULE}).then(async () => {
  console.log(await runtime.ask('counter', 'total'), runtime.guard.kind, Table === other.Table);
  runtime.stop();
});\n`;
const PROGRAMS = {
  'main.mjs': `import { createRequire } from 'node:module';
import { defineModule, Runtime, Table } from 'hitless-runtime';
const other = createRequire(import.meta.url)('hitless-runtime');\n${USE}`,
  'main.cjs': `const { defineModule, Runtime, Table } = require('hitless-runtime');
import('hitless-runtime').then((other) => {\n${USE}});\n`,
};

/** A project with the package in it. */
function project(name: string, node: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): string {
  const directory = join(folder, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{}');
  for (const [file, text] of Object.entries(PROGRAMS)) writeFileSync(join(directory, file), text);
  const done = npm(node, directory, ['install', ...args, tarball], env);
  if (done.status !== 0) throw new Error(done.stderr);
  return directory;
}

for (const major of MAJORS) {
  t.test(`on Node ${major}, with a compiler and without, import and require have one library`, async (t) => {
    const node = nodeOf(major);
    if (node === undefined) {
      const why = `SKIPPED: the npm registry is not reached, Node ${major} is not tried`;
      process.stderr.write(`test/library: ${why}\n`);
      t.pass('not tried', { skip: why });
      return;
    }
    for (const [guard, env] of [
      ['native', {}],
      ['vm', { CXX: '/bin/false' }],
    ] as const) {
      const directory = project(`${guard}-${major}`, node, [], env);
      for (const file of Object.keys(PROGRAMS)) {
        const ran = spawnSync(node, [file], { cwd: directory, encoding: 'utf8' });
        t.same([ran.stdout, ran.stderr], [`1 ${guard} true\n`, ''], `${file}, ${guard}`);
      }
    }
  });
}

t.test('its types fit both resolutions and both kinds of modules, and it is small and alone', (t) => {
  const directory = project('typed', process.execPath, ['--ignore-scripts']);
  const text = `import { defineModule, Runtime, type ModuleView } from 'hitless-runtime';
export const views: ModuleView[] = new Runtime().modules();
export const counter = ${MODULE};\n`;
  for (const file of ['a.mts', 'a.cts']) writeFileSync(join(directory, file), text);
  writeFileSync(join(directory, 'wrong.cts'), text.replace('ModuleView[]', 'string[]'));
  const compile = (module: string, resolution: string, ...files: string[]) =>
    spawnSync(
      process.execPath,
      [
        tsc,
        '--noEmit',
        '--strict',
        '--target',
        'es2023',
        '--module',
        module,
        '--moduleResolution',
        resolution,
        ...files,
      ],
      { cwd: directory, encoding: 'utf8' },
    ).stdout;
  t.equal(compile('node16', 'node16', 'a.mts', 'a.cts'), '');
  t.equal(compile('esnext', 'bundler', 'a.mts'), '');
  const complaints = compile('nodenext', 'nodenext', 'a.mts', 'a.cts', 'wrong.cts').trimEnd();
  t.match(complaints, /^wrong\.cts\(2/, 'they are seen');
  t.equal(complaints.match(/^\S/gm)?.length, 1, `of what is right, nothing is said: ${complaints}`);
  const installed = join(directory, 'node_modules');
  t.same(
    readdirSync(installed).filter((name) => !name.startsWith('.')),
    ['hitless-runtime'],
  );
  const files = readdirSync(join(installed, 'hitless-runtime'), { recursive: true, encoding: 'utf8' });
  t.same(
    files.filter((file) => file.endsWith('.map')),
    [],
  );
  t.ok(readFileSync(tarball).length < 200_000, `${readFileSync(tarball).length} bytes`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const about = JSON.parse(readFileSync(join(installed, 'hitless-runtime/package.json'), 'utf8'));
  t.match(about, { version, private: undefined, dependencies: undefined });
  t.end();
});
