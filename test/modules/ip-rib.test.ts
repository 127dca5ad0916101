/** The RIB of IP beside a kernel: what is configured and connected comes to be there, and stays there. */
import t from 'tap';
import * as ip from '../../firmware/modules/ip/module.ts';
import { defineModule } from '../../runtime/index.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { Rib, startRib, staticConfig } from './ip-rib.ts';
import { OURS, RouteKernel } from './route-kernel.ts';

const foreign = (kernel: RouteKernel, text: string, metric: number, gateway = '10.0.1.9', index = 2) => {
  const [destination = '', length] = text.split('/');
  kernel.addForeign({
    destination,
    prefixLength: Number(length),
    protocol: 4,
    metric,
    hops: [{ gateway, interface: index }],
  });
};

t.test(
  'static routes are in the kernel, of both families, with protocol and metric of their own',
  async (t) => {
    const { kernel } = await startRib(t, {
      '10.9.0.0/16': { '10.0.1.2': {} },
      '10.8.0.0/16': { blackhole: {} },
      '10.7.0.0/16': { unreachable: {} },
      '10.6.0.0/16': { lan1: {} },
      'fd00:9::/32': { 'fd00:2::2': {} },
      'fd00:8::/32': { 'fe80::2': { interface: 'lan0' } },
    });
    t.same(kernel.ours(), [
      '254 10.6.0.0/16 via %3*1',
      '254 10.7.0.0/16 unreachable',
      '254 10.8.0.0/16 blackhole',
      '254 10.9.0.0/16 via 10.0.1.2%2*1',
      '254 fd00:8::/32 via fe80::2%2*1',
      '254 fd00:9::/32 via fd00:2::2%3*1',
    ]);
    t.ok([...kernel.routes.values()].every(({ protocol, metric }) => protocol === OURS && metric === 72));
  },
);

t.test(
  'next hops of one distance share the traffic; those of a higher one take over when these are gone',
  async (t) => {
    const rib = await startRib(t, {
      '10.9.0.0/16': { '10.0.1.2': { weight: 3 }, '10.0.2.2': {}, '10.0.2.3': { distance: 200 } },
    });
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*3 10.0.2.2%3*1']);
    rib.kernel.set(2, { up: false, carrier: false });
    rib.rest();
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.2.2%3*1']);
    rib.kernel.set(3, { carrier: false });
    rib.rest();
    t.same(rib.kernel.ours(), [], 'without a carrier there is no way');
    rib.kernel.set(3, { carrier: true });
    rib.kernel.set(2, { up: true, carrier: true });
    rib.rest();
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*3 10.0.2.2%3*1']);
    const removals = rib.kernel.events.filter(({ did }) => did === 'remove');
    t.equal(removals.length, 1, 'it was replaced in place, and removed once, when there was no way');
  },
);

t.test('a link that was down and is up before anybody looked has its routes again', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} }, '10.8.0.0/16': { '10.0.2.2': {} } });
  const untouched = rib.kernel.events.length;
  rib.kernel.set(2, { up: false, carrier: false });
  rib.kernel.set(2, { up: true, carrier: true });
  t.same(rib.kernel.ours(), ['254 10.8.0.0/16 via 10.0.2.2%3*1'], 'the kernel has dropped it in silence');
  rib.rest();
  t.same(rib.kernel.ours().length, 2);
  t.notOk(
    rib.kernel.events.slice(untouched).some(({ id }) => id.includes('10.8.0.0')),
    'the route over the other link is not touched',
  );
});

