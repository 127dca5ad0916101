/** How samples are spread, and when rounds disagree. */
import t from 'tap';
import { isNoisy, summarize } from '../../bench/statistics.ts';

function countAt(samples: number[], value: number): number {
  const { edges, counts } = summarize(samples).histogram!;
  return counts.find((_count, i) => edges[i]! <= value && value < edges[i + 1]!) ?? 0;
}

t.test('a histogram has each sample once, in the bin between whose edges it lies', async (t) => {
  const samples = [...Array(70).fill(20), ...Array(25).fill(300), ...Array(5).fill(40_000)];
  const { edges, counts } = summarize(samples).histogram!;
  t.equal(
    counts.reduce((sum, count) => sum + count),
    100,
  );
  t.equal(edges.length, counts.length + 1);
  t.strictSame(
    [20, 300, 40_000].map((value) => countAt(samples, value)),
    [70, 25, 5],
  );
  const ratios = edges.slice(1).map((edge, i) => edge / edges[i]!);
  t.ok(
    ratios.every((ratio) => Math.abs(ratio - 10 ** (1 / 20)) < 0.002),
    'edges are evenly apart',
  );
});

t.test(
  'histograms of different samples have edges in common, so that they can be drawn on one axis',
  async (t) => {
    const [a, b] = [
      [3, 70],
      [5, 900],
    ].map((samples) => summarize(samples).histogram!.edges);
    const shared = a!.filter((edge) => edge > 6 && edge < 60);
    t.ok(shared.length > 15 && shared.every((edge) => b!.includes(edge)));
  },
);

t.test('what is 0, negative or far below the rest counts in the lowest bin', async (t) => {
  for (const low of [0, -5, 1e-9]) {
    const { edges, counts } = summarize([low, 100, 100, 200]).histogram!;
    t.equal(
      counts.reduce((sum, count) => sum + count),
      4,
      String(low),
    );
    t.ok(counts[0]! >= 1 && edges[0]! > 0 && edges.length < 200, `${low}: ${edges.length} edges`);
  }
  t.strictSame(summarize([0, 0]).histogram, { edges: [0, 1], counts: [2] });
});

t.test('a median of one round far from another marks a figure as noisy', async (t) => {
  t.equal(isNoisy([100, 120, 149]), false);
  t.equal(isNoisy([100, 120, 151]), true);
  t.equal(isNoisy([100]), false, 'one round disagrees with nobody');
  t.equal(isNoisy([0, 0]), false);
  t.equal(isNoisy([0, 4]), true);
});
