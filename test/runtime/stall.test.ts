/** The report tells for how long a transaction held the event loop, wherever in it that was (design rule 13). */
import t from 'tap';
import { Workshop } from './workshop.ts';

/** Long enough to be the longest on a busy machine, in ms. */
const SPIN_MS = 60;
const SPIN = `const until = performance.now() + ${SPIN_MS}; while (performance.now() < until);`;

const PLACES: readonly { where: string; step: string; bundle: Partial<{ top: string; methods: string }> }[] =
  [
    { where: 'its top level', step: 'upload', bundle: { top: SPIN } },
    { where: 'its constructor', step: 'upload', bundle: { methods: `constructor() { super(); ${SPIN} }` } },
    {
      where: 'start',
      step: 'start',
      bundle: { methods: `start(why) { if (this.state.n === 1) { ${SPIN} } }` },
    },
  ];

for (const { where, step, bundle } of PLACES) {
  t.test(`what ${where} takes is in the stall`, async (t) => {
    const shop = new Workshop(t);
    const plain = { name: 'IP', methods: 'initial() { return { n: 1 }; }' };
    shop.bundle({ ...plain, version: '1.0.0' });
    const methods = `${plain.methods} ${bundle.methods ?? ''} ${bundle.top === undefined ? '' : `static { ${bundle.top} }`}`;
    shop.bundle({ ...plain, version: '1.1.0', methods });
    await shop.add('IP', 'ip@1.0.0');
    const { stall, outcome, total, reached } = await shop.replace('IP', 'ip@1.1.0');
    t.equal(outcome, 'committed');
    t.equal(reached, 'cleanup');
    t.ok(stall.longest >= SPIN_MS, `${stall.longest} ms`);
    t.ok(stall.sum >= stall.longest, 'the sum has it too');
    t.ok(stall.longest <= total, 'and it is not longer than all');
    if (step === 'start') t.ok(stall.during !== 'upload', `in step ${stall.during}`);
    else t.ok(['upload', 'warm'].includes(stall.during), `in step ${stall.during}`);
  });
}

t.test('waiting is no stall', async (t) => {
  const shop = new Workshop(t);
  for (const version of ['1.0.0', '1.1.0']) shop.bundle({ name: 'IP', version });
  await shop.add('IP', 'ip@1.0.0');
  shop.runtime.faults!.set('IP', 'busy', { duration: 300 });
  const { stall, total, outcome } = await shop.replace('IP', 'ip@1.1.0');
  t.equal(outcome, 'committed');
  t.ok(total >= 300, `${total} ms altogether`);
  t.ok(stall.sum < total - 200, `${stall.sum} ms of them held the loop`);
});