t.test(
  'a next hop that is reached over another route is resolved down to a link, and follows it',
  async (t) => {
    const routes = {
      '10.9.0.0/16': { '10.8.0.1': {} },
      '10.8.0.0/16': { '10.7.0.1': {} },
      '10.7.0.0/16': { '10.0.1.2': {}, '10.0.2.2': { distance: 5 } },
    };
    const rib = await startRib(t, routes);
    const all = (hop: string) => ['10.7', '10.8', '10.9'].map((net) => `254 ${net}.0.0/16 via ${hop}*1`);
    t.same(rib.kernel.ours(), all('10.0.1.2%2'));
    rib.kernel.set(2, { up: false, carrier: false });
    rib.rest();
    t.same(rib.kernel.ours(), all('10.0.2.2%3'));
    await rib.configure(staticConfig({ ...routes, '10.7.0.0/16': { blackhole: {} } }));
    rib.rest();
    t.same(rib.kernel.ours(), ['254 10.7.0.0/16 blackhole'], 'who leads over a hole leads nowhere');
    await rib.configure(staticConfig(routes));
    rib.rest();
    t.same(rib.kernel.ours(), all('10.0.2.2%3'));
  },
);

t.test('a route of distance 255 is kept and never used, even where there is no other', async (t) => {
  const rib = await startRib(t, {
    '10.1.0.0/16': { '10.0.1.2': { distance: 255 } },
    '10.2.0.0/16': { blackhole: { distance: 255 } },
    '10.3.0.0/16': { '10.0.1.2': { distance: 254 } },
  });
  t.same(rib.kernel.ours(), ['254 10.3.0.0/16 via 10.0.1.2%2*1']);
});

t.test('own addresses, default routes and routes over themselves lead nowhere', async (t) => {
  const rib = await startRib(t, {
    '0.0.0.0/0': { '10.0.1.9': {} },
    '10.1.0.0/16': { '10.0.1.1': {} },
    '10.2.0.0/16': { '192.0.2.1': {} },
    '10.3.0.0/16': { '10.3.0.1': {} },
    '10.4.0.0/16': { '10.5.0.1': {} },
    '10.5.0.0/16': { '10.4.0.1': {} },
  });
  t.same(rib.kernel.ours(), ['254 0.0.0.0/0 via 10.0.1.9%2*1']);
  const why = (gateway: string) => rib.kit.state.nextHops.get(`254 ${gateway}`)?.state;
  t.same([why('10.0.1.1'), why('192.0.2.1')], ['own address', 'no route']);
  rib.kernel.removeAddress(2, '10.0.1.1');
  rib.kernel.addAddress(2, '10.0.1.5/24');
  rib.rest();
  t.same(
    rib.kernel.ours(),
    ['254 0.0.0.0/0 via 10.0.1.9%2*1', '254 10.1.0.0/16 via 10.0.1.1%2*1'],
    'once it is no own address, it is a neighbour',
  );
});

t.test(
  'routes that lead by each other in a circle are left alone, and nothing goes on for ever',
  async (t) => {
    const rib = await startRib(t, {
      '10.0.0.0/8': { '10.0.1.9': {} },
      '10.1.0.0/16': { '10.2.0.1': {} },
      '10.2.0.0/16': { '10.1.0.1': {} },
    });
    const changes = () => rib.kernel.changes;
    rib.rest(60_000);
    const before = changes();
    rib.rest(60_000);
    t.ok(changes() - before < 200, `${changes() - before} changes in a minute`);
  },
);

t.test('of several next hops one that the kernel refuses is left out, told, and tried again', async (t) => {
  const rib = await startRib(
    t,
    { '10.9.0.0/16': { '10.0.1.2': {}, '10.0.1.3': {}, '10.0.2.2': {} } },
    (kernel) => kernel.bad.add('10.0.1.3'),
  );
  rib.rest(2_000);
  t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1 10.0.2.2%3*1']);
  const told = () => rib.lines.filter((line) => line.includes('refuses'));
  t.equal(told().length, 1);
  t.match(told()[0], /the kernel refuses 10\.9\.0\.0\/16 via 10\.0\.1\.2 on lan0, .*: .*invalid gateway/);
  rib.rest(120_000);
  t.equal(told().length, 1, 'told once');
  const narrowed = rib.kernel.events.filter(({ did }) => did === 'remove');
  t.same(narrowed, []);
  rib.kernel.bad.clear();
  rib.rest(60_000);
  t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1 10.0.1.3%2*1 10.0.2.2%3*1']);
  t.equal(rib.kit.state.rib.get('254 10.9.0.0/16')?.refused, undefined);
});

