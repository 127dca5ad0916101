/**
 * VRRP among strangers: packets that are wrong in each way, and good ones changed by chance. What is wrong changes no role and
 * nobody's timer, is counted once by its reason, and is told once for each source.
 * `HITLESS_VRRP_HOSTILE=1000000`: so many changed packets.
 */
import t, { type Test } from 'tap';
import { GROUPS } from '../../firmware/modules/vrrp/constants.ts';
import { DROP_REASONS, type DropReason } from '../../firmware/modules/vrrp/drop.ts';
import type { GroupConfig } from '../../firmware/modules/vrrp/state.ts';
import { randomFrom } from '../random.ts';
import { mangled, patched, SEED, toHex } from './bytes.ts';
import { linkUp } from './fake-context.ts';
import { GROUP, GROUP6, hear, OWN, OWN6, PEER, PEER6, receive, ServedVrrp } from './vrrp-router.ts';
import { type Family, good, lengthOf, resummed, sum, type Wrong, wrongPackets } from './vrrp-wrong.ts';

const CHANGED = Number(process.env.HITLESS_VRRP_HOSTILE ?? 6_000);

/** It is all that RFC 9568 7.1 and RFC 3768 7.1 demand, found apart from the product and in no order. */
function isGood(bytes: Uint8Array, hops: number, from: string, groups: readonly GroupConfig[]): boolean {
  const family: Family = from.includes(':') ? 6 : 4;
  if (hops !== 255 || bytes.length < 8 || bytes[3] === 0 || bytes.length < lengthOf(bytes, family))
    return false;
  const group = groups.find((each) => each.family === family && each.group === bytes[1]);
  if (group === undefined || bytes[0] !== group.version * 16 + 1) return false;
  const message = bytes.subarray(0, lengthOf(bytes, family));
  const isRight =
    (group.version === 3 && sum(message, { from, to: GROUPS[family] }) === 0xffff) ||
    (family === 4 && sum(message, undefined) === 0xffff);
  if (!isRight) return false;
  if (group.version === 2) return bytes[4] === 0 && bytes[5] === group.interval / 100;
  return ((bytes[4]! & 15) << 8) + bytes[5]! > 0;
}

const GROUP2: GroupConfig = { ...GROUP, group: 52, version: 2, addresses: ['10.0.0.102'] };
const ALL = [GROUP, GROUP2, GROUP6];

/** Three virtual routers, each Active, or each Backup of an Active neighbour. */
function three(role: 'Active' | 'Backup', others: Partial<GroupConfig> = {}): ServedVrrp {
  const vrrp = new ServedVrrp(...ALL.map((group) => ({ ...group, ...others })));
  vrrp.link(linkUp('r0', `${OWN}/24`, `${OWN6}/64`, 'fd00::10/64'));
  if (role === 'Active') vrrp.advance(4_000);
  else
    for (const { family, group, version, addresses } of ALL)
      receive(
        vrrp,
        { group, version, addresses, priority: 200 },
        version === 2 ? 'rfc9568' : 'pseudo-header',
        family === 6 ? PEER6 : PEER,
      );
  return vrrp;
}

/** All that decides who is Active, and what left. */
function conductOf({ state, ctx }: ServedVrrp): unknown {
  const routers = [...state.groups].map(([key, router]) => {
    const { statistics: _, ...others } = router;
    return [key, structuredClone(others)];
  });
  return {
    routers,
    timers: structuredClone([...ctx.timers]),
    sent: ctx.transmitted.length + ctx.sent.length,
  };
}

/** How many packets were dropped for this reason; or for any. */
function dropped({ state }: ServedVrrp, ...reasons: readonly DropReason[]): number {
  const all = [state.counters, ...[...state.groups.values()].map(({ statistics }) => statistics.counters)];
  const wanted = reasons.length > 0 ? reasons : (Object.keys(DROP_REASONS) as DropReason[]);
  return all.reduce((total, counters) => wanted.reduce((sum, each) => sum + (counters[each] ?? 0), total), 0);
}

function taken({ state }: ServedVrrp): number {
  return [...state.groups.values()].reduce(
    (total, { statistics }) => total + (statistics.counters.received ?? 0),
    0,
  );
}

