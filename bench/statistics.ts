/** What is said of samples: medians and p99, never a maximum, which on a shared machine measures its neighbours. */
export interface Summary {
  samples: number;
  median: number;
  p99: number;
}

/** @throws RangeError when there are no samples */
export function summarize(samples: readonly number[]): Summary {
  const sorted = Float64Array.from(samples).sort();
  return { samples: sorted.length, median: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) };
}

/** Of sorted samples, linear between the two nearest (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: Float64Array, part: number): number {
  if (sorted.length === 0) throw new RangeError('there are no samples');
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)]!;
  return below + (sorted[Math.ceil(place)]! - below) * (place - Math.floor(place));
}
