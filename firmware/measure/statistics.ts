/** The statistics of samples: medians, p99 and how they are spread, never a maximum, which on a shared machine measures its neighbours. */
export interface Summary {
  samples: number;
  median: number;
  p99: number;
  histogram?: Histogram;
}

/** How many samples lie between two edges; `counts[i]` between `edges[i]` and `edges[i + 1]`. The edges are evenly apart on a logarithmic scale. */
export interface Histogram {
  edges: number[];
  counts: number[];
}

/** Bins to a factor of ten. */
const PER_DECADE = 20;
/** A sample that lies so far below the largest counts in the lowest bin. */
const SPAN = 1e6;

/** @throws RangeError when there are no samples */
export function summarize(samples: ArrayLike<number>): Summary {
  const sorted = Float64Array.from(samples).sort();
  return {
    samples: sorted.length,
    median: quantile(sorted, 0.5),
    p99: quantile(sorted, 0.99),
    histogram: histogramOf(sorted),
  };
}

/** Of sorted samples, linear between the two nearest (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: Float64Array, part: number): number {
  if (sorted.length === 0) throw new RangeError('there are no samples');
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}

/** A sample of 0 or less has no logarithm: it counts in the lowest bin. */
function histogramOf(sorted: Float64Array): Histogram {
  const largest = sorted.at(-1)!;
  if (largest <= 0) return { edges: [0, 1], counts: [sorted.length] };
  const least = Math.max(sorted.find((sample) => sample > 0)!, largest / SPAN);
  const first = Math.floor(Math.log10(least) * PER_DECADE);
  const bins = Math.floor(Math.log10(largest) * PER_DECADE) - first + 1;
  const counts = new Array<number>(bins).fill(0);
  for (const sample of sorted) {
    const bin = sample > least ? Math.floor(Math.log10(sample) * PER_DECADE) - first : 0;
    counts[bin] = counts[bin]! + 1;
  }
  const edges = Array.from({ length: bins + 1 }, (_, i) => rounded(10 ** ((first + i) / PER_DECADE)));
  return { edges, counts };
}

/** Four digits are enough for an edge, and shorter to write. */
function rounded(value: number): number {
  return Number(value.toPrecision(4));
}
