/**
 * OSPF's calculation beside a naive reference on the same database: areas of each type, broadcast and point-to-point networks,
 * virtual links, summaries and externals by chance. Whatever changes, and wherever a turn is cut, at rest both say the same.
 */
import t from 'tap';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import { announceLater } from '../../firmware/modules/ospf/routing/announcing.ts';
import {
  calculateSome,
  hasToCalculate,
  routingChanged,
} from '../../firmware/modules/ospf/routing/routing.ts';
import { newWorking, type Working } from '../../firmware/modules/ospf/routing/working.ts';
import type { State } from '../../firmware/modules/ospf/state.ts';
import { Chance } from './differential.ts';
import { FakeContext } from './fake-context.ts';
import { hopText, type ReferenceRoute, referenceRoutes } from './ospf-reference.ts';
import { OspfWorld } from './ospf-world.ts';

const SEEDS = Number(process.env.SEEDS ?? 150);
const STEPS = 12;

/** Turns of one step each, so that something may come between any two. */
function turn(state: State, working: Working, ctx: FakeContext): void {
  const agenda = new OspfAgenda();
  ctx.timers.delete('spf ');
  calculateSome(state, working, 0, agenda, ctx);
  for (let item = agenda.next(); item !== undefined; item = agenda.next())
    if (item.on === 'announcing') announceLater(state, item.prefix);
}

function isBusy(state: State, working: Working, ctx: FakeContext): boolean {
  return hasToCalculate(state, working, ctx) || state.routing.due !== undefined;
}

function rest(state: State, working: Working, ctx: FakeContext): void {
  for (let turns = 0; isBusy(state, working, ctx); turns++) {
    if (turns > 100_000) throw new Error('the calculation has no end');
    turn(state, working, ctx);
  }
}

function shown(state: State): Record<string, ReferenceRoute> {
  const rows: [string, ReferenceRoute][] = [...state.routes].map(([prefix, route]) => {
    const { path, area, cost, metric2, hops } = route;
    return [prefix, { path, area, cost, metric2, hops: hops.map(hopText).sort() }];
  });
  return Object.fromEntries(rows.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function sorted(routes: Map<string, ReferenceRoute>): Record<string, ReferenceRoute> {
  return Object.fromEntries([...routes].sort(([one], [other]) => (one < other ? -1 : 1)));
}

t.test('Routes are those of the reference after any changes, in any turns, over any swaps', (t) => {
  const seen = new Map<string, number>();
  for (let seed = 1; seed <= SEEDS; seed++) {
    const chance = new Chance(seed);
    const world = new OspfWorld(chance);
    const ctx = new FakeContext('OSPF', '3.0.0');
    ctx.time = world.time;
    let working = newWorking();
    routingChanged(world.state, { of: 'all' }, ctx);
    for (let step = 0; step < STEPS; step++) {
      for (let changes = chance.of([0, 1, 1, 2, 10]); changes > 0; changes--) {
        const change = world.change();
        if (change !== undefined) routingChanged(world.state, change, ctx);
        for (let turns = chance.of([0, 0, 1, 5, 20]); turns > 0; turns--)
          if (isBusy(world.state, working, ctx)) turn(world.state, working, ctx);
        if (chance.once(10)) working = newWorking();
      }
      rest(world.state, working, ctx);
      const is = shown(world.state);
      const wanted = sorted(referenceRoutes(world.state, ctx.now()));
      for (const { path, hops } of Object.values(is)) {
        const kind = `${path}${hops.length > 1 ? ' of equal cost' : ''}`;
        seen.set(kind, (seen.get(kind) ?? 0) + 1);
      }
      if (JSON.stringify(is) !== JSON.stringify(wanted)) {
        t.same(is, wanted, `seed ${seed}, step ${step}`);
        t.end();
        return;
      }
    }
  }
  for (const path of ['intra', 'inter', 'external-1', 'external-2'])
    for (const kind of [path, `${path} of equal cost`]) t.ok((seen.get(kind) ?? 0) > 20, `${kind} was met`);
  t.end();
});
