/** The tables of transactions: the history, one of them in full, a dry run, a probation. Times are in microseconds. */

import type {
  CheckMember,
  CheckReport,
  MemberReport,
  ProbationView,
  TransactionReport,
} from '../../runtime/index.ts';
import { formatDuration } from '../config/duration.ts';
import { stepLine } from '../host/figures.ts';
import { type Column, formatLeft, micros, table } from './tables.ts';

/** Rows of the history that are shown unless more are asked for. */
const ROWS = 40;
/** Characters of a line of the history: a command is cut to what is left, but not below `LEAST_COMMAND`. */
const WIDTH = 120;
const LEAST_COMMAND = 20;

/** @param last how many are asked for; as many as a person wants to see at once, when absent */
export function upgradesTable(reports: readonly TransactionReport[], last: number | undefined): string[] {
  const rows = reports.slice(-(last ?? ROWS));
  const columns: Column<TransactionReport>[] = [
    { title: 'N', value: (r) => r.id },
    { title: 'STARTED', value: (r) => new Date(r.startedAt).toISOString().slice(0, 19) },
    { title: 'BY', value: (r) => r.by },
    { title: 'OUTCOME', value: (r) => r.outcome },
    { title: 'BLACKOUT µs', value: (r) => micros(Math.max(0, ...r.members.map((m) => m.blackout))) },
    { title: 'WINDOW µs', value: (r) => micros(r.window) },
    { title: 'BUFFERED', value: (r) => buffered(r) },
    ...SOMETIMES.filter(({ value }) => rows.some((row) => value(row) !== '')),
  ];
  const before = table(rows, columns, '');
  const room = Math.max(LEAST_COMMAND, WIDTH - 2 - Math.max(...before.map((line) => line.length)));
  const lines = table(
    rows,
    [...columns, { title: 'COMMAND', value: (r) => cut(r.command, room) }],
    'no transactions yet',
  );
  const earlier = reports.length - rows.length;
  if (last !== undefined || earlier === 0) return lines;
  return [...lines, `… ${earlier} earlier: show upgrades ${reports.length}, or --json for all`];
}

/** Columns of which most routers have none: they are there when a row has something to say in them. */
const SOMETIMES: Column<TransactionReport>[] = [
  { title: 'TRY', value: ({ attempt }) => (attempt === undefined ? '' : `${attempt.number}/${attempt.of}`) },
  { title: 'UNDOES', value: ({ undoes }) => undoes ?? '' },
  { title: 'FORCED', value: ({ forced }) => forced?.map(({ module }) => module).join(' ') ?? '' },
  { title: 'DURABLE', value: ({ durable }) => (durable === false ? 'no' : '') },
  { title: 'PROBATION', value: ({ probation }) => probation?.outcome ?? '' },
];

