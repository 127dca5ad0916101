/** Devices of virtual routers that are left as they are until another router has taken over. */
import t, { type Test } from 'tap';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { VirtualRouterChange } from '../../firmware/modules/messages/virtual-routers.ts';
import {
  asked,
  devices,
  held,
  Next,
  router,
  router6,
  send,
  start,
  takeWords,
  type VirtualPlace,
} from './ip-virtual.ts';
import type { RouteKernel } from './route-kernel.ts';

const TAKEOVER = { silent: 4_100, told: 1_100 };
const DEVICE = 'vrrp4-2-51 10.0.1.51/32';

/** A virtual router that was active, and has left. */
async function left(t: Test, change: VirtualRouterChange, linger = 1_100): Promise<VirtualPlace> {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [{ ...change, active: true, takeover: TAKEOVER }] });
  takeWords(place);
  send(place, { number: 2, changes: [{ ...change, linger }] });
  return place;
}

t.test(
  'an active device says for how long it outlives the process, any other that it does not',
  async (t) => {
    const place = await start(t);
    const guarded = () =>
      takeWords(place)
        .flat()
        .filter((word) => word.includes('outlives'));
    send(place, { number: 1, whole: true, changes: [router(51)] });
    t.same(guarded(), ['set outlives 0']);
    send(place, { number: 2, changes: [router(51, { active: true, takeover: TAKEOVER })] });
    t.same(guarded(), ['set outlives 4100']);
    send(place, { number: 3, changes: [router(51, { active: true, takeover: { silent: 900, told: 300 } })] });
    t.same(guarded(), ['set outlives 900']);
    send(place, { number: 4, changes: [router(51)] });
    t.same(guarded(), ['set outlives 0']);
    send(place, { number: 5, changes: [router(51, { active: true })] });
    t.same(guarded(), [], 'of a version that does not say, it goes at once');
  },
);

t.test('of one that has left all stays as it was until its time is over, whatever else comes', async (t) => {
  for (const family of [4, 6] as const) {
    const change = family === 4 ? router(51) : router6(51);
    const place = await left(t, change);
    const there = devices(place);
    t.match(there, [/ /], 'with its addresses');
    t.same(takeWords(place), [['set outlives 1100']], 'and no longer, should the process be killed now');
    t.match(held(place).at(-1), { id: change.id, lingers: true });
    place.rib.rest(1_000);
    place.kernel.set(2, { mtu: 1_400 });
    place.rib.rest(99);
    t.same(devices(place), there);
    t.same(takeWords(place), [], 'nothing is announced');
    place.rib.rest(1);
    t.same(devices(place), [`vrrp${family}-2-51`]);
    t.ok(takeWords(place).flat().includes('set outlives 0'));
    t.equal(held(place).at(-1)?.lingers, undefined);
  }
});

for (const how of ['remove', 'whole'] as const)
  t.test(`one that is taken away (${how}) while it lingers stays as long, and goes by itself`, async (t) => {
    const place = await left(t, router(51));
    const changes = how === 'remove' ? [{ id: 'lan0/51', remove: true as const }] : [];
    place.rib.rest(500);
    send(place, { number: 3, changes, ...(how === 'whole' && { whole: true }) });
    place.rib.rest(599);
    t.same(devices(place), [DEVICE]);
    const [row] = (await place.rib.kit.runtime.ask('IP', 'showInterfaces', { interface: 'vrrp4-2-51' })) as {
      description?: string;
    }[];
    t.equal(row?.description, 'stays 1 ms more, for another router to take over');
    place.rib.rest(1);
    t.same(devices(place), []);
    t.same(place.rib.lines, []);
  });

t.test('one that lingers and is active again is what it was, and announced', async (t) => {
  for (const again of [false, true]) {
    const place = await left(t, router(51));
    if (again) send(place, { number: 3, changes: [{ id: 'lan0/51', remove: true }] });
    takeWords(place);
    const change = router(51, { active: true, takeover: TAKEOVER, announced: 1 });
    send(place, { number: again ? 4 : 3, changes: [change] });
    t.same(takeWords(place)[0], ['set 00:00:5e:00:01:33', 'set outlives 4100'], 'no address goes or comes');
    place.rib.rest(10_000);
    t.same(devices(place), [DEVICE]);
  }
});

t.test('as soon as another is known to be active, one that lingers is a Backup', async (t) => {
  const place = await left(t, router(51));
  send(place, { number: 3, changes: [router(51)] });
  t.same(devices(place), ['vrrp4-2-51']);
});

