/** A swap on the time line as SVG: who serves, what happens in the window, and every message. */
import { drawing, element, label, line } from '../page/svg.ts';
import type { PicturedSwap } from './swap.ts';

const WIDTH = 860;
const HEIGHT = 258;
const LEFT = 120;
const RIGHT = WIDTH - 20;
/** Time that is drawn before and after the window, as a share of it. */
const AROUND = 1.5;

/** Colours of both themes: a README is read in either. */
const STYLE = `
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .small { font-size: 11px; fill: #57606a }
  .old { fill: #8c959f } .new { fill: #1a7f37 } .kept { fill: #bf8700 }
  .window { fill: #bf8700; opacity: .13 }
  .bar { opacity: .85 } .pale { opacity: .3 } .on { font-size: 12px; fill: #fff }
  .edge { stroke: #bf8700; stroke-width: 1; stroke-dasharray: 3 3 }
  .axis { stroke: #8c959f; stroke-width: 1 }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .new { fill: #3fb950 } .kept { fill: #d29922 }
  }
`;

export function drawn(swap: PicturedSwap): string {
  const { module, versions, handled, report } = swap;
  const window = report.window * 1_000;
  const [from, to] = [-AROUND * window, (1 + AROUND) * window];
  const x = (time: number) =>
    LEFT + ((RIGHT - LEFT) * (Math.min(to, Math.max(from, time)) - from)) / (to - from);
  const kept = handled.filter((message) => message.kept).length;
  const inWindow = phasesOf(swap);
  const title = `A swap of ${module} from ${versions[0]} to ${versions[1]} on the time line`;
  const parts = [
    element('style', {}, STYLE),
    element('rect', { x: x(0), y: 24, width: x(window) - x(0), height: 168, class: 'window' }),
    line(x(0), 24, x(0), 192, 'edge'),
    line(x(window), 24, x(window), 192, 'edge'),
    label(x(window / 2), 16, `out of service for ${window.toFixed(0)} µs`, { 'text-anchor': 'middle' }),
    label(8, 55, `${module} ${versions[0]}`),
    bar(x(from), x(0), 40, 'old bar', 'serves'),
    bar(x(window), x(to), 40, 'old pale', 'kept for a way back'),
    label(8, 93, `${module} ${versions[1]}`),
    bar(x(from), x(0), 78, 'new pale', 'read, compiled, warmed up'),
    bar(x(window), x(to), 78, 'new bar', 'serves'),
    ...inWindow.map(({ name, at, lasts }, i) => {
      const row = 122 + (i % 2) * 15;
      return [
        element('rect', {
          x: x(at),
          y: 78,
          width: Math.max(1, x(at + lasts) - x(at) - 1),
          height: 22,
          class: 'kept',
        }),
        label(x(at + lasts / 2), row, name, { class: 'small', 'text-anchor': 'middle' }),
      ].join('');
    }),
    label(8, 173, 'messages'),
    ...handled
      .filter(({ at }) => at >= from && at <= to)
      .map(({ at, version, kept: held }) =>
        element('rect', {
          x: x(at),
          y: 160,
          width: 2,
          height: 20,
          class: held ? 'kept' : version === versions[0] ? 'old' : 'new',
        }),
      ),
    line(x(from), 186, x(to), 186, 'axis'),
    ...ticks(from, to).map((time) =>
      label(x(time), 206, `${time} µs`, { class: 'small', 'text-anchor': 'middle' }),
    ),
    label(
      8,
      232,
      `Each mark is a message in its handler. ${kept} fell due in the window (amber): they wait, in order, and ${versions[1]} handles them; none is lost.`,
      { class: 'small' },
    ),
    label(
      8,
      248,
      `The longest time that the event loop was held up, by all of the swap, is ${(report.stall.longest * 1_000).toFixed(0)} µs.`,
      { class: 'small' },
    ),
  ];
  return `${drawing(WIDTH, HEIGHT, title, ...parts).replace('<svg ', '<svg xmlns="http://www.w3.org/2000/svg" ')}\n`;
}

function bar(from: number, to: number, y: number, kind: string, text: string): string {
  return (
    element('rect', { x: from, y, width: to - from, height: 22, class: kind }) +
    label((from + to) / 2, y + 16, text, {
      'text-anchor': 'middle',
      class: kind.endsWith('bar') ? 'on' : 'small',
    })
  );
}

/** The phases of the window, one behind the other. */
function phasesOf({ report }: PicturedSwap): { name: string; at: number; lasts: number }[] {
  const { drain, state, commit } = report.phases;
  let at = 0;
  return Object.entries({ drain, state, 'switch, start': commit }).map(([name, ms]) => {
    const phase = { name, at, lasts: ms * 1_000 };
    at += phase.lasts;
    return phase;
  });
}

function ticks(from: number, to: number): number[] {
  const step = [10, 20, 50, 100, 200, 500, 1_000].find((each) => (to - from) / each <= 10) ?? 1_000;
  const first = Math.ceil(from / step);
  return Array.from({ length: Math.floor(to / step) - first + 1 }, (_, i) => (first + i) * step);
}
