/**
 * Networks of 5 to 12 OSPF routers under faults by chance, with swaps between their inputs: they come to rest each time, with equal
 * databases that have the network as it is, and the routes of the reference. HITLESS_OSPF_STEPS: so many steps; SEED: the first network.
 */
import t from 'tap';
import {
  areLinksRight,
  areRoutesRight,
  CHECKS,
  type Check,
  haveEqualDatabases,
  isIpTold,
  isNothingUnderWay,
} from './ospf-fault-checks.ts';
import { FaultWorld } from './ospf-fault-world.ts';
import type { NetworkRouter } from './ospf-network.ts';

const STEPS = Number(process.env.HITLESS_OSPF_STEPS ?? 60);
const STEPS_OF_ONE = 20;
const SEED = Number(process.env.SEED ?? 1);
/** As long as it may take to come to rest, in seconds of the virtual clock. */
const MOST_SECONDS = 300;
/** All holds, and nothing is made, for so long. */
const QUIET_MS = 12_000;

function broken(world: FaultWorld): string | undefined {
  for (const check of CHECKS) {
    const found = check(world);
    if (found !== undefined) return found;
  }
  return undefined;
}

function made(world: FaultWorld): number {
  // Those that are refreshed are made, too.
  return world.count('originated') - world.count('refreshed');
}

/** Until all holds and goes on to. @returns what does not */
function rest(world: FaultWorld): string | undefined {
  let found: string | undefined;
  for (const end = world.network.time + MOST_SECONDS * 1000; world.network.time < end; ) {
    world.run(2_000);
    found = broken(world);
    if (found !== undefined) continue;
    const before = made(world);
    world.run(QUIET_MS);
    found = broken(world);
    if (found === undefined && made(world) <= before) return undefined;
    found ??= `${made(world) - before} LSAs were made at rest`;
  }
  return found;
}

/** Faults by chance, and time for them. @returns what was done, in words */
function disturb(world: FaultWorld): string {
  const done: string[] = [];
  for (let faults = 1 + world.chance.whole(4); faults > 0; faults--) {
    done.push(`${world.network.time} ${world.disturb()}`);
    world.run(world.chance.of([0, 10, 500, 2_000, 6_000]));
  }
  world.calm();
  return done.join('\n');
}

t.test('networks come to rest after any faults, over any swaps', async (t) => {
  let swaps = 0;
  for (let step = 0, seed = SEED; step < STEPS; seed++) {
    const world = new FaultWorld(seed);
    const done: string[] = [];
    for (let own = 0; own < STEPS_OF_ONE && step < STEPS; own++, step++) {
      world.swapsOnceIn = world.chance.of([0, 10, 100]);
      if (own > 0) done.push(disturb(world));
      const found = rest(world);
      if (found !== undefined) {
        t.fail(`seed ${seed}, step ${own}: ${found}\n${done.join('\n')}`);
        return;
      }
      done.push(`${world.network.time} at rest`);
    }
    swaps += world.routers.reduce((sum, router) => sum + router.swaps, 0);
  }
  t.ok(swaps > STEPS, `${swaps} swaps`);
});

/** It forgets a timer. */
function without(timer: string) {
  return ({ served: { ctx } }: NetworkRouter): void => {
    const { setTimer } = ctx;
    ctx.setTimer = (name, ...rest) => {
      if (name !== timer) setTimer.call(ctx, name, ...rest);
    };
  };
}

const BREAKAGES: readonly (readonly [name: string, broken: (router: NetworkRouter) => void, finds: Check])[] =
  [
    ['sends nothing again', without('retransmit'), haveEqualDatabases],
    ['never misses a neighbour', without('inactivity'), areLinksRight],
    ['computes no routes', without('work'), areRoutesRight],
    ['forgets what waits for MinLSInterval', without('originate'), isNothingUnderWay],
    [
      'sends IP nothing any more',
      ({ served: { ctx } }) => {
        ctx.send = () => 'queued';
      },
      isIpTold,
    ],
  ];

for (const [name, sabotage, finds] of BREAKAGES)
  t.test(`a router that ${name} is found out`, async (t) => {
    const world = new FaultWorld(3);
    t.equal(rest(world), undefined);
    for (const router of world.routers) sabotage(router);
    let found: string | undefined;
    for (let step = 0; step < 30 && found === undefined; step++) {
      disturb(world);
      world.run(30_000);
      found = finds(world);
    }
    t.match(found, /./);
  });
