/** How much IP's RIB does in one handler, and for one route: counted by what it does with its tables. */
import t, { type Test } from 'tap';
import * as ip from '../../firmware/modules/ip/module.ts';
import { MOST_ROUTE_CHANGES, type RouteChange, type Routes } from '../../firmware/modules/messages/routes.ts';
import { type Steps, Table } from '../../runtime/index.ts';
import { testModule } from '../../runtime/testing/index.ts';
import { Rib, staticConfig } from './ip-rib.ts';
import { RouteKernel } from './route-kernel.ts';

/** Looking up, writing and deleting rows, in all. */
let uses = 0;
/** The most of one handler. */
let most = 0;

const { get, has, set, update, delete: remove } = Table.prototype;
Object.assign(Table.prototype, {
  get(this: Table<string, unknown>, key: string) {
    uses++;
    return get.call(this, key);
  },
  has(this: Table<string, unknown>, key: string) {
    uses++;
    return has.call(this, key);
  },
  set(this: Table<string, unknown>, key: string, row: unknown) {
    uses++;
    return set.call(this, key, row);
  },
  update(this: Table<string, unknown>, key: string, change: (row: unknown) => unknown) {
    uses++;
    return update.call(this, key, change);
  },
  delete(this: Table<string, unknown>, key: string) {
    uses++;
    return remove.call(this, key);
  },
});

function* counted(handler: Steps): Steps {
  const before = uses;
  yield* handler;
  most = Math.max(most, uses - before);
}

class Counted extends ip.default {
  override *onWork(input: Parameters<ip.default['onWork']>[0]): Steps {
    yield* counted(super.onWork(input));
  }

  override *onKernel(input: Parameters<ip.default['onKernel']>[0]): Steps {
    yield* counted(super.onKernel(input));
  }

  override *onRoutes(input: Parameters<ip.default['onRoutes']>[0]): Steps {
    yield* counted(super.onRoutes(input));
  }
}

async function start(t: Test): Promise<Rib> {
  const kernel = new RouteKernel();
  kernel.addLink('lan0', 2);
  kernel.addAddress(2, '172.16.0.1/12');
  const kit = await testModule({ ...ip, default: Counted } as typeof ip, {
    config: staticConfig({}),
    probation: false,
  });
  t.teardown(() => kit.runtime.stop());
  const rib = new Rib(kit, kernel);
  rib.rest();
  uses = 0;
  most = 0;
  return rib;
}

let number = 0;
function send(rib: Rib, changes: readonly RouteChange[], whole?: Routes['whole']): void {
  const body = { source: 'ospf', session: 's', number: number++, changes, ...(whole && { whole }) };
  rib.kit.deliver('routes', body as never, { from: 'OSPF' });
}

const gateway = (i: number) => `172.${17 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}`;
const prefix = (i: number) => `10.${i >> 8}.${i & 255}.0/24`;
const some = (from: number, by: (i: number) => string): RouteChange[] =>
  Array.from({ length: MOST_ROUTE_CHANGES }, (_, i) => ({
    prefix: prefix(from + i),
    hops: [{ gateway: by(from + i) }],
  }));

/** So many messages of routes. */
function sendMany(rib: Rib, messages: number, by: (i: number) => string): void {
  send(rib, [], 'begin');
  for (let i = 0; i < messages; i++) {
    send(rib, some(i * MOST_ROUTE_CHANGES, by));
    rib.rest();
  }
  send(rib, [], 'end');
  rib.rest();
}

t.test(
  'a message’s routes are asked of the kernel by its own handler, whatever waits behind it',
  async (t) => {
    const rib = await start(t);
    send(
      rib,
      some(0, () => gateway(2)),
      'all',
    );
    rib.look();
    const asked = rib.asked.flatMap((out) => (out.do === 'change' ? out.changes : []));
    t.equal(asked.length, MOST_ROUTE_CHANGES);
    t.equal(rib.kit.state.dirty.size, 0);
  },
);

t.test('a route that goes is not asked for before all that came with it is looked at', async (t) => {
  const rib = await start(t);
  send(
    rib,
    some(0, () => gateway(2)),
    'all',
  );
  rib.rest();
  send(rib, [{ prefix: prefix(0), remove: true }]);
  send(rib, some(0, () => gateway(3)).slice(0, 1));
  rib.rest();
  t.notOk(rib.kernel.events.some(({ did }) => did === 'remove'));
  send(rib, [{ prefix: prefix(0), remove: true }]);
  rib.rest();
  t.equal(rib.kernel.ours().length, MOST_ROUTE_CHANGES - 1);
});

t.test('a route takes few uses of tables, from its message to the kernel’s answer', async (t) => {
  const rib = await start(t);
  sendMany(rib, 20, () => gateway(2));
  const routes = 20 * MOST_ROUTE_CHANGES;
  t.equal(rib.kernel.ours().length, routes);
  t.ok(uses < 25 * routes, `${uses / routes} of a route`);
  uses = 0;
  sendMany(rib, 20, () => gateway(2));
  t.ok(uses < 6 * routes, `${uses / routes} of a route that is told again`);
});

t.test('no handler looks at more than a few hundred next hops or prefixes', async (t) => {
  const rib = await start(t);
  const messages = 64;
  sendMany(rib, messages, gateway);
  t.equal(rib.kernel.ours().length, messages * MOST_ROUTE_CHANGES);
  t.equal(rib.kit.state.nextHops.size, messages * MOST_ROUTE_CHANGES);
  // All next hops wait for one prefix, and for prefixes of other lengths.
  rib.kernel.set(2, { carrier: false });
  rib.rest(1_000);
  t.equal(rib.kernel.ours().length, 0);
  rib.kernel.set(2, { carrier: true });
  rib.rest(1_000);
  t.equal(rib.kernel.ours().length, messages * MOST_ROUTE_CHANGES);
  const lengths = Array.from({ length: 20 }, (_, i) => ({
    prefix: `172.0.0.0/${i + 8}`.replace('172.0', i < 4 ? '172.0' : '172.32'),
    type: 'blackhole' as const,
  }));
  send(
    rib,
    lengths.filter((_, i) => i !== 4),
  );
  rib.rest(1_000);
  // One next hop for all, which changes.
  sendMany(rib, messages, () => gateway(2));
  rib.kernel.set(2, { carrier: false });
  rib.rest(1_000);
  t.equal(rib.kit.state.nextHops.size, 1);
  rib.kernel.set(2, { carrier: true });
  rib.rest(1_000);
  rib.kernel.list();
  rib.rest(1_000);
  send(rib, [], 'all');
  rib.rest(1_000);
  t.equal(rib.kernel.ours().length, 0);
  t.equal(rib.kit.state.rib.size, 1);
  t.ok(most < 5_000, `${most} uses of tables in one handler`);
});
