/** The RIB of IP beside other programs that change the kernel's routes: ours, theirs, and those that are connected. */
import t from 'tap';
import { MOST_LINK_ROUTES } from '../../firmware/modules/ip/rib/connected.ts';
import { startRib, staticConfig } from './ip-rib.ts';
import { OURS, type RouteKernel } from './route-kernel.ts';

const NINE = { destination: '10.9.0.0', prefixLength: 16 };

t.test(
  'a route of ours that another program changes is put back and told; again and again at a slow pace',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
    const put = () => rib.kernel.events.filter(({ did }) => did === 'replace').length;
    const change = () =>
      rib.kernel.addForeign({
        ...NINE,
        protocol: OURS,
        metric: 72,
        hops: [{ gateway: '10.0.2.2', interface: 3 }],
      });
    change();
    rib.rest();
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1']);
    t.match(
      rib.lines.at(-1),
      /10\.9\.0\.0\/16 via 10\.0\.1\.2 on lan0 was changed in the kernel .*: it is put back$/,
    );
    for (let i = 0; i < 200; i++) {
      change();
      rib.rest(100);
    }
    t.ok(put() < 8, `put ${put()} times`);
    const early = put();
    t.match(rib.lines.at(-1), /every 30 s from now on/);
    for (let i = 0; i < 400; i++) {
      change();
      rib.rest(100);
    }
    t.ok(put() > early && put() < early + 8, `put ${put()} times, while the other goes on`);
    rib.rest(40_000);
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1'], 'it is as it should be in the end');
  },
);

t.test(
  'a route that others remove again and again is put at once when it is configured otherwise',
  async (t) => {
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
    for (let i = 0; i < 6; i++) {
      rib.kernel.removeRoute('254 10.9.0.0/16 72');
      rib.rest(10);
    }
    t.same(rib.kernel.ours(), [], 'it is held back');
    await rib.configure(staticConfig({ '10.9.0.0/16': { '10.0.2.2': {} } }));
    rib.rest(10);
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.2.2%3*1']);
    for (let i = 0; i < 6; i++) {
      rib.kernel.removeRoute('254 10.9.0.0/16 72');
      rib.rest(10);
    }
    t.same(rib.kernel.ours(), []);
    await rib.configure(staticConfig({}));
    rib.rest(10);
    t.same(
      [rib.kit.state.refused.size, rib.kit.state.rib.has('254 10.9.0.0/16')],
      [0, false],
      'nothing is left of it',
    );
    await rib.configure(staticConfig({ '10.9.0.0/16': { '10.0.2.2': {} } }));
    rib.rest(10);
    t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.2.2%3*1']);
  },
);

t.test('of a route of another program with several IPv6 next hops, those that are left stay', async (t) => {
  const rib = await startRib(t, {});
  const hops = ['fd00:1::8', 'fd00:1::9'].map((gateway) => ({ gateway, interface: 2 }));
  rib.kernel.addForeign({ destination: 'fd00:9::', prefixLength: 32, protocol: 4, metric: 1024, hops });
  rib.rest();
  rib.kernel.removeHop('254 fd00:9::/32 1024', 'fd00:1::8');
  rib.rest();
  const row = () => rib.kit.state.rib.get('254 fd00:9::/32');
  t.match(row()?.candidates, [{ direct: [{ gateway: 'fd00:1::9' }] }]);
  t.equal(row()?.hops.length, 1);
  rib.kernel.removeRoute('254 fd00:9::/32 1024');
  rib.rest();
  t.equal(row(), undefined);
});

t.test(
  'next hops of a route of ours go with their link without a word; when its link stays, they are put back',
  async (t) => {
    const rib = await startRib(t, { 'fd00:9::/32': { 'fd00:1::2': {}, 'fd00:2::2': {} } });
    const id = '254 fd00:9::/32 72';
    const both = ['254 fd00:9::/32 via fd00:1::2%2*1 fd00:2::2%3*1'];
    t.same(rib.kernel.ours(), both);
    rib.kernel.removeHop(id, 'fd00:2::2');
    rib.rest(1_000);
    t.same(rib.kernel.ours(), both);
    t.match(rib.lines.at(-1), /was changed in the kernel by another program: it is put back$/);
    const lines = rib.lines.length;
    const loss = { times: 1 };
    const one = ['254 fd00:9::/32 via fd00:1::2%2*1'];
    const isQuiet = (what: string, routes: string[]) => {
      rib.rest(1_000);
      t.same(rib.kernel.ours(), routes, what);
      t.equal(rib.lines.length, lines, what);
      t.match(rib.kit.state.rib.get('254 fd00:9::/32')?.putBack, loss, what);
    };
    rib.kernel.removeHop(id, 'fd00:2::2');
    rib.rest(10);
    rib.kernel.set(3, { up: false, carrier: false });
    isQuiet('the hop is told first', one);
    rib.kernel.set(3, { up: true, carrier: true });
    rib.kernel.addAddress(3, 'fd00:2::1/64');
    isQuiet('up', both);
    rib.kernel.set(3, { up: false, carrier: false });
    rib.rest(10);
    const put = rib.kernel.changes;
    rib.kernel.goneHops(id, 'fd00:2::2', 3);
    isQuiet('the link is told first, and the hop when the route has been put without it', one);
    t.equal(rib.kernel.changes, put);
  },
);

