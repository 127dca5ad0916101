/** A quantity against a size, both logarithmic: a line for each side and kind. */
import { logScale, said, saidShort } from './scale.ts';
import type { Sides } from './sides.ts';
import { drawing, element, escaped, figure, label, line, through } from './svg.ts';

const WIDTH = 620;
const HEIGHT = 340;
const LEFT = 66;
const RIGHT = WIDTH - 14;
const TOP = 14;
const BOTTOM = HEIGHT - 44;

export interface Curve {
  side: string;
  name: string;
  dashed: boolean;
  unit: string;
  points: { size: number; median: number; p99: number }[];
}

export function scalingPlot(
  title: string,
  caption: string,
  axis: { size: string; value: string },
  curves: readonly Curve[],
  sides: Sides,
): string {
  const points = curves.flatMap((curve) => curve.points);
  const unit = curves[0]!.unit;
  const x = logScale(
    points.map(({ size }) => size),
    LEFT,
    RIGHT,
  );
  const y = logScale(
    points.flatMap(({ median, p99 }) => [median, p99]),
    BOTTOM,
    TOP,
  );
  const tens = (ticks: readonly number[]) =>
    ticks.filter((tick) => ticks.length < 7 || /^(1|1e.*|10+|0\.0*1)$/.test(String(tick)));
  const grid = [
    ...tens(y.ticks).flatMap((tick) => [
      line(LEFT, y(tick), RIGHT, y(tick), 'grid'),
      label(LEFT - 8, y(tick) + 4, saidShort(tick, unit), { class: 'axis', 'text-anchor': 'end' }),
    ]),
    ...tens(x.ticks).flatMap((tick) => [
      line(x(tick), TOP, x(tick), BOTTOM, 'grid'),
      label(x(tick), BOTTOM + 18, tick.toLocaleString('en'), {
        class: 'axis',
        'text-anchor': x(tick) > RIGHT - 20 ? 'end' : 'middle',
      }),
    ]),
    label((LEFT + RIGHT) / 2, HEIGHT - 6, axis.size, { 'text-anchor': 'middle' }),
    element(
      'text',
      { x: -(TOP + BOTTOM) / 2, y: 12, transform: 'rotate(-90)', 'text-anchor': 'middle' },
      escaped(axis.value),
    ),
  ];
  const drawn = curves.map((curve) =>
    element(
      'g',
      { style: sides.style(curve.side) },
      element('path', {
        d: through(curve.points.map(({ size, median }) => [x(size), y(median)])),
        class: curve.dashed ? 'line dashed' : 'line',
      }),
      ...curve.points.map(({ size, median, p99 }) =>
        element(
          'g',
          {},
          element(
            'title',
            {},
            escaped(
              `${curve.name}, ${size.toLocaleString('en')}: median ${said(median, unit)}, p99 ${said(p99, unit)}`,
            ),
          ),
          line(x(size), y(median), x(size), y(p99), 'reach'),
          element('circle', { cx: x(size), cy: y(median), r: 4.5, class: curve.dashed ? 'hollow' : 'fill' }),
        ),
      ),
    ),
  );
  const key = curves.map(({ side, name, dashed }) =>
    element('li', { style: sides.style(side) }, escaped(`${name}${dashed ? ' (dashed)' : ''}`)),
  );
  const body = element('ul', { class: 'key' }, ...key) + drawing(WIDTH, HEIGHT, title, ...grid, ...drawn);
  return figure(title, caption, body);
}
