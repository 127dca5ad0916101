/** Others on the network, and what they can do to OSPF: share ids and addresses, disagree, flood, and what is told of it. */
import t from 'tap';
import { FIRST_WAIT_MS, MOST_LINES_AT_ONCE } from '../../firmware/modules/limited-log.ts';
import { MOST_ANSWERS_AT_ONCE } from '../../firmware/modules/ospf/adjacency/hello.ts';
import { MOST_NEIGHBORS, MOST_ONE_WAY } from '../../firmware/modules/ospf/adjacency/neighbor.ts';
import { down2, down3, up2, up3 } from '../../firmware/modules/ospf/migration.ts';
import { patched } from './bytes.ts';
import { type FakeContext, linkUp } from './fake-context.ts';
import {
  ALL_SPF_ROUTERS,
  config,
  hellos,
  NEIGHBOR_HEARD,
  receive,
  ServedOspf,
  served,
  states,
} from './ospf-served.ts';

/** `10.0.0.2 2.2.2.2 2-Way` of each neighbour. */
function neighbors(ospf: ServedOspf): string[] {
  return ospf.neighbors().map(({ address, routerId, state }) => `${address} ${routerId} ${state}`);
}

/** Keys of the inactivity timers. */
function inactivity({ ctx }: { ctx: FakeContext }): string[] {
  return [...ctx.timers.values()].filter(({ name }) => name === 'inactivity').map(({ key }) => key);
}

/** The last Hello to all routers. */
function listed(ospf: ServedOspf, tick = 1): string[] {
  ospf.ctx.transmitted.length = 0;
  ospf.tick(tick);
  return hellos(ospf).find(({ key, to }) => key === 'r0' && to === ALL_SPF_ROUTERS)?.neighbors ?? [];
}

t.test(
  'another router id at an address is another router: the one before is gone, and it is told',
  async (t) => {
    const ospf = served();
    receive(ospf, NEIGHBOR_HEARD);
    receive(ospf, {}, { routerId: '3.3.3.3' });
    t.same(neighbors(ospf), ['10.0.0.2 3.3.3.3 Init'], 'that the one before heard us says nothing');
    t.same(listed(ospf), ['3.3.3.3']);
    t.same(ospf.ctx.takeLog('warn'), ['neighbour 2.2.2.2 on r0: 10.0.0.2 has the router id 3.3.3.3 now']);
    t.equal(inactivity(ospf).length, 1);
    ospf.advance(4000);
    t.same(neighbors(ospf), []);
  },
);

t.test('two addresses with one router id are two neighbours, listed once, and told of', async (t) => {
  const ospf = served();
  receive(ospf, NEIGHBOR_HEARD);
  receive(ospf, NEIGHBOR_HEARD, { from: '10.0.0.3' });
  receive(ospf, NEIGHBOR_HEARD, { from: '10.0.0.3' });
  t.same(neighbors(ospf), ['10.0.0.2 2.2.2.2 2-Way', '10.0.0.3 2.2.2.2 2-Way']);
  t.same(listed(ospf), ['2.2.2.2']);
  t.same(ospf.ctx.takeLog('warn'), [
    'neighbour 2.2.2.2 on r0: 10.0.0.2 and 10.0.0.3 both have the router id 2.2.2.2, which no two routers may share',
  ]);
  ospf.advance(2000);
  receive(ospf, NEIGHBOR_HEARD, { from: '10.0.0.3' });
  ospf.advance(2000);
  t.same(neighbors(ospf), ['10.0.0.3 2.2.2.2 2-Way'], 'each has a time of its own');
  receive(ospf, NEIGHBOR_HEARD, { from: '10.0.0.3' });
  t.same(inactivity(ospf), ['r0/2.2.2.2'], 'the one that is left has the key that every version looks for');
  ospf.advance(4000);
  t.same(neighbors(ospf), []);
});

