import t from 'tap';
import Timer, { manifest } from '../../firmware/modules/timer/module.ts';
import { Served } from './fake-context.ts';

const config = { period: 100 };

t.test('a tick is published each period, numbered from 0', async (t) => {
  const timer = new Served(Timer, manifest, { config });
  t.same(timer.ctx.published, [], 'none at the start');
  timer.advance(350);
  t.same(timer.ctx.published, [
    { event: 'broadcast', body: { tick: 0, period: 100, missed: 0 } },
    { event: 'broadcast', body: { tick: 1, period: 100, missed: 0 } },
    { event: 'broadcast', body: { tick: 2, period: 100, missed: 0 } },
  ]);
});

t.test('ticks that are handled late do not make later ones late', async (t) => {
  const timer = new Served(Timer, manifest, { config });
  const start = timer.ctx.time;
  for (let i = 0; i < 50; i++) timer.advance(100 - (timer.ctx.time - start - i * 100), 7);
  t.equal(timer.ctx.published.length, 50);
  t.equal(timer.ctx.timers.get('tick ')?.due, start + 51 * 100, 'the next is due when it would have been');
});

t.test('how late ticks are is measured', async (t) => {
  const timer = new Served(Timer, manifest, { config });
  timer.advance(100, 3);
  timer.advance(97, 11);
  timer.advance(89, 1);
  t.same(timer.state.lateness, { last: 1, worst: 11, total: 15, measured: 3 });
});

t.test('periods without a tick are counted and told with the next tick', async (t) => {
  const timer = new Served(Timer, manifest, { config });
  timer.advance(100, 250);
  t.same(timer.ctx.published[0]?.body, { tick: 0, period: 100, missed: 2 });
  timer.advance(50);
  t.same(timer.ctx.published[1]?.body, { tick: 1, period: 100, missed: 0 }, 'numbers stay consecutive');
  t.equal(timer.state.missed, 2);
  t.equal(timer.state.ticks, 2);
});

t.test('the one-shot timer of 1.0.0 is taken over without losing or doubling a tick', async (t) => {
  const state = manifest.state.up[1]({ config, tick: 7 });
  const before = new Served(Timer, manifest, { config });
  before.ctx.timers.clear();
  before.ctx.setTimer('tick', '', 30);
  const timer = new Served(Timer, manifest, { state, before: before.ctx });
  const start = timer.ctx.time;
  const when: number[] = [];
  for (let i = 0; i < 300; i++) {
    timer.advance(1);
    if (timer.ctx.published.length > when.length) when.push(timer.ctx.time - start);
  }
  t.same(when, [30, 130, 230]);
  t.same(
    timer.ctx.published.map(({ body }) => (body as { tick: number }).tick),
    [7, 8, 9],
  );
});

t.test('an expiry of 1.0.0 that waited for the new version is handled, and the rhythm is kept', async (t) => {
  const state = manifest.state.up[1]({ config, tick: 7 });
  const timer = new Served(Timer, manifest, { state });
  const due = timer.ctx.time - 40;
  t.equal(timer.ctx.timers.size, 0, 'nothing is armed over the one that waits');
  timer.expire({ name: 'tick', key: '', due, every: 0, body: undefined });
  t.equal(timer.ctx.published.length, 1);
  t.equal(timer.ctx.timers.get('tick ')?.due, due + 100);
});

t.test('its own periodic timer goes on over an upgrade, a rollback and a resume, untouched', async (t) => {
  const first = new Served(Timer, manifest, { config });
  first.advance(230);
  const armed = first.ctx.timers.get('tick ');
  for (const why of ['upgrade', 'rollback', 'resume'] as const) {
    const next = new Served(Timer, manifest, { state: first.state, before: first.ctx, why });
    t.equal(next.ctx.timers.get('tick '), armed, why);
  }
});

t.test('a configuration without a period is refused in words', async (t) => {
  const timer = new Timer();
  for (const wrong of [
    undefined,
    {},
    { period: 0 },
    { period: -1 },
    { period: '1' },
    { period: Number.NaN },
  ]) {
    t.throws(() => timer.initial(wrong), { message: /TIMER needs \{ period/ });
  }
});
