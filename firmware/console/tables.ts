/** The runtime's views as text tables. Times of transactions are in microseconds. */
import type {
  EventView,
  ModuleView,
  NameView,
  PortView,
  QueueView,
  VersionView,
} from '../../runtime/index.ts';
import { formatDuration } from '../config/duration.ts';
import { jsonLine, printable } from '../host/printable.ts';
import type { FaultView } from './host.ts';
import type { MonitorReport, MonitorSource } from './monitor-report.ts';
import { atOnce, mapped, type Sliced } from './slices.ts';

export interface Column<Row> {
  title: string;
  value: (row: Row) => string | number;
}

/** Columns are as wide as their widest cell; numbers stand to the right. Without rows, `none` says so. */
export function table<Row>(rows: readonly Row[], columns: readonly Column<Row>[], none: string): string[] {
  return atOnce(tableSteps(rows, columns, none));
}

/** The same of rows that may be many, a row at each step. */
export function* tableSteps<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  none: string,
): Sliced<string[]> {
  if (rows.length === 0) return [none];
  const widths = columns.map(({ title }) => title.length);
  const right = columns.map(() => true);
  const cells = yield* mapped(rows, (row) =>
    columns.map(({ value }, i) => {
      const cell = value(row);
      const text = String(cell);
      if (text.length > widths[i]!) widths[i] = text.length;
      if (typeof cell !== 'number' && cell !== '') right[i] = false;
      return text;
    }),
  );
  const line = (row: readonly string[]) =>
    row
      .map((text, i) => (right[i] ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...(yield* mapped(cells, line))];
}

export function modulesTable(modules: readonly ModuleView[], now: number): string[] {
  return table(
    modules,
    [
      { title: 'MODULE', value: (m) => m.name },
      { title: 'VERSION', value: (m) => m.version },
      { title: 'STATE', value: (m) => m.stateVersion },
      { title: 'SERVICE', value: (m) => `${m.service}${m.suspect ? ' (suspect)' : ''}` },
      { title: 'SINCE', value: (m) => formatAge(now - m.since) },
      { title: 'HANDLED', value: (m) => m.handled },
      { title: 'ERRORS', value: (m) => m.errors },
      { title: 'CUT', value: (m) => m.interrupted },
      // Most modules never are: a column for those that were.
      ...(modules.some(({ restarts }) => restarts > 0)
        ? [{ title: 'RESTARTS', value: (m: ModuleView) => m.restarts }]
        : []),
      { title: 'ASKING', value: (m) => m.asking },
      { title: 'TIMERS', value: (m) => m.timers.length },
      { title: 'PORTS', value: (m) => m.ports.map(portText).join(' ') },
      { title: '', value: (m) => m.reason },
    ],
    'no modules',
  );
}

export function namesTable(names: readonly NameView[]): string[] {
  return table(
    names,
    [
      { title: 'NAME', value: (n) => n.name },
      { title: 'MODULE', value: (n) => n.module },
    ],
    'no names',
  );
}

export function eventsTable(events: readonly EventView[]): string[] {
  return table(
    events,
    [
      { title: 'EVENT', value: (e) => e.event },
      { title: 'PUBLISHED', value: (e) => e.published },
      { title: 'PUBLISHERS', value: (e) => e.publishers.join(' ') || '-' },
      { title: 'SUBSCRIBERS', value: (e) => e.subscribers.join(' ') || '-' },
    ],
    'no events',
  );
}

export function versionsTable(versions: readonly VersionView[]): string[] {
  return table(
    versions,
    [
      { title: 'BUNDLE', value: (v) => v.bundle },
      { title: 'MODULE', value: (v) => v.module },
      { title: 'STATUS', value: (v) => v.status },
      { title: 'BYTES', value: (v) => v.bytes },
      { title: 'SHA-256', value: (v) => v.sha256.slice(0, 12) },
      { title: 'FILE', value: (v) => v.file },
    ],
    'no bundles',
  );
}

export function queuesTable(queues: readonly QueueView[]): string[] {
  return table(
    queues,
    [
      { title: 'MODULE', value: (q) => q.module },
      { title: 'CAPACITY', value: (q) => q.capacity },
      { title: 'WAITING', value: (q) => q.waiting },
      { title: 'BUFFERED', value: (q) => q.buffered },
      { title: 'HIGH-WATER', value: (q) => q.highWater },
      { title: 'REFUSED', value: (q) => q.refused },
      { title: 'DROPPED', value: (q) => q.dropped },
      { title: 'OVERRUNS', value: (q) => q.overruns },
      { title: 'UNDELIVERABLE', value: (q) => q.undeliverable ?? 0 },
    ],
    'no queues',
  );
}

/** A port that fails says so wherever it is named: nobody looks for what he does not know of. */
function portText({ port, key, failure }: PortView): string {
  return `${port}/${key}${failure === undefined ? '' : ' (not sending)'}`;
}

/** RECEIVED is the driver's own count: what it takes for the module, before the mailbox. */
export function portsTable(ports: readonly (PortView & { module: string })[]): string[] {
  return table(
    ports,
    [
      { title: 'MODULE', value: (p) => p.module },
      { title: 'PORT', value: (p) => `${p.port}/${p.key}` },
      { title: 'SENT', value: (p) => p.sent },
      { title: 'FULL', value: (p) => p.full },
      { title: 'DOWN', value: (p) => p.down },
      { title: 'RECEIVED', value: (p) => p.counters?.received ?? '' },
      { title: 'UNSENT NOW', value: (p) => p.failure?.inARow ?? 0 },
      { title: 'LAST FAILURE', value: (p) => p.trouble ?? p.lastFailure ?? '-' },
    ],
    'no ports',
  );
}

export function monitorsTable(reports: readonly MonitorReport[]): string[] {
  const rows = reports.flatMap((report) => {
    const sources: (MonitorSource | undefined)[] = report.sources.length === 0 ? [undefined] : report.sources;
    return sources.map((source) => ({ report, source }));
  });
  return table(
    rows,
    [
      { title: 'MONITOR', value: ({ report }) => report.protocol },
      { title: 'IN', value: ({ report }) => report.namespace },
      { title: 'FROM', value: ({ source }) => source?.from ?? '-' },
      { title: 'PACKETS', value: ({ source }) => source?.packets ?? 0 },
      { title: 'GAPS', value: ({ source }) => source?.gaps ?? 0 },
      { title: 'LONGEST ms', value: ({ source }) => (source ? Math.round(source.longest) : '') },
      { title: 'LAST', value: ({ source }) => source?.last ?? 'nothing heard yet' },
    ],
    'no monitors run',
  );
}

export function faultsTable(faults: readonly FaultView[]): string[] {
  return table(
    faults,
    [
      { title: 'MODULE', value: (f) => f.module },
      { title: 'FAULT', value: (f) => f.kind },
      { title: 'DURATION', value: (f) => (Number.isFinite(f.duration) ? formatDuration(f.duration) : '-') },
      { title: 'HOOK', value: (f) => f.hook },
    ],
    'no faults are set',
  );
}

/** A value of a row as a cell. */
export function cell(value: unknown): string | number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number(value.toFixed(3));
  if (value === undefined || value === null || value === '') return '-';
  if (Array.isArray(value) && value.every((each) => typeof each !== 'object'))
    return printable(value.join(' ')) || '-';
  return typeof value === 'object' ? jsonLine(value) : printable(String(value));
}

export function micros(ms: number): number {
  return Math.round(ms * 1000);
}

/** A span of time, for a person. */
export function spanText(ms: number): string {
  if (Math.abs(ms) < 1000) return `${Number(ms.toFixed(1))} ms`;
  if (Math.abs(ms) < 60_000) return `${Number((ms / 1000).toFixed(1))} s`;
  return formatAge(ms);
}

/** A time that is left: in whole seconds where there are some. */
export function formatLeft(ms: number): string {
  const left = Math.max(0, Math.round(ms));
  return left < 1000 ? `${left} ms` : `${Math.round(left / 1000)} s`;
}

function formatAge(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
  return `${Math.floor(s / 86_400)} d ${Math.floor((s % 86_400) / 3600)} h`;
}
