/**
 * Swaps while routes change and packets go by them: no packet is lost that is not lost without swaps, and no route is
 * withdrawn. A version that deletes and adds is caught.
 */
import t, { type Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { releasesOf } from '../newest-release.ts';
import { RoutesPlace } from './routes/place.ts';
import { Traffic } from './routes/traffic.ts';
import { DELETES_AND_ADDS, ONE, OTHER } from './routes/versions.ts';

const skip = NetworkNamespace.unavailable;

/** `HITLESS_ROUTE_SWAPS=500`: so many swaps. */
const SWAPS = Number(process.env.HITLESS_ROUTE_SWAPS ?? 40);
const ROUTES = Number(process.env.HITLESS_ROUTES ?? 1_000);
/** Routes that lead elsewhere at each change, and how many swaps there are to a change. */
const CHANGED = 500;
const SWAPS_A_CHANGE = 5;

const OTHERS = {
  ospf: { interfaces: { lan0: { 'hello-interval': '1s', 'dead-interval': '4s' } } },
  vrrp: [{ interface: 'lan0', group: 7, interval: '100ms', addresses: ['10.1.0.254'] }],
};

/** The last two releases of a module. */
const lastTwo = (module: string) => releasesOf(module).slice(-2) as [string, string];

async function traffic(t: Test, routes: number, versions: readonly string[], others: object) {
  const place = await RoutesPlace.make(t, versions);
  const traffic = new Traffic(place, { version: versions[0]!, others }, routes, 1);
  place.write(traffic.sections);
  await place.launch();
  t.same(await place.comesTo(traffic.lines), [], `${routes} routes are there`);
  return { place, traffic };
}

const versionOf = (n: number) => (n % 2 === 0 ? OTHER : ONE);

/** The command of the nth swap: IP alone, or with others. */
function swapOf(n: number): string {
  const ip = `IP ip@${versionOf(n)}`;
  const ospf = `OSPF ospf@${lastTwo('ospf')[n % 2]}`;
  const vrrp = `VRRP vrrp@${lastTwo('vrrp')[n % 2]}`;
  return [`replace ${ip}`, `syn_replace ${ip} ${ospf}`, `syn_replace ${vrrp} ${ip} ${ospf}`][(n >> 1) % 3]!;
}

t.test(
  `${SWAPS} swaps while routes change: no packet is lost, and no route is withdrawn`,
  { skip, timeout: 120_000 + 3_000 * SWAPS },
  async (t) => {
    const { place, traffic: given } = await traffic(t, ROUTES, [ONE, OTHER], OTHERS);
    const changes = Math.ceil(SWAPS / SWAPS_A_CHANGE);
    const control = await given.during(async () => {
      for (let change = 0; change < Math.min(changes, 8); change++) await given.change(CHANGED);
    });
    t.same(await place.comesTo(given.lines), []);
    const swapped = await given.during(async () => {
      for (let n = 0; n < SWAPS; n++) {
        // Its routes are worked off while the next swaps come.
        if (n % SWAPS_A_CHANGE === 0) await given.change(CHANGED);
        await place.run(swapOf(n));
        given.version = versionOf(n);
      }
    });
    t.same(await place.comesTo(given.lines), [], 'the routes of the last change are there');
    for (const [name, { flow, tally }] of Object.entries({ control, swapped }))
      t.comment(name, JSON.stringify({ ...flow, tally }));
    t.ok(
      swapped.flow.lost <= control.flow.lost,
      `${swapped.flow.lost} of ${swapped.flow.sent.sent} packets are lost`,
    );
    t.equal(swapped.flow.received.duplicates, 0);
    t.match(swapped.tally, { removedRoutes: 0, removedAddresses: 0, lost: 0 }, 'no RTM_DELROUTE');
    t.ok(
      swapped.tally.newRoutes > (changes * CHANGED) / 2,
      `${swapped.tally.newRoutes} routes were replaced`,
    );
    const modules = (await place.exec('show modules')).data as {
      name: string;
      errors: number;
      interrupted: number;
    }[];
    for (const module of modules) t.match(module, { errors: 0, interrupted: 0 }, module.name);
  },
);

t.test(
  'negative controls: what deletes and adds, and what withdraws, is caught',
  { skip, timeout: 120_000 },
  async (t) => {
    const { place, traffic: given } = await traffic(t, 200, [ONE, DELETES_AND_ADDS], {});
    const sound = await given.during(() => given.change(100));
    t.match(sound.tally, { removedRoutes: 0, lost: 0 });
    t.ok(sound.tally.newRoutes > 50, 'replaced');
    await place.run(`replace IP ip@${DELETES_AND_ADDS}`);
    given.version = DELETES_AND_ADDS;
    const broken = await given.during(async () => {
      await given.change(100);
      await place.comesTo(given.lines);
    });
    t.ok(broken.tally.removedRoutes > 50, `${broken.tally.removedRoutes} times RTM_DELROUTE`);
    const without = await given.during(async () => {
      await place.run('remove IP');
      await place.comesTo([]);
      await place.streams(100);
      await place.run(`add IP ip@${ONE}`);
      await place.comesTo(given.lines);
    });
    t.ok(without.flow.lost > 50, `${without.flow.lost} packets are lost without the routes`);
    t.ok(without.tally.removedRoutes > 200);
  },
);