t.test(
  'our own router id from another router is told; from another of our interfaces it is not',
  async (t) => {
    const ospf = served();
    receive(ospf, {}, { routerId: '1.1.1.1' });
    t.match(ospf.ctx.takeLog('warn'), [/10\.0\.0\.2 on r0: its router id is ours.*theirs is 1\.1\.1\.1/]);
    ospf.link(linkUp('r1', '10.0.0.5/24'));
    receive(ospf, {}, { routerId: '1.1.1.1', from: '10.0.0.5' });
    t.same(ospf.ctx.takeLog('warn'), []);
    t.match(ospf.state.counters, { routerId: 1, own: 1 });
  },
);

t.test('what is wrong is told once for each neighbour and reason, with both values', async (t) => {
  const ospf = served();
  for (let i = 0; i < 200; i++) {
    receive(ospf, { helloInterval: 5 });
    receive(ospf, { helloInterval: 2 }, { from: '10.0.0.3', routerId: '3.3.3.3' });
    receive(ospf, { deadInterval: 5 });
    receive(ospf, { mask: '255.255.0.0' });
    receive(ospf, {}, { area: '0.0.0.1' });
    receive(ospf, {}, { from: '10.0.9.2' });
    receive(ospf, {}, { change: (bytes) => patched(bytes, 14, 0, 2) });
    receive(ospf, {}, { change: (bytes) => patched(bytes, 0, 3) });
  }
  const first = 'dropped a packet from 10.0.0.2 on r0: ';
  t.same(ospf.ctx.takeLog('warn'), [
    `${first}its HelloInterval is not ours: theirs is 5 s, ours is 1 s (helloInterval)`,
    'dropped a packet from 10.0.0.3 on r0: its HelloInterval is not ours: theirs is 2 s, ours is 1 s (helloInterval)',
    `${first}its RouterDeadInterval is not ours: theirs is 5 s, ours is 4 s (deadInterval)`,
    `${first}its network mask is not ours: theirs is 255.255.0.0, ours is 255.255.255.0 (mask)`,
    `${first}its area is not ours: theirs is 0.0.0.1, ours is 0.0.0.0 (area)`,
    'dropped a packet from 10.0.9.2 on r0: its source is not in the network of the interface: theirs is 10.0.9.2, ours is 10.0.0.1/24 (network)',
    `${first}its authentication type is not that of the interface: theirs is 2, ours is 0 (auType)`,
    `${first}it is not OSPF version 2: theirs is 3 (version)`,
  ]);
  t.equal(ospf.state.counters.helloInterval, 400);
});

t.test('what was well in between is told again at once', async (t) => {
  const ospf = served();
  const wrong = () => receive(ospf, { helloInterval: 5 });
  wrong();
  ospf.advance(1000);
  receive(ospf);
  ospf.advance(FIRST_WAIT_MS);
  wrong();
  wrong();
  t.same(ospf.ctx.takeLog('warn').length, 2);
});

t.test(
  'packets of made-up sources write a bounded number of lines, whatever is wrong with them',
  async (t) => {
    const ospf = served();
    for (let i = 0; i < 5000; i++) receive(ospf, { helloInterval: 5 }, { from: `10.0.0.${2 + (i % 250)}` });
    t.equal(ospf.ctx.takeLog('warn').length, MOST_LINES_AT_ONCE);
  },
);

t.test(
  'a neighbour that lists us and lists us not, packet by packet, does not write a line each',
  async (t) => {
    const ospf = served();
    for (let i = 0; i < 1000; i++) receive(ospf, i % 2 === 0 ? NEIGHBOR_HEARD : {});
    ospf.advance(1);
    t.ok(ospf.ctx.takeLog('info').length <= 20);
    for (let i = 0; i < 40; i++) {
      ospf.advance(1000);
      receive(ospf, NEIGHBOR_HEARD);
    }
    receive(ospf);
    t.match(ospf.ctx.takeLog('info'), [/2-Way -> Init \(1-WayReceived\) \(98\d more since the last line\)/]);
  },
);

/** Hellos of so many made-up routers, from as many addresses of 10.0.0.0/16. */
function flood(ospf: ServedOspf, many: number, hello = {}, first = 0): void {
  for (let i = first; i < first + many; i++) {
    const [high, low] = [1 + (i >> 8), i & 255];
    receive(
      ospf,
      { mask: '255.255.0.0', ...hello },
      { from: `10.0.${high}.${low}`, routerId: `9.9.${high}.${low}` },
    );
  }
}

