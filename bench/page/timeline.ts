/** Messages handled around one event, a row for each side: a gap is where the line stands still. */
import type { Timeline } from '../result.ts';
import { linearScale, said } from './scale.ts';
import type { Sides } from './sides.ts';
import { drawing, element, escaped, figure, label, line, through } from './svg.ts';

const WIDTH = 620;
const ROW = 96;
const TOP = 22;
const LEFT = 4;
const RIGHT = WIDTH - 12;

export interface Span {
  from: number;
  to: number;
}

/** @param span what is shown, in ms since the event began */
export function timelinePlot(
  title: string,
  caption: string,
  timelines: readonly Timeline[],
  span: Span,
  sides: Sides,
): string {
  const bottom = TOP + timelines.length * ROW;
  const scale = linearScale(span.from, span.to, LEFT, RIGHT, 8);
  const ticks = scale.ticks.flatMap((tick) => {
    const x = scale(tick);
    const anchor = x < 16 ? 'start' : x > WIDTH - 24 ? 'end' : 'middle';
    const name =
      tick === 0
        ? '0'
        : `${tick > 0 ? '+' : '−'}${said(Math.abs(tick), 'ms').replace('.00', '').replace('.0 ', ' ')}`;
    return [
      line(x, TOP - 6, x, bottom, 'grid'),
      label(x, bottom + 18, name, { class: 'axis', 'text-anchor': anchor }),
    ];
  });
  const rows = timelines.map((timeline, i) => drawRow(timeline, span, scale, TOP + i * ROW, sides));
  return figure(title, caption, drawing(WIDTH, bottom + 26, title, ...ticks, ...rows));
}

function drawRow(
  timeline: Timeline,
  span: Span,
  scale: (value: number) => number,
  top: number,
  sides: Sides,
): string {
  const { side, handled, ended } = timeline;
  const inside = handled.filter((time) => time >= span.from && time <= span.to);
  const [base, high] = [top + ROW - 12, top + 22];
  const height = base - high;
  const points: [number, number][] = [[scale(span.from), base]];
  for (const [i, time] of thinned(inside)) {
    const before = points.at(-1)![1];
    points.push([scale(time), before], [scale(time), base - (height * (i + 1)) / Math.max(1, inside.length)]);
  }
  points.push([scale(Math.min(span.to, handled.at(-1) ?? span.to)), points.at(-1)![1]]);
  const gap = largestGap(handled, span);
  const shown = gap && { from: Math.max(gap.from, span.from), to: Math.min(gap.to, span.to) };
  const what = gap ? `largest gap ${said(gap.to - gap.from, 'ms')}` : 'nothing handled';
  return element(
    'g',
    { style: sides.style(side) },
    element('title', {}, escaped(`${side}: ${what}, swap over after ${said(ended, 'ms')}`)),
    shown
      ? element('rect', {
          x: scale(shown.from),
          y: high,
          width: Math.max(1.5, scale(shown.to) - scale(shown.from)),
          height,
          class: 'pale',
        })
      : '',
    line(LEFT, base, RIGHT, base, 'base'),
    element('path', { d: through(points), class: 'line' }),
    ...[0, ended]
      .filter((time) => time >= span.from && time <= span.to)
      .map((time) =>
        element('line', { x1: scale(time), y1: high, x2: scale(time), y2: base + 4, class: 'thin dashed' }),
      ),
    label(LEFT, top + 12, side, { class: 'side' }),
    label(RIGHT, top + 12, what, { 'text-anchor': 'end' }),
  );
}

/** Steps that are narrower than a screen shows are drawn together; the last before a gap is always there. */
function thinned(times: readonly number[]): [number, number][] {
  const most = 1_200;
  const step = Math.ceil(times.length / most);
  const span = times.length === 0 ? 0 : times.at(-1)! - times[0]!;
  return [...times.entries()].filter(
    ([i, time]) =>
      i % step === 0 ||
      (times[i + 1] ?? time) - time > span / 300 ||
      time - (times[i - 1] ?? time) > span / 300,
  );
}

function largestGap(handled: readonly number[], span: Span): Span | undefined {
  let found: Span | undefined;
  for (const [i, to] of handled.entries()) {
    const from = handled[i - 1];
    // From the command on: what was before is not the swap's.
    if (from === undefined || to < 0 || from > span.to) continue;
    if (found === undefined || to - from > found.to - found.from) found = { from, to };
  }
  return found;
}