t.test('a Backup that was never active does not linger, nor one that says nothing of it', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51, { linger: 4_100 })] });
  t.match(place.kernel.named('vrrp4-2-51'), { up: true });
  t.equal(held(place).at(-1)?.lingers, undefined);
  send(place, { number: 2, changes: [router(51, { active: true, takeover: TAKEOVER })] });
  send(place, { number: 3, changes: [router(51)] });
  t.same(devices(place), ['vrrp4-2-51']);
  send(place, { number: 4, changes: [router(51, { active: true, takeover: TAKEOVER })] });
  send(place, { number: 5, changes: [{ id: 'lan0/51', remove: true }] });
  t.same(devices(place), []);
});

/** A device that a process before has left. */
function leave(kernel: RouteKernel): void {
  const more = { kind: 'macvlan', mac: '00:00:5e:00:01:33', parent: 2, group: 0x6869_7476 };
  kernel.link('vrrp4-2-51', more);
  kernel.give('vrrp4-2-51', '10.0.1.51/32');
}

t.test('a device of an earlier life goes soon where nobody tells of it', async (t) => {
  const place = await start(t, {}, leave);
  t.same(devices(place), [DEVICE]);
  place.rib.rest(1_999);
  t.same(devices(place), [DEVICE]);
  place.rib.rest(1);
  t.same(devices(place), []);
});

for (const [what, more, stays] of [
  ['stays while nobody is known to be active', { linger: 4_100 }, true],
  ['goes where another is active', {}, false],
] as const)
  t.test(`a device of an earlier life ${what}`, async (t) => {
    const place = await start(t, {}, leave);
    send(place, { number: 1, whole: true, changes: [router(51, more)] });
    place.rib.rest(4_000);
    t.same(devices(place), [stays ? DEVICE : 'vrrp4-2-51']);
    send(place, { number: 2, changes: [router(51, { active: true, takeover: TAKEOVER })] });
    place.rib.rest(10_000);
    t.same(devices(place), [DEVICE], 'it is made nowhere anew');
    const said = takeWords(place).flat();
    t.equal(said.includes('replace 10.0.1.51'), !stays, said.join(', '));
    t.ok(said.includes('set 00:00:5e:00:01:33'), 'it is announced');
    t.ok(said.includes('set outlives 4100'), 'the process before has no say in it any more');
  });

t.test(
  'at the end of the program all stays for as long as the others need that are told of it',
  async (t) => {
    const place = await start(t);
    const waits: (number | undefined)[] = [];
    const take = place.kernel.take.bind(place.kernel);
    place.kernel.take = (out) => {
      if (out.do === 'change' || out.do === 'withdraw') waits.push(out.after);
      take(out);
    };
    const slow = router(52, { active: true, takeover: { silent: 40_100, told: 10_100 } });
    const changes = [router(51, { active: true, takeover: TAKEOVER }), slow, router(53)];
    send(place, { number: 1, whole: true, changes });
    waits.length = 0;
    place.rib.kit.runtime.stop();
    place.rib.look();
    t.same([...new Set(waits)], [10_100]);
  },
);

t.test('a set that an older version has taken is asked for once', async (t) => {
  const place = await start(t);
  send(place, { number: 1, whole: true, changes: [router(51)] });
  const { rib } = place;
  // A message of which 3.3.0 keeps what it knows.
  class Older extends ip.default {
    static readonly manifest = { ...ip.manifest, version: '3.3.9' };
    override *onVirtualRouters(message: Parameters<ip.default['onVirtualRouters']>[0]) {
      yield* super.onVirtualRouters(message);
      for (const row of this.state.virtual!.sources.values()) delete row.complete;
    }
  }
  await rib.kit.runtime.replace(Older, { deadline: 30_000 });
  rib.rest();
  t.same(asked(place).at(-1), { has: { vrrp: { session: 's', number: 1 } } });
  send(place, { number: 2, changes: [router(51, { active: true })] });
  await rib.kit.runtime.replace(Next, { deadline: 30_000 });
  rib.rest();
  t.same(asked(place).at(-1), { has: {} });
  takeWords(place);
  send(place, { number: 3, whole: true, changes: [router(51, { active: true, takeover: TAKEOVER })] });
  t.ok(takeWords(place).flat().includes('set outlives 4100'));
  rib.rest(30_000);
  t.same(asked(place).at(-1), { has: { vrrp: { session: 's', number: 3 } } });
});
