/** The very moment at which the guard strikes, and where even the way back throws. */
import t from 'tap';
import { now } from '../../runtime/clock.ts';
import type { TransactionReport } from '../../runtime/index.ts';
import { sleep, Workshop } from './workshop.ts';

t.test(
  'a handler that returns just as the guard strikes is cut or is done, never half of both',
  async (t) => {
    const shop = new Workshop(t, { preparation: 120_000, development: false });
    const busy = "isQuiescent() { return globalThis.edgeTested || 'busy on purpose'; }";
    for (const version of ['1.0.0', '1.1.0']) shop.bundle({ name: 'A', version, methods: busy });
    t.teardown(() => Reflect.deleteProperty(globalThis, 'edgeTested'));
    shop.bundle({
      name: 'SINK',
      version: '1.0.0',
      // With a vm time-out its handlers too would be cut at 3 ms of the clock, on a machine that stands still.
      manifest: 'accepts: { drop: [1], get: [1] }, maxHandlerMs: 1_000',
      methods: 'initial() { return { n: 0 }; } onDrop() { this.state.n++; } onGet() { return this.state.n; }',
    });
    shop.bundle({
      name: 'EDGE',
      version: '1.0.0',
      manifest: 'accepts: { go: [1], say: [1] }, sends: { SINK: { drop: 1 } }, maxHandlerMs: 3',
      methods: `
      onGo(m) {
        const end = this.ctx.now() + m.body;
        for (let i = 0; i < 20; i++) this.ctx.send('SINK', 'drop');
        while (this.ctx.now() < end);
        return 'done';
      }
      onSay() { this.ctx.send('SINK', 'drop'); }`,
    });
    for (const name of ['A', 'SINK', 'EDGE']) await shop.add(name, `${name.toLowerCase()}@1.0.0`);
    const swap = shop.replace('A', 'a@1.1.0');
    await shop.draining('A');
    const counts: Record<string, number> = {};
    // Goes to the length at which half of the handlers are cut, and stays there.
    let length = 3.5;
    let step = 1;
    for (let i = 0; i < 250; i++) {
      const jitter = (Math.random() - 0.5) / 10;
      const asked = shop.runtime.ask<string>('EDGE', 'go', length + jitter, { timeout: 60_000 });
      const answer = await asked.catch(({ code }) => code);
      counts[String(answer)] = (counts[String(answer)] ?? 0) + 1;
      if (answer !== 'done') step = 0.1;
      length += answer === 'done' ? step : -step;
      if (answer !== 'done' && answer !== 'ASK_FAILED') break;
    }
    t.equal(shop.view('A').service, 'draining', 'all of it was guarded');
    const { done = 0, ASK_FAILED: cut = 0, ...others } = counts;
    t.strictSame(others, {}, 'each request was answered, or failed at once');
    t.ok(cut > 30 && done > 30, `${done} done, ${cut} cut, at ${length.toFixed(1)} ms`);
    t.equal(shop.view('EDGE').interrupted, cut, 'who was not answered was cut');
    await sleep(20);
    t.equal(
      await shop.runtime.ask('SINK', 'get'),
      done * 20,
      'what was answered sent all, what was cut nothing',
    );
    Object.assign(globalThis, { edgeTested: true });
    t.equal((await swap).outcome, 'committed');
    shop.runtime.send('EDGE', 'say');
    await sleep(5);
    t.equal(await shop.runtime.ask('SINK', 'get'), done * 20 + 1, 'and it speaks afterwards');
  },
);

t.test('very many outputs that are released close to the deadline are all sent once', async (t) => {
  const preparation = 1_500;
  const count = 200_000;
  for (const margin of [12, 20, 30]) {
    const shop = new Workshop(t, { preparation, development: false });
    const talker = (version: string) => ({
      name: 'TALK',
      version,
      manifest: 'accepts: { ping: [1] }, sends: { SINK: { drop: 1 } }, maxHandlerMs: 3000',
      methods: `
        onPing() { return '${version}'; }
        start(why) {
          if (why !== 'upgrade') return;
          for (let i = 0; i < ${count}; i++) this.ctx.send('SINK', 'drop', i);
          while (this.ctx.now() < globalThis.startUntil);
        }`,
    });
    for (const version of ['1.0.0', '1.1.0']) shop.bundle(talker(version));
    shop.bundle({
      name: 'SINK',
      version: '1.0.0',
      manifest: 'mailbox: 1000000, accepts: { drop: [1], get: [1] }',
      methods:
        "initial() { return { n: 0, next: 0 }; } onDrop(m) { this.state.n++; if (m.body !== this.state.next++) throw new Error('order'); } onGet() { return this.state.n; }",
    });
    await shop.add('SINK', 'sink@1.0.0');
    await shop.add('TALK', 'talk@1.0.0');
    await shop.runtime.repository.load('talk@1.1.0');
    let report: TransactionReport | undefined;
    for (let i = 0; i < 10; i++) {
      Object.assign(globalThis, { startUntil: now() + preparation - margin });
      report = await shop.replace('TALK', 'talk@1.1.0');
      if (report.outcome === 'committed') break;
      // The machine stood still for longer than the margin, before or in the last of `start`: then none is sent.
      t.match(report.reason, /the deadline of 1500 ms passed|HOOK_CUT/);
      t.equal(await shop.runtime.ask('TALK', 'ping'), '1.0.0');
      t.equal(await shop.runtime.ask('SINK', 'get'), 0);
    }
    t.equal(report?.outcome, 'committed', report?.reason ?? '');
    t.equal(await shop.runtime.ask('TALK', 'ping', undefined, { timeout: 300 }).catch(String), '1.1.0');
    t.equal(await shop.runtime.ask('SINK', 'get'), count, `${margin} ms before the deadline`);
    t.equal(shop.view('SINK').errors, 0);
  }
  Reflect.deleteProperty(globalThis, 'startUntil');
});

for (const [what, { old = '', next }] of Object.entries({
  'cannot be given back its state': {
    old: 'onGet() { Object.freeze(this); return 1; }',
    next: 'start() { throw new Error("oh"); }',
  },
  'has a state that cannot be read any more': {
    next: 'start() { Object.defineProperty(this.state, "x", { enumerable: true, get() { throw new Error("oh"); } }); }',
  },
})) {
  t.test(`an old version that ${what} serves again after an abort`, async (t) => {
    const shop = new Workshop(t);
    const module = (name: string, version: string, methods: string) => ({
      name,
      version,
      manifest: 'accepts: { get: [1], ping: [1] }',
      methods: `initial() { return { n: 1 }; } onPing() { return '${version}'; } ${methods.includes('onGet') ? '' : 'onGet() {}'} ${methods}`,
    });
    for (const name of ['A', 'B']) {
      shop.bundle(module(name, '1.0.0', old));
      shop.bundle(module(name, '1.1.0', next));
      await shop.add(name, `${name.toLowerCase()}@1.0.0`);
      await shop.runtime.ask(name, 'get');
    }
    const report = await shop.replace('A', 'a@1.1.0', 'B', 'b@1.1.0').catch(String);
    t.match(report, { outcome: 'aborted' });
    for (const name of ['A', 'B']) {
      t.equal(shop.view(name).service, 'service', name);
      t.equal(await shop.runtime.ask(name, 'ping', undefined, { timeout: 200 }).catch(String), '1.0.0');
    }
  });
}
