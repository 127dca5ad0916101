/** A request that is not answered in its time is answered with ASK_TIMEOUT: each at its own time, whatever others wait. */
import t, { type Test } from 'tap';
import { Workshop } from './workshop.ts';

/** A module that answers `now` at once and `never` never, and one that asks it. */
async function workshop(t: Test): Promise<Workshop> {
  const shop = new Workshop(t);
  shop.bundle({
    name: 'MUTE',
    version: '1.0.0',
    manifest: 'async: true, accepts: { never: [1], now: [1] }',
    methods: `onNever() { return new Promise(() => {}); }
      onNow(m) { return m.body; }`,
  });
  shop.bundle({
    name: 'ASKER',
    version: '1.2.0',
    manifest: 'accepts: { go: [1] }, sends: { MUTE: { never: 1, now: 1 } }',
    methods: `*onGo({ body: { timeout, rounds } }) {
      for (let i = 0; i < rounds; i++) {
        const answer = yield* this.ctx.ask('MUTE', 'now', i, { timeout });
        if (answer !== i) return 'answered ' + answer;
      }
      try {
        return yield* this.ctx.ask('MUTE', 'never', 0, { timeout });
      } catch (error) {
        return error.code + ': ' + error.message;
      }
    }`,
  });
  await shop.add('MUTE', 'mute@1.0.0');
  await shop.add('ASKER', 'asker@1.2.0');
  return shop;
}

t.test('requests time out in the order of their times, and none too early', async (t) => {
  const shop = await workshop(t);
  const ended: number[] = [];
  await Promise.all(
    [300, 50, 500, 120, 400, 200].map(async (timeout) => {
      const began = performance.now();
      const code = await shop.runtime.ask('MUTE', 'never', 0, { timeout }).catch((error) => error.code);
      ended.push(timeout);
      t.equal(code, 'ASK_TIMEOUT');
      t.ok(performance.now() - began > timeout - 1, `${timeout} ms`);
    }),
  );
  t.strictSame(ended, [50, 120, 200, 300, 400, 500]);
});

t.test('who is answered is not told a time-out, and who asks later has its full time', async (t) => {
  const shop = await workshop(t);
  const began = performance.now();
  const answers: boolean[] = [];
  // Asked one after another over more than the time-out of each.
  while (performance.now() - began < 250) {
    const body = answers.length;
    answers.push((await shop.runtime.ask('MUTE', 'now', body, { timeout: 100 })) === body);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  t.notOk(answers.includes(false));
  const asked = performance.now();
  await t.rejects(shop.runtime.ask('MUTE', 'never', 0, { timeout: 150 }), { code: 'ASK_TIMEOUT' });
  t.ok(performance.now() - asked > 149);
});

t.test('the time-out is thrown where the handler waits, and tells who asked whom for what', async (t) => {
  const shop = await workshop(t);
  const answer = await shop.runtime.ask('ASKER', 'go', { timeout: 30, rounds: 200 });
  t.equal(answer, 'ASK_TIMEOUT: ASKER 1.2.0 asked MUTE "never", which was not answered within 30 ms');
});
