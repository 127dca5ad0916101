import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigFile } from '../../firmware/config/file.ts';
import { openVersionSet, statePath } from '../../firmware/router/state-directory.ts';
import { VersionSet } from '../../runtime/index.ts';

const NONE = new ConfigFile('r', 'log: {}').own;

function temporary(t: Test): string {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

t.test('the usual place is below /var/lib for root, and the user’s own otherwise', async (t) => {
  t.equal(statePath({ XDG_STATE_HOME: '/s' }, 0), '/var/lib/hitless');
  t.equal(statePath({ XDG_STATE_HOME: '/s', HOME: '/h' }, 1000), '/s/hitless');
  t.equal(
    statePath({ XDG_STATE_HOME: 's', HOME: '/h' }, 1000),
    '/h/.local/state/hitless',
    'relative: ignored',
  );
  t.equal(statePath({}, 1000), join(homedir(), '.local/state/hitless'));
});

t.test('a service uses the directory that its service manager made', async (t) => {
  t.equal(statePath({ STATE_DIRECTORY: '/var/lib/hitless', HOME: '/h' }, 999), '/var/lib/hitless');
  t.equal(statePath({ STATE_DIRECTORY: '/var/lib/a:/var/lib/b' }, 0), '/var/lib/a', 'the first of several');
  t.equal(statePath({ STATE_DIRECTORY: '' }, 0), '/var/lib/hitless');
});

t.test('the usual place is used outside of a lab only', async (t) => {
  const usual = join(temporary(t), 'usual');
  t.same(await openVersionSet(NONE, { lab: true, usual }), { set: undefined, notices: [] });
  t.equal(existsSync(usual), false);
  const { set, notices } = await openVersionSet(NONE, { lab: false, usual });
  t.equal(set?.directory, usual);
  t.same(notices, []);
  await set?.close();
});

t.test('a configured directory is used in a lab as well', async (t) => {
  const state = join(temporary(t), 'state');
  const config = new ConfigFile('r', `router: { state: ${state} }`).own;
  const { set } = await openVersionSet(config, { lab: true, usual: '/nowhere' });
  t.equal(set?.directory, state);
  await t.rejects(openVersionSet(config, { lab: true }), {
    code: 'STATE_UNUSABLE',
    message: /in use by this program/,
  });
  await set?.close();
});

t.test(
  'where the usual place cannot be used, the router goes without and says so; a configured one is refused',
  async (t) => {
    const blocked = join(temporary(t), 'file', 'state');
    writeFileSync(join(blocked, '..'), '');
    const { set, notices } = await openVersionSet(NONE, { lab: false, usual: blocked });
    t.equal(set, undefined);
    t.match(notices, [
      {
        level: 'warn',
        text: /VERSIONS_UNUSABLE: .*ENOTDIR.*name another as router\.state.*a restart forgets/,
      },
    ]);
    const config = new ConfigFile('r', `router: { state: ${blocked} }`).own;
    await t.rejects(openVersionSet(config, { lab: false }), {
      code: 'STATE_UNUSABLE',
      message: /^router\.state: .*ENOTDIR/,
    });
  },
);

t.test('two routers at the usual place: the second goes without, and is told to have its own', async (t) => {
  const usual = temporary(t);
  const first = await VersionSet.open(usual);
  const { set, notices } = await openVersionSet(NONE, { lab: false, usual });
  t.equal(set, undefined);
  t.match(notices, [
    { level: 'warn', text: /VERSIONS_LOCKED: .*give this one another directory as router\.state/ },
  ]);
  await first.close();
});

t.test('a set that cannot be understood is kept aside, and said so', async (t) => {
  const usual = temporary(t);
  writeFileSync(join(usual, 'versions.json'), '{ "format": 1,');
  const { set, notices } = await openVersionSet(NONE, { lab: false, usual });
  t.equal(set?.boot.size, 0);
  t.match(notices, [
    { level: 'error', text: /VERSIONS_CORRUPT.*kept as .*versions\.json\.corrupt.*show versions/ },
  ]);
  t.equal(existsSync(join(usual, 'versions.json.corrupt')), true);
  await set?.close();
});
