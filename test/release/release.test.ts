import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import t from 'tap';
import { Runtime } from '../../runtime/index.ts';

const script = join(dirname(fileURLToPath(import.meta.url)), '../../firmware/release.mjs');

/** A module with a second file and a type import, as the real ones have. */
const source = (version: string, extra = '') => `
import { Module, type StartReason } from 'hitless/runtime';
import { greeting } from './greeting.ts';

export const manifest = {
  api: 1, name: 'ECHO', version: '${version}',
  accepts: {}, subscribes: {}, timers: [], ports: [], state: { version: 1 },
};

export default class Echo extends Module<{ heard: number }> {
  initial() { return { heard: 0 }; }
  start(_why: StartReason) { this.ctx.log('info', greeting); }
  ${extra}
}
`;

const files = (version: string) => ({
  modules: {
    echo: { 'module.ts': source(version), 'greeting.ts': "export const greeting = 'grüß dich, ¹ ²';\n" },
  },
});

/** What the script did in a folder with \`modules\` and, later, \`releases\`. */
function run(folder: string, ...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const places = ['--modules', join(folder, 'modules'), '--releases', join(folder, 'releases')];
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...places, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

/** The module's source in this folder becomes that of another version. */
function edit(folder: string, version: string, extra = ''): void {
  writeFileSync(join(folder, 'modules/echo/module.ts'), source(version, extra));
}

/** The hashes of a folder's releases, by coreutils. */
function sha256sum(folder: string): number | null {
  return spawnSync('sha256sum', ['--check', '--strict', '--quiet', 'SHA256SUMS'], {
    cwd: join(folder, 'releases'),
  }).status;
}

t.test(
  'a release is one CommonJS file that names itself and takes only the runtime from its host',
  async (t) => {
    const folder = t.testdir(files('1.0.0'));
    t.match(run(folder, 'echo'), {
      status: 0,
      stdout: /^released echo@1\.0\.0: releases\/echo-1\.0\.0\.cjs, \d+ bytes, sha256 [0-9a-f]{64}\n$/,
    });
    const text = readFileSync(join(folder, 'releases/echo-1.0.0.cjs'), 'utf8');
    t.equal(text.split('\n', 1)[0], '// echo@1.0.0, a module bundle of hitless. Released: it never changes.');
    t.match(text, /^\/\/.*\n"use strict";\n/, 'as strict as its source');
    t.match(text, /grüß dich, ¹ ²/, 'text stays readable');
    t.notMatch(text, /sourceMappingURL/);

    class Module {}
    const asked: string[] = [];
    const module = { exports: {} as { manifest?: { version: string }; default?: new () => unknown } };
    const load = compileFunction(text, ['exports', 'require', 'module']);
    load(module.exports, (id: string) => asked.push(id) && { Module }, module);
    t.same(asked, ['hitless/runtime']);
    t.equal(module.exports.manifest?.version, '1.0.0');
    t.ok(module.exports.default?.prototype instanceof Module);
  },
);

t.test('the same source gives the same bytes anywhere, and they hold no path of the machine', async (t) => {
  const here = t.testdir(files('1.0.0'));
  const there = mkdtempSync(join(tmpdir(), 'release-'));
  const link = `${there}-link`;
  t.teardown(() => {
    for (const path of [there, link]) rmSync(path, { recursive: true, force: true });
  });
  cpSync(here, there, { recursive: true });
  writeFileSync(
    join(there, 'tsconfig.json'),
    '{ "compilerOptions": { "target": "es5", "experimentalDecorators": true } }',
  );
  symlinkSync(there, link);
  run(here, 'echo');
  run(link, 'ECHO');
  const bytes = readFileSync(join(here, 'releases/echo-1.0.0.cjs'));
  t.ok(bytes.equals(readFileSync(join(there, 'releases/echo-1.0.0.cjs'))));
  for (const path of [here, there, process.cwd(), '/tmp', 'node_modules'])
    t.notOk(bytes.includes(path), path);
});

t.test('a module that defineModule made is released, whichever name of the library it imports', async (t) => {
  for (const library of ['hitless/runtime', 'hitless-runtime']) {
    const defined = `import { defineModule, message } from '${library}';
export default defineModule({ name: 'ECHO', version: '1.2.0', initial: () => ({}), sends: { LOG: { line: message<string>() } } });\n`;
    const folder = t.testdir({ modules: { echo: { 'module.ts': defined } } });
    t.match(run(folder, 'echo'), { status: 0, stdout: /^released echo@1\.2\.0: / });
    const runtime = new Runtime();
    await runtime.add(join(folder, 'releases/echo-1.2.0.cjs'));
    t.match(runtime.modules(), [{ name: 'ECHO', version: '1.2.0' }], 'and runs');
    runtime.stop();
  }
});

t.test('releasing again without a change changes nothing', async (t) => {
  const folder = t.testdir(files('1.0.0'));
  run(folder, 'echo');
  const sums = readFileSync(join(folder, 'releases/SHA256SUMS'), 'utf8');
  t.match(run(folder, 'echo'), { status: 0, stdout: 'echo@1.0.0 is released already, unchanged\n' });
  t.equal(readFileSync(join(folder, 'releases/SHA256SUMS'), 'utf8'), sums);
});

t.test('a released version is never overwritten with something else', async (t) => {
  const folder = t.testdir(files('1.0.0'));
  run(folder, 'echo');
  const before = readFileSync(join(folder, 'releases/echo-1.0.0.cjs'));
  edit(folder, '1.0.0', 'isHealthy() { return true as const; }');
  const refusal = {
    status: 1,
    stderr: /echo@1\.0\.0 is released already, .*raise the version in the manifest of modules\/echo\//,
  };
  t.match(run(folder, 'echo'), refusal);
  t.ok(before.equals(readFileSync(join(folder, 'releases/echo-1.0.0.cjs'))));
  rmSync(join(folder, 'releases/echo-1.0.0.cjs'));
  t.match(run(folder, 'echo'), refusal, 'also when its file was deleted');
  t.notOk(existsSync(join(folder, 'releases/echo-1.0.0.cjs')));
});

t.test('every version stays, listed in an order and a form that sha256sum takes', async (t) => {
  const folder = t.testdir(files('2.0.0'));
  run(folder, 'echo');
  edit(folder, '1.1.0');
  run(folder, 'echo');
  edit(folder, '1.0.0');
  run(folder, 'echo');
  const listed = readFileSync(join(folder, 'releases/SHA256SUMS'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.slice(66));
  t.same(listed, ['echo-1.0.0.cjs', 'echo-1.1.0.cjs', 'echo-2.0.0.cjs']);
  t.same(
    readdirSync(join(folder, 'releases')).sort(),
    ['SHA256SUMS', ...listed],
    'and nothing else is left in the folder',
  );
  t.equal(sha256sum(folder), 0);
});

t.test('a check passes while releases, hashes and sources agree', async (t) => {
  const folder = t.testdir(files('1.0.0'));
  run(folder, 'echo');
  t.match(run(folder, '--check'), { status: 0, stderr: '', stdout: /releases: 1, every hash is right/ });
  edit(folder, '1.1.0', 'isHealthy() { return true as const; }');
  t.match(
    run(folder, '--check'),
    { status: 0, stdout: /echo@1\.1\.0 is not released yet/ },
    'a raised version may differ',
  );
});

t.test('a check tells everything that does not agree, each with what to do', async (t) => {
  const wrong: Record<string, [(folder: string) => void, RegExp]> = {
    'a source that changed under its released version': [
      (folder) => edit(folder, '1.0.0', 'isHealthy() { return true as const; }'),
      /modules\/echo\/ has changed since echo@1\.0\.0 was released: raise the version/,
    ],
    'a release that was edited': [
      (folder) => writeFileSync(join(folder, 'releases/echo-1.0.0.cjs'), '// echo@1.0.0, x\n'),
      /releases\/echo-1\.0\.0\.cjs was changed: its sha256 is/,
    ],
    'a release that is gone': [
      (folder) => rmSync(join(folder, 'releases/echo-1.0.0.cjs')),
      /releases\/echo-1\.0\.0\.cjs is listed in SHA256SUMS but missing/,
    ],
    'a file that is not listed': [
      (folder) => writeFileSync(join(folder, 'releases/echo-3.0.0.cjs'), ''),
      /releases\/echo-3\.0\.0\.cjs is not listed/,
    ],
    'a list that is no list': [
      (folder) => writeFileSync(join(folder, 'releases/SHA256SUMS'), 'abc echo-1.0.0.cjs\n'),
      /releases\/SHA256SUMS:1 is no line of a hash and a release/,
    ],
    'no list': [(folder) => rmSync(join(folder, 'releases/SHA256SUMS')), /releases\/SHA256SUMS is missing/],
    'no modules': [
      (folder) => rmSync(join(folder, 'modules'), { recursive: true }),
      /there is no module in modules/,
    ],
    'a release under another name': [
      (folder) => {
        const releases = join(folder, 'releases');
        const [hash] = readFileSync(join(releases, 'SHA256SUMS'), 'utf8').split(' ', 1);
        cpSync(join(releases, 'echo-1.0.0.cjs'), join(releases, 'echo-9.0.0.cjs'));
        writeFileSync(join(releases, 'SHA256SUMS'), `${hash}  echo-1.0.0.cjs\n${hash}  echo-9.0.0.cjs\n`);
      },
      /echo-9\.0\.0\.cjs does not begin with "\/\/ echo@9\.0\.0,"/,
    ],
    'a list out of order': [
      (folder) => {
        edit(folder, '2.0.0');
        run(folder, 'echo');
        const sums = join(folder, 'releases/SHA256SUMS');
        writeFileSync(sums, `${readFileSync(sums, 'utf8').trim().split('\n').reverse().join('\n')}\n`);
      },
      /SHA256SUMS is not sorted/,
    ],
  };
  for (const [name, [spoil, message]] of Object.entries(wrong)) {
    await t.test(name, async (t) => {
      const folder = t.testdir(files('1.0.0'));
      run(folder, 'echo');
      spoil(folder);
      t.match(run(folder, '--check'), { status: 1, stderr: message });
    });
  }
});

t.test('a module that no host could load is refused before anything is written', async (t) => {
  const bad: Record<string, [string, RegExp]> = {
    'no manifest': ['export default class {}', /has no manifest with a name and a version/],
    "another module's name": [
      "export const manifest = { name: 'IP', version: '1.0.0' };",
      /has the name "IP"; its folder allows only "ECHO"/,
    ],
    'no version': [
      "export const manifest = { name: 'ECHO', version: '1' };",
      /has the version "1"; allowed is one such as 1\.0\.0/,
    ],
    'a socket of its own': [
      "import { createSocket } from 'node:dgram';\nexport const manifest = createSocket;",
      /imports "node:dgram", which no host supplies/,
    ],
    'a syntax error': ['export const manifest = {', /echo does not bundle:\n.*echo\/module\.ts:1/s],
    'a throw while loading': [
      "export const manifest = {};\nthrow new Error('not today');",
      /throws while it is loaded: .*not today/,
    ],
  };
  for (const [name, [text, message]] of Object.entries(bad)) {
    await t.test(name, async (t) => {
      const folder = t.testdir({ modules: { echo: { 'module.ts': text } } });
      t.match(run(folder, 'echo'), { status: 1, stderr: message });
      t.notOk(existsSync(join(folder, 'releases')));
    });
  }
});

t.test('a version that drops one of the last three state versions is not released', async (t) => {
  const folder = t.testdir(files('1.0.0'));
  const withState = (state: string) =>
    writeFileSync(
      join(folder, 'modules/echo/module.ts'),
      source('5.0.0').replace('state: { version: 1 }', `state: ${state}`),
    );
  const handlers = (...steps: number[]) =>
    `{ ${steps.map((step) => `${step}: (s: unknown) => s`).join(', ')} }`;
  withState(`{ version: 5, up: ${handlers(3, 4)}, down: ${handlers(2, 4)} }`);
  t.match(run(folder, 'echo'), {
    status: 1,
    stderr:
      /the manifest of echo has state version 5 and lacks state\.up\[2\], state\.down\[3\]: a version takes over from the last 3 state versions/,
  });
  // A table's rows alone may be what changed; the fourth state version before may be forgotten.
  withState(
    `{ version: 5, up: ${handlers(3, 4)}, down: ${handlers(2, 4)}, tables: { rows: { up: ${handlers(2)}, down: ${handlers(3)} } } }`,
  );
  t.match(run(folder, 'echo'), { status: 0, stderr: '' });
});

t.test('a command that makes no sense says how it is used, or what is known', async (t) => {
  const folder = t.testdir(files('1.0.0'));
  mkdirSync(join(folder, 'modules/empty'));
  t.match(run(folder), { status: 2, stderr: /usage/ });
  t.match(run(folder, '--check', 'echo'), { status: 2, stderr: /usage/ });
  t.match(run(folder, '--force', 'echo'), { status: 2, stderr: /'--force'.*usage/s });
  t.match(run(folder, 'ecco'), { status: 1, stderr: /no module "ecco".*known: echo\)/ });
});
