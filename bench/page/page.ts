/**
 * The figures of a run as one page that needs nothing else: no script, no other file, light and dark. Made of what
 * `--json` writes, by `npm run bench -- --html FILE` or `dist/bench.mjs`.
 */
import { digits } from '../gate.ts';
import { type BenchReport, machineLine } from '../report.ts';
import { type BenchResult, controlSentence, type Measurement } from '../result.ts';
import { chapterOf } from './chapters.ts';
import { said } from './scale.ts';
import { Sides } from './sides.ts';
import { STYLE } from './style.ts';
import { element, escaped } from './svg.ts';
import { figuresTable, goalsTable } from './table.ts';

export function pageOf(report: BenchReport): string {
  const { command, startedAt, seconds, results, failed } = report;
  const sides = new Sides(
    results.flatMap(({ measurements, absent }) => [...measurements, ...absent].map(({ side }) => side)),
  );
  const names = new Set(results.flatMap(({ measurements }) => measurements.map(({ side }) => side)));
  const beside =
    names.size > 1
      ? 'beside what people would use instead, measured in one run on one machine'
      : 'measured on the router while it serves';
  const run = `${startedAt.slice(0, 16).replace('T', ' ')} UTC, ${duration(seconds)}`;
  const quick = results.some((result) => result.quick)
    ? [element('p', { class: 'soft' }, 'A quick run: few samples, so the figures are rough.')]
    : [];
  const header = element(
    'header',
    {},
    element('h1', {}, 'How hitless is it?'),
    element('p', {}, `Code replaced while it runs, ${beside}.`),
    element('p', { class: 'soft' }, `${element('code', {}, escaped(command))} · ${run}`),
    element('p', { class: 'soft' }, escaped(machineLine(report))),
    ...quick,
    element('div', { class: 'tiles' }, ...tilesOf(results, sides)),
  );
  const lost = failed.map(({ bench, code, message }) =>
    element(
      'section',
      {},
      element('h2', {}, escaped(bench)),
      element(
        'p',
        {},
        element('span', { class: 'badge missed' }, 'failed'),
        ` ${escaped(`${code}: ${message}`)}`,
      ),
    ),
  );
  const body = element(
    'main',
    {},
    header,
    ...results.map((result) => chapter(result, sides)),
    ...lost,
    element(
      'footer',
      {},
      'hitless. Medians and p99, never a maximum: on a shared machine it measures the neighbours. Noisy: the medians of the rounds lie more than half as much again apart.',
    ),
  );
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/><title>How hitless is it?</title><link rel="icon" href="data:,"/><style>${STYLE}</style></head>
<body>${body}</body></html>
`;
}

function chapter(result: BenchResult, sides: Sides): string {
  const { title, question, plots } = chapterOf(result);
  const { bench, command = bench, seconds, gates, method, control, measurements, absent } = result;
  const sentences = control === undefined ? method : [...method, controlSentence(control)];
  const goals =
    gates.length === 0
      ? ''
      : element('figure', { class: 'wide' }, element('h3', {}, 'Goals'), goalsTable(gates));
  return element(
    'section',
    { id: bench },
    element('h2', {}, escaped(title)),
    element(
      'p',
      { class: 'soft' },
      `${escaped(question)} ${element('code', {}, escaped(command))}, ${duration(seconds)}`,
    ),
    element('div', { class: 'plots' }, ...plots(result, sides), goals),
    element(
      'details',
      {},
      element(
        'summary',
        {},
        `All ${measurements.length} figures${absent.length > 0 ? `, and ${absent.length} that could not be measured` : ''}`,
      ),
      figuresTable(result, sides),
    ),
    element(
      'details',
      {},
      element('summary', {}, 'How it was measured'),
      element('ul', {}, ...sentences.map((sentence) => element('li', {}, escaped(sentence)))),
    ),
  );
}

/** What one would ask first. */
function tilesOf(results: readonly BenchResult[], sides: Sides): string[] {
  const all = results.flatMap(({ bench, measurements }) => measurements.map((m) => ({ ...m, bench })));
  const find = (bench: string, name: string, side: string, metric: string) =>
    all.find((m) => m.bench === bench && m.case === name && m.side === side && m.metric === metric);
  const tiles: string[] = [];
  const tile = (side: string | undefined, value: string, ...words: string[]) =>
    tiles.push(
      element(
        'div',
        { class: 'tile', ...(side !== undefined && { style: sides.style(side) }) },
        element('b', {}, escaped(value)),
        ...words.map((each) => element('span', {}, escaped(each))),
      ),
    );
  const spread = ({ median, unit, p99 }: Measurement) =>
    [said(median, unit), `median; p99 ${said(p99, unit)}`] as const;
  const own = find('swap', 'single', 'hitless', 'window');
  const erlang = find('swap', 'single', 'erlang', 'window');
  const restart = find('swap', 'single', 'restart', 'window');
  if (own) tile('hitless', spread(own)[0], 'out of service for a swap', spread(own)[1]);
  if (erlang) tile('erlang', spread(erlang)[0], 'the same in Erlang/OTP', spread(erlang)[1]);
  if (restart) tile('restart', spread(restart)[0], 'a restart of a Node process', spread(restart)[1]);
  const silent = find('outage', 'vrrp', 'hitless', 'longest gap');
  const keepalived = find('outage', 'vrrp', 'keepalived restart', 'longest gap');
  if (silent && keepalived)
    tile(
      'hitless',
      said(silent.median, silent.unit),
      'between advertisements while VRRP is replaced',
      `restart of keepalived: ${said(keepalived.median, keepalived.unit)}`,
    );
  for (const m of all.filter(({ bench }) => bench === 'latency'))
    tile(m.side, spread(m)[0], m.title, spread(m)[1]);
  const gates = results.flatMap((result) => result.gates);
  if (gates.length > 0) {
    const held = gates.filter((gate) => gate.held === true).length;
    const away = gates.filter((gate) => gate.held === undefined).length;
    const missed = gates.length - held - away;
    tile(
      undefined,
      `${held} of ${gates.length}`,
      'goals held',
      `${missed} missed${away > 0 ? `, ${away} not measured` : ''}`,
    );
  }
  return tiles;
}

function duration(seconds: number): string {
  return seconds < 60
    ? `${digits(seconds)} s`
    : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
