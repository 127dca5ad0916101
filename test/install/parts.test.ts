import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectDirectory } from '../../firmware/host/project.ts';
import { serviceConfig } from '../../firmware/install/config.ts';
import { readManifest } from '../../firmware/install/manifest.ts';
import { serviceNode } from '../../firmware/install/node.ts';
import { copyProgram, digest, digestOf, programFiles } from '../../firmware/install/program.ts';
import { stateProblem } from '../../firmware/install/state.ts';
import { Steps } from '../../firmware/install/steps.ts';
import { requireSystem } from '../../firmware/install/systemd.ts';

/** Not below /tmp, which is no place for a service. */
function outside(t: Test): string {
  const project = projectDirectory();
  const place = /^\/(var\/)?tmp\//.test(project) ? '/srv/' : join(project, 'dist/');
  const folder = mkdtempSync(join(place, '.hitless-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function temporary(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

t.test('only root of a system that systemd runs can install', async (t) => {
  t.throws(() => requireSystem('hitless install', { user: 1000, booted: true }), {
    code: 'INSTALL_ROOT',
    message: /sudo hitless install/,
  });
  t.throws(() => requireSystem('hitless install', { user: 0, booted: false }), {
    code: 'INSTALL_NO_SYSTEMD',
  });
  t.doesNotThrow(() => requireSystem('hitless install', { user: 0, booted: true }));
});

t.test('Node is taken by its real path; one that the service could not start is refused', async (t) => {
  const folder = outside(t);
  const real = join(folder, 'node');
  const link = join(folder, 'link');
  copyFileSync('/bin/true', real);
  symlinkSync('node', link);
  // Where the project itself is closed to others, so is this.
  const open = (path: string): boolean =>
    path === '/' || ((statSync(path).mode & 1) === 1 && open(join(path, '..')));
  chmodSync(folder, 0o755);
  if (open(folder)) t.same(serviceNode(link, '20.19.0', []), { path: real, fromHomes: [] });
  t.throws(() => serviceNode(link, '20.18.3', []), {
    code: 'INSTALL_NODE',
    message: /20\.18\.3 is too old.*20\.19/,
  });
  chmodSync(folder, 0o700);
  t.throws(() => serviceNode(link, '24.0.0', []), { code: 'INSTALL_NODE', message: /closed to others/ });
  t.throws(() => serviceNode(join(folder, 'gone'), '24.0.0', []), {
    code: 'INSTALL_NODE',
    message: /not there/,
  });
  const passing = join(temporary(t), 'node');
  copyFileSync('/bin/true', passing);
  t.throws(() => serviceNode(passing, '24.0.0', []), {
    code: 'INSTALL_NODE',
    message: /gone after a restart/,
  });
});

t.test(
  'a configuration that is there is kept, a given one is copied, else a first one is made',
  async (t) => {
    const folder = temporary(t);
    const place = join(folder, 'etc.yaml');
    const given = join(folder, 'given.yaml');
    writeFileSync(given, 'console: { serial: { path: /dev/nothing0 } }\n');
    t.match((await serviceConfig(undefined, place)).text, /^# The configuration[\s\S]*log:/);
    t.match(await serviceConfig(given, place), {
      text: readFileSync(given, 'utf8'),
      allowance: { serial: '/dev/nothing0' },
    });
    writeFileSync(place, 'log: { level: warn }\n');
    t.match(await serviceConfig(undefined, place), { text: undefined, what: /kept as it is/ });
    await t.rejects(serviceConfig(given, place), { code: 'INSTALL_TAKEN', message: /never overwritten/ });
    writeFileSync(place, 'lo: {}\n');
    await t.rejects(serviceConfig(undefined, place), { code: 'CONFIG_INVALID' });
    await t.rejects(serviceConfig(join(folder, 'none'), join(folder, 'none')), { code: 'CONFIG_UNREADABLE' });
  },
);

t.test('the wishes that the unit has to allow are read from the configuration', async (t) => {
  const given = join(temporary(t), 'given.yaml');
  writeFileSync(given, 'router: { realtime: 50, watchdog: { device: /dev/watchdog }, state: /srv/none }\n');
  t.same((await serviceConfig(given, '/nowhere/router.yaml')).allowance, {
    realtime: true,
    watchdog: '/dev/watchdog',
    state: '/srv/none',
  });
  writeFileSync(
    given,
    'router: { watchdog: { device: /srv/watchdog } }\nconsole: { serial: { path: /srv/line } }\n',
  );
  await t.rejects(serviceConfig(given, '/nowhere/router.yaml'), {
    code: 'INSTALL_CONFIG',
    message:
      /console\.serial\.path: \/srv\/line is no device.*router\.watchdog\.device: \/srv\/watchdog is no/,
  });
});

t.test("a state directory is made or taken when it is empty, never another's", async (t) => {
  const folder = outside(t);
  t.equal(stateProblem(folder), undefined);
  t.equal(stateProblem(join(folder, 'new')), undefined);
  t.match(stateProblem(join(folder, 'new/deeper')), /there is no .*new to make it in/);
  writeFileSync(join(folder, 'mine'), '');
  t.match(stateProblem(folder), /is not empty, and not the user hitless's/);
  t.match(stateProblem(join(folder, 'mine')), /is no directory/);
  t.match(stateProblem('/home/x/state'), /the service cannot see/);
});

t.test('what a service cannot do is refused with the key, all at once', async (t) => {
  const folder = temporary(t);
  const given = join(folder, 'given.yaml');
  const config = `console: { socket: /srv/x.sock }\nrouter: { state: /tmp/state, bundles: [./mine, /home/x/bundles] }\n`;
  writeFileSync(given, config);
  await t.rejects(serviceConfig(given), {
    code: 'INSTALL_CONFIG',
    message:
      /console\.socket.*\/run\/hitless.*router\.state.*cannot see \/tmp\/state.*mine is relative.*cannot see \/home/,
  });
  writeFileSync(given, 'console: { socket: /run/hitless/x.sock }\nrouter: { state: /var/lib/hitless/a }\n');
  await t.resolves(serviceConfig(given));
});

t.test('the copy of the program is whole, for all to read, and known by its digest', async (t) => {
  const folder = join(temporary(t), 'program');
  const files = programFiles(projectDirectory(), { serial: true });
  copyProgram(files, folder);
  for (const name of [
    'dist/hitless.mjs',
    'dist/lab/relay-1.0.0.cjs',
    'firmware/releases/SHA256SUMS',
    'node_modules/raw-socket/build/Release/raw.node',
    'dist/socket/build/Release/socket.node',
    'node_modules/serialport/package.json',
  ])
    t.equal(statSync(join(folder, name)).mode & 0o044, 0o044, name);
  t.equal(digestOf(folder), digest(files));
  writeFileSync(join(folder, 'package.json'), '{}');
  t.not(digestOf(folder), digest(files));
  t.throws(() => programFiles(temporary(t), { serial: false }), {
    code: 'INSTALL_PROGRAM',
    message: /package\.json is missing/,
  });
});

t.test("a folder that is not an installation is nobody's to overwrite", async (t) => {
  const folder = temporary(t);
  t.equal(readManifest(join(folder, 'none')), undefined);
  t.throws(() => readManifest(folder), { code: 'INSTALL_TAKEN', message: /move the folder away/ });
});

t.test('a step that fails undoes those before, the last one first, itself as well', async (t) => {
  const did: string[] = [];
  const step = (name: string, fail = false) =>
    [
      name,
      () => {
        did.push(name);
        if (fail) throw new Error('no');
      },
      () => {
        did.push(`not ${name}`);
      },
    ] as const;
  await t.rejects(
    Steps.run(async (steps) => {
      await steps.do(...step('one'));
      await steps.do(...step('two', true));
      await steps.do(...step('three'));
    }),
    { code: 'INSTALL_FAILED', message: 'two: no\nEverything is as it was before' },
  );
  t.same(did, ['one', 'two', 'not two', 'not one']);
});

t.test('what could not be undone is told, and the rest is undone all the same', async (t) => {
  const folder = temporary(t);
  const path = join(folder, 'made');
  await t.rejects(
    Steps.run(async (steps) => {
      await steps.do(
        'makes',
        () => mkdirSync(path),
        () => rmSync(path, { recursive: true }),
      );
      const stubborn = () => {
        throw new Error('it sticks');
      };
      await steps.do('sticks', () => {}, stubborn);
      await steps.do('fails', stubborn);
    }),
    { code: 'INSTALL_FAILED', message: /but for:\n {2}sticks: it sticks/ },
  );
  t.equal(existsSync(path), false);
});

t.test('a signal between two steps undoes what was done', async (t) => {
  const did: string[] = [];
  await t.rejects(
    Steps.run(async (steps) => {
      await steps.do(
        'one',
        () => process.kill(process.pid, 'SIGTERM'),
        () => {
          did.push('not one');
        },
      );
      await new Promise((resolve) => setTimeout(resolve, 50));
      await steps.do('two', () => {
        did.push('two');
      });
    }),
    { code: 'INSTALL_FAILED', message: /two: interrupted by SIGTERM/ },
  );
  t.same(did, ['not one']);
});
