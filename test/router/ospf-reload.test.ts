/** OSPF is given another configuration while it runs, beside FRR on three networks: what the change concerns, and nothing else. */
import t, { type Test } from 'tap';
import { toAddress } from '../../firmware/modules/address.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable, startFrr } from './frr.ts';
import { running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
const PATIENCE = 60_000;
/** Much longer than a Hello: no neighbour is lost because the machine is busy. */
const DEAD = 40;

interface Neighbor {
  /** As text before 3.0.0. */
  routerId: string | number;
  state: string;
  since: number;
  events: Record<string, number>;
}

interface Facts {
  config: { routerId: string; interfaces: Record<string, object> };
  interfaces: Record<string, { state: string; neighbors: Record<string, Neighbor>; events: object }>;
  counters: Record<string, number>;
}

/** Nobody is designated router: neighbours stay 2-Way, by all versions. */
const section = (interfaces: Record<string, string>) =>
  Object.entries(interfaces)
    .map(([name, keys]) => `    ${name}: { dead-interval: ${DEAD}s, priority: 0, ${keys} }\n`)
    .join('');
const file = (interfaces: Record<string, string>, id = '10.9.0.1') =>
  `router: { id: ${id} }\nospf:\n  interfaces:\n${section(interfaces)}`;
const EVERY = 'hello-interval: 1s';

/** A router with wan0, wan1 and wan2, at each FRR as neighbour: at 10.9.0.2, 10.9.1.2 and 10.9.2.2. */
async function between(t: Test, config: string) {
  const place = stage(t);
  const { router, peer, directory, socket } = place;
  for (const n of [1, 2])
    NetworkNamespace.join([router, `wan${n}`, `10.9.${n}.1/24`], [peer, `eth${n}`, `10.9.${n}.2/24`]);
  const each = [0, 1, 2].map(
    (n) =>
      `interface eth${n}\n ip ospf hello-interval 1\n ip ospf dead-interval ${DEAD}\n ip ospf priority 0\n`,
  );
  const networks = [0, 1, 2].map((n) => ` network 10.9.${n}.0/24 area 0.0.0.0\n`);
  const frr = await startFrr(
    t,
    peer,
    directory,
    `${each.join('')}router ospf\n ospf router-id 10.9.0.2\n log-adjacency-changes detail\n${networks.join('')}`,
  );
  const { reload } = await running(t, place, config);
  const facts = async () => ((await execAt(socket, 'show state OSPF')).data as { state: Facts }).state;
  const neighborOn = async (name: string) => {
    const { interfaces } = await facts();
    return interfaces[name]?.neighbors[`10.9.${name.slice(3)}.2`];
  };
  return {
    frr,
    facts,
    neighborOn,
    exec: (line: string) => execAt(socket, line),
    /** Both know each other there. */
    isTwoWay: async (name: string) => {
      const n = name.slice(3);
      const theirs = frr.vtysh('show ip ospf neighbor').split('\n');
      const inFrr = theirs.some((line) => line.includes(`10.9.${n}.1 `) && line.includes('2-Way'));
      return (inFrr && (await neighborOn(name))?.state === '2-Way') || undefined;
    },
    /** How often FRR changed the state of its neighbour there. */
    changesOn: (name: string) =>
      frr.log().match(new RegExp(`AdjChg: Nbr .*eth${name.slice(3)}`, 'g'))?.length ?? 0,
    joined: (name: string) => router.ip('-4', 'maddress', 'show', 'dev', name).includes('224.0.0.5'),
    reload,
  };
}

/** Of a neighbour what must be as it was, and how many Hellos came. */
const lifeOf = ({ routerId, state, since, events }: Neighbor) => {
  const { HelloReceived: hellos = 0, '2-WayReceived': _, ...rest } = events;
  const id = typeof routerId === 'number' ? toAddress(routerId) : routerId;
  return { life: { id, state, since, rest }, hellos };
};

t.test('a change of one interface is felt by nobody on another', { skip, timeout: 240_000 }, async (t) => {
  const { frr, neighborOn, isTwoWay, changesOn, reload, facts } = await between(
    t,
    file({ wan0: EVERY, wan1: EVERY }),
  );
  for (const name of ['wan0', 'wan1'])
    await eventuallyAsync(`${name} is 2-Way`, PATIENCE, () => isTwoWay(name));
  const [was0, was1] = [lifeOf((await neighborOn('wan0'))!), lifeOf((await neighborOn('wan1'))!)];
  const [seen0, seen1] = [changesOn('wan0'), changesOn('wan1')];
  t.ok(seen1 > 0, 'FRR tells of what changes');

  t.match(
    await reload(file({ wan0: 'hello-interval: 2s', wan1: EVERY })),
    /was read again: configure OSPF\n/,
  );
  await eventuallyAsync('what FRR sends on wan0 does not agree', PATIENCE, async () =>
    ((await facts()).counters.helloInterval ?? 0) > 2 ? true : undefined,
  );
  t.same(lifeOf((await neighborOn('wan0'))!).life, was0.life, 'its neighbour lives until its dead interval');
  frr.vtysh('configure terminal', 'interface eth0', 'ip ospf hello-interval 2');
  const { hellos } = lifeOf((await neighborOn('wan0'))!);
  await eventuallyAsync('FRR follows', PATIENCE, async () =>
    lifeOf((await neighborOn('wan0'))!).hellos > hellos + 1 ? true : undefined,
  );
  t.same(lifeOf((await neighborOn('wan0'))!).life, was0.life, 'and was never lost');
  const now1 = lifeOf((await neighborOn('wan1'))!);
  t.same(now1.life, was1.life);
  t.ok(now1.hellos > was1.hellos + 3, 'the Hellos of the other go on');
  t.same([changesOn('wan0'), changesOn('wan1')], [seen0, seen1], 'FRR has changed no neighbour');
});

t.test(
  'interfaces come and go while it runs, a refused file changes nothing, and rollback takes a change back',
  { skip, timeout: 240_000 },
  async (t) => {
    const { neighborOn, isTwoWay, changesOn, joined, reload, facts, exec } = await between(
      t,
      file({ wan0: EVERY, wan1: EVERY }),
    );
    for (const name of ['wan0', 'wan1'])
      await eventuallyAsync(`${name} is 2-Way`, PATIENCE, () => isTwoWay(name));
    const was = lifeOf((await neighborOn('wan1'))!);
    const seen = changesOn('wan1');
    t.equal(joined('wan2'), false);

    t.match(await reload(file({ wan0: EVERY, wan1: EVERY, wan2: EVERY })), /read again: configure OSPF\n/);
    await eventuallyAsync('wan2 is 2-Way', PATIENCE, () => isTwoWay('wan2'));
    t.equal(joined('wan2'), true);

    const before = await facts();
    const { config } = before;
    t.match(
      await reload(file({ wan1: 'hello-interval: 90s' }, '10.9.0.9')),
      /and nothing changed: CONFIG_INVALID: .*ospf\.interfaces\.wan1\.dead-interval/,
    );
    const after = await facts();
    t.same(after.config, config);
    for (const name of ['wan0', 'wan1', 'wan2'])
      t.same(
        lifeOf((await neighborOn(name))!).life,
        lifeOf(before.interfaces[name]!.neighbors[`10.9.${name.slice(3)}.2`]!).life,
      );

    const third = lifeOf((await neighborOn('wan2'))!);
    t.match(await reload(file({ wan1: EVERY, wan2: EVERY })), /read again: configure OSPF\n/);
    t.same(Object.keys((await facts()).interfaces), ['wan1', 'wan2']);
    t.equal(joined('wan0'), false);
    t.same(lifeOf((await neighborOn('wan2'))!).life, third.life);

    t.match(await exec('rollback'), { ok: true });
    await eventuallyAsync('wan0 is 2-Way again', PATIENCE, () => isTwoWay('wan0'));
    t.equal(joined('wan0'), true);
    t.same((await facts()).config, config);
    t.same(lifeOf((await neighborOn('wan2'))!).life, third.life);
    t.same(lifeOf((await neighborOn('wan1'))!).life, was.life);

    // wan2 is no interface of the configuration that the router started with.
    for (const bundle of ['ospf@2.2.0', 'ospf@2.3.0']) {
      t.match(await exec(`replace OSPF ${bundle}`), { ok: true });
      t.equal(joined('wan2'), true, bundle);
      const { hellos } = lifeOf((await neighborOn('wan2'))!);
      await eventuallyAsync(`Hellos come to ${bundle}`, PATIENCE, async () =>
        lifeOf((await neighborOn('wan2'))!).hellos > hellos + 1 ? true : undefined,
      );
      t.same(lifeOf((await neighborOn('wan2'))!).life, third.life);
    }
    t.equal(changesOn('wan1'), seen, 'FRR has changed nothing on wan1 all the time');
  },
);
