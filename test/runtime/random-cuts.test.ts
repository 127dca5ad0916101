/** Whatever returns just as the guard strikes has returned, or was cut: never both, and nothing is cut for another. */
import t from 'tap';
import { now } from '../../runtime/clock.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { Guard } from '../../runtime/services/guard.ts';
import { randomFrom } from '../random.ts';

const skip =
  nativeWatch() === undefined &&
  'SKIPPED: the native watch is not compiled; a vm time-out counts in whole ms';
if (skip) process.stderr.write(`test/runtime/random-cuts: ${skip}\n`);

/** `CUT_ROUNDS=1000000 CUT_SEED=7 node test/run.mjs --timeout 3600 test/runtime/random-cuts.test.ts` is the long form. */
const ROUNDS = Number(process.env.CUT_ROUNDS ?? 20_000);
const SEED = Number(process.env.CUT_SEED ?? Date.now() % 1e6);
/** More resident memory than so many bytes is a leak. */
const MOST_GROWTH = 30e6;

const OUTER_MS = 5;

t.test(`random limits around the end of what runs (CUT_SEED=${SEED})`, { skip }, (t) => {
  const guard = new Guard();
  const deep = (levels: number): number => (levels === 0 ? 0 : 1 + deep(levels - 1));
  let [cuts, returns, wrong, late] = [0, 0, 0, 0];
  const random = randomFrom(SEED);
  let rss = 0;
  for (let i = 0; i < ROUNDS; i++) {
    if (i === ROUNDS >> 2) rss = process.memoryUsage.rss();
    let done = false;
    const end = now() + 0.05;
    const cut = guard.run(0.02 + random() * 0.06, () => {
      while (now() < end);
      done = true;
    });
    if (cut === undefined) returns++;
    else cuts++;
    if (done === (cut !== undefined)) wrong++;
    // A termination that outlived its frame would strike here.
    if (deep(50) !== 50 || guard.active) late++;
  }
  t.comment(`${cuts} cut, ${returns} returned`);
  t.equal(wrong, 0, 'what was cut had not returned, and what returned was not cut');
  t.equal(late, 0, 'nothing is cut afterwards');
  const grown = process.memoryUsage.rss() - rss;
  t.ok(grown < MOST_GROWTH, `memory has grown by ${grown} bytes`);
  t.ok(cuts > 0 && returns > 0, `${cuts} cut, ${returns} returned`);
  t.end();
});

t.test('a guard within a guard strikes alone, and the outer one still does', { skip }, (t) => {
  const guard = new Guard();
  let rounds = 0;
  for (let i = 0; i < 60; i++) {
    let inner = false;
    let after = false;
    let late = false;
    const end = now() + OUTER_MS;
    const outer = guard.run(OUTER_MS, () => {
      late = now() >= end;
      inner =
        guard.run(0.3, () => {
          for (;;);
        }) !== undefined;
      after = true;
      for (;;);
    });
    // The machine stood still for so long that the outer one struck first.
    if (!inner && (late || now() >= end)) continue;
    rounds++;
    if (!inner || !after || outer === undefined) {
      t.match({ inner, after, outer }, { inner: true, after: true, outer: {} }, `round ${i}`);
      break;
    }
  }
  t.ok(rounds > 6, `${rounds} rounds`);
  t.equal(guard.active, false);
  t.end();
});