t.test('a route that the kernel refuses altogether replaces none that leads elsewhere', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
  rib.kernel.bad.add('10.0.2.2');
  await rib.configure(staticConfig({ '10.9.0.0/16': { '10.0.2.2': {} } }));
  rib.rest(5_000);
  t.same(rib.kernel.ours(), [], 'nothing leads where nobody wants it');
  t.match(rib.kit.state.rib.get('254 10.9.0.0/16')?.refused, { name: 'ENETUNREACH' });
  rib.kernel.bad.clear();
  rib.rest(60_000);
  t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.2.2%3*1']);
});

t.test(
  'a route that the kernel refuses is tried at once when its next hop is reached otherwise',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.9': {} } }, (kernel) =>
      kernel.bad.add('10.0.1.9'),
    );
    rib.rest(5_000);
    t.match(rib.kit.state.rib.get('254 10.9.0.0/16')?.refused, { times: 2 });
    rib.kernel.bad.clear();
    rib.kernel.addAddress(2, '10.0.1.3/25');
    rib.rest(10);
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.9%2*1']);
    t.equal(rib.kit.state.rib.get('254 10.9.0.0/16')?.refused, undefined);
  },
);

t.test('a thousand routes that are refused for one cause are told in one line', async (t) => {
  const routes = Object.fromEntries(
    Array.from({ length: 1_000 }, (_, i) => [`10.${100 + (i >> 8)}.${i & 255}.0/24`, { '10.0.1.2': {} }]),
  );
  const rib = await startRib(t, routes, (kernel) => kernel.bad.add('10.0.1.2'));
  rib.rest(5_000);
  t.equal(rib.lines.filter((line) => line.includes('refuses')).length, 1);
  rib.kernel.bad.clear();
  rib.rest(300_000);
  t.equal(rib.kernel.ours().length, 1_000);
});

t.test('routes of other programs are never changed, and hide ours or not as their metric says', async (t) => {
  const rib = await startRib(
    t,
    { '10.9.0.0/16': { '10.0.1.2': {} }, '10.8.0.0/16': { '10.0.1.2': {} } },
    (kernel) => {
      foreign(kernel, '10.9.0.0/16', 10);
      foreign(kernel, '10.8.0.0/16', 100);
    },
  );
  const best = (prefix: string) => rib.kit.state.rib.get(`254 ${prefix}`)?.best;
  t.equal(rib.kernel.routes.size, 4, 'ours are beneath');
  t.equal(best('10.9.0.0/16'), 'kernel 10');
  t.equal(best('10.8.0.0/16'), 'static 1');
  await rib.configure(staticConfig({}));
  rib.rest();
  t.equal(rib.kernel.routes.size, 2);
  t.equal(best('10.8.0.0/16'), 'kernel 100');
  rib.kernel.removeRoute('254 10.8.0.0/16 100');
  rib.rest();
  t.notOk(rib.kit.state.rib.has('254 10.8.0.0/16'), 'nothing is kept of it');
});

t.test(
  'a route of ours that another program removes is put back and told; again and again at a slow pace',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
    const id = '254 10.9.0.0/16 72';
    const put = () => rib.kernel.events.filter(({ did }) => did === 'replace').length;
    rib.kernel.removeRoute(id);
    rib.rest();
    t.equal(put(), 2);
    t.match(rib.lines.at(-1), /10\.9\.0\.0\/16 via 10\.0\.1\.2 on lan0 was removed .*: it is put back$/);
    for (let i = 0; i < 20; i++) {
      rib.kernel.removeRoute(id);
      rib.rest(1_000);
    }
    t.ok(put() < 8, `put ${put()} times`);
    rib.rest(40_000);
    t.ok(rib.kernel.routes.has(id), 'it is there in the end');
  },
);

