/** The picture of a swap is drawn from a real one: each message is there once, the old version's before the window, the new one's after it. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { drawn } from '../../bench/picture/drawing.ts';
import { picturedSwap } from '../../bench/picture/swap.ts';

t.test('a real swap is drawn with its figures', async (t) => {
  const swap = await picturedSwap();
  const { handled, report, versions } = swap;
  t.equal(report.outcome, 'committed');
  const [old, fresh] = versions.map((version) => handled.filter((message) => message.version === version));
  t.ok(
    old!.length > 0 && fresh!.length > 0,
    `${old!.length} of the old version, ${fresh!.length} of the new one`,
  );
  // The old version handles messages that wait when the window begins, and on a busy machine some do.
  const begun = fresh![0]!.at;
  t.ok(old!.every(({ at }) => at < begun));
  t.ok(fresh!.every(({ at }) => at >= report.members[0]!.blackout * 1_000 - 1));
  t.ok(old!.every(({ kept }) => !kept));
  const picture = drawn(swap);
  t.notMatch(picture, /NaN|undefined|Infinity/);
  t.match(picture, `out of service for ${(report.window * 1_000).toFixed(0)} µs`);
  t.match(picture, `is ${(report.stall.longest * 1_000).toFixed(0)} µs`);
});

t.test('the picture in the tree is one of these', (t) => {
  const tree = readFileSync('runtime/swap.svg', 'utf8');
  t.match(tree, /^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" /);
  t.match(tree, /out of service for \d+ µs/);
  t.match(readFileSync('README.md', 'utf8'), /\]\(runtime\/swap\.svg\)/);
  t.end();
});
