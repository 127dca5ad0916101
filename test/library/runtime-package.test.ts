/** The library as a package of its own: packed, installed, used by both kinds of modules, typed for both resolutions, on each Node. */
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { makeDeclarations } from '../../firmware/declarations.mjs';
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
makeDeclarations(join(built, 'types'));

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
  const kit = await testModule(${MODULE});
  console.log(await runtime.ask('counter', 'total'), runtime.guard.kind, Table === other.Table, kit.runtime instanceof Runtime);
  kit.stop();
  runtime.stop();
});\n`;
const PROGRAMS = {
  'main.mjs': `import { createRequire } from 'node:module';
import { defineModule, Runtime, Table } from 'hitless-runtime';
import { testModule } from 'hitless-runtime/testing';
const other = createRequire(import.meta.url)('hitless-runtime');\n${USE}`,
  'main.cjs': `const { defineModule, Runtime, Table } = require('hitless-runtime');
const { testModule } = require('hitless-runtime/testing');
import('hitless-runtime').then((other) => {\n${USE}});\n`,
};

/** A project with the package in it. */
function project(name: string, node: string, env: NodeJS.ProcessEnv = {}): string {
  const directory = join(folder, name);
  mkdirSync(directory);
  writeFileSync(join(directory, 'package.json'), '{}');
  for (const [file, text] of Object.entries(PROGRAMS)) writeFileSync(join(directory, file), text);
  const done = npm(node, directory, ['install', tarball], env);
  if (done.status !== 0) throw new Error(done.stderr);
  return directory;
}

const WARNING =
  /^\(node:\d+\) \[HITLESS_GUARD_VM\] Warning: handlers are bounded in transactions alone.*\n.*trace-warnings.*\n$/;

/** Both programs run, one library is in them, and where there is no addon, one warning says so. */
function tried(t: Test, node: string, directory: string, guard: 'native' | 'vm'): void {
  for (const file of Object.keys(PROGRAMS)) {
    const ran = spawnSync(node, [file], { cwd: directory, encoding: 'utf8' });
    t.equal(ran.stdout, `1 ${guard} true true\n`, `${file}, ${guard}`);
    if (guard === 'native') t.equal(ran.stderr, '');
    else t.match(ran.stderr, WARNING);
  }
}

/** The first project: its types are looked at, too. */
let typed = '';

for (const major of MAJORS) {
  t.test(`on Node ${major}, with a compiler and without, import and require have one library`, async (t) => {
    const node = nodeOf(major);
    if (node === undefined) {
      const why = `SKIPPED: the npm registry is not reached, Node ${major} is not tried`;
      process.stderr.write(`test/library: ${why}\n`);
      t.pass('not tried', { skip: why });
      return;
    }
    const directory = project(`with-${major}`, node);
    tried(t, node, directory, 'native');
    // Without a compiler npm leaves the same files: it is tried once, for it takes as long as with one.
    if (node === process.execPath) {
      typed = directory;
      tried(t, node, project('without', node, { CXX: '/bin/false' }), 'vm');
    } else {
      rmSync(join(directory, 'node_modules/hitless-runtime/native/build'), { recursive: true });
      tried(t, node, directory, 'vm');
    }
  });
}

/** Code blocks of the manual's chapter about the package. */
function blocks(language: string): string[] {
  const [, text = ''] = readFileSync(join(root, 'runtime/README.md'), 'utf8').split('\n## The package ');
  const found = text
    .split('\n## ', 1)[0]!
    .matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'));
  return [...found].map(([, block]) => block!);
}

t.test('what the manual says of the package is so: both imports, and a bundle that leaves it out', (t) => {
  const directory = typed || project('typed', process.execPath);
  const run = (file: string, text: string) => {
    writeFileSync(join(directory, file), text);
    const { stdout, stderr } = spawnSync(process.execPath, [file], { cwd: directory, encoding: 'utf8' });
    return [stdout, stderr];
  };
  const [imports = '', requires = ''] = blocks('js');
  const use = `console.log(new Runtime({ guard: 'vm' }).guard.kind, typeof testModule);\n`;
  t.same(run('manual.mjs', `${imports}${use}`), ['vm function\n', '']);
  t.same(run('manual.cjs', `${requires}${use}`), ['vm function\n', '']);
  const [install, bundle = ''] = blocks('sh');
  t.equal(install, 'npm install hitless-runtime\n');
  writeFileSync(
    join(directory, 'counter.ts'),
    `import { defineModule } from 'hitless-runtime';\nexport default ${MODULE};\n`,
  );
  const esbuild = bundle.replace(/^npx esbuild/, join(root, 'node_modules/.bin/esbuild'));
  t.equal(spawnSync('sh', ['-c', esbuild], { cwd: directory }).status, 0);
  const add = `import { Runtime } from 'hitless-runtime';
const runtime = new Runtime({ directories: ['bundles'], guard: 'vm' });
await runtime.add('counter@1.0.0');
console.log(await runtime.ask('counter', 'total'));
runtime.stop();\n`;
  t.same(run('bundled.mjs', add), ['1\n', '']);
  t.end();
});

t.test('its types fit both resolutions and both kinds of modules, and it is small and alone', (t) => {
  const directory = typed || project('typed', process.execPath);
  const text = `import { defineModule, Runtime, type ModuleView } from 'hitless-runtime';
import { testModule } from 'hitless-runtime/testing';
export const views: ModuleView[] = new Runtime().modules();
export const counter = ${MODULE};
export const total = testModule(counter).then((kit): number => kit.state.total);\n`;
  for (const file of ['a.mts', 'a.cts']) writeFileSync(join(directory, file), text);
  writeFileSync(
    join(directory, 'wrong.cts'),
    text.replace('ModuleView[]', 'string[]').replace(': number', ': string'),
  );
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
  const wrong = compile('nodenext', 'nodenext', 'a.mts', 'a.cts', 'wrong.cts');
  t.strictSame(
    [...wrong.matchAll(/^(\S+)\((\d+)/gm)].map(([, file, line]) => `${file} ${line}`),
    ['wrong.cts 3', 'wrong.cts 5'],
    wrong,
  );
  t.equal(compile('esnext', 'bundler', 'a.mts'), '');
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
  t.ok(readFileSync(tarball).length < 220_000, `${readFileSync(tarball).length} bytes`);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const about = JSON.parse(readFileSync(join(installed, 'hitless-runtime/package.json'), 'utf8'));
  t.match(about, { version, private: undefined, dependencies: undefined });
  t.end();
});
