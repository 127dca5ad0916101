/** Which plots a bench's figures make. */
import type { BenchResult, Measurement } from '../result.ts';
import { barPlot, type Group } from './bars.ts';
import { drawable, histogramPlot } from './histogram.ts';
import { isTime } from './scale.ts';
import { type Curve, scalingPlot } from './scaling.ts';
import type { Sides } from './sides.ts';
import { timelinePlot } from './timeline.ts';

type Plots = (result: BenchResult, sides: Sides) => string[];

export interface Chapter {
  title: string;
  /** What the bench asks. */
  question: string;
  plots: Plots;
}

const CHAPTERS: Record<string, Chapter> = {
  swap: {
    title: 'The swap',
    question:
      'How long is a module out of service while its code is replaced, and what do its senders see of it?',
    plots: swapPlots,
  },
  timer: {
    title: 'Timers',
    question: 'How late is a timer, idle and on a busy machine?',
    plots: timerPlots,
  },
  outage: {
    title: 'What a neighbour sees',
    question: 'How long is a router silent while its code is changed?',
    plots: outagePlots,
  },
  mailbox: {
    title: 'Messages',
    question: 'What does a message through proxy and name service cost?',
    plots: anyPlots,
  },
  packet: {
    title: 'Packets',
    question: 'How long does a packet take from wire to wire, through driver, mailbox and module?',
    plots: anyPlots,
  },
  routes: {
    title: 'Routes',
    question: "How long do routes take into the kernel's table?",
    plots: anyPlots,
  },
  links: {
    title: 'Links',
    question: 'How soon does a module know of an interface that changed?',
    plots: anyPlots,
  },
  ospf: {
    title: 'OSPF',
    question: 'How soon is a large area known, and in the kernel, and what does a change of it cost?',
    plots: anyPlots,
  },
  vrrp: {
    title: 'VRRP',
    question:
      'How evenly does an Active router advertise, and how soon does a Backup forward when it has died?',
    plots: anyPlots,
  },
  deadline: {
    title: 'The deadline',
    question: 'How late is the decision when a module is busy, waits, or never yields?',
    plots: anyPlots,
  },
  start: {
    title: 'The start',
    question: 'How much memory has a runtime, and how much processor time does its first transaction take?',
    plots: anyPlots,
  },
  boot: { title: 'Boot', question: 'How long does a board take to serve?', plots: outagePlots },
  latency: {
    title: 'The event loop',
    question: 'How late is a timer of 1 ms, and how long does a message take, on the router while it serves?',
    plots: anyPlots,
  },
};

export function chapterOf({ bench }: BenchResult): Chapter {
  return CHAPTERS[bench] ?? { title: bench, question: '', plots: anyPlots };
}

/** Absences of the same case, for the rows that are not there. */
function groupsOf(result: BenchResult, wanted: (m: Measurement) => boolean): Group[] {
  const groups = new Map<string, Group>();
  for (const m of result.measurements.filter(wanted)) {
    const group = groups.get(m.title) ?? {
      title: m.title,
      rows: [],
      absent: result.absent.filter((each) => each.case === m.case),
    };
    group.rows.push(m);
    groups.set(m.title, group);
  }
  return [...groups.values()];
}

const DOTS = 'Dot: median; line: to the p99. Logarithmic.';
const SPREAD = 'Height: share of the samples; line: median; triangle: p99. Logarithmic.';

function swapPlots(result: BenchResult, sides: Sides): string[] {
  const { measurements, timelines = [] } = result;
  const plots: string[] = [];
  const metric = (name: string) => (m: Measurement) => m.metric === name;
  const single = measurements.filter((m) => m.case === 'single' && m.metric === 'window');
  if (drawable(single).length > 0)
    plots.push(
      histogramPlot(
        'Blackout of a swap: one module, new code',
        `From the disable to the first message that the new version handles; a restart: from SIGTERM to the first answer. ${SPREAD}`,
        drawable(single),
        sides,
      ),
    );
  const quick = timelines.filter(({ side }) => side !== 'restart');
  const words =
    'Messages handled, from the command at 0 until the swap is reported (dashed lines). The swap whose largest gap is the middle one of its round, until the next one begins; shaded: the largest gap.';
  if (quick.length > 0) {
    const to = Math.min(40, Math.max(4, ...quick.map(({ ended }) => ended * 1.6)));
    plots.push(timelinePlot(`A swap under a stream of messages`, words, quick, { from: -to / 3, to }, sides));
  }
  const curves = curvesOf(measurements);
  if (curves.length > 0)
    plots.push(
      scalingPlot(
        'Blackout against the size of the state',
        'Adopted: the new version takes the state as it is. Migrated: every entry is changed by the swap. Dot: median; line: to the p99. Both axes logarithmic.',
        { size: 'entries in the state', value: 'blackout' },
        curves,
        sides,
      ),
    );
  if (timelines.length > quick.length && quick.length > 0) {
    const to = Math.max(...timelines.map(({ ended }) => ended)) * 1.15;
    plots.push(
      timelinePlot(
        'The same beside a restart of the process',
        words,
        timelines,
        { from: -to / 8, to },
        sides,
      ),
    );
  }
  const windows = ['single-hot', 'single', 'group', 'group-10', 'abort'];
  plots.push(
    ...dots(
      'Blackout by kind of swap',
      DOTS,
      groupsOf(result, (m) => m.metric === 'window' && windows.includes(m.case)),
      sides,
    ),
    ...dots(
      'Largest gap between two messages around a swap',
      `Loading included; "no swap" is the machine's own. ${DOTS}`,
      groupsOf(result, metric('largest gap')),
      sides,
    ),
    ...dots('A message, a request', `Mean of a batch. ${DOTS}`, groupsOf(result, metric('each')), sides),
  );
  return plots;
}

