/** The RIB of IP where something is lost, late or twice: data of the kernel, requests, answers, turns of a sweep. */
import t from 'tap';
import type { KernelIn } from '../../drivers/kernel-tables.ts';
import * as rib from '../../firmware/modules/ip/rib/rib.ts';
import { initialState } from '../../firmware/modules/ip/state.ts';
import { FakeContext } from './fake-context.ts';
import { type Rib, startRib, staticConfig } from './ip-rib.ts';
import type { RouteKernel } from './route-kernel.ts';

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

const thousand = (gateway: string) =>
  Object.fromEntries(
    Array.from({ length: 1_100 }, (_, i) => [`10.${100 + (i >> 8)}.${i & 255}.0/24`, { [gateway]: {} }]),
  );

t.test(
  'requests whose answers were lost with other data are made again, when a list has told what they did',
  async (t) => {
    const rib = await startRib(t, {});
    await rib.configure(staticConfig(thousand('10.0.1.2')));
    while (rib.kit.state.requests.size < 4) rib.kit.advance(1);
    rib.look();
    while (rib.carryOut());
    for (let i = 0; i < 12; i++) rib.kernel.set(2, { mtu: 1400 + i });
    rib.kernel.told.splice(0, 15);
    rib.rest(5_000);
    t.equal(rib.kernel.ours().length, 1_100);
    t.equal(rib.kit.state.requests.size, 0);
    rib.kernel.set(2, { carrier: false });
    rib.rest(5_000);
    t.same(rib.kernel.ours(), []);
  },
);

t.test('a request that the port does not take, or never sends, is made again', async (t) => {
  const rib = await startRib(t, {});
  rib.kit.link('kernel', '', 'full');
  await rib.configure(staticConfig({ '10.9.0.0/16': { '10.0.1.2': {} } }));
  rib.rest(10);
  const both = { '10.9.0.0/16': { '10.0.1.2': {} }, '10.8.0.0/16': { '10.0.2.2': {} } };
  await rib.configure(staticConfig(both));
  rib.rest(1_000);
  t.same(rib.kernel.ours(), []);
  rib.kit.link('kernel', '', 'sent');
  rib.rest(1_000);
  t.ok(rib.kernel.ours().includes('254 10.8.0.0/16 via 10.0.2.2%3*1'), 'the port has said that it is behind');
  rib.rest(130_000);
  t.same(rib.kernel.ours(), ['254 10.8.0.0/16 via 10.0.2.2%3*1', '254 10.9.0.0/16 via 10.0.1.2%2*1']);
});

t.test('a list of which data are lost takes no row away', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
  for (let i = 0; i < 200; i++) foreign(rib.kernel, `172.16.${i}.0/24`, 100);
  rib.rest();
  rib.kernel.list();
  rib.deliver();
  rib.kernel.told.splice(0, 12);
  const before = rib.kernel.events.length;
  while (rib.kernel.told.length > 0) rib.deliver();
  rib.kit.advance(1);
  t.equal(rib.kit.state.rib.get('254 172.16.3.0/24')?.best, 'kernel 100', 'the torn list says nothing');
  rib.rest();
  t.equal(rib.kernel.events.length, before);
});

t.test('numbers of requests are not used again by a state that has gone back', async (t) => {
  const numbers = (rib: Rib) =>
    rib.asked.splice(0).flatMap((out) => (out.do === 'change' ? [out.request] : []));
  const rib = await startRib(t, {});
  const other = await startRib(t, {});
  for (const [i, each] of [rib, other].entries()) {
    each.kit.advance(10 + i);
    await each.configure(staticConfig({ '10.9.0.0/16': { '10.0.1.2': {} } }));
    each.kit.advance(1);
    each.look();
  }
  const [[one = 0], [later = 0]] = [numbers(rib), numbers(other)];
  t.ok(later > one, `${later} is above ${one}: the clock goes on`);
});

t.test('a datum whose handling fails is handled when it comes again', async (t) => {
  const rib = await startRib(t, { '10.9.0.0/16': { '10.0.1.2': {} } });
  rib.kernel.set(2, { carrier: false });
  const [datum] = rib.kernel.told.splice(0);
  const rows: unknown[] = [{ kind: 'route', row: undefined }, ...(datum as { rows: unknown[] }).rows];
  rib.kit.receive('kernel', '', { ...datum, rows } as KernelIn);
  rib.kernel.told.push(datum!);
  rib.rest();
  t.same(rib.kernel.ours(), []);
  rib.kernel.told.push({ ...datum!, of: 'rows', rows: [] });
  rib.kernel.set(2, { carrier: true });
  rib.rest();
  t.same(rib.kernel.ours(), ['254 10.9.0.0/16 via 10.0.1.2%2*1']);
});

t.test('an address of our own in another table may be a neighbour here', async (t) => {
  const tables = {
    blue: { number: 100, routes: {} },
    red: { number: 101, routes: staticConfig({ '10.9.0.0/16': { '10.0.7.1': {} } }).routes },
  };
  const rib = await startRib(
    t,
    {},
    (kernel) => {
      kernel.addLink('blue', 8, { kind: 'vrf' });
      kernel.addLink('red', 9, { kind: 'vrf' });
      kernel.addLink('lan6', 6, { master: 8 });
      kernel.addLink('lan7', 7, { master: 9 });
      kernel.addAddress(6, '10.0.7.1/24');
      kernel.addAddress(7, '10.0.7.2/24');
    },
    { tables },
  );
  const why = () => rib.kit.state.nextHops.get('101 10.0.7.1')?.state;
  t.equal(why(), 'reachable');
  rib.kernel.set(6, { master: 9 });
  rib.rest();
  t.equal(why(), 'own address', 'it is of its table now');
});

t.test('two sources are swept one after the other, while a third claims routes', async (t) => {
  const ctx = new FakeContext('IP', '3.0.0');
  const state = initialState(staticConfig({}));
  const key = (source: string, i: number) => `254 10.${source.charCodeAt(0)}.${i}.0/24`;
  const tell = (source: string, set: number) => {
    for (let i = 0; i < 100; i++) {
      const common = { source, id: '', distance: 110, metric: 0, type: 'blackhole' as const, hops: [] };
      rib.offer(state, key(source, i), common, ctx, set);
    }
  };
  tell('x', 2);
  tell('b', 1);
  for (const source of ['x', 'b']) rib.sweepSource(state, source, 2);
  rib.sweepSome(state, 'x', 64, ctx);
  tell('c', 2);
  for (const source of ['x', 'b']) while (state.sweeps.has(source)) rib.sweepSome(state, source, 64, ctx);
  const left = [...state.rib].filter(([, { candidates }]) => candidates.length > 0);
  t.equal(left.length, 200);
  t.notOk(left.some(([, { candidates }]) => candidates[0]?.source === 'b'));
});