const NO_PREFIX_ROUTE = 0x200;

t.test(
  'a network whose address makes no route is connected by the route that a program put in the name of the kernel',
  async (t) => {
    // As NetworkManager does.
    const put = (kernel: RouteKernel, destination = '10.0.5.0') =>
      kernel.addForeign({
        destination,
        prefixLength: 24,
        protocol: 2,
        metric: 100,
        hops: [{ interface: 4 }],
      });
    const rib = await startRib(t, { '10.9.0.0/16': { '10.0.5.2': {} } }, (kernel) => {
      kernel.addLink('wan0', 4);
      kernel.addAddress(4, '10.0.5.1/24', NO_PREFIX_ROUTE);
      put(kernel);
    });
    const { kernel } = rib;
    const ours = ['254 10.9.0.0/16 via 10.0.5.2%4*1'];
    const sources = () =>
      rib.kit.state.rib.get('254 10.0.5.0/24')?.candidates.map(({ source }) => source) ?? [];
    const changes = (what: string, does: () => void, connected: boolean) => {
      does();
      rib.rest();
      t.same(sources(), connected ? ['connected'] : [], what);
      t.same(kernel.ours(), connected ? ours : [], what);
    };
    changes('at the first list', () => {}, true);
    changes('carrier lost', () => kernel.set(4, { carrier: false }), false);
    changes('carrier back', () => kernel.set(4, { carrier: true }), true);
    changes('down: the kernel drops it in silence', () => kernel.set(4, { up: false }), false);
    changes('up, and not put yet', () => kernel.set(4, { up: true }), false);
    changes('put again', () => put(kernel), true);
    changes('an address makes one, too', () => kernel.addAddress(4, '10.0.5.7/24'), true);
    changes('the program takes its own away', () => kernel.removeRoute('254 10.0.5.0/24 100'), true);
    changes('and puts it again', () => put(kernel), true);
    changes('the address goes', () => kernel.removeAddress(4, '10.0.5.7'), true);
    changes('the program takes it away', () => kernel.removeRoute('254 10.0.5.0/24 100'), false);
    changes('put before the link goes', () => put(kernel), true);
    changes('the link goes', () => kernel.removeLink(4), false);
    t.same(
      [
        rib.kit.state.linkRoutes.size,
        [...rib.kit.state.seen.keys()].filter((id) => id.startsWith('linkRoute')),
      ],
      [0, []],
    );
  },
);

t.test(
  'such a network is not taken over by a static route of ours, and a link has so many at most',
  async (t) => {
    const rib = await startRib(t, { '10.0.5.0/24': { '10.0.1.2': {} } }, (kernel) => {
      for (let i = 0; i <= MOST_LINK_ROUTES; i++)
        kernel.addForeign({
          destination: `10.${i >> 8}.${5 + (i & 127)}.${i & 128}`,
          prefixLength: 25,
          protocol: 2,
          metric: 100,
          hops: [{ interface: 2 }],
        });
      kernel.addForeign({
        destination: '10.0.5.0',
        prefixLength: 24,
        protocol: 2,
        metric: 100,
        hops: [{ interface: 3 }],
      });
    });
    t.same(rib.kernel.ours(), []);
    t.equal(rib.kit.state.linkRoutes.get(2)?.size, MOST_LINK_ROUTES);
    t.match(rib.lines, [/^1 routes of other programs are left out: lan0 has 256 networks/]);
  },
);

t.test('a default route over a link is no network, whoever has put it: ours is beneath it', async (t) => {
  const rib = await startRib(t, { '0.0.0.0/0': { '10.0.1.2': {} } }, (kernel) =>
    kernel.addForeign({ destination: '0.0.0.0', prefixLength: 0, protocol: 2, hops: [{ interface: 3 }] }),
  );
  t.same(rib.kernel.ours(), ['254 0.0.0.0/0 via 10.0.1.2%2*1']);
  t.equal(rib.kit.state.rib.get('254 0.0.0.0/0')?.best, 'kernel 0 3');
});

t.test('a route that another program’s with our metric keeps out of the kernel is told, once', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } }, (kernel) =>
    kernel.addForeign({ ...NINE, protocol: 4, metric: 72, hops: [{ gateway: '10.0.2.2', interface: 3 }] }),
  );
  t.same(rib.kernel.ours(), []);
  rib.kernel.list();
  rib.rest(1_000);
  t.match(rib.lines, [
    /^10\.9\.0\.0\/16 \(static\) is not installed: another program has a route there with metric 72/,
  ]);
  t.equal(rib.lines.length, 1);
  rib.kernel.removeRoute('254 10.9.0.0/16 72');
  rib.rest(1_000);
  t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1']);
});