function cut(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export function upgradeText(report: TransactionReport): string[] {
  const members = table(report.members, memberColumns, 'no members');
  const steps = report.steps.map(
    (line) => `${micros(line.at).toString().padStart(10)} µs  ${line.step.padEnd(9)}  ${stepLine(line)}`,
  );
  return [
    `transaction ${report.id}: ${report.command}`,
    `by ${report.by}, started ${new Date(report.startedAt).toISOString()}, ${report.outcome}${report.reason ? `: ${report.reason}` : ''}`,
    ...circumstances(report),
    ...forcedLines(report),
    '',
    ...members,
    '',
    ...votesText(report),
    '',
    ...table(Object.entries(report.phases), phaseColumns, 'no phases'),
    `window ${micros(report.window)} µs, stall ${stallText(report)}, in all ${micros(report.total)} µs, preparation time ${formatDuration(report.deadline)}${report.late > 0 ? `, decided ${micros(report.late)} µs late` : ''}`,
    '',
    ...steps,
  ];
}

/** How long everything else waited; when aborted, also how far it came. */
function stallText({ stall, outcome, reached }: TransactionReport): string {
  const sum = `${micros(stall.sum)} µs altogether`;
  const way = outcome === 'aborted' ? `, undone at step ${reached}` : '';
  return `${micros(stall.longest)} µs in step ${stall.during} (${sum})${way}`;
}

const memberColumns: Column<MemberReport>[] = [
  { title: 'MODULE', value: (m) => m.module },
  { title: 'CHANGE', value: (m) => m.change },
  { title: 'FROM', value: (m) => m.from || '-' },
  { title: 'TO', value: (m) => m.to || '-' },
  { title: 'BLACKOUT µs', value: (m) => micros(m.blackout) },
  { title: 'BUFFERED', value: (m) => m.buffered },
  { title: 'UNDELIVERED', value: (m) => m.undelivered ?? 0 },
  { title: 'HIGH-WATER', value: (m) => m.highWater },
];

const phaseColumns: Column<[string, number]>[] = [
  { title: 'PHASE', value: ([phase]) => phase },
  { title: 'µs', value: ([, ms]) => micros(ms) },
];

/** Facts that only some transactions have. */
function circumstances({ attempt, undoes, durable, probation }: TransactionReport): string[] {
  const facts = [
    attempt === undefined ? '' : `attempt ${attempt.number} of ${attempt.of}`,
    undoes === undefined ? '' : `undoes transaction ${undoes}`,
    durable === undefined
      ? ''
      : durable
        ? 'durable'
        : 'not durable: the set of versions could not be written yet',
  ].filter((fact) => fact !== '');
  return [...(facts.length > 0 ? [facts.join(', ')] : []), ...probationLine(probation)];
}

/** Members that were not waited for, and what they were cut in the middle of. */
export function forcedLines({ forced = [] }: TransactionReport): string[] {
  return forced.map(({ module, why, interrupted }) => {
    const cut = interrupted.length === 0 ? '' : `; cut in the middle: ${interrupted.join(', ')}`;
    return `${module} was frozen by force: ${why}${cut}`;
  });
}

function probationLine(probation: TransactionReport['probation']): string[] {
  if (probation === undefined) return [];
  const { outcome, reason, until, confirm } = probation;
  const what = confirm ? 'probation, to be confirmed' : 'probation';
  const how = outcome === 'running' ? `runs until ${new Date(until).toISOString()}` : outcome;
  return [`${what}: ${how}${reason === '' ? '' : `: ${reason}`}`];
}

export function votesText(report: TransactionReport): string[] {
  if (report.votes.length === 0) return ['no votes were given'];
  return report.votes.map((v) => `${v.module} votes ${v.vote}${v.reason === '' ? '' : `: ${v.reason}`}`);
}

export function buffered(report: TransactionReport): number {
  return report.members.reduce((sum, member) => sum + member.buffered, 0);
}

export function checkText(report: CheckReport): string[] {
  const verdict = report.ok
    ? `it would be committed, with a window of about ${micros(report.window)} µs; nothing was changed`
    : 'it would be aborted; nothing was changed';
  return [
    verdict,
    ...table(report.members, checkColumns, 'no members'),
    ...report.problems.map((problem) => `problem: ${problem}`),
    ...report.warnings.map((warning) => `warning: ${warning}`),
  ];
}

const checkColumns: Column<CheckMember>[] = [
  { title: 'MODULE', value: (m) => m.module },
  { title: 'CHANGE', value: (m) => m.change },
  { title: 'FROM', value: (m) => m.from || '-' },
  { title: 'TO', value: (m) => m.to || '-' },
  { title: 'STATE', value: stateCell },
  { title: 'TABLES', value: (m) => m.tables.map(tableCell).join(', ') || '-' },
  { title: 'WAITING', value: (m) => m.waiting },
  { title: 'BLACKOUT µs', value: (m) => micros(m.blackout) },
  { title: 'QUIESCENT', value: (m) => (m.quiescent === true ? 'yes' : `no: ${m.quiescent}`) },
];

function stateCell({ how, stateFrom, stateTo }: CheckMember): string {
  switch (how) {
    case 'migrated':
      return `migrated ${stateFrom} -> ${stateTo}`;
    case 'dropped':
      return `dropped ${stateFrom}`;
    default:
      return `${how} ${stateTo}`;
  }
}

function tableCell({ name, rows, migrated }: CheckMember['tables'][number]): string {
  return `${name}: ${rows} ${rows === 1 ? 'row' : 'rows'}${migrated ? ' migrated' : ''}`;
}

export function probationText(view: ProbationView | undefined, now: number): string[] {
  if (view === undefined) return ['nothing is on probation'];
  const what = `transaction ${view.transaction} is on probation: ${view.members.join(', ')}`;
  const left = formatLeft(view.endsAt - now);
  return [
    view.confirm
      ? `${what}; confirm within ${left} or it goes back`
      : `${what}; it passes in ${left} unless something is wrong`,
  ];
}
