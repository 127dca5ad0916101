/** The figures of a run as a page of Markdown: each beside its goal, with the command, the machine and the date. */
import { digits, verdict } from './gate.ts';
import { type BenchReport, machineLine } from './report.ts';
import { type BenchResult, controlSentence } from './result.ts';
import { isNoisy } from './statistics.ts';

export function markdownOf(report: BenchReport): string {
  const { command, startedAt, seconds, results, failed } = report;
  const gates = results.flatMap((result) => result.gates);
  const held = gates.filter((gate) => gate.held === true).length;
  const away = gates.filter((gate) => gate.held === undefined).length;
  const lines = [
    '# Figures of one run',
    '',
    `\`${command}\`, begun ${startedAt}, ${seconds} s. Medians and p99 of one run on one machine: ratios are what counts, and none is made of two runs.`,
    '',
    machineLine(report),
    '',
    `Goals: ${held} of ${gates.length} held, ${gates.length - held - away} missed, ${away} without a peer to measure.`,
    '',
    ...results.flatMap(sectionOf),
    ...failed.map(({ bench, code, message }) => `## ${bench}\n\nNot measured: ${code}: ${cell(message)}\n`),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function sectionOf(result: BenchResult): string[] {
  const { bench, command, startedAt, seconds, measurements, absent, gates, method, control } = result;
  const sentences = control === undefined ? method : [...method, controlSentence(control)];
  const lines = [`## ${bench}`, '', `\`${command ?? bench}\`, begun ${startedAt}, ${seconds} s.`, ''];
  if (gates.length > 0) {
    const rows = gates.map((gate) => [gate.name, gate.of, verdict(gate)]);
    lines.push(...table(['goal', 'of', 'verdict'], rows), '');
  }
  const figures = measurements.map((m) => [
    `${m.title}: ${m.metric}`,
    m.side,
    digits(m.median),
    digits(m.p99),
    m.unit,
    String(m.samples),
    `${m.rounds.map(digits).join(' ')}${isNoisy(m.rounds) ? ' (noisy)' : ''}`,
    m.case,
  ]);
  const away = absent.map(({ case: name, title, side, reason }) => [
    title,
    side,
    `not measured: ${reason}`,
    '',
    '',
    '',
    '',
    name,
  ]);
  const head = ['figure', 'side', 'median', 'p99', 'unit', 'samples', 'median of each round', 'case'];
  lines.push(...table(head, [...figures, ...away]), '', ...sentences.map((sentence) => `- ${sentence}`), '');
  return lines;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(' | ')} |`;
  return [line(head), `|${head.map(() => ' --- |').join('')}`, ...rows.map(line)];
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s*\n\s*/g, ' ');
}
