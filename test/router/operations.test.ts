/** What an operator does to a running router beside FRR and keepalived, as it is typed at the console. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CheckReport, ModuleView, TransactionReport } from '../../runtime/index.ts';
import { labUnavailable } from '../lab/lab-under-test.ts';
import { eventuallyAsync, RouterLab, relayFaults, sleep } from './router-lab.ts';

const skip =
  labUnavailable() ||
  (process.getuid?.() === 0 ? false : 'SKIPPED: FRR runs only as root; run the tests as root');

const ABSENT =
  /there is no "show vrrp" now; it is a view of VRRP, which does not run: "add VRRP vrrp@[\d.]+" brings it in$/;

t.test('an operator at work beside FRR and keepalived', { skip, timeout: 120_000 }, async (t) => {
  const lab = await RouterLab.start(t, { peers: true });
  await lab.settled();

  const versions = async () => {
    const modules = await lab.data<ModuleView[]>('show modules');
    return modules
      .map(({ name, version }) => `${name} ${version}`)
      .sort()
      .join(', ');
  };
  const FIRST = 'IP 1.0.0, OSPF 1.0.0, RELAY 1.0.0, TIMER 1.0.0, VRRP 1.0.0';
  const transaction = (command: string) => lab.data<TransactionReport>(command);
  const refused = async (command: string, code: string, message: RegExp) =>
    t.match(await lab.exec(command), { ok: false, code, message }, command);
  const changes = () => lab.changesAtFrr();
  const roles = () => lab.rolesOfKeepalived();
  const keepalivedIs = (role: string) =>
    eventuallyAsync(`keepalived is ${role}`, 20_000, async () => roles().at(-1) === role || undefined);
  const vrrpIsActive = () =>
    eventuallyAsync('VRRP is Active', 20_000, async () => {
      const routers = await lab.data<{ state: string }[]>('show vrrp');
      return routers[0]?.state === 'Active' || undefined;
    });
  const atFirst = changes();
  t.ok(atFirst > 0, `FRR told of ${atFirst} changes before`);
  const noticed = (what: string) => t.equal(changes(), atFirst, `FRR has noticed nothing of ${what}`);
  const elected = roles().length;

  // A dry run.
  const check = await lab.data<CheckReport>('check replace OSPF ospf@2.0.0');
  t.match(check, {
    ok: true,
    members: [{ how: 'migrated', stateFrom: 1, stateTo: 2 }],
  });
  t.equal(await versions(), FIRST, 'a check changes nothing');
  t.equal((await lab.data<unknown[]>('show upgrades')).length, 1);

  // Refusals.
  await refused(
    'remove OSPF',
    'MODULE_NEEDED',
    /OSPF cannot be removed: .*IP 1\.0\.0 sends.*VRRP 1\.0\.0 sends/,
  );
  await refused('check remove OSPF', 'MODULE_NEEDED', /OSPF cannot be removed/);
  await refused('confirm', 'NOTHING_TO_CONFIRM', /./);
  await refused('cancel', 'NOTHING_TO_CANCEL', /./);

  // What is not confirmed goes back by itself.
  const trial = await transaction('replace OSPF ospf@1.1.0 confirm 2s');
  t.match(trial, { outcome: 'committed', probation: { confirm: true, outcome: 'running' } });
  t.match(await versions(), /OSPF 1\.1\.0/);
  await refused('replace IP ip@1.1.0', 'CONFIRM_PENDING', /waits to be confirmed/);
  const undone = await eventuallyAsync('it is back', 20_000, async () => {
    const last = await lab.lastUpgrade();
    return last.id === trial.id ? undefined : last;
  });
  t.equal(await versions(), FIRST);
  t.match(undone, {
    outcome: 'committed',
    undoes: trial.id,
    by: 'probation',
    command: /not confirmed in time/,
  });
  t.match(await lab.data(`show upgrade ${trial.id}`), { probation: { outcome: 'failed' } });
  noticed('a version that came and went');

  // What is confirmed stays.
  await transaction('replace OSPF ospf@1.1.0 confirm 2s');
  await transaction('confirm');
  await sleep(2_500);
  t.match(await versions(), /OSPF 1\.1\.0/, 'confirmed');
  t.match(await transaction('rollback'), { outcome: 'committed' });
  t.equal(await versions(), FIRST);
  t.equal(roles().length, elected, 'keepalived has noticed nothing');

  // A group that also removes: the backup takes over, as it should when a router stops advertising.
  const group = await transaction('upgrade replace IP ip@1.1.0, replace OSPF ospf@1.1.0, remove VRRP');
  t.equal(group.outcome, 'committed', group.reason);
  t.equal(await versions(), 'IP 1.1.0, OSPF 1.1.0, RELAY 1.0.0, TIMER 1.0.0');
  await refused('show vrrp', 'VIEW_ABSENT', ABSENT);
  await keepalivedIs('MASTER');
  t.match(await transaction('rollback'), { outcome: 'committed', undoes: group.id });
  t.equal(await versions(), FIRST);
  await vrrpIsActive();
  await keepalivedIs('BACKUP');
  noticed('the group and its rollback');

  // A module that is removed, and comes back as a new one: ports opened, links known, elected by priority.
  await transaction('remove VRRP');
  t.equal(await versions(), 'IP 1.0.0, OSPF 1.0.0, RELAY 1.0.0, TIMER 1.0.0');
  await keepalivedIs('MASTER');
  await transaction('add VRRP vrrp@2.0.0');
  await vrrpIsActive();
  await keepalivedIs('BACKUP');
  const vrrp = (await lab.data<ModuleView[]>('show modules')).find(({ name }) => name === 'VRRP')!;
  t.match(vrrp, { version: '2.0.0', ports: [{ port: 'vrrp', key: 'lan0' }], errors: 0 });
  const packets = async () =>
    (await lab.monitors()).find(({ protocol }) => protocol === 'VRRP')!.sources.at(0)!.packets;
  const heard = await packets();
  await eventuallyAsync('it advertises', 10_000, async () =>
    (await packets()) > heard + 3 ? true : undefined,
  );
  noticed('the removal and the addition');

  // An abort that is tried again.
  await lab.data('fault IP refuse');
  const again = await transaction('replace IP ip@1.1.0 retry 3 every 200ms');
  t.match(again, { outcome: 'committed', attempt: { number: 2, of: 4 } });
  await lab.data('fault OSPF refuse');
  const waiting = lab.exec('replace OSPF ospf@2.0.0 retry 3 every 60s');
  await eventuallyAsync('it waits', 10_000, async () => (await lab.exec('cancel')).ok || undefined);
  t.match(await waiting, { ok: false, code: 'TRANSACTION_ABORTED', message: /not tried again: given up/ });

  // A state is shown and kept, and a module comes back with it.
  const state = await lab.exec('show state OSPF');
  t.match(state, { ok: true, data: { module: 'OSPF', version: '1.0.0', stateVersion: 1 } });
  const neighbors = await lab.data<{ id?: string }[]>('show neighbors');
  const file = join(lab.facts.directory, 'ospf.checkpoint');
  t.match(await lab.exec(`checkpoint OSPF ${file}`), {
    ok: true,
    data: { module: 'OSPF', stateVersion: 1, file },
  });
  t.ok(existsSync(file));
  await refused(`add VRRP vrrp@2.0.0 from ${file}`, 'CHECKPOINT_MISMATCH', /is a checkpoint of OSPF/);
  await transaction('remove OSPF force');
  const resumed = await transaction(`add OSPF ospf@2.0.0 from ${file}`);
  t.equal(resumed.outcome, 'committed', resumed.reason);
  t.equal((await lab.data<unknown[]>('show neighbors')).length, neighbors.length, 'it knows its neighbours');
  await sleep(1_500);
  noticed('a removal that was shorter than the dead interval');

  // Negative control: a removal that is longer than the dead interval is seen.
  await transaction('remove OSPF force');
  await eventuallyAsync('FRR has lost its neighbour', 20_000, async () =>
    Object.values(await lab.neighborsOfFrr()).flat().length === 0 ? true : undefined,
  );
  await transaction('add OSPF ospf@2.0.0');
  await lab.settled();

  // Numbers may be missing where IP's were sent while OSPF or VRRP was away; nothing is doubled or out of order.
  const doubled = relayFaults(lab.relays()).filter((fault) => {
    const [, number, before] = /(\d+) after (\d+)/.exec(fault)!;
    return Number(number) <= Number(before) && Number(number) > 2;
  });
  t.strictSame(doubled, []);
  for (const module of await lab.data<ModuleView[]>('show modules'))
    t.match(module, { service: 'service', errors: 0, interrupted: 0 }, module.name);
});
