/** A checkout that npm installs without the development packages: its scripts run by npm itself, offline. */
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The scripts of this project, with nothing that npm would have to fetch: packages that are left out are as absent. */
function checkout(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-production-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const { name, version, scripts, type } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  writeFileSync(join(directory, 'package.json'), JSON.stringify({ name, version, type, scripts }));
  const lock = { name, version, lockfileVersion: 3, requires: true, packages: { '': { name, version } } };
  writeFileSync(join(directory, 'package-lock.json'), JSON.stringify(lock));
  mkdirSync(join(directory, 'firmware'));
  for (const file of readdirSync(join(root, 'firmware')))
    if (file.endsWith('.mjs')) cpSync(join(root, 'firmware', file), join(directory, 'firmware', file));
  return directory;
}

function npm(cwd: string, args: string[], environment: NodeJS.ProcessEnv = {}) {
  const { NODE_ENV: _, ...rest } = process.env;
  // The scripts' own words are wanted, and neither a registry nor this test's npm settings.
  const own = Object.fromEntries(Object.entries(rest).filter(([key]) => !key.startsWith('npm_')));
  const done = spawnSync('npm', [...args, '--offline', '--no-audit', '--no-fund', '--foreground-scripts'], {
    cwd,
    encoding: 'utf8',
    env: { ...own, ...environment },
  });
  return { status: done.status, output: done.stdout + done.stderr };
}

const WAYS: [what: string, args: string[], environment: NodeJS.ProcessEnv][] = [
  ['NODE_ENV=production npm ci', ['ci'], { NODE_ENV: 'production' }],
  ['npm install --omit=dev', ['install', '--omit=dev'], {}],
];

for (const [what, args, environment] of WAYS) {
  t.test(`${what}: what is missing is one sentence with what to do, and no stack`, async (t) => {
    const directory = checkout(t);
    const { status, output } = npm(directory, args, environment);
    t.not(status, 0);
    t.match(output, /^hitless is built from its source with development packages, .*"npm ci --include=dev"/m);
    t.notMatch(output, /^\s+at |ERR_MODULE_NOT_FOUND/m);
    t.notOk(existsSync(join(directory, 'dist')));
  });
}

t.test(
  'npm install --omit=dev where hitless is built already: it works, and dist stays as it is',
  async (t) => {
    const directory = checkout(t);
    mkdirSync(join(directory, 'dist'));
    writeFileSync(join(directory, 'dist/hitless.mjs'), '// built before\n');
    const { status, output } = npm(directory, ['install', '--omit=dev']);
    t.equal(status, 0, output);
    t.match(output, /^hitless is not built again, because its development packages are not here/m);
    t.same(readdirSync(join(directory, 'dist')), ['hitless.mjs']);
    t.equal(readFileSync(join(directory, 'dist/hitless.mjs'), 'utf8'), '// built before\n');
  },
);