function curvesOf(measurements: readonly Measurement[]): Curve[] {
  const curves = new Map<string, Curve>();
  for (const { case: name, metric, side, unit, size, median, p99 } of measurements) {
    const migrated = name.startsWith('migrate-');
    const adopted = name === 'single' || name.startsWith('entries-');
    if (metric !== 'window' || size === undefined || size === 0 || !(migrated || adopted)) continue;
    if (side === 'restart' && !migrated) continue;
    const kind = migrated ? 'migrated' : 'adopted';
    const curve = curves.get(`${side} ${kind}`) ?? {
      side,
      name: `${side}, ${kind}`,
      dashed: !migrated,
      unit,
      points: [],
    };
    curve.points.push({ size, median, p99 });
    curves.set(`${side} ${kind}`, curve);
  }
  const sorted = [...curves.values()].filter(({ points }) => points.length > 1);
  for (const { points } of sorted) points.sort((a, b) => a.size - b.size);
  return sorted;
}

function timerPlots(result: BenchResult, sides: Sides): string[] {
  const [first] = result.measurements;
  if (first === undefined) return [];
  const lateness = (m: Measurement) => m.metric === first.metric;
  const rest = { ...result, measurements: result.measurements.filter((m) => !lateness(m)) };
  return [...spreads(result, lateness, 'Lateness', sides), ...anyPlots(rest, sides)];
}

/** A histogram of each case, with a row for each side. */
function spreads(
  { measurements }: BenchResult,
  wanted: (m: Measurement) => boolean,
  what: string,
  sides: Sides,
): string[] {
  const titles = [...new Set(measurements.filter(wanted).map(({ title }) => title))];
  return titles.flatMap((title) => {
    const rows = drawable(measurements.filter((m) => wanted(m) && m.title === title));
    return rows.length === 0 ? [] : [histogramPlot(`${what}: ${title}`, SPREAD, rows, sides)];
  });
}

function outagePlots(result: BenchResult, sides: Sides): string[] {
  return metricsOf(result).map(([metric, unit]) =>
    barPlot(
      titled(metric, unit),
      'Bar: median.',
      groupsOf(result, (m) => m.metric === metric && m.unit === unit),
      'bar',
      sides,
    ),
  );
}

/** Each quantity by case; of one side alone, how it is spread. */
function anyPlots(result: BenchResult, sides: Sides): string[] {
  const alone = new Set(result.measurements.map(({ side }) => side)).size === 1;
  return metricsOf(result).flatMap(([metric, unit]) => {
    const same = (m: Measurement) => m.metric === metric && m.unit === unit;
    const found = result.measurements.filter(same);
    const rows = drawable(found);
    if (alone && rows.length > 0) {
      const named = rows.map((row, i) => ({ ...row, name: found[i]!.title }));
      return [histogramPlot(titled(metric, unit), SPREAD, named, sides)];
    }
    const positive = found.every(({ median }) => median > 0);
    return [
      barPlot(
        titled(metric, unit),
        positive ? DOTS : 'Bar: median.',
        groupsOf(result, same),
        positive ? 'dot' : 'bar',
        sides,
      ),
    ];
  });
}

function metricsOf({ measurements }: BenchResult): [metric: string, unit: string][] {
  return [
    ...new Map(
      measurements.map(({ metric, unit }) => [`${metric} ${unit}`, [metric, unit] as [string, string]]),
    ).values(),
  ];
}

function dots(title: string, caption: string, groups: readonly Group[], sides: Sides): string[] {
  return groups.length === 0 ? [] : [barPlot(title, caption, groups, 'dot', sides)];
}

/** What is counted has its unit here, for it is not beside the axis. */
function titled(metric: string, unit: string): string {
  const words = isTime(unit) || unit === 'each' ? metric : `${metric}, ${unit}`;
  return words.charAt(0).toUpperCase() + words.slice(1);
}