function servedWide(): ServedOspf {
  const ospf = new ServedOspf({ config });
  ospf.link(linkUp('r0', '10.0.0.1/16'));
  return ospf;
}

const REAL = { mask: '255.255.0.0', ...NEIGHBOR_HEARD };

t.test(
  'made-up neighbours fill a part of the table, and a real one finds room and is listed first',
  async (t) => {
    const ospf = servedWide();
    receive(ospf, REAL);
    flood(ospf, 5000);
    t.equal(states(ospf).length, 1 + MOST_ONE_WAY);
    t.equal(ospf.state.counters.tooManyNeighbors, 5000 - MOST_ONE_WAY);
    receive(ospf, REAL, { from: '10.0.0.3', routerId: '3.3.3.3' });
    t.ok(states(ospf).includes('3.3.3.3 2-Way'), 'it hears us, so it is one that lists us');
    t.same(listed(ospf).slice(0, 2), ['2.2.2.2', '3.3.3.3']);
    t.equal(listed(ospf).length, 2 + MOST_ONE_WAY);
  },
);

t.test('made-up neighbours that list us too take the place of no neighbour that we know', async (t) => {
  const ospf = servedWide();
  receive(ospf, REAL);
  flood(ospf, MOST_ONE_WAY);
  flood(ospf, 5000, NEIGHBOR_HEARD, MOST_ONE_WAY);
  t.equal(states(ospf).length, MOST_NEIGHBORS);
  t.equal(states(ospf)[0], '2.2.2.2 2-Way');
  t.notOk(
    states(ospf).some((state) => state.endsWith('Init')),
    'those that do not list us made way',
  );
  t.equal(inactivity(ospf).length, MOST_NEIGHBORS);
});

t.test(
  'made-up neighbours age, also when they go on: after RouterDeadInterval others have their turn',
  async (t) => {
    const ospf = servedWide();
    flood(ospf, MOST_ONE_WAY);
    for (let second = 0; second < 4; second++) {
      ospf.advance(1000);
      flood(ospf, MOST_ONE_WAY);
    }
    receive(ospf, { mask: '255.255.0.0' });
    t.ok(states(ospf).includes('2.2.2.2 Init'));
    t.equal(states(ospf).length, MOST_ONE_WAY);
    ospf.advance(4000);
    t.same(states(ospf), []);
  },
);

t.test('on a link whose Hellos hold few names, no neighbour is taken that none could list', async (t) => {
  const ospf = new ServedOspf({ config });
  ospf.link({ ...linkUp('r0', '10.0.0.1/16'), mtu: 104 });
  flood(ospf, 100);
  flood(ospf, 100, NEIGHBOR_HEARD, 100);
  t.equal(states(ospf).length, 10);
  t.equal(listed(ospf).length, 10);
});

t.test('Hellos to single neighbours are limited, and there are more with time', async (t) => {
  const ospf = servedWide();
  ospf.ctx.transmitted.length = 0;
  flood(ospf, 60);
  t.equal(ospf.ctx.transmitted.length, MOST_ANSWERS_AT_ONCE);
  t.match(ospf.state.counters, {
    helloAnswered: MOST_ANSWERS_AT_ONCE,
    helloNotAnswered: 60 - MOST_ANSWERS_AT_ONCE,
  });
  ospf.advance(1000);
  for (let i = 0; i < 50; i++) {
    receive(ospf, REAL);
    receive(ospf, { mask: '255.255.0.0' });
  }
  const alone = ospf.ctx.transmitted.filter(({ to }) => to !== ALL_SPF_ROUTERS);
  t.equal(alone.length, MOST_ANSWERS_AT_ONCE + 5, 'one in 200 ms');
});

