/** Released versions of VRRP, from 3.0.0 on with IP 3.3.0, take over from those before, and give back: keepalived notices nothing. */
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { ConsoleSession } from '../router/console-session.ts';
import { keepalivedUnavailable, startKeepalived } from '../router/keepalived.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { VrrpPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 60_000;
const ADDRESS = '10.0.1.251';
const OURS = [{ interface: 'lan0', group: 51, priority: 200, interval: '1s', addresses: [ADDRESS] }];
const THEIRS = { interface: 'eth0', group: 51, priority: 100, interval: 1, address: ADDRESS };

const HELD = [`vrrp4 51 ${ADDRESS}/32`];

/** Versions that swap with each of these. */
const AMONG: readonly (readonly [version: string, others: readonly string[]])[] = [
  ['3.0.0', ['2.2.0', '2.3.0', '2.3.1']],
  ['4.0.0', ['2.2.0', '2.3.0', '2.3.1', '3.0.0', '3.1.0']],
  ['4.1.0', ['2.3.1', '3.1.0', '4.0.0']],
  ['4.2.0', ['2.3.1', '3.1.0', '4.0.0', '4.1.0']],
];

for (const [version, others] of AMONG)
  t.test(
    `${version} and those before take over from each other, alone and with IP, and stay Active`,
    { skip },
    (t) => swapsWith(t, version, others),
  );

async function swapsWith(t: Test, version: string, others: readonly string[]): Promise<void> {
  const place = await VrrpPlace.make(t);
  await place.start(OURS, {}, { modules: { IP: 'ip@3.2.1', VRRP: 'vrrp@2.3.1' } });
  await place.comesTo('Active');
  t.same(place.devices(), [], 'the address is not in the kernel');
  const keepalived = await startKeepalived(t, place, [THEIRS]);
  const does = async (line: string) => {
    const { ok, message } = await place.exec(line);
    t.ok(ok, `${line}: ${message}`);
    await place.comesTo('Active');
  };
  const holds = () =>
    eventuallyAsync('the address is in the kernel', PATIENCE, async () => {
      return place.devices().join() === `vrrp4 51 ${ADDRESS}/32` || undefined;
    });
  await t.test('VRRP 3 is refused beside an IP that has no virtual routers', async (t) => {
    t.match(await place.exec(`replace VRRP vrrp@${version}`), { ok: false, code: 'PROTOCOL_MISMATCH' });
  });
  await does(`upgrade replace IP ip@3.3.0, replace VRRP vrrp@${version}`);
  await holds();
  t.equal(await place.macOf(ADDRESS), '00:00:5e:00:01:33');
  for (const other of others) {
    await does(`replace VRRP vrrp@${other}`);
    await does(`replace VRRP vrrp@${version}`);
    await holds();
  }
  await does('upgrade replace IP ip@3.2.1, replace VRRP vrrp@2.3.1');
  await does(`upgrade replace IP ip@3.3.0, replace VRRP vrrp@${version}`);
  await holds();
  t.same(keepalived.roles(51), ['BACKUP']);
}

for (const [first, second, back] of [
  ['IP ip@3.4.0', 'VRRP vrrp@4.1.0', 'IP ip@3.3.0'],
  ['VRRP vrrp@4.1.0', 'IP ip@3.4.0', 'VRRP vrrp@4.0.0'],
] as const)
  t.test(
    `${first} swaps with those before, then ${second}; where both are new, a kill leaves behind what another takes over`,
    { skip },
    async (t) => {
      const place = await VrrpPlace.make(t);
      await place.start(OURS, {}, { modules: { IP: 'ip@3.3.0', VRRP: 'vrrp@4.0.0' } });
      await place.comesTo('Active');
      const keepalived = await startKeepalived(t, place, [THEIRS]);
      for (const line of [`replace ${first}`, `replace ${back}`, `replace ${first}`, `replace ${second}`]) {
        await place.run(line);
        await place.comesTo('Active');
        t.same(place.devices(), HELD);
      }
      t.same(keepalived.roles(51), ['BACKUP']);
      // The newer asks the other for what its older version did not know.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      await place.kill('SIGKILL');
      // Had nobody said how long it stays, it would be gone within moments.
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      t.same(place.devices(), HELD);
      await eventuallyAsync('it goes', PATIENCE, async () => place.devices().length === 0 || undefined);
      t.same(keepalived.roles(51), ['BACKUP', 'MASTER'], 'when the other has taken over');
    },
  );

/** A program of this name, and what it has written. */
function program(place: VrrpPlace, name: string, text: string) {
  const path = join(place.directory, name);
  const written = `${path}.out`;
  writeFileSync(path, `#!/bin/sh\n${text} >> ${written}\n`);
  chmodSync(path, 0o755);
  writeFileSync(written, '');
  chmodSync(written, 0o666);
  return { path, lines: () => readFileSync(written, 'utf8').split('\n').filter(Boolean) };
}

t.test(
  '3.0.0, 3.1.0 and 4.0.0 take over from each other, with programs where they are known',
  { skip },
  async (t) => {
    const place = await VrrpPlace.make(t);
    await place.start(OURS, {}, { modules: { IP: 'ip@3.3.0', VRRP: 'vrrp@3.0.0' } });
    // The programs run as nobody.
    chmodSync(place.directory, 0o1777);
    await place.comesTo('Active');
    const keepalived = await startKeepalived(t, place, [THEIRS]);
    const notify = program(place, 'notify', 'echo "$2 $3 $4"');
    const check = program(place, 'check', 'echo asked');
    const console = await ConsoleSession.open(t, place.socket);
    await console.all('replace VRRP vrrp@3.1.0');
    await place.comesTo('Active');
    await console.all(
      `set vrrp lan0 51 notify program ${notify.path}`,
      `set vrrp lan0 51 track ${check.path} interval 100ms`,
      'commit',
    );
    await eventuallyAsync('the check is asked', PATIENCE, async () => check.lines().length > 2 || undefined);
    const depends = async () =>
      (await console.data<{ track: { there: boolean }[] }[]>('show vrrp detail'))[0]?.track[0]?.there;
    for (const version of ['4.2.0', '4.1.0', '4.0.0', '3.1.0']) {
      await console.all(`replace VRRP vrrp@${version}`);
      await place.comesTo('Active');
      t.equal(await depends(), true, 'what the check said is known');
    }
    t.match(
      await console.say('replace VRRP vrrp@3.0.0'),
      { ok: false, message: /notify/ },
      'what it does not know is named',
    );
    await console.all(
      'delete vrrp lan0 51 notify',
      'delete vrrp lan0 51 track',
      'commit',
      'replace VRRP vrrp@3.0.0',
    );
    await place.comesTo('Active');
    await console.all('replace VRRP vrrp@3.1.0');
    await place.comesTo('Active');
    const ports = await console.data<{ port: string }[]>('show ports');
    t.notOk(
      ports.some(({ port }) => port === 'script'),
      'it is not asked any more',
    );
    t.same(notify.lines(), [], 'no role has changed');
    t.same(keepalived.roles(51), ['BACKUP']);
  },
);
