/** Rows in groups: the median of each side as a bar, or as a dot with a line to its p99. */
import type { Measurement } from '../result.ts';
import { linearScale, logScale, type Scale, said, saidShort } from './scale.ts';
import type { Sides } from './sides.ts';
import { drawing, element, escaped, figure, label, line } from './svg.ts';

const WIDTH = 620;
const ROW = 24;
const HEAD = 30;
const NAME = 168;
/** Where the value is written. */
const VALUE = 104;

export interface Group {
  title: string;
  rows: Pick<Measurement, 'side' | 'unit' | 'median' | 'p99' | 'samples'>[];
  /** Sides that could not be measured, with the reason. */
  absent?: { side: string; reason: string }[];
}

/** `bar`: from 0, for what can be added; `dot`: on a logarithmic axis, from median to p99, for what is compared in ratios. */
export function barPlot(
  title: string,
  caption: string,
  groups: readonly Group[],
  kind: 'bar' | 'dot',
  sides: Sides,
): string {
  const rows = groups.flatMap((group) => group.rows);
  const unit = rows[0]!.unit;
  const [from, to] = [NAME, WIDTH - VALUE];
  const values = rows.flatMap(({ median, p99 }) => (kind === 'bar' ? [median] : [median, p99]));
  const scale =
    kind === 'bar' ? linearScale(0, Math.max(...values, 1e-9), from, to, 4) : logScale(values, from, to);
  let y = 4;
  const drawn: string[] = [];
  for (const { title: name, rows: own, absent = [] } of groups) {
    if (name !== '') {
      drawn.push(label(0, y + 18, name, { class: 'name' }));
      y += HEAD;
    }
    for (const row of own) {
      drawn.push(drawRow(row, y, scale, kind, sides));
      y += ROW;
    }
    for (const { side, reason } of absent) {
      drawn.push(
        label(NAME - 12, y + 15, shortened(side), { 'text-anchor': 'end', class: 'axis' }),
        element(
          'text',
          { x: NAME, y: y + 15, class: 'axis' },
          escaped(shortened(`not measured: ${reason}`, 66)),
          element('title', {}, escaped(reason)),
        ),
      );
      y += ROW;
    }
    y += 6;
  }
  const shown =
    scale.ticks.length > 5 && kind === 'dot' ? scale.ticks.filter((_tick, i) => i % 2 === 0) : scale.ticks;
  const grid = shown.flatMap((tick) => [
    line(scale(tick), 2, scale(tick), y, 'grid'),
    label(scale(tick), y + 16, saidShort(tick, unit), { class: 'axis', 'text-anchor': 'middle' }),
  ]);
  return figure(title, caption, drawing(WIDTH, y + 24, title, ...grid, ...drawn));
}

function drawRow(
  { side, unit, median, p99, samples }: Group['rows'][number],
  y: number,
  scale: Scale,
  kind: 'bar' | 'dot',
  sides: Sides,
): string {
  const middle = y + ROW / 2;
  const x = scale(median);
  const value = said(median, unit);
  const mark =
    kind === 'bar'
      ? [
          element('rect', {
            x: NAME,
            y: y + 4,
            width: Math.max(1.5, x - NAME),
            height: ROW - 8,
            rx: 3,
            class: 'fill',
          }),
        ]
      : [
          line(x, middle, scale(p99), middle, 'reach'),
          element('circle', { cx: x, cy: middle, r: 5, class: 'fill' }),
        ];
  return element(
    'g',
    { style: sides.style(side) },
    element('title', {}, escaped(`${side}: median ${value}, p99 ${said(p99, unit)}, ${samples} samples`)),
    label(NAME - 12, middle + 4, shortened(side), { 'text-anchor': 'end' }),
    ...mark,
    label(WIDTH, middle + 4, value, { 'text-anchor': 'end', class: 'name' }),
  );
}

function shortened(text: string, most = 25): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
