import t from 'tap';
import { DROP_REASONS } from '../../firmware/modules/ospf/drop.ts';
import { patched } from './bytes.ts';
import { linkDown, linkUp } from './fake-context.ts';
import {
  ALL_SPF_ROUTERS,
  config,
  HELLO,
  type HelloText,
  hellos,
  NEIGHBOR_HEARD,
  receive,
  type Sent,
  ServedOspf,
  served,
  states,
} from './ospf-served.ts';

t.test('Hellos go out on each interface that is up, on the ticks of its HelloInterval', async (t) => {
  const ospf = new ServedOspf({ config });
  ospf.tick(0);
  t.same(hellos(ospf), [], 'links are unknown yet');
  ospf.link(linkUp('r0', '10.0.0.1/24'));
  ospf.link(linkUp('r1', '10.0.1.1/30', '10.0.2.1/24'));
  ospf.link(linkUp('r2', '10.0.3.1/24'));
  t.same(
    hellos(ospf).map(({ key }) => key),
    ['r0', 'r1'],
    'one at once when an interface comes up',
  );
  for (let tick = 0; tick < 20; tick++) ospf.tick(tick);
  const sent = hellos(ospf);
  t.equal(sent.filter(({ key }) => key === 'r0').length, 20);
  t.equal(sent.filter(({ key }) => key === 'r1').length, 2);
  t.equal(sent.length, 22);
  t.same(
    sent.find(({ key }) => key === 'r1'),
    {
      key: 'r1',
      to: ALL_SPF_ROUTERS,
      routerId: '1.1.1.1',
      area: '0.0.0.0',
      ...HELLO,
      mask: '255.255.255.252',
      helloInterval: 10,
      deadInterval: 40,
    },
  );
});

t.test(
  'a neighbour is Down, Init when heard, 2-Way when it lists us, and in our Hellos since Init',
  async (t) => {
    const ospf = served();
    t.same(states(ospf), []);
    receive(ospf);
    t.same(states(ospf), ['2.2.2.2 Init']);
    ospf.ctx.transmitted.length = 0;
    ospf.tick(1);
    t.same(hellos(ospf)[0]?.neighbors, ['2.2.2.2']);
    receive(ospf, NEIGHBOR_HEARD);
    t.same(states(ospf), ['2.2.2.2 2-Way']);
    t.same(ospf.ctx.takeLog('info'), [
      'neighbour 2.2.2.2 on r0: Down -> Init (HelloReceived)',
      'neighbour 2.2.2.2 on r0: Init -> 2-Way (2-WayReceived)',
    ]);
  },
);

t.test('a neighbour that no longer lists us falls back to Init', async (t) => {
  const ospf = served();
  receive(ospf, NEIGHBOR_HEARD);
  receive(ospf);
  t.same(states(ospf), ['2.2.2.2 Init']);
});

t.test('a neighbour that is silent for RouterDeadInterval is Down and forgotten', async (t) => {
  const ospf = served();
  receive(ospf, NEIGHBOR_HEARD);
  ospf.advance(3000);
  receive(ospf, NEIGHBOR_HEARD);
  ospf.advance(3999);
  t.same(states(ospf), ['2.2.2.2 2-Way'], 'each Hello starts the time afresh');
  ospf.advance(1);
  t.same(states(ospf), []);
  t.match(ospf.ctx.takeLog('info').at(-1), '2-Way -> Down (InactivityTimer)');
});

t.test('a new neighbour is sent a Hello at once that lists it, and no second one', async (t) => {
  const ospf = served();
  receive(ospf);
  t.match(hellos(ospf), [{ key: 'r0', to: '10.0.0.2', neighbors: ['2.2.2.2'] }]);
  receive(ospf);
  receive(ospf, NEIGHBOR_HEARD);
  t.same(hellos(ospf), []);
  receive(ospf);
  t.match(hellos(ospf), [{ to: '10.0.0.2' }], 'one that has forgotten us is told again');
  t.equal(ospf.state.counters.helloAnswered, 2);
});

t.test('two routers that answer each other are 2-Way after one Hello and then silent', async (t) => {
  const one = served();
  const other = new ServedOspf({ config: { ...config, routerId: '2.2.2.2' } });
  other.link(linkUp('r0', '10.0.0.2/24'));
  other.ctx.transmitted.length = 0;
  one.tick(1);
  one.ctx.transmitted.splice(1);
  let passed = 0;
  for (let i = 0; i < 10; i++) {
    for (const [from, to, address] of [
      [one, other, '10.0.0.1'],
      [other, one, '10.0.0.2'],
    ] as const) {
      for (const { payload, to: destination } of from.ctx.transmitted.splice(0)) {
        to.packet('ospf', 'r0', { from: address, to: destination, ttl: 1, payload });
        passed++;
      }
    }
  }
  t.equal(passed, 3, 'a Hello and an answer each way');
  t.same(states(one), ['2.2.2.2 2-Way']);
  t.same(states(other), ['1.1.1.1 2-Way']);
});

