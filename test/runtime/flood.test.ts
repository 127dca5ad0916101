/** A sender that never lets a mailbox run dry does not keep a swap waiting. */
import t from 'tap';
import { turns, Workshop } from './workshop.ts';

t.test(
  'a module that is busy when a swap begins, and is flooded, is swapped long before the deadline',
  async (t) => {
    const shop = new Workshop(t, { preparation: 20_000 });
    shop.bundle({
      name: 'SLOW',
      version: '1.0.0',
      manifest: 'accepts: { think: [1] }, async: true',
      methods: 'onThink() { return new Promise((r) => setTimeout(r, 150)); }',
    });
    for (const version of ['1.0.0', '1.1.0'])
      shop.bundle({
        name: 'BUSY',
        version,
        manifest: 'accepts: { tick: [1], ask: [1], total: [1] }, sends: { SLOW: { think: 1 } }',
        methods: `onTick() { this.state.ticks = (this.state.ticks ?? 0) + 1; }
        onTotal() { return this.state.ticks; }
        *onAsk() { yield* this.ctx.ask('SLOW', 'think'); }`,
      });
    await shop.add('SLOW', 'slow@1.0.0');
    await shop.add('BUSY', 'busy@1.0.0');
    let sent = 0;
    let flooding = true;
    const flood = () => {
      if (!flooding) return;
      while (shop.runtime.queues().find(({ module }) => module === 'BUSY')!.waiting < 200) {
        shop.runtime.send('BUSY', 'tick');
        sent++;
      }
      setImmediate(flood);
    };
    shop.runtime.send('BUSY', 'ask');
    await turns();
    flood();
    const report = await shop.replace('BUSY', 'busy@1.1.0');
    flooding = false;
    t.equal(report.outcome, 'committed');
    t.ok(
      report.total < 5_000,
      `it took ${report.total.toFixed(0)} ms, of which it waited ${report.phases.wait.toFixed(0)}`,
    );
    t.equal(await shop.runtime.ask('BUSY', 'total'), sent, 'no message is lost');
  },
);
