/** VRRP is given another configuration while it runs, beside keepalived: what the change concerns, and nothing else. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { addressOf, backupsIn, keepalivedUnavailable, startKeepalived, witness } from './keepalived.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
const PATIENCE = 30_000;
const ROUTER = '10.9.0.1';

interface Router {
  state: string;
  statistics: { counters: { sent?: number }; becameActive: number; lastChange: object };
}

interface Facts {
  config: object;
  groups: Record<string, Router>;
}

/** It refuses to speak of war. */
const CHAT = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 2, name: 'CHAT', version: '1.0.0', accepts: {}, subscribes: {}, timers: [], state: { version: 1 },
  config: { section: 'chat', schema: { type: 'string' } } };
exports.default = class extends Module {
  initial(topic) { return { topic }; }
  configure(topic) { return topic === 'war' ? 'not of war' : { topic }; }
  apply({ topic }) { this.state.topic = topic; }
};
`;

const group = (number: number, keys: string, name = 'wan0', address = addressOf(number)) =>
  `  - { interface: ${name}, group: ${number}, ${keys}, addresses: [${address}] }\n`;

async function between(t: Test, groups: string) {
  const place = stage(t);
  const { router, peer, directory, socket } = place;
  NetworkNamespace.join([router, 'wan1', '10.9.1.1/24'], [peer, 'eth1', '10.9.1.2/24']);
  mkdirSync(join(directory, 'bundles'));
  writeFileSync(join(directory, 'bundles', 'chat-1.0.0.cjs'), CHAT);
  const file = (text: string, topic = 'peace') =>
    `router: { id: 10.9.0.1, bundles: [bundles], modules: { CHAT: chat@1.0.0 } }\nchat: ${topic}\nvrrp:\n${text}`;
  const { reload } = await running(t, place, file(groups));
  const facts = async () => ((await execAt(socket, 'show state VRRP')).data as { state: Facts }).state;
  return {
    place,
    facts,
    exec: (line: string) => execAt(socket, line),
    becomes: (key: string, state: string) =>
      eventuallyAsync(`${key} is ${state}`, PATIENCE, async () =>
        (await facts()).groups[key]?.state === state ? true : undefined,
      ),
    joined: (name: string) => router.ip('-4', 'maddress', 'show', 'dev', name).includes('224.0.0.18'),
    reload: (text: string, topic?: string) => reload(file(text, topic)),
  };
}

/** The part of it that must be as it was, and how many advertisements it has sent. */
const lifeOf = ({ state, statistics: { counters, becameActive, lastChange } }: Router) => ({
  life: { state, becameActive, lastChange },
  sent: counters.sent ?? 0,
});

t.test('a new priority of one virtual router is felt in its group alone', { skip }, async (t) => {
  const groups = (priority: number) => group(7, `priority: ${priority}`) + group(8, 'priority: 200');
  const { place, facts, becomes, reload, exec } = await between(t, groups(200));
  const peer = await startKeepalived(t, place, backupsIn(7, 8));
  const wire = await witness(place);
  for (const key of ['wan0/7', 'wan0/8']) await becomes(key, 'Active');
  const takesTurns = (role: string) =>
    eventuallyAsync(`keepalived is ${role} in group 7`, PATIENCE, async () =>
      peer.roles(7).at(-1) === role ? true : undefined,
    );
  await takesTurns('BACKUP');
  await eventuallyAsync(
    'and in group 8',
    PATIENCE,
    async () => peer.roles(8).at(-1) === 'BACKUP' || undefined,
  );
  const was = lifeOf((await facts()).groups['wan0/8']!);
  const roles = peer.roles(8);

  t.match(await reload(groups(80)), /read again: configure VRRP\n/);
  await takesTurns('MASTER');
  await becomes('wan0/7', 'Backup');
  const ours = wire.seen.filter(({ from }) => from === ROUTER);
  t.ok(
    ours.some(({ group, priority }) => group === 7 && priority === 80),
    'it said so',
  );
  t.notOk(
    ours.some(({ priority }) => priority === 0),
    'nobody has left',
  );
  t.match(await exec('rollback'), { ok: true });
  await takesTurns('BACKUP');
  await becomes('wan0/7', 'Active');

  const now = lifeOf((await facts()).groups['wan0/8']!);
  t.same(now.life, was.life, 'the other virtual router went on');
  t.ok(now.sent > was.sent + 2, 'and advertised');
  t.same(peer.roles(8), roles, 'keepalived has seen nothing of it');
});

t.test('virtual routers come and go while it runs, and a refusal changes nothing', { skip }, async (t) => {
  const seven = group(7, 'priority: 200');
  const nine = group(9, 'interval: 100ms', 'wan1', '10.9.1.254');
  const { place, facts, becomes, joined, reload } = await between(t, seven);
  const peer = await startKeepalived(t, place, backupsIn(7));
  const wire = await witness(place, 'eth1');
  await becomes('wan0/7', 'Active');
  await eventuallyAsync(
    'keepalived is a backup',
    PATIENCE,
    async () => peer.roles(7).at(-1) === 'BACKUP' || undefined,
  );
  const was = lifeOf((await facts()).groups['wan0/7']!);
  const roles = peer.roles(7);

  t.match(await reload(seven + nine), /read again: configure VRRP\n/);
  await becomes('wan1/9', 'Active');
  await eventuallyAsync('it advertises there', PATIENCE, async () => wire.seen.length > 1 || undefined);
  t.equal(joined('wan1'), true);

  const { config } = await facts();
  const before = lifeOf((await facts()).groups['wan1/9']!);
  t.match(
    await reload(group(7, 'priority: 1'), 'war'),
    /and nothing changed: .*CONFIG_REFUSED: chat@1\.0\.0: not of war/,
  );
  t.same((await facts()).config, config);
  t.same(lifeOf((await facts()).groups['wan1/9']!).life, before.life);

  t.match(await reload(seven), /read again: configure VRRP\n/);
  await eventuallyAsync('it leaves', PATIENCE, async () => wire.seen.at(-1)?.priority === 0 || undefined);
  t.equal(wire.seen.filter(({ priority }) => priority === 0).length, 1);
  t.equal(joined('wan1'), false);
  t.same(Object.keys((await facts()).groups), ['wan0/7']);
  t.same(lifeOf((await facts()).groups['wan0/7']!).life, was.life);
  t.same(peer.roles(7), roles, 'keepalived has seen nothing of all that');
});