const GOOD4 = good(GROUP, PEER);
const GOOD2 = good(GROUP2, PEER);
const GOOD6 = good(GROUP6, PEER6);

const WRONG = wrongPackets({ v3: GROUP, v2: GROUP2, v6: GROUP6 }, PEER, PEER6);

for (const role of ['Active', 'Backup'] as const)
  t.test(`${role}, nothing that is wrong changes a role, and each is counted by its reason`, async (t) => {
    const vrrp = three(role);
    t.same(new Set([...vrrp.state.groups.values()].map(({ state }) => state)), new Set([role]));
    for (const [name, { reason, payload, from, hops }] of Object.entries(WRONG)) {
      const before = conductOf(vrrp);
      const [was, wasAll] = [dropped(vrrp, reason), dropped(vrrp)];
      hear(vrrp, from, payload, hops);
      t.same([dropped(vrrp, reason) - was, dropped(vrrp) - wasAll], [1, 1], `${name}: ${reason}`);
      t.same(conductOf(vrrp), before, name);
    }
  });

t.test('show vrrp drops counts all reasons, with whom the log told of last', async (t) => {
  const vrrp = three('Active');
  t.same(vrrp.ask('showDrops'), []);
  hear(vrrp, PEER, GOOD4, 254);
  hear(vrrp, '10.0.0.3', GOOD4, 254);
  hear(vrrp, PEER, good({ ...GROUP, version: 2 }, PEER));
  hear(vrrp, OWN, GOOD4);
  t.match(vrrp.ask('showDrops'), [
    { reason: 'own', count: 1, source: '-' },
    { reason: 'ttl', count: 2, source: 'r0 10.0.0.3', meaning: DROP_REASONS.ttl },
    { reason: 'version', count: 1, source: `r0 ${PEER}` },
  ]);
});

t.test('good packets of the same makers are taken', async (t) => {
  for (const [payload, from] of [
    [GOOD4, PEER],
    [GOOD2, PEER],
    [GOOD6, PEER6],
  ] as const) {
    const vrrp = three('Active');
    hear(vrrp, from, payload);
    t.same([taken(vrrp), dropped(vrrp)], [1, 0]);
    t.equal([...vrrp.state.groups.values()].filter(({ state }) => state === 'Backup').length, 1);
  }
});

t.test('each reason is told once for each source', async (t) => {
  const told = new Map<DropReason, Wrong>();
  for (const wrong of Object.values(WRONG)) if (wrong.payload.length > 0) told.set(wrong.reason, wrong);
  for (const [reason, { payload, from: first, hops }] of told) {
    const vrrp = three('Active');
    vrrp.ctx.takeLog('warn');
    // The second source is wrong in the same way, so its checksum is right where that of the first is.
    const second = reason === 'source' ? 'fd00::3' : '10.0.0.3';
    const again = reason === 'checksum' ? payload : resummed(payload, second);
    for (let i = 0; i < 20; i++) {
      hear(vrrp, first, payload, hops);
      hear(vrrp, second, again, hops);
    }
    const lines = vrrp.ctx.takeLog('warn').filter((line) => line.includes(`(${reason})`));
    t.equal(lines.length, 2, `${reason}: ${lines.join('; ')}`);
    for (const source of [first, second])
      t.equal(lines.filter((line) => line.includes(` from ${source} on r0: `)).length, 1, source);
  }
});

t.test('the owner yields to nobody, and counts who tries', async (t) => {
  const vrrp = three('Active', { priority: 255 });
  hear(vrrp, PEER, good(GROUP, PEER, 255));
  hear(vrrp, PEER6, good(GROUP6, PEER6, 255));
  t.equal(dropped(vrrp, 'owner'), 2);
  for (const { state } of vrrp.state.groups.values()) t.equal(state, 'Active');
});

t.test('a packet from an address of ours is no neighbour, in each family', async (t) => {
  const vrrp = three('Active');
  hear(vrrp, OWN, good(GROUP, OWN, 255));
  hear(vrrp, OWN6, good(GROUP6, OWN6, 255));
  t.equal(dropped(vrrp, 'own'), 2);
  for (const { state } of vrrp.state.groups.values()) t.equal(state, 'Active');
});