t.test(
  'neighbours are lost when the interface goes down or gets another address, and only on that interface',
  async (t) => {
    const downs = [linkDown('r0'), linkUp('r0'), linkUp('r0', '10.0.0.9/24'), linkUp('r0', '10.0.0.1/25')];
    for (const link of downs) {
      const ospf = served();
      receive(ospf, NEIGHBOR_HEARD);
      ospf.link({ ...linkUp('r1', '10.0.1.1/24'), mtu: 1400 });
      ospf.link({ ...linkUp('r0', '10.0.0.1/24', '10.0.5.1/24'), mtu: 1400 });
      t.same(states(ospf), ['2.2.2.2 2-Way'], 'another address besides or another MTU changes nothing');
      ospf.link(link);
      t.same(states(ospf), [], JSON.stringify(link.addresses));
      t.equal(ospf.ctx.timerDue('inactivity', 'r0/2.2.2.2'), undefined, 'its timer is gone');
    }
  },
);

t.test(
  'every check of RFC 2328 8.2 and 10.5 drops what it should, counts it, and changes nothing',
  async (t) => {
    const at =
      (offset: number, ...values: number[]) =>
      (bytes: Uint8Array) =>
        patched(bytes, offset, ...values);
    const cases: [keyof typeof DROP_REASONS, Partial<HelloText>, Sent][] = [
      ['destination', {}, { to: '10.0.0.9' }],
      ['own', {}, { from: '10.0.0.1' }],
      ['truncated', {}, { change: (bytes) => bytes.slice(0, 30) }],
      ['version', {}, { change: at(0, 3) }],
      ['area', {}, { area: '0.0.0.1' }],
      ['network', {}, { from: '10.0.9.2' }],
      ['allDRouters', {}, { to: '224.0.0.6' }],
      ['auType', {}, { change: at(14, 0, 1) }],
      ['checksum', {}, { change: at(12, 1, 2) }],
      ['type', {}, { change: at(1, 6, 0, 44, 2, 2, 2, 2, 0, 0, 0, 0, 0xf8, 0xc3) }],
      ['noNeighbor', {}, { change: at(1, 2, 0, 44, 2, 2, 2, 2, 0, 0, 0, 0, 0xf8, 0xc7) }],
      [
        'helloLength',
        {},
        { change: (bytes) => at(2, 0, 40, 2, 2, 2, 2, 0, 0, 0, 0, 0xf8, 0xcc)(bytes.slice(0, 40)) },
      ],
      ['mask', { mask: '255.255.0.0' }, {}],
      ['helloInterval', { helloInterval: 2 }, {}],
      ['deadInterval', { deadInterval: 5 }, {}],
      ['externalRouting', { options: 0 }, {}],
      ['routerId', {}, { routerId: '1.1.1.1' }],
      ['routerId', {}, { routerId: '0.0.0.0' }],
    ];
    for (const [reason, hello, sent] of cases) {
      const ospf = served();
      receive(ospf, hello, sent);
      t.same(ospf.state.counters, { [reason]: 1 }, reason);
      t.same(states(ospf), []);
      const warnings = ospf.ctx.takeLog('warn');
      if (reason === 'own') t.same(warnings, []);
      else t.match(warnings, [DROP_REASONS[reason]]);
    }
  },
);

t.test('checks are made in the order of the RFC: the first that fails is counted', async (t) => {
  const ospf = served();
  const worse: Sent = { area: '0.0.0.1', from: '10.0.9.2' };
  receive(ospf, { mask: '255.0.0.0', helloInterval: 7 }, worse);
  receive(
    ospf,
    { mask: '255.0.0.0', helloInterval: 7 },
    { from: '10.0.9.2', change: (b) => patched(b, 14, 0, 2) },
  );
  receive(ospf, { mask: '255.0.0.0', helloInterval: 7, deadInterval: 9 });
  receive(ospf, { helloInterval: 7, deadInterval: 9 });
  t.same(ospf.state.counters, { area: 1, network: 1, mask: 1, helloInterval: 1 });
});

