/** How samples are spread: a row for each side, one below the other on one logarithmic axis. */
import type { Measurement } from '../result.ts';
import type { Histogram } from '../statistics.ts';
import { logScale, said, saidShort } from './scale.ts';
import type { Sides } from './sides.ts';
import { drawing, element, escaped, figure, label, line, through } from './svg.ts';

const WIDTH = 620;
const ROW = 74;
const TOP = 26;
const LEFT = 4;
const RIGHT = WIDTH - 12;
/** Edges are `10^(i/20)`. */
const PER_DECADE = 20;

export interface Drawn extends Pick<Measurement, 'side' | 'unit' | 'median' | 'p99' | 'samples'> {
  histogram: Histogram;
  /** Stands for the side where there is but one. */
  name?: string;
}

/** Those that have a histogram. */
export function drawable(measurements: readonly Measurement[]): Drawn[] {
  return measurements.flatMap((each) =>
    each.histogram === undefined || each.histogram.edges[0] === 0
      ? []
      : [{ ...each, histogram: each.histogram }],
  );
}

export function histogramPlot(title: string, caption: string, rows: readonly Drawn[], sides: Sides): string {
  const unit = rows[0]!.unit;
  const bars = rows.map(binned);
  const scale = logScale(
    bars.flatMap((row) => row.flatMap(({ from, to }) => [from, to])),
    LEFT,
    RIGHT,
  );
  const bottom = TOP + rows.length * ROW;
  const ticks = scale.ticks.flatMap((tick, i) => {
    const x = scale(tick);
    const anchor = x < 24 ? 'start' : x > WIDTH - 30 ? 'end' : 'middle';
    const crowded = scale.ticks.length > 9 && i % 2 === 1;
    return [
      line(x, TOP - 6, x, bottom, 'grid'),
      crowded ? '' : label(x, bottom + 18, saidShort(tick, unit), { class: 'axis', 'text-anchor': anchor }),
    ];
  });
  const drawn = rows.map((row, i) => drawRow(row, bars[i]!, scale, TOP + i * ROW, sides));
  return figure(title, caption, drawing(WIDTH, bottom + 26, title, ...ticks, ...drawn));
}

function drawRow(
  row: Drawn,
  bars: readonly Bar[],
  scale: (value: number) => number,
  top: number,
  sides: Sides,
): string {
  const base = top + ROW - 10;
  const height = ROW - 36;
  const highest = Math.max(...bars.map(({ share }) => share));
  const points: [number, number][] = [];
  let before: number | undefined;
  for (const { from, to, share } of bars) {
    if (before !== undefined && before < from * 0.999)
      points.push([scale(before), base], [scale(from), base]);
    if (before === undefined) points.push([scale(from), base]);
    const y = base - (height * share) / highest;
    points.push([scale(from), y], [scale(to), y]);
    before = to;
  }
  points.push([scale(before!), base]);
  const { side, name = side, unit, median, p99, samples } = row;
  const what = `median ${said(median, unit)} · p99 ${said(p99, unit)}`;
  return element(
    'g',
    { style: sides.style(side) },
    element('title', {}, escaped(`${name}: ${what}, ${samples} samples`)),
    line(LEFT, base, RIGHT, base, 'base'),
    element('path', { d: `${through(points)}Z`, class: 'area' }),
    median > 0 ? line(scale(median), base - height - 2, scale(median), base + 4, 'median') : '',
    p99 > 0 ? element('path', { d: pointer(scale(p99), base + 1), class: 'fill' }) : '',
    label(LEFT, top + 12, name, { class: 'side' }),
    label(RIGHT, top + 12, what, { 'text-anchor': 'end' }),
  );
}

/** A small triangle below the axis. */
function pointer(x: number, y: number): string {
  return `${through([
    [x, y],
    [x - 4, y + 7],
    [x + 4, y + 7],
  ])}Z`;
}

interface Bar {
  from: number;
  to: number;
  /** Of the samples, per width. */
  share: number;
}

/** Few samples in many bins look like noise: the fewer, the wider. */
function binned({ histogram: { edges, counts }, samples }: Drawn): Bar[] {
  const merge = samples >= 2_000 ? 1 : samples >= 200 ? 2 : 4;
  const bars = new Map<number, number>();
  for (const [i, count] of counts.entries()) {
    if (count === 0) continue;
    const bin = Math.floor(Math.round(Math.log10(edges[i]!) * PER_DECADE) / merge);
    bars.set(bin, (bars.get(bin) ?? 0) + count / samples);
  }
  const edge = (bin: number) => 10 ** ((bin * merge) / PER_DECADE);
  return [...bars]
    .sort(([a], [b]) => a - b)
    .map(([bin, share]) => ({ from: edge(bin), to: edge(bin + 1), share }));
}
