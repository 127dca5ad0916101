/** Tables of the page: goals, held or missed, and all figures. */
import { digits, type Gate } from '../gate.ts';
import type { BenchResult } from '../result.ts';
import { isNoisy } from '../statistics.ts';
import { said } from './scale.ts';
import type { Sides } from './sides.ts';
import { element, escaped } from './svg.ts';

function table(head: readonly [name: string, kind?: string][], rows: readonly string[]): string {
  const cells = head.map(([name, kind]) =>
    element('th', { class: kind, scope: 'col' }, escaped(name) || '&#160;'),
  );
  const body = element('thead', {}, element('tr', {}, ...cells)) + element('tbody', {}, ...rows);
  return element('div', { class: 'scroll' }, element('table', {}, body));
}

function cell(markup: string, kind?: string): string {
  return element('td', { class: kind }, markup || '&#160;');
}

export function goalsTable(gates: readonly Gate[]): string {
  const rows = gates.map((gate) => {
    const { name, of, ratio, atMost, reason } = gate;
    const figures = ratio === undefined ? escaped(reason) : `${digits(ratio)} of at most ${digits(atMost)}`;
    return element(
      'tr',
      {},
      cell(escaped(name)),
      cell(escaped(of)),
      cell(figures + meter(gate)),
      cell(badge(gate)),
    );
  });
  return table([['goal'], ['ratio of'], ['measured'], ['']], rows);
}

function badge({ held, ratio, atMost }: Gate): string {
  if (held === undefined) return element('span', { class: 'badge' }, 'not measured');
  if (held) return element('span', { class: 'badge held' }, 'held');
  return element('span', { class: 'badge missed' }, `missed, ${digits(ratio! / atMost)}×`);
}

/** How much of what is allowed was used. */
function meter({ ratio, atMost, held }: Gate): string {
  if (ratio === undefined) return '';
  const width = Math.max(2, Math.min(100, (100 * ratio) / atMost)).toFixed(0);
  const bar = element('i', { style: `width:${width}%` }, '&#8203;');
  return element('div', { class: held ? 'meter' : 'meter missed' }, bar);
}

export function figuresTable({ measurements, absent }: BenchResult, sides: Sides): string {
  const name = (side: string) =>
    element('span', { class: 'dot', style: sides.style(side) }, '&#8203;') + escaped(side);
  const rows = measurements.map((m) =>
    element(
      'tr',
      {},
      cell(escaped(`${m.title}: ${m.metric}`)),
      cell(name(m.side)),
      cell(said(m.median, m.unit), 'number'),
      cell(said(m.p99, m.unit), 'number'),
      cell(m.samples.toLocaleString('en'), 'number'),
      cell(
        isNoisy(m.rounds)
          ? element(
              'span',
              { class: 'badge', title: `medians of the rounds: ${m.rounds.map(digits).join(' ')}` },
              'noisy',
            )
          : '',
      ),
      cell(element('code', {}, escaped(m.case))),
    ),
  );
  const away = absent.map(({ case: wanted, title, side, reason }) =>
    element(
      'tr',
      {},
      cell(escaped(title)),
      cell(name(side)),
      element('td', { colspan: 4 }, escaped(`not measured: ${reason}`)),
      cell(element('code', {}, escaped(wanted))),
    ),
  );
  return table(
    [['figure'], ['side'], ['median', 'number'], ['p99', 'number'], ['samples', 'number'], [''], ['case']],
    [...rows, ...away],
  );
}
