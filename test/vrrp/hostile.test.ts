/**
 * Strangers on the LAN who send 50,000 packets of VRRP's protocol number a second that are nothing to it, beside keepalived:
 * who is Active stays so, a stream through the virtual address loses nothing, and the log has a bound.
 */
import t, { type Test } from 'tap';
import type { GroupConfig } from '../../firmware/modules/vrrp/state.ts';
import { patched, randomBytes, SEED } from '../modules/bytes.ts';
import { good, wrongPackets } from '../modules/vrrp-wrong.ts';
import { NetworkNamespace } from '../netns.ts';
import { randomFrom } from '../random.ts';
import { type Instance, keepalivedUnavailable } from '../router/keepalived.ts';
import type { FramePacket } from './frame.ts';
import { Hostile } from './hostile-place.ts';

const skip = NetworkNamespace.unavailable || keepalivedUnavailable;
/** Lines that a flood may write, whatever it is made of: a few of each kind, and some more where it takes long. */
const MOST_LINES = 150;
/** The protocol number of the IP Authentication Header (RFC 4302). */
const AH = 51;

const common = { interface: 'lan0', priority: 250, preempt: true, virtualMac: true };
/** Intervals are in centiseconds. */
const TARGETS = {
  v3: { ...common, group: 51, family: 4, version: 3, interval: 10, addresses: ['10.0.1.251'] },
  v6: { ...common, group: 52, family: 6, version: 3, interval: 10, addresses: ['fe80::252'] },
  v2: { ...common, group: 53, family: 4, version: 2, interval: 100, addresses: ['10.0.1.253'] },
} satisfies Record<string, GroupConfig>;

/** The router's configuration of a virtual router. */
const oursOf = ({ interface: name, group, version, priority, interval, addresses }: GroupConfig) => ({
  ...{ interface: name, group, version, priority, addresses },
  interval: `${interval * 10}ms`,
});

const theirsOf = ({ group, version, interval, addresses: [address = ''] }: GroupConfig): Instance => ({
  ...{ interface: 'eth0', group, version, priority: 100, interval: interval / 100, address },
});

function start(t: Test, groups: readonly GroupConfig[]): Promise<Hostile> {
  return Hostile.start(t, groups.map(oursOf), groups.map(theirsOf), groups[0]!.addresses[0]!);
}

/** Each kind, of two neighbours of each family. */
const WRONG = [1, 2].flatMap((n) => Object.values(wrongPackets(TARGETS, `10.0.1.10${n}`, `fe80::10${n}`)));

t.test('a router that is Active at 100 ms stays so in a flood', { skip }, async (t) => {
  const hostile = await start(t, Object.values(TARGETS));

  await t.test(
    'of packets that are wrong in each way, each counted, and told once for each source',
    async (t) => {
      const { drops, forwarded, lines } = await hostile.withstands(t, WRONG, SEED);
      const isForwarded = ({ from, hops }: FramePacket) => from.includes(':') && hops < 255;
      t.ok(forwarded > 0, 'what a router has forwarded is counted by the port of IPv6');
      const told = WRONG.filter((packet) => !isForwarded(packet)).map(
        ({ from, reason }) => `${reason} ${from}`,
      );
      const first = lines.filter(({ isAgain }) => !isAgain).map(({ from, reason }) => `${reason} ${from}`);
      t.same(first.sort(), [...new Set(told)].sort());
      for (const reason of new Set(WRONG.map(({ reason }) => reason)))
        t.ok((drops.get(reason) ?? 0) > 0, `${reason}: ${drops.get(reason)}`);
    },
  );

  await t.test('of random bytes from made-up sources, in a handful of lines', async (t) => {
    const random = randomFrom(SEED);
    const noise = Array.from({ length: 500 }, (_, i): FramePacket => {
      const payload = randomBytes(random, Math.floor(random() * 80));
      const from = i % 2 === 0 ? `10.0.1.${1 + ((i / 2) % 250)}` : `fe80::${(0x1000 + i).toString(16)}`;
      return { from, hops: 255, payload, protocol: i % 50 === 0 ? AH : undefined };
    });
    const { lines } = await hostile.withstands(t, noise, SEED);
    t.ok(lines.length > 0 && lines.length <= MOST_LINES, `${lines.length} lines`);
  });

  await t.test('and one that is killed is missed', async () => {
    await hostile.kill();
  });
});

t.test('255 virtual routers that are Active stay so in a flood', { skip }, async (t) => {
  const groups = Array.from(
    { length: 255 },
    (_, i): GroupConfig => ({
      ...TARGETS.v3,
      group: i + 1,
      interval: 100,
      addresses: [i === 0 ? '10.0.1.251' : `10.0.3.${i}`],
    }),
  );
  const hostile = await start(t, groups);
  const from = '10.0.1.101';
  const packets = groups.flatMap((group): FramePacket[] => [
    { from, hops: 254, payload: good(group, from) },
    { from, hops: 255, payload: patched(good(group, from), 2, 253) },
    { from, hops: 255, payload: good({ ...group, version: 2 }, from) },
  ]);
  const { drops, lines } = await hostile.withstands(t, packets, SEED);
  for (const reason of ['ttl', 'checksum', 'version'])
    t.ok((drops.get(reason) ?? 0) > 0, `${reason}: ${drops.get(reason)}`);
  t.ok(lines.length <= MOST_LINES, `${lines.length} lines`);
});
