/** Precise timers turn the event loop while they wait for the last moment. Counted in turns, not in time. */
import { readFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { sleep, Workshop } from './workshop.ts';

const CLOCK = {
  name: 'CLOCK',
  version: '1.0.0',
  manifest: "accepts: { arm: [1], disarm: [1], report: [1] }, timers: ['beat']",
  methods: `initial() { return { beats: 0, early: 0, overruns: 0 }; }
    onArm({ body: { after, every } }) { this.ctx.setTimer('beat', '', after, { every }); }
    onDisarm() { this.ctx.cancelTimer('beat'); }
    onBeat({ due, overruns }) {
      this.state.beats++;
      this.state.overruns += overruns;
      if (this.ctx.now() < due) this.state.early++;
    }
    onReport() { return this.state; }`,
};

interface Report {
  beats: number;
  early: number;
  overruns: number;
}

/** Turns of the event loop so far. */
function loops(): number {
  return (performance.nodeTiming as unknown as { uvMetricsInfo: { loopCount: number } }).uvMetricsInfo
    .loopCount;
}

/** Turns of the event loop until the clock has had one beat more. */
async function turnsOfBeat(shop: Workshop): Promise<number> {
  const before = loops();
  const { beats } = await shop.runtime.ask<Report>('CLOCK', 'report');
  shop.runtime.send('CLOCK', 'arm', { after: 5, every: 0 });
  while ((await shop.runtime.ask<Report>('CLOCK', 'report')).beats === beats) await sleep(3);
  return loops() - before;
}

/** How many turns show that the loop does not sleep, and in how many beats: a busy machine has few turns in a beat. */
const MORE_TURNS = 200;
const MOST_BEATS = 200;

t.test('a precise timer turns the event loop until it is due, an ordinary one sleeps', async (t) => {
  const ordinary = new Workshop(t);
  const precise = new Workshop(t, { preciseTimers: true });
  for (const shop of [ordinary, precise]) {
    shop.bundle(CLOCK);
    await shop.add('CLOCK', 'clock@1.0.0');
  }
  const turns = { ordinary: 0, precise: 0 };
  let beats = 0;
  for (; beats < MOST_BEATS && turns.precise <= turns.ordinary + MORE_TURNS; beats++) {
    turns.ordinary += await turnsOfBeat(ordinary);
    turns.precise += await turnsOfBeat(precise);
  }
  t.ok(
    turns.precise > turns.ordinary + MORE_TURNS,
    `${turns.precise} turns of the loop in ${beats} beats, ${turns.ordinary} with ordinary timers`,
  );
});

t.test('with no timer near, precise mode sleeps too', async (t) => {
  const shop = new Workshop(t, { preciseTimers: true });
  shop.bundle(CLOCK);
  await shop.add('CLOCK', 'clock@1.0.0');
  const slept = async () => {
    await sleep(20);
    const before = loops();
    await sleep(100);
    return loops() - before;
  };
  t.ok((await slept()) < 50, 'without any');
  shop.runtime.send('CLOCK', 'arm', { after: 60_000, every: 0 });
  t.ok((await slept()) < 50, 'with one that is far away');
  shop.runtime.send('CLOCK', 'arm', { after: 1, every: 1 });
  await sleep(20);
  shop.runtime.send('CLOCK', 'disarm');
  t.ok((await slept()) < 50, 'after the near one was cancelled');
});

t.test(
  'no precise timer comes early, none is lost, and input goes on although the loop never sleeps',
  async (t) => {
    const shop = new Workshop(t, { preciseTimers: true });
    shop.bundle(CLOCK);
    await shop.add('CLOCK', 'clock@1.0.0');
    const began = performance.now();
    shop.runtime.send('CLOCK', 'arm', { after: 1, every: 1 });
    for (let i = 0; i < 50; i++) t.ok((await readFile(new URL(import.meta.url))).length > 0);
    await sleep(50);
    shop.runtime.send('CLOCK', 'disarm');
    const { beats, early, overruns } = await shop.runtime.ask<Report>('CLOCK', 'report');
    const due = performance.now() - began;
    t.equal(early, 0);
    t.ok(beats > 0 && beats + overruns <= due, `${beats} beats and ${overruns} overruns in ${due} ms`);
    t.ok(beats + overruns >= 49, `${beats} beats and ${overruns} overruns`);
  },
);

t.test('a runtime that is stopped while it waits precisely turns the loop no more', async (t) => {
  const shop = new Workshop(t, { preciseTimers: true });
  shop.bundle(CLOCK);
  await shop.add('CLOCK', 'clock@1.0.0');
  shop.runtime.send('CLOCK', 'arm', { after: 1, every: 1 });
  await sleep(10);
  shop.runtime.stop();
  await sleep(5);
  const before = loops();
  await sleep(100);
  t.ok(loops() - before < 50);
});
