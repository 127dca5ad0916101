/** What a bench found, for `--json` and for the tables on the terminal. */
import type { Measurement, Timeline } from '../firmware/measure/result.ts';
import type { Environment } from './environment.ts';
import { digits, type Gate, verdict } from './gate.ts';
import { isNoisy, type Summary } from './statistics.ts';
import { formatTable } from './table.ts';

export type { Measurement, Timeline } from '../firmware/measure/result.ts';

/** What one and the same piece of work took before and after a bench: the machine's own noise. */
export interface Control {
  /** In µs. */
  before: Summary;
  after: Summary;
  /** Processes that wanted a processor, averaged over the minute before the end. */
  load: number;
}

/** Something that could not be measured. */
export interface Absence {
  case: string;
  title: string;
  side: string;
  reason: string;
}

export interface BenchResult {
  bench: string;
  quick: boolean;
  startedAt: string;
  /** Seconds that it all took. */
  seconds: number;
  environment: Environment;
  /** How it was measured, in sentences. */
  method: string[];
  measurements: Measurement[];
  absent: Absence[];
  gates: Gate[];
  /** The command line that measures it again. */
  command?: string;
  control?: Control;
  timelines?: Timeline[];
}

/** For the terminal. */
export function formatResult({ method, measurements, absent, gates, control }: BenchResult): string {
  const rows = measurements.map((m) => [
    `${m.title}: ${m.metric}`,
    m.side,
    digits(m.median),
    digits(m.p99),
    m.unit,
    String(m.samples),
    `${isNoisy(m.rounds) ? 'noisy: ' : ''}${m.rounds.map(digits).join(' ')}`,
  ]);
  const parts = [formatTable(['', 'side', 'median', 'p99', 'unit', 'samples', 'median of each round'], rows)];
  if (absent.length > 0)
    parts.push(
      absent.map(({ title, side, reason }) => `${title}, ${side}: not available: ${reason}`).join('\n'),
    );
  if (gates.length > 0)
    parts.push(
      formatTable(
        ['figure', 'of', 'gate'],
        gates.map((each) => [each.name, each.of, verdict(each)]),
      ),
    );
  const sentences = control === undefined ? method : [...method, controlSentence(control)];
  parts.push(sentences.map((sentence) => `- ${sentence}`).join('\n'));
  return parts.join('\n\n');
}

/** What the machine's own noise was. */
export function controlSentence({ before, after, load }: Control): string {
  const took = ({ median, p99 }: Summary) => `${digits(median)} µs (p99 ${digits(p99)})`;
  return `control: one and the same piece of work took ${took(before)} before and ${took(after)} after the bench, with nothing beside it that is ours; load ${load} at the end.`;
}
