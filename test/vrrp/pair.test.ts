/** Two routers of ours with the virtual MACs on one LAN. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { lostMs } from './events.ts';
import type { Hop } from './hop.ts';
import { Pair } from './pair.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
/** The kernel repeats a report within a second (RFC 3810 9.11); and some. */
const REPORTED_MS = 1_500;
/** The taking over itself; half of what the wait for the other costs (Skew_Time of 219 ms). */
const LOST_MS = 100;
const ALL = ['10.0.1.251', 'fd00:1::252', 'fe80::252'];

t.test('two routers with the virtual MAC are one Active and one Backup', { skip }, async (t) => {
  const pair = await Pair.start(t);
  const [one, two] = pair.hops;
  t.equal(pair.active, one);
  t.same(addresses(one), ALL);
  t.same(addresses(two), []);

  for (const how of ['SIGTERM', 'SIGKILL'] as const)
    await t.test(
      `of one that ends by ${how} the other takes over, and the client loses next to nothing`,
      async (t) => {
        const marks = await Promise.all(pair.streams.map((stream) => stream.mark()));
        await one.kill(how);
        await pair.comesActive(two);
        await eventuallyAsync('exactly one has the MACs', 60_000, async () => {
          return devices(one).length === 0 || undefined;
        });
        for (const [at, stream] of pair.streams.entries()) {
          const gaps = await stream.gaps(marks[at]!);
          t.ok(lostMs(gaps) <= LOST_MS, JSON.stringify(gaps));
        }
        t.same(addresses(two), ALL);
        if (how === 'SIGKILL') return;
        await one.start();
        await pair.settles();
      },
    );

  await t.test('that one takes over again when it is back, and the other says nothing more', async (t) => {
    await one.start();
    await pair.settles();
    await eventuallyAsync(
      'the Backup has no address',
      60_000,
      async () => addresses(two).length === 0 || undefined,
    );
    const before = sent(two);
    await new Promise((resolve) => setTimeout(resolve, REPORTED_MS));
    t.same(sent(two), before);
    t.same(addresses(one), ALL);
  });

  await t.test('one that is killed and starts again at once goes on with what is there', async (t) => {
    const marks = await Promise.all(pair.streams.map((stream) => stream.mark()));
    await one.kill('SIGKILL');
    t.same(addresses(one), ALL, 'they stay meanwhile');
    await one.start();
    await pair.settles();
    for (const [at, stream] of pair.streams.entries()) {
      const gaps = await stream.gaps(marks[at]!);
      t.ok(lostMs(gaps) <= LOST_MS, JSON.stringify(gaps));
    }
    t.same(addresses(one), ALL);
    t.same(addresses(two), []);
  });
});

interface Row {
  ifname: string;
  addr_info: { local: string }[];
  stats64: { tx: { packets: number } };
}

function devices({ router }: Hop): Row[] {
  const rows = JSON.parse(router.ip('-s', '-j', 'address', 'show')) as Row[];
  return rows.filter(({ ifname }) => ifname.startsWith('vrrp'));
}

/** Virtual addresses that its kernel has. */
function addresses(hop: Hop): string[] {
  return devices(hop)
    .flatMap(({ addr_info }) => addr_info.map(({ local }) => local))
    .sort();
}

/** Packets that its kernel has sent with a virtual MAC. */
function sent(hop: Hop): string[] {
  return devices(hop).map(({ ifname, stats64 }) => `${ifname} ${stats64.tx.packets}`);
}