t.test(
  'a route that another program put in place of ours is not overwritten, and ours returns when it goes',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
    foreign(rib.kernel, '10.9.0.0/16', 72);
    rib.rest(60_000);
    t.match(rib.kernel.routes.get('254 10.9.0.0/16 72'), { protocol: 4 });
    rib.kernel.removeRoute('254 10.9.0.0/16 72');
    rib.rest();
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1']);
  },
);

/** A route of ours that was there before. */
function left(kernel: RouteKernel, text: string): void {
  const [destination = '', length] = text.split('/');
  const hops = [{ gateway: '10.0.1.2', interface: 2 }];
  kernel.addForeign({ destination, prefixLength: Number(length), protocol: OURS, metric: 72, hops });
}

t.test('found routes stay until they are claimed or swept, and what is claimed is not touched', async (t) => {
  const protocol = defineModule({
    name: 'PROTOCOL',
    version: '1.0.0',
    initial: () => ({}),
    subscribes: { routesWanted: () => {} },
  });
  for (const others of [0, 1]) {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } }, (kernel) => {
      left(kernel, '10.9.0.0/16');
      left(kernel, '10.8.0.0/16');
    });
    if (others > 0) await rib.kit.runtime.add(protocol);
    t.equal(rib.kernel.ours().length, 2);
    rib.rest(others > 0 ? 59_000 : 4_000);
    t.equal(rib.kernel.ours().length, 2, `${others} others may claim routes`);
    t.same(rib.kernel.events, [], 'nothing was changed');
    rib.rest(2_000);
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1']);
    t.same(rib.kernel.events, [{ did: 'remove', id: '254 10.8.0.0/16 72' }]);
  }
});

t.test('another configuration touches only the routes that it has otherwise', async (t) => {
  const rib = await startRib(t, {
    '10.9.0.0/16': { '10.0.1.2': {} },
    '10.8.0.0/16': { '10.0.1.2': {} },
    '10.7.0.0/16': { '10.0.1.2': {} },
  });
  rib.kernel.events.length = 0;
  await rib.configure(
    staticConfig({
      '10.9.0.0/16': { '10.0.1.2': {} },
      '10.8.0.0/16': { '10.0.2.2': {} },
      '10.6.0.0/16': { lan0: {} },
    }),
  );
  rib.rest();
  t.same(
    rib.kernel.events.toSorted((one, other) => one.id.localeCompare(other.id)),
    [
      { did: 'replace', id: '254 10.6.0.0/16 72' },
      { did: 'remove', id: '254 10.7.0.0/16 72' },
      { did: 'replace', id: '254 10.8.0.0/16 72' },
    ],
  );
});

t.test('a table has routes of its own, and links that are in its VRF', async (t) => {
  const tables = {
    blue: { number: 100, routes: staticConfig({ '10.9.0.0/16': { '10.0.7.2': {} } }).routes },
  };
  const rib = await startRib(
    t,
    {},
    (kernel) => {
      kernel.addLink('blue', 9, { kind: 'vrf' });
      kernel.addLink('lan7', 7, { master: 9 });
      kernel.addAddress(7, '10.0.7.1/24');
    },
    { tables },
  );
  t.same(rib.kernel.ours(), ['100 10.9.0.0/16 via 10.0.7.2%7*1']);
  rib.kernel.set(7, { master: 0 });
  rib.rest();
  t.same(rib.kernel.ours(), []);
});

t.test('the service ends: routes are withdrawn by one word, or stay where they are to be kept', async (t) => {
  for (const keepRoutes of [0, 30_000]) {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } }, undefined, { keepRoutes });
    rib.kit.stop();
    const sent = rib.kit.take().flatMap((output) => (output.kind === 'transmitted' ? [output.datum] : []));
    t.match(sent, keepRoutes === 0 ? [{ do: 'withdraw' }] : [], `keep-routes ${keepRoutes}`);
    t.equal(sent.length, keepRoutes === 0 ? 1 : 0);
  }
});