t.test(`of ${CHANGED} packets changed by chance those that are good are taken, and no other`, async (t) => {
  t.comment(`seed ${SEED}`);
  const random = randomFrom(SEED);
  const routers = { Active: three('Active'), Backup: three('Backup') };
  const seen = { good: 0, wrong: 0 };
  for (let i = 0; i < CHANGED; i++) {
    const role = i % 2 === 0 ? 'Active' : 'Backup';
    if (!changed(t, random, routers[role], seen)) return;
    // Those that were taken may have changed its role.
    if ([...routers[role].state.groups.values()].some(({ state }) => state !== role))
      routers[role] = three(role);
  }
  t.comment(`${seen.good} good, ${seen.wrong} wrong`);
  t.ok(seen.good > CHANGED / 50, `${seen.good} were good`);
  t.ok(seen.wrong > CHANGED / 4, `${seen.wrong} were not`);
});

/** One more packet, and whether all was as it is to be. */
function changed(t: Test, random: () => number, vrrp: ServedVrrp, seen: { good: number; wrong: number }) {
  const [start, from] = (
    [
      [GOOD4, PEER],
      [GOOD2, PEER],
      [GOOD6, PEER6],
    ] as const
  )[Math.floor(random() * 3)]!;
  let payload = random() < 0.6 ? field(random, start) : mangled(random, start);
  if (random() < 0.6) payload = resummed(payload, from);
  const hops = random() < 0.03 ? Math.floor(random() * 255) : 255;
  const isTaken = isGood(payload, hops, from, ALL);
  const before = isTaken ? undefined : conductOf(vrrp);
  const counts = [taken(vrrp), dropped(vrrp)] as const;
  const about = `${toHex(payload)} from ${from}, ${hops} hops`;
  try {
    hear(vrrp, from, payload, hops);
  } catch (error) {
    t.fail(`${about}: ${error}`);
    return false;
  }
  seen[isTaken ? 'good' : 'wrong']++;
  const added = [taken(vrrp) - counts[0], dropped(vrrp) - counts[1]];
  const isRight =
    added.join() === (isTaken ? '1,0' : '0,1') &&
    (isTaken || JSON.stringify(conductOf(vrrp)) === JSON.stringify(before));
  if (!isRight) t.fail(`${about}: taken, dropped ${added.join()}, is ${isTaken ? 'good' : 'wrong'}`);
  return isRight;
}

/** One field of the header anything, or at its bounds. */
function field(random: () => number, start: Uint8Array): Uint8Array {
  const at = Math.floor(random() * Math.min(start.length, 8));
  const bounds = [0, 1, 0x21, 0x31, 51, 52, 254, 255];
  const value = random() < 0.5 ? bounds[Math.floor(random() * bounds.length)]! : Math.floor(random() * 256);
  return patched(start, at, value);
}

t.test('255 virtual routers of each family on one interface: a packet concerns its own alone', async (t) => {
  const numbers = Array.from({ length: 255 }, (_, i) => i + 1);
  const groups = numbers.flatMap((group): GroupConfig[] => [
    { ...GROUP, group, addresses: [`10.0.1.${group}`] },
    { ...GROUP6, group, addresses: [`fe80::1:${group.toString(16)}`] },
  ]);
  const vrrp = new ServedVrrp(...groups);
  vrrp.link(linkUp('r0', `${OWN}/16`, `${OWN6}/64`));
  vrrp.advance(4_000);
  const states = () => [...vrrp.state.groups.values()].map(({ state }) => state);
  t.equal(states().filter((state) => state === 'Active').length, 510);
  for (const group of groups) {
    const from = group.family === 6 ? PEER6 : PEER;
    hear(vrrp, from, patched(good(group, from), 2, 253));
    if (group.family === 4) hear(vrrp, from, good(group, from));
  }
  t.same([states().filter((state) => state === 'Backup').length, dropped(vrrp, 'checksum')], [255, 510]);
  const { length } = [...vrrp.state.groups.values()].filter(
    ({ family, state }) => family === 6 && state === 'Active',
  );
  t.equal(length, 255);
});
