/** A router that starts with what is good, where a bundle, its state directory or its configuration is not. */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { VersionSet } from '../../runtime/index.ts';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { CONFIG, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
/** For a machine that others use too, in ms. */
const PATIENCE = 20_000;
const RELEASES = fileURLToPath(new URL('../../firmware/releases', import.meta.url));

async function versionOf({ socket }: Stage, module: string): Promise<string | undefined> {
  const modules = (await execAt(socket, 'show modules')).data as { name: string; version: string }[];
  return modules.find(({ name }) => name === module)?.version;
}

function says(output: () => string, pattern: RegExp): Promise<unknown> {
  return eventuallyAsync(`it says ${pattern}`, PATIENCE, async () => pattern.test(output()) || undefined);
}

t.test('a half-copied newest bundle makes room for the next best version', { skip }, async (t) => {
  const place = stage(t);
  const bundles = join(place.directory, 'bundles');
  mkdirSync(bundles);
  const whole = readFileSync(join(RELEASES, 'ip-2.0.0.cjs'), 'utf8').replaceAll('2.0.0', '9.0.0');
  writeFileSync(join(bundles, 'ip-9.0.0.cjs'), whole.slice(0, whole.length / 2));
  writeFileSync(join(bundles, 'ip-9.0.1.cjs'), '');
  writeFileSync(join(bundles, 'ip-8.0.0.cjs'), whole.replaceAll('9.0.0', '8.0.0'));
  const config = CONFIG.replace('id: 10.9.0.1', `$&, bundles: [${bundles}]`);
  const { output } = await running(t, place, config);
  t.equal(await versionOf(place, 'IP'), '8.0.0');
  await says(output, /error: BUNDLE_\w+: .*ip-9\.0\.0\.cjs.*; IP starts as ip@8\.0\.0 instead/);
  await says(output, /error: .*ip-9\.0\.1\.cjs.*; IP starts as ip@8\.0\.0 instead/);

  writeFileSync(join(bundles, 'ip-8.0.0.cjs'), 'half');
  const other = stage(t);
  const named = config.replace('bundles:', 'modules: { IP: ip@8.0.0 }, bundles:');
  const again = await running(t, other, named);
  const newest = newestRelease('IP');
  t.equal(await versionOf(other, 'IP'), newest);
  await says(again.output, new RegExp(`error: .*ip-8\\.0\\.0\\.cjs.*; IP starts as ip@${newest} instead`));
});

/** A state directory on a small medium of its own, in which IP 1.1.0 is current. */
async function small(t: Test, { state }: Stage): Promise<void> {
  mkdirSync(state);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state]);
  t.teardown(() => spawnSync('umount', ['--lazy', state]));
  const set = await VersionSet.open(state);
  const sums = readFileSync(join(RELEASES, 'SHA256SUMS'), 'utf8');
  const sha256 = /^(\w+) +ip-1\.1\.0\.cjs$/m.exec(sums)![1]!;
  const entry = { bundle: 'ip@1.1.0', sha256, file: join(RELEASES, 'ip-1.1.0.cjs') };
  await (await set.prepare(new Map([['IP', entry]]), { trial: false })).commit();
  await set.close();
}

const SPOILED: [name: string, spoil: (state: string) => void, reason: RegExp][] = [
  ['read-only', (state) => execFileSync('mount', ['-o', 'remount,ro', state]), /EROFS/],
  [
    'full',
    (state) => {
      try {
        for (;;) appendFileSync(join(state, 'filler'), Buffer.alloc(4096));
      } catch {}
    },
    /ENOSPC/,
  ],
];

for (const [name, spoil, reason] of SPOILED) {
  t.test(
    `a state directory that is ${name} keeps no router from starting with what was current`,
    { skip },
    async (t) => {
      const place = stage(t);
      await small(t, place);
      spoil(place.state);
      const { output } = await running(t, place);
      t.equal(await versionOf(place, 'IP'), '1.1.0');
      await says(
        output,
        /error: VERSIONS_UNUSABLE: router\.state: .*nothing that commands change outlives a restart/,
      );
      t.match(output(), reason);
      t.match((await execAt(place.socket, 'show system')).data, { unkept: reason });
      const replaced = await execAt(place.socket, 'replace IP ip@2.0.0');
      t.equal(replaced.ok, true, `${replaced.message}`);
    },
  );
}

t.test(
  'what is added gets its section as the file has it now; a broken file is an error of it',
  { skip },
  async (t) => {
    const place = stage(t);
    // Nothing that cannot do without IP.
    const config = CONFIG.replace(/^ospf: .*\n/m, '').replace(
      'id: 10.9.0.1',
      '$&, modules: { VRRP: vrrp@2.3.1 }',
    );
    const { output } = await running(t, place, config);
    const ask = (command: string) => execAt(place.socket, command);
    t.equal((await ask('remove IP')).ok, true);
    place.router.ip('link', 'add', 'wan1', 'type', 'veth', 'peer', 'name', 'other');
    place.router.ip('address', 'add', '10.9.1.1/24', 'dev', 'wan1');
    for (const name of ['wan1', 'other']) place.router.ip('link', 'set', name, 'up');
    const ip = 'ip: { interfaces: { wan0: { interval: 100ms } } }';
    place.file(config.replace(ip, 'ip: { interfaces: { wan0: { intervall: 100ms } } }'));
    t.match(await ask('add IP ip@2.0.0'), {
      ok: false,
      code: 'CONFIG_INVALID',
      message: /router\.yaml:3:\d+: ip\.interfaces\.wan0\.intervall: .*did you mean interval/,
    });
    t.equal(await versionOf(place, 'IP'), undefined, 'nothing half done');
    const edited = 'ip: { interfaces: { wan1: { interval: 200ms } } }';
    place.file(
      config.replace(ip, edited).replace('priority: 100', 'priority: 90').replace('group: 7', 'group: 8'),
    );
    const added = await ask('add IP ip@2.0.0');
    t.equal(added.ok, true, `${added.message}`);
    t.match((await ask('show state IP config')).data, { state: { interfaces: { wan1: { interval: 200 } } } });
    const ports = (await ask('show ports')).data as { module: string; key: string }[];
    t.same(
      ports.filter(({ module }) => module === 'IP').map(({ key }) => key),
      ['wan1'],
    );
    await says(output, /configuration file has changed: IP is given what it says now/);
    await says(output, /configuration file has changed in vrrp too: taken when the router starts again/);
  },
);
