/** IP is given another configuration while it runs: what hosts on two networks are told of it. */
import t, { type Test } from 'tap';
import { Remote } from '../drivers/fixtures/remote.ts';
import { NetworkNamespace } from '../netns.ts';
import { newestRelease } from '../newest-release.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
const PATIENCE = 30_000;

/** Every router advertisement that arrives at an interface of the peer, as `1800 10`: lifetime and preference. */
async function host(namespace: NetworkNamespace, name: string) {
  const remote = new Remote({ namespace });
  const options = { interface: name, protocol: 1, groups: ['224.0.0.1'], icmpTypes: [9] };
  await remote.order({ op: 'open', port: 'icmp', options });
  return {
    get told(): string[] {
      return remote.told.flatMap(({ packet }) => {
        if (packet === undefined) return [];
        const bytes = Buffer.from(packet.payload, 'hex');
        return [`${bytes.readUInt16BE(6)} ${bytes.readInt32BE(12)}`];
      });
    },
  };
}

async function network(t: Test, interfaces: string) {
  const place = stage(t);
  const { router, peer, socket } = place;
  NetworkNamespace.join([router, 'wan1', '10.9.1.1/24'], [peer, 'eth1', '10.9.1.2/24']);
  const file = (text: string) => `router: { id: 10.9.0.1 }\nip: { lifetime: 30m, interfaces: { ${text} } }\n`;
  const [one, other] = [await host(peer, 'eth0'), await host(peer, 'eth1')];
  const { reload } = await running(t, place, file(interfaces));
  return {
    one,
    other,
    exec: (line: string) => execAt(socket, line),
    state: async () =>
      (await execAt(socket, 'show state IP')).data as { state: { interfaces: Record<string, object> } },
    joined: (name: string) => router.ip('-4', 'maddress', 'show', 'dev', name).includes('224.0.0.2'),
    until: (what: string, holds: () => boolean) =>
      eventuallyAsync(what, PATIENCE, async () => holds() || undefined),
    reload: (text: string) => reload(file(text)),
  };
}

t.test(
  'interfaces come, change and go while it runs, and hosts elsewhere notice nothing',
  { skip },
  async (t) => {
    const wan0 = 'wan0: { interval: 200ms, preference: 5 }';
    const { one, other, exec, state, joined, until, reload } = await network(t, wan0);
    await until('hosts of the first network are told', () => one.told.length > 2);
    t.equal(joined('wan1'), false);

    t.match(await reload(`${wan0}, wan1: { interval: 200ms }`), /read again: configure IP\n/);
    await until('hosts of the second one are told', () => other.told.length > 2);
    t.same([...new Set(other.told)], ['1800 0']);
    t.equal(joined('wan1'), true);

    for (const version of ['2.2.0', newestRelease('ip')]) {
      t.match(await exec(`replace IP ip@${version}`), { ok: true });
      const before = other.told.length;
      await until(`they are, by ${version}`, () => other.told.length > before + 1);
    }

    t.match(await reload(`${wan0}, wan1: { interval: 30m, preference: 7 }`), /read again: configure IP\n/);
    await until(
      'they hear of the preference without waiting for the interval',
      () => other.told.at(-1) === '1800 7',
    );

    t.match(await exec('rollback'), { ok: true });
    await until('and of the one before', () => other.told.at(-1) === '1800 0');

    t.match(await reload(wan0), /read again: configure IP\n/);
    await until('they are told to forget it', () => other.told.at(-1) === '0 0');
    t.equal(other.told.filter((text) => text.startsWith('0 ')).length, 1);
    t.equal(joined('wan1'), false);
    t.same(Object.keys((await state()).state.interfaces), ['wan0']);
    const before = one.told.length;
    await until('the first network goes on', () => one.told.length > before + 2);
    t.same([...new Set(one.told)], ['1800 5'], 'with nothing else all the time');
  },
);

t.test('a file that is refused changes nothing', { skip }, async (t) => {
  const wan0 = 'wan0: { interval: 200ms, preference: 5 }';
  const { one, state, until, reload } = await network(t, wan0);
  await until('hosts are told', () => one.told.length > 2);
  t.match(
    await reload('wan0: { interval: 200ms, preference: 6 }, wan1: { intervall: 1s }'),
    /and nothing changed: CONFIG_INVALID: .*ip\.interfaces\.wan1\.intervall/,
  );
  t.same(Object.keys((await state()).state.interfaces), ['wan0']);
  const before = one.told.length;
  await until('it goes on', () => one.told.length > before + 2);
  t.same([...new Set(one.told)], ['1800 5']);
});
