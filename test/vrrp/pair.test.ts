/** Two routers of ours with the virtual MACs on one LAN. */
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import type { Hop } from './hop.ts';
import { Pair } from './pair.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable;
/** The kernel repeats a report within a second (RFC 3810 9.11); and some. */
const REPORTED_MS = 1_500;

t.test('two routers with the virtual MAC are one Active and one Backup', { skip }, async (t) => {
  const pair = await Pair.start(t);
  const [one, two] = pair.hops;
  t.equal(pair.active, one);
  t.same(addresses(one), ['10.0.1.251', 'fd00:1::252', 'fe80::252']);
  t.same(addresses(two), []);

  await t.test('of one that is killed the other takes over IPv4 and IPv6', async (t) => {
    const marks = await Promise.all(pair.streams.map((stream) => stream.mark()));
    await one.kill('SIGKILL');
    await pair.comesActive(two);
    for (const [at, stream] of pair.streams.entries())
      t.ok((await stream.gaps(marks[at]!)).length > 0, 'it went through the one that is dead');
    t.same(addresses(two), ['10.0.1.251', 'fd00:1::252', 'fe80::252']);
  });

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
    t.same(addresses(one), ['10.0.1.251', 'fd00:1::252', 'fe80::252']);
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