t.test('what a neighbour says for the election is kept, and a change of it is noted', async (t) => {
  const ospf = served();
  receive(ospf, { ...NEIGHBOR_HEARD, priority: 1, dr: '10.0.0.2' });
  t.match(ospf.neighbors(), [
    {
      interface: 'r0',
      routerId: '2.2.2.2',
      address: '10.0.0.2',
      state: 'ExStart',
      priority: 1,
      dr: '10.0.0.2',
      bdr: '0.0.0.0',
      deadIn: 4000,
    },
  ]);
  const count = () => ospf.state.interfaces.get('r0')?.events.NeighborChange ?? 0;
  const first = count();
  const changes = () => count() - first;
  t.ok(first > 0, 'it became 2-Way');
  receive(ospf, { ...NEIGHBOR_HEARD, priority: 1, dr: '10.0.0.2' });
  t.equal(changes(), 0);
  receive(ospf, { ...NEIGHBOR_HEARD, priority: 2, dr: '10.0.0.2' });
  t.equal(changes(), 1, 'priority');
  receive(ospf, { ...NEIGHBOR_HEARD, priority: 2, dr: '10.0.0.3' });
  t.equal(changes(), 2, 'it no longer declares itself designated');
  receive(ospf, { ...NEIGHBOR_HEARD, priority: 2, dr: '10.0.0.4' });
  t.equal(changes(), 2, 'who else it names is no matter (10.5)');
  receive(ospf, { priority: 3 });
  t.equal(changes(), 3, 'no longer 2-Way; a change in a 1-Way Hello is not looked at');
});

t.test('waiting ends with a designated router that has no backup, or has us for one', async (t) => {
  for (const [bdr, state] of [
    ['0.0.0.0', 'Backup'],
    ['10.0.0.1', 'Backup'],
    ['10.0.0.3', 'Waiting'],
  ] as const) {
    const interfaces = { r0: { ...config.interfaces.r0, priority: 1 } };
    const ospf = new ServedOspf({ config: { ...config, interfaces } });
    ospf.link(linkUp('r0', '10.0.0.1/24'));
    receive(ospf, { ...NEIGHBOR_HEARD, priority: 1, dr: '10.0.0.2', bdr });
    t.equal(ospf.state.interfaces.get('r0')?.state, state, bdr);
  }
});

t.test('relay numbers are logged as in the paper, and counted per sender', async (t) => {
  const ospf = served();
  ospf.message('IP', '1.0.0', 'relay', { relay: 89 });
  ospf.message('IP', '2.0.0', 'relay', { relay: 90 });
  ospf.message('VRRP', '1.1.0', 'relay', { relay: 1 });
  t.same(ospf.ctx.takeLog('debug'), [
    'got msg : 89 from IP V1',
    'got msg : 90 from IP V2',
    'got msg : 1 from VRRP V1',
  ]);
  t.same(ospf.state.relays.get('IP'), { last: 90, received: 2, skipped: 0, repeated: 0 });
});

t.test('relay numbers that are missing or come again are warned about and counted', async (t) => {
  const ospf = served();
  for (const relay of [5, 6, 9, 9, 10]) ospf.message('IP', '2.0.0', 'relay', { relay });
  t.same(ospf.state.relays.get('IP'), { last: 10, received: 5, skipped: 2, repeated: 1 });
  t.same(ospf.ctx.takeLog('warn'), [
    'relay numbers 7 to 8 from IP V2 are missing',
    'relay number 9 from IP V2 comes again, expected was 10',
  ]);
  for (const relay of [1, 2, 3]) ospf.message('IP', '2.0.0', 'relay', { relay });
  t.same(
    ospf.ctx.takeLog('warn'),
    ['relay number 1 from IP V2 comes again, expected was 11'],
    'a sender that begins anew is warned about once',
  );
});

t.test('an upgrade keeps neighbours and their time, and announces nothing again', async (t) => {
  const first = served();
  receive(first, NEIGHBOR_HEARD);
  first.advance(1500);
  for (const why of ['upgrade', 'rollback', 'resume'] as const) {
    const next = new ServedOspf({ state: first.state, before: first.ctx, why });
    t.match(next.neighbors(), [{ routerId: '2.2.2.2', state: '2-Way', deadIn: 2500 }], why);
    t.same(next.ctx.transmitted, []);
    t.same(next.ctx.logged, []);
  }
});

t.test('a configuration without a router id is refused in words', async (t) => {
  t.throws(() => new ServedOspf({ config: {} }), { message: /routerId is missing/ });
});

t.test('Hellos leave by a timer of each interface, and with the ticks of TIMER where it runs', async (t) => {
  const ospf = served();
  ospf.advance(10_000);
  const sent = hellos(ospf).map(({ key }) => key);
  t.equal(sent.filter((key) => key === 'r0').length, 10);
  t.equal(sent.filter((key) => key === 'r1').length, 1);
  ospf.advance(300);
  for (let tick = 1; tick < 5; tick++) {
    ospf.tick(tick);
    t.same(
      hellos(ospf).map(({ key }) => key),
      ['r0'],
      'with each tick, and never besides',
    );
    ospf.advance(1_000);
  }
  ospf.advance(500);
  t.equal(hellos(ospf).length, 1, 'the ticks have ended');
});

t.test('an interval that is no multiple of the period of TIMER is kept by the timer alone', async (t) => {
  const ospf = served();
  ospf.tick(0, 700);
  t.same(hellos(ospf), []);
  ospf.advance(1_000);
  t.equal(hellos(ospf).length, 1);
});