t.test(
  'a datum that was lost comes again, one that came twice is passed over, and a new session begins anew',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
    rib.kernel.set(2, { carrier: false });
    const [lost] = rib.kernel.told.splice(0);
    rib.kernel.set(3, { mtu: 1400 });
    rib.rest();
    t.equal(rib.kernel.ours().length, 1, 'what is behind a lost one waits');
    rib.kernel.told.unshift(lost!, lost!, { ...lost!, number: lost!.number + 1, of: 'rows', rows: [] });
    rib.rest();
    t.same(rib.kernel.ours(), []);
    rib.kernel.set(2, { carrier: true });
    rib.kernel.close();
    rib.kernel.open();
    rib.rest();
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1']);
  },
);

t.test('a state that knows nothing of a session asks for all of it', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
  rib.kit.receive('kernel', '', { session: 'other', number: 700, of: 'rows', rows: [] });
  rib.look();
  t.match(rib.asked[0], { do: 'list' });
});

t.test('many static routes are offered in turns, also those of another configuration', async (t) => {
  const many = (gateway: string) =>
    Object.fromEntries(
      Array.from({ length: 2_000 }, (_, i) => [`10.${100 + (i >> 8)}.${i & 255}.0/24`, { [gateway]: {} }]),
    );
  const kernel = new RouteKernel();
  kernel.addLink('lan0', 2);
  kernel.addAddress(2, '10.0.1.1/24');
  const kit = await testModule(ip, { config: staticConfig(many('10.0.1.2')), probation: false });
  t.teardown(() => kit.runtime.stop());
  const rib = new Rib(kit, kernel);
  rib.deliver();
  t.ok(kit.state.rib.size < 600, `${kit.state.rib.size} are there with the first datum`);
  rib.rest();
  t.equal(kernel.ours().length, 2_000);
  await kit.runtime.configure('IP', staticConfig(many('10.0.1.3')), { deadline: 30_000 });
  const offered = [...kit.state.rib.values()].filter(({ candidates: [first] }) =>
    first?.hops.some(({ gateway }) => gateway === '10.0.1.3'),
  );
  t.ok(offered.length < 600, `${offered.length} are offered with the commit`);
  rib.rest();
  t.ok(kernel.ours().every((route) => route.endsWith('via 10.0.1.3%2*1')));
  await rib.configure(staticConfig({}));
  rib.rest();
  t.same([kernel.ours().length, kit.state.statics.size], [0, 0]);
});

t.test('a next hop that leads over several links has its weight divided among them', async (t) => {
  const rib = await startRib(t, {
    '10.8.0.0/16': { '10.0.1.2': {}, '10.0.2.2': {} },
    '10.9.0.0/16': { '10.8.0.1': {}, '10.0.1.3': {} },
    '10.10.0.0/16': { '10.8.0.1': { weight: 3 }, '10.0.1.3': { weight: 2 } },
    '10.11.0.0/16': { '10.8.0.1': {}, '10.0.1.2': {} },
    '10.12.0.0/16': { '10.8.0.1': {}, '10.0.1.3': { weight: 256 } },
    '10.13.0.0/16': { '10.0.1.2': { weight: 4 }, '10.0.1.3': { weight: 2 } },
  });
  t.same(rib.kernel.ours(), [
    '254 10.10.0.0/16 via 10.0.1.2%2*3 10.0.1.3%2*4 10.0.2.2%3*3',
    '254 10.11.0.0/16 via 10.0.1.2%2*3 10.0.2.2%3*1',
    '254 10.12.0.0/16 via 10.0.1.2%2*1 10.0.1.3%2*256 10.0.2.2%3*1',
    '254 10.13.0.0/16 via 10.0.1.2%2*4 10.0.1.3%2*2',
    '254 10.8.0.0/16 via 10.0.1.2%2*1 10.0.2.2%3*1',
    '254 10.9.0.0/16 via 10.0.1.2%2*1 10.0.1.3%2*2 10.0.2.2%3*1',
  ]);
});
