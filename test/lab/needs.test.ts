import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { FirmwareError } from '../../firmware/errors.ts';
import { holdDaemons } from '../../firmware/host/daemon-policy.ts';
import { ensure, headersOf, LAB_NEEDS, missing, type Need } from '../../firmware/host/needs.ts';
import { checkoutUnreadable, eventually, ORDINARY_USER } from './lab-under-test.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const rootOnly = process.getuid?.() === 0 ? false : 'SKIPPED: only root installs packages';

/** A PATH with only this directory, and an apt-get in it that notes its arguments and does what `body` says. */
function machine(t: Test, body = 'true'): { directory: string; notes(): string } {
  const directory = mkdtempSync('/tmp/hitless-needs-');
  chmodSync(directory, 0o755);
  const before = process.env.PATH;
  process.env.PATH = `${directory}:/usr/bin:/bin`;
  t.teardown(() => {
    process.env.PATH = before;
    rmSync(directory, { recursive: true, force: true });
  });
  const script = `#!/bin/sh\necho "$DEBIAN_FRONTEND $*" >> ${directory}/notes\n${body}\n`;
  writeFileSync(join(directory, 'apt-get'), script, { mode: 0o755 });
  const notes = join(directory, 'notes');
  return { directory, notes: () => (existsSync(notes) ? readFileSync(notes, 'utf8') : '') };
}

const COMMAND: Need = { command: 'hitless-no-such-command', package: 'no-such-package', why: 'is made up' };
const FILE: Need = { file: '/nowhere/hitless-no-such-file', package: 'other-package', why: 'is made up too' };

async function refusal(needs: Need[], install: boolean, say = (_: string) => {}): Promise<FirmwareError> {
  return ensure(needs, { install, say }).then(
    () => {
      throw new Error('it was not refused');
    },
    (error) => error as FirmwareError,
  );
}

t.test('nothing missing is silent and starts no process', async (t) => {
  const { notes } = machine(t);
  const said: string[] = [];
  await ensure([{ command: 'sh', package: 'dash', why: 'is there' }], {
    install: true,
    say: (line) => said.push(line),
  });
  t.same(said, []);
  t.equal(notes(), '');
});

t.test('a program outside of an ordinary PATH is found all the same', async (t) => {
  machine(t);
  process.env.PATH = '/nowhere';
  t.same(missing(LAB_NEEDS.filter((need) => 'command' in need && need.command === 'ip')), []);
  t.same(missing([COMMAND, FILE]), [COMMAND, FILE]);
});

t.test('--no-install says what is missing, why, and the line to type', async (t) => {
  const { notes } = machine(t);
  const { code, message } = await refusal([COMMAND, FILE], false);
  t.equal(code, 'NEED_FORBIDDEN');
  t.match(message, 'hitless-no-such-command (package no-such-package): is made up');
  t.match(message, '/nowhere/hitless-no-such-file (package other-package): is made up too');
  t.match(
    message,
    /\n {2}(sudo )?apt-get update && (sudo )?apt-get install -y --no-install-recommends no-such-package other-package$/,
  );
  t.equal(notes(), '', 'apt-get was not called');
});

t.test('without root the line to type has sudo in it', { skip: checkoutUnreadable() }, async (t) => {
  const { notes, directory } = machine(t);
  const script = `
    const { ensure } = await import('./firmware/host/needs.ts');
    await ensure([${JSON.stringify(COMMAND)}], { install: true }).catch(({ code, message }) => console.log(code, message));
  `;
  const node = [
    process.execPath,
    '--import',
    './test/runner/typescript.mjs',
    '--input-type=module',
    '-e',
    script,
  ];
  const [program = '', ...args] = [...ORDINARY_USER, ...node];
  const env = { ...process.env, PATH: `${directory}:${process.env.PATH}` };
  const said = execFileSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.match(said, /^NEED_ROOT /);
  t.match(
    said,
    /\n {2}sudo apt-get update && sudo apt-get install -y --no-install-recommends no-such-package\n$/,
  );
  t.equal(notes(), '', 'apt-get was not called');
});

