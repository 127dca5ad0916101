/** A router that is started again: with the versions that were current when it ended. */
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { type VersionEntry, VersionSet } from '../../runtime/index.ts';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { sourceOf } from '../runtime/workshop.ts';
import { CONFIG, failing, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;

const RELEASES = fileURLToPath(new URL('../../firmware/releases', import.meta.url));

/** A released bundle as a set of versions has it. */
function released(bundle: string): VersionEntry {
  const name = bundle.replace('@', '-');
  const sums = readFileSync(join(RELEASES, 'SHA256SUMS'), 'utf8');
  const sha256 = new RegExp(`^(\\w+) .*${name}`, 'm').exec(sums)![1]!;
  return { bundle, sha256, file: join(RELEASES, `${name}.cjs`) };
}

const STARTED = {
  IP: newestRelease('ip'),
  OSPF: newestRelease('ospf'),
  TIMER: newestRelease('timer'),
  VRRP: newestRelease('vrrp'),
};

/** What the router will find: committed, and the last of it on probation if told. */
async function remember(
  { state }: Stage,
  boot: Record<string, VersionEntry | null>,
  trial?: Record<string, VersionEntry | null>,
): Promise<void> {
  const set = await VersionSet.open(state);
  await (await set.prepare(new Map(Object.entries(boot)), { trial: false })).commit();
  if (trial) await (await set.prepare(new Map(Object.entries(trial)), { trial: true })).commit();
  await set.close();
}

async function versionsOf({ socket }: Stage): Promise<Record<string, string>> {
  const modules = (await execAt(socket, 'show modules')).data as { name: string; version: string }[];
  return Object.fromEntries(modules.map(({ name, version }) => [name, version]));
}

async function said(output: () => string, pattern: RegExp): Promise<void> {
  await eventuallyAsync(`it says ${pattern}: ${output()}`, 10_000, async () =>
    pattern.test(output()) ? true : undefined,
  );
}

t.test(
  'it starts with the versions that were current, without what was removed, and says what is different',
  { skip },
  async (t) => {
    const place = stage(t);
    const gone = { ...released('ospf@1.1.0'), bundle: 'ospf@9.0.0', file: '/nowhere/ospf-9.0.0.cjs' };
    await remember(
      place,
      { IP: released('ip@3.0.0'), VRRP: null, OSPF: gone, TIMER: released('timer@1.0.0') },
      { IP: released('ip@2.0.0') },
    );
    const { child, output } = await running(t, place);
    t.same(await versionsOf(place), { IP: '3.0.0', OSPF: STARTED.OSPF, TIMER: '1.0.0' });
    await said(output, new RegExp(`VRRP is not started: .*"add VRRP vrrp@${STARTED.VRRP}" brings it back`));
    const instead = `it starts as ospf@${STARTED.OSPF}`;
    await said(output, new RegExp(`OSPF was ospf@9\\.0\\.0, but .*not there any more; ${instead}`));
    await said(output, /on probation when the program ended: IP ip@2\.0\.0; what was before is started/);
    await said(output, /as before: IP ip@3\.0\.0, TIMER timer@1\.0\.0/);
    const packets = place.peer.exec(['timeout', '5', 'tcpdump', '-i', 'eth0', '-nn', '-c', '1', 'proto 89']);
    t.match(packets, /OSPFv2, Hello/, 'its ports are open');

    t.match(failing(place, ['--config', join(place.directory, 'router.yaml')]), {
      code: 2,
      text: /STATE_UNUSABLE: router\.state: .*in use by process \d+/,
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill('SIGKILL');
    await ended;

    const pinned = CONFIG.replace('id: 10.9.0.1', '$&, modules: { IP: ip@3.1.0 }');
    const again = await running(t, place, pinned);
    t.same(await versionsOf(place), { IP: '3.1.0', OSPF: STARTED.OSPF, TIMER: '1.0.0' });
    await said(again.output, /IP was ip@3\.0\.0; it starts as ip@3\.1\.0: the configuration says so/);
    t.notMatch(again.output(), /probation/, 'which was told once');
  },
);

t.test('a set that cannot be read or started keeps no router from starting', { skip }, async (t) => {
  const place = stage(t);
  const bad = join(place.directory, 'ip-5.0.0.cjs');
  writeFileSync(
    bad,
    sourceOf({ name: 'IP', version: '5.0.0', methods: "initial() { throw new Error('not today'); }" }),
  );
  const { createHash } = await import('node:crypto');
  const sha256 = createHash('sha256').update(readFileSync(bad)).digest('hex');
  await remember(place, { VRRP: null, IP: { bundle: 'ip@5.0.0', sha256, file: bad } });
  const { child, output } = await running(t, place);
  t.same(await versionsOf(place), { IP: STARTED.IP, OSPF: STARTED.OSPF, TIMER: STARTED.TIMER });
  await said(
    output,
    new RegExp(
      `versions of before could not be started \\(.*not today.*\\); instead there run .*IP ip@${newestRelease('IP')}`,
    ),
  );
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;

  const file = join(place.state, 'versions.json');
  const torn = readFileSync(file, 'utf8').slice(0, 100);
  writeFileSync(file, torn);
  const again = await running(t, place);
  t.same(Object.keys(await versionsOf(place)).sort(), ['IP', 'OSPF', 'TIMER', 'VRRP']);
  await said(again.output, /VERSIONS_CORRUPT: .*not whole.*kept as .*versions\.json\.corrupt/);
  t.equal(readFileSync(`${file}.corrupt`, 'utf8'), torn);
});

t.test('a start decides nothing: without a command, no version is remembered', { skip }, async (t) => {
  const place = stage(t);
  const { child } = await running(t, place);
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  await ended;
  t.equal(existsSync(join(place.state, 'versions.json')), false);
});

/** The router itself: what was started is `ip netns exec`, which becomes it. */
async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const ended = new Promise((resolve) => child.once('close', resolve));
  child.kill(signal);
  await ended;
}

async function told({ socket }: Stage, command: string): Promise<void> {
  const answer = await execAt(socket, command);
  if (!answer.ok) throw new Error(`${command}: ${answer.code}: ${answer.message}`);
}

t.test(
  'a router that is killed while a version is on probation starts with the one before',
  { skip },
  async (t) => {
    const place = stage(t);
    const first = await running(t, place);
    t.same(await versionsOf(place), STARTED);
    // The newest VRRP needs what the newest IP tells.
    await told(place, 'upgrade replace OSPF ospf@1.1.0, replace VRRP vrrp@2.3.1');
    await told(place, 'confirm');
    await told(place, 'replace IP ip@1.1.0');
    t.same(await versionsOf(place), { ...STARTED, VRRP: '2.3.1', OSPF: '1.1.0', IP: '1.1.0' });
    await killed(first.child, 'SIGKILL');
    const second = await running(t, place);
    t.same(await versionsOf(place), { ...STARTED, VRRP: '2.3.1', OSPF: '1.1.0' });
    await said(
      second.output,
      /on probation when the program ended: IP ip@1\.1\.0; what was before is started/,
    );
    await said(second.output, /as before: OSPF ospf@1\.1\.0/);

    await told(place, 'replace IP ip@1.1.0 confirm 60s');
    await killed(second.child, 'SIGTERM');
    const third = await running(t, place);
    t.same(
      await versionsOf(place),
      { ...STARTED, VRRP: '2.3.1', OSPF: '1.1.0' },
      'not confirmed, and it ended in order',
    );
    await said(third.output, /on probation when the program ended: IP ip@1\.1\.0/);

    await told(place, 'replace IP ip@1.1.0 confirm 60s');
    await told(place, 'confirm');
    await killed(third.child, 'SIGKILL');
    const fourth = await running(t, place);
    t.same(await versionsOf(place), { ...STARTED, VRRP: '2.3.1', OSPF: '1.1.0', IP: '1.1.0' }, 'confirmed');
    t.notMatch(fourth.output(), /on probation/);

    t.match(
      await execAt(place.socket, 'rollback'),
      { ok: false, code: 'NOTHING_TO_ROLL_BACK' },
      'a start is not undone',
    );
    await told(place, `replace IP ip@${STARTED.IP}`);
    await killed(fourth.child, 'SIGTERM');
    await running(t, place);
    t.same(
      await versionsOf(place),
      { ...STARTED, VRRP: '2.3.1', OSPF: '1.1.0' },
      'an end in order lets a probation pass',
    );
  },
);

t.test('what runs after a rollback, a group or a change of service is what starts', { skip }, async (t) => {
  const place = stage(t);
  const first = await running(t, place);
  await told(place, 'replace VRRP vrrp@1.1.0');
  await told(place, 'replace OSPF ospf@1.1.0');
  await told(place, 'rollback');
  t.same(await versionsOf(place), { ...STARTED, VRRP: '1.1.0' });
  await killed(first.child, 'SIGKILL');
  const second = await running(t, place);
  t.same(await versionsOf(place), { ...STARTED, VRRP: '1.1.0' });

  await told(place, `replace VRRP vrrp@${STARTED.VRRP}`);
  await told(place, 'disable VRRP');
  await told(place, 'enable VRRP');
  await killed(second.child, 'SIGKILL');
  const third = await running(t, place);
  t.same(await versionsOf(place), STARTED);

  await told(place, 'upgrade replace IP ip@1.1.0, replace OSPF ospf@1.1.0, remove VRRP');
  await killed(third.child, 'SIGKILL');
  const fourth = await running(t, place);
  t.same(await versionsOf(place), STARTED, 'all of it was on probation, the removal too');
  await said(fourth.output, /on probation when the program ended: .*VRRP removed/);

  await told(place, 'upgrade replace IP ip@1.1.0, replace OSPF ospf@1.1.0, remove VRRP');
  await told(place, 'confirm');
  await killed(fourth.child, 'SIGKILL');
  await running(t, place);
  t.same(await versionsOf(place), { IP: '1.1.0', OSPF: '1.1.0', TIMER: STARTED.TIMER });
});

t.test('a module that is removed stays out, and one that is added again comes back', { skip }, async (t) => {
  const place = stage(t);
  const first = await running(t, place);
  await told(place, 'remove VRRP');
  await killed(first.child, 'SIGKILL');
  const { VRRP: _, ...without } = STARTED;
  const second = await running(t, place);
  t.same(await versionsOf(place), without);
  await said(
    second.output,
    new RegExp(
      `VRRP is not started: it was removed by command; "add VRRP vrrp@${STARTED.VRRP}" brings it back`,
    ),
  );
  await told(place, `add VRRP vrrp@${STARTED.VRRP}`);
  t.same(await versionsOf(place), STARTED);
  await eventuallyAsync('it is elected', 10_000, async () => {
    const { data } = await execAt(place.socket, 'show vrrp');
    return (data as { state: string }[])[0]?.state === 'Active' || undefined;
  });
  await killed(second.child, 'SIGKILL');
  await running(t, place);
  t.same(await versionsOf(place), STARTED, 'what is only added is not on probation');
});

t.test('a state directory that is configured and cannot be used is refused', { skip }, (t) => {
  const place = stage(t);
  mkdirSync(place.state);
  writeFileSync(join(place.state, 'file'), '');
  const config = CONFIG.replace('id: 10.9.0.1', `$&, state: ${place.state}/file/deeper`);
  t.match(failing(place, ['--config', place.file(config)]), {
    code: 2,
    text: /STATE_UNUSABLE: router\.state: .*file\/deeper: .*ENOTDIR.*make the directory writable/,
  });
  t.end();
});
