/** OSPF's routes as IP has them in the end: told in whole sets and differences, with messages refused and swaps in between. */
import t from 'tap';
import { MOST_MESSAGE_HOPS, type Routes } from '../../firmware/modules/messages/routes.ts';
import {
  announceAll,
  announceSome,
  isAnnouncing,
  takeRoutesWanted,
} from '../../firmware/modules/ospf/routing/announcing.ts';
import { newWorking } from '../../firmware/modules/ospf/routing/working.ts';
import { Chance } from './differential.ts';
import { link, RoutingRun, stub } from './ospf-routing-run.ts';

/** As the rules of the message have it: a number that is not the next one makes all that follows void, up to a whole set. */
class Receiver {
  readonly routes = new Map<string, number>();
  #set = new Set<string>();
  #number: number | undefined;

  take({ number, whole, changes }: Routes): void {
    if (whole === 'begin' || whole === 'all') this.#set = new Set();
    else if (number !== this.#number! + 1) throw new Error(`${number} comes after ${this.#number}`);
    this.#number = number;
    for (const { prefix, remove, metric = 0 } of changes) {
      if (remove) this.routes.delete(prefix);
      else this.routes.set(prefix, metric);
      if (!remove) this.#set.add(prefix);
    }
    if (whole !== 'end' && whole !== 'all') return;
    for (const prefix of this.routes.keys()) if (!this.#set.has(prefix)) this.routes.delete(prefix);
  }
}

t.test(
  'IP has the routes that there are, whatever was refused, swapped or asked for meanwhile',
  async (t) => {
    for (let seed = 1; seed <= 20; seed++) {
      const chance = new Chance(seed);
      const run = new RoutingRun([1]);
      run.attach('p2', 1, '10.1.2.1', '2.2.2.2');
      run.router(1, '1.1.1.1', 0, [link('2.2.2.2', '10.1.2.1', 5)]);
      run.router(1, '2.2.2.2', 2, [link('1.1.1.1', '10.1.2.2'), stub('10.9.0.0/24')]);
      const change = () =>
        run.external('2.2.2.2', `172.16.${chance.whole(250)}.0/24`, [2, chance.of([1, 2, 0xff_ffff])]);
      for (let i = 0; i < 600; i++) change();
      run.run();
      const ip = new Receiver();
      const { state, ctx } = run;
      for (let step = 0; step < 200 || isAnnouncing(state); step++) {
        if (step < 150 && chance.once(5)) for (let i = 0; i < 20; i++) change();
        run.run();
        if (step < 150 && chance.once(15)) run.working = newWorking();
        if (step < 150 && chance.once(20)) takeRoutesWanted(state, { has: {} }, run.working, ctx);
        ctx.sendResult = step < 150 && chance.once(3) ? 'full' : 'queued';
        announceSome(state, run.working, ctx);
        for (const { body } of ctx.sent.splice(0)) ip.take(body as Routes);
        ctx.time += 10;
      }
      const wanted = [...state.routes].map(
        ([prefix, { path, metric2, cost }]) => [prefix, path === 'external-2' ? metric2 : cost] as const,
      );
      t.same(Object.fromEntries([...ip.routes].sort()), Object.fromEntries(wanted.sort()), `seed ${seed}`);
      t.ok(ip.routes.size > 100);
    }
  },
);

t.test('no message has more next hops than IP takes in one, in whole sets and differences', async (t) => {
  const WAYS = 16;
  const ROUTES = 100;
  const run = new RoutingRun([1]);
  const others = Array.from({ length: WAYS }, (_, i) => ({ id: `2.2.2.${i + 1}`, net: 10 + i }));
  for (const { id, net } of others) run.attach(`p${net}`, 1, `10.1.${net}.1`, id);
  run.router(
    1,
    '1.1.1.1',
    0,
    others.map(({ id, net }) => link(id, `10.1.${net}.1`, 5)),
  );
  const all = Array.from({ length: ROUTES }, (_, i) => stub(`10.9.${i}.0/24`));
  const tell = (stubs: typeof all) => {
    for (const { id, net } of others) run.router(1, id, 0, [link('1.1.1.1', `10.1.${net}.2`), ...stubs]);
    run.run();
    const { state, ctx } = run;
    while (isAnnouncing(state) && announceSome(state, run.working, ctx));
    const sent = ctx.sent.splice(0).map(({ body }) => body as Routes);
    const hops = sent.map(({ changes }) =>
      changes.reduce((sum, change) => sum + (change.hops?.length ?? 0), 0),
    );
    t.ok(Math.max(...hops) <= MOST_MESSAGE_HOPS, hops.join(' '));
    return sent.flatMap(({ changes }) => changes.map(({ prefix }) => prefix));
  };
  t.equal(new Set(tell(all)).size, ROUTES, 'the whole set');
  t.equal(
    new Set(tell(all.map((each) => ({ ...each, metric: each.metric + 1 })))).size,
    ROUTES,
    'what differs',
  );
});

t.test('a route of distance 255 is none, and becomes one with another distance', async (t) => {
  const run = new RoutingRun([1]);
  run.attach('p2', 1, '10.1.2.1', '2.2.2.2');
  run.router(1, '1.1.1.1', 0, [link('2.2.2.2', '10.1.2.1', 5)]);
  run.router(1, '2.2.2.2', 2, [link('1.1.1.1', '10.1.2.2'), stub('10.9.0.0/24')]);
  run.external('2.2.2.2', '172.16.0.0/24', [2, 1]);
  run.run();
  const ip = new Receiver();
  const { state, ctx } = run;
  const tell = () => {
    while (isAnnouncing(state) && announceSome(state, run.working, ctx));
    for (const { body } of ctx.sent.splice(0)) ip.take(body as Routes);
    return [...ip.routes.keys()].sort();
  };
  state.config.distance = { intra: 110, inter: 110, external: 255 };
  t.same(tell(), ['10.9.0.0/24']);
  state.config.distance = { intra: 255, inter: 110, external: 20 };
  announceAll(state, state.config, ctx);
  t.same(tell(), ['172.16.0.0/24'], 'and what was one goes');
  run.router(1, '2.2.2.2', 2, [link('1.1.1.1', '10.1.2.2'), stub('10.9.0.0/24', 7)]);
  run.run();
  t.same(tell(), ['172.16.0.0/24'], 'also when it changes');
});