t.test('root gets it announced and installed, in one go', { skip: rootOnly }, async (t) => {
  const made = mkdtempSync('/tmp/hitless-installed-');
  t.teardown(() => rmSync(made, { recursive: true, force: true }));
  const file = join(made, 'file');
  const { directory, notes } = machine(
    t,
    `[ "$4" = update ] || { touch ${file}; printf '#!/bin/sh' > ${made}/cmd; }`,
  );
  const said: string[] = [];
  await ensure(
    [
      { ...FILE, file },
      { ...FILE, file },
    ],
    { install: true, say: (line) => said.push(line) },
  );
  t.match(said.join('\n'), `Missing on this machine:\n  ${file} (package other-package): is made up too`);
  t.match(said.join('\n'), 'Installing: apt-get update && apt-get install');
  t.match(
    notes(),
    /^noninteractive .* update\nnoninteractive .* install -y --no-install-recommends other-package\n$/,
  );
  t.ok(existsSync(directory));
});

t.test('a failing installation shows the end of what apt-get said', { skip: rootOnly }, async (t) => {
  machine(t, 'echo "E: no network" >&2; exit 100');
  const { code, message } = await refusal([COMMAND], true);
  t.equal(code, 'NEED_INSTALL_FAILED');
  t.match(message, /apt-get .* update" ended with 100:\n {2}E: no network/);
});

t.test('an installation that does not bring the program is not believed', { skip: rootOnly }, async (t) => {
  machine(t);
  const { code, message } = await refusal([COMMAND], true);
  t.equal(code, 'NEED_INSTALL_FAILED');
  t.match(message, 'still missing after the installation:\n  hitless-no-such-command');
});

t.test('the policy that holds daemons back is there only for the installation', async (t) => {
  const directory = mkdtempSync('/tmp/hitless-policy-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'policy-rc.d');
  const said: string[] = [];
  const say = (line: string) => said.push(line);

  const release = holdDaemons(say, path);
  t.match(readFileSync(path, 'utf8'), /^#!\/bin\/sh\n.*\nexit 101\n$/);
  const second = holdDaemons(say, path);
  second();
  t.ok(existsSync(path), 'another installation at the same time leaves it in place');
  release();
  t.notOk(existsSync(path));

  writeFileSync(path, '#!/bin/sh\nexit 0\n');
  holdDaemons(say, path)();
  t.equal(readFileSync(path, 'utf8'), '#!/bin/sh\nexit 0\n', "the system's own stays as it is");
  t.match(said.at(-1), 'exists and stays in charge');

  writeFileSync(
    path,
    '#!/bin/sh\n# Put here by hitless while it installs packages; process 999999999.\nexit 101\n',
  );
  holdDaemons(say, path)();
  t.notOk(existsSync(path), 'what a killed installation left is taken over and removed');
});

t.test('a signal waits for the installation, so that no daemon starts behind its back', async (t) => {
  const directory = mkdtempSync('/tmp/hitless-policy-');
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  const path = join(directory, 'policy-rc.d');
  const release = holdDaemons(() => {}, path);
  process.kill(process.pid, 'SIGHUP');
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.ok(existsSync(path), 'the policy stays');
  let hungUp: true | undefined;
  process.once('SIGHUP', () => {
    hungUp = true;
  });
  release();
  t.notOk(existsSync(path));
  t.ok(await eventually('the signal comes through', 2_000, () => hungUp));
});

t.test("Node's own headers are used where it came with them", async (t) => {
  const prefix = mkdtempSync('/tmp/hitless-node-');
  t.teardown(() => rmSync(prefix, { recursive: true, force: true }));
  mkdirSync(join(prefix, 'bin'));
  writeFileSync(join(prefix, 'bin/node'), '');
  t.same(headersOf(join(prefix, 'bin/node')), {});
  mkdirSync(join(prefix, 'include/node'), { recursive: true });
  writeFileSync(join(prefix, 'include/node/node.h'), '');
  t.same(headersOf(join(prefix, 'bin/node')), { npm_config_nodedir: prefix });
});