t.test(
  'the first address decides no longer: Hellos are those of the network, and its address is their source',
  async (t) => {
    const ospf = new ServedOspf({ config });
    const link = linkUp('r0', '10.9.9.9/32', '10.0.0.1/24', '10.0.5.1/24');
    ospf.link(link);
    t.same(ospf.ctx.takeLog('info'), [
      'r0: 10.0.0.1/24 is used; 10.9.9.9/32 (its prefix /32 is that of a host and no network), ' +
        '10.0.5.1/24 (another address of the interface is used) take no part',
      'r0: Down -> DROther (InterfaceUp)',
    ]);
    ospf.link({ ...link, mtu: 1400 });
    t.same(ospf.ctx.takeLog('info'), [], 'once');
    ospf.tick(1);
    t.match(ospf.ctx.transmitted, [{ from: '10.0.0.1' }]);
    t.match(hellos(ospf), [{ mask: '255.255.255.0' }]);
    receive(ospf, NEIGHBOR_HEARD);
    t.same(states(ospf), ['2.2.2.2 2-Way']);
    ospf.link(linkUp('r0', '10.0.0.1/24', '10.0.5.1/24'));
    t.same(states(ospf), ['2.2.2.2 2-Way'], 'that another address goes changes nothing');
  },
);

t.test('the configuration names the address or the network that is used', async (t) => {
  for (const address of ['10.0.5.1', '10.0.5.0/24']) {
    const named = { ...config, interfaces: { r0: { ...config.interfaces.r0, address } } };
    const ospf = new ServedOspf({ config: named });
    ospf.link(linkUp('r0', '10.0.0.1/24', '10.0.5.1/24'));
    ospf.tick(1);
    t.match(ospf.ctx.transmitted, [{ from: '10.0.5.1' }]);
    ospf.link(linkUp('r0', '10.0.0.1/24'));
    t.match(ospf.ctx.takeLog('warn'), [/r0: no address can be used as 10\.0\.5\./]);
    t.equal(ospf.state.interfaces.get('r0')?.state, 'Down');
  }
});

t.test(
  'Hellos that cannot be sent are told at milestones with the reason, and unhealthy; so is their end',
  async (t) => {
    const ospf = served();
    ospf.ctx.portResult = 'down';
    for (let tick = 1; tick < 10; tick++) {
      t.equal(ospf.module.isHealthy() === true, tick <= 3, `before Hello ${tick}`);
      ospf.tick(tick);
    }
    ospf.tick(11);
    t.same(ospf.ctx.takeLog('warn'), [
      'r0: a Hello could not be sent: Operation not permitted (1 in a row)',
      'r0: a Hello could not be sent: Operation not permitted (10 in a row)',
    ]);
    t.match(ospf.module.isHealthy(), /the last 10 Hellos on r0 could not be sent: Operation not permitted/);
    const shown = () => [...(ospf.ask('showInterfaces') as Iterable<{ lines: string[] }>)][0];
    t.match(shown(), { interface: 'r0', unsent: 10 });
    t.match(shown()?.lines.at(-1), '10 Hellos in a row could not be sent');
    ospf.ctx.portResult = 'sent';
    ospf.tick(12);
    t.equal(ospf.module.isHealthy(), true);
    t.notMatch(shown()?.lines.join(), /could not be sent/);
    t.same(ospf.ctx.takeLog('info'), ['r0: Hellos are sent again, 10 in a row were not']);
  },
);

t.test('a neighbour of version 2 goes silent under the key that its timer had, and keeps it', async (t) => {
  const before = served();
  receive(before, NEIGHBOR_HEARD);
  const three = down3(before.state);
  const two = down2(three);
  const { interfaces } = two;
  const iface = interfaces.get('r0')!;
  iface.neighbors = new Map([
    ['4.4.4.4', { ...iface.neighbors.get('2.2.2.2')!, routerId: '4.4.4.4' }],
    ...iface.neighbors,
  ]);
  const ospf = new ServedOspf({ state: up3(up2(two)), before: before.ctx });
  t.same(neighbors(ospf), ['10.0.0.2 2.2.2.2 2-Way'], 'one address is one neighbour');
  t.equal(inactivity(ospf).length, 1);
  ospf.advance(4000);
  t.same(neighbors(ospf), []);
});
