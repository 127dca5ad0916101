/** `bench links`: how soon a module has handled the event of a link that changed, beside the line of an `ip monitor`. */
import { LAB_NEEDS } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { lacking } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import { HELD, KINDS, type Kind, type LinksJob, type LinksRecord, type LinksSide, NEAR } from './job.ts';

const ROUNDS = { full: 3, quick: 1 };
const CHANGES = { full: 60, quick: 10 };
/** `ip monitor` is told of each a second later. */
const HELD_BACK = { full: 5, quick: 2 };
const CASE = 'links';
const TITLE = 'a link';

const SIDES: Readonly<Record<LinksSide, string>> = {
  module: 'hitless, event of IP',
  host: 'hitless, event of the host',
  monitor: 'ip monitor',
};

/** The kernel itself takes longer than the goal until it tells anybody: what `ip monitor` takes is the measure. */
const SLOW: Kind = 'goes';

const METHOD = [
  'from just before an `ip -batch` that is running is given the line with the change, until the change is known. hitless: until a module that subscribes to the event has handled the event which has the change; the kernel, the driver, the module IP or the host, and the runtime are in it. ip monitor: until its line is read.',
  "event of IP: `links`, of the module that has the kernel's tables, which OSPF and VRRP take. event of the host: `link`, which versions of them before 3.0.0 take, and IP's router discovery. It gathers changes for 2 ms and asks the kernel for the link anew. For the answer the kernel needs a lock (RTNL) that whoever changes a link in any namespace holds for up to some tens of ms, as the bench itself does. No event waits for it, so `ip monitor` does not show it. our part: without the time until the kernel has answered, and the measure for the event of the host.",
  'held back: the kernel tells of carriers once a second, of all links together, unless a link is a pair within the machine; here this pair looks like none. hitless asks. goes: the kernel itself takes some 15 ms before it tells, so `ip monitor` is the measure.',
];

/** Of the event of the host: what the questions to the kernel take is not in it. */
const ourPart = (kind: Kind) => `${kind}: our part`;

const GATES: readonly GateOrder[] = (['module', 'host'] as const).flatMap((side) =>
  KINDS.map((kind): GateOrder => {
    const metric = side === 'host' ? ourPart(kind) : kind;
    const of = [CASE, SIDES[side], metric] as const;
    const name = `${TITLE} ${metric}: ${SIDES[side]}`;
    return kind === SLOW
      ? { name, statistic: 'p99', of, by: [CASE, SIDES.monitor, kind], atMost: 1.5 }
      : { name: `${name}, in ms`, statistic: 'p99', of, atMost: 10 };
  }),
);

export const links: Bench = {
  help: 'how soon a module has handled the event of a link that changed, beside ip monitor',
  cases: [CASE],
  takes: { full: 75, quick: 8 },
  run,
};

async function run({
  quick,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const none = NetworkNamespace.unavailable;
  const unavailable =
    (await lacking(LAB_NEEDS, { install, say })) ??
    (none === false ? undefined : none.replace('SKIPPED: ', ''));
  const programs = new Programs();
  try {
    const program = await programs.build('links/program.ts');
    const size = quick ? 'quick' : 'full';
    const series = (Object.keys(SIDES) as LinksSide[]).map(
      (side): Series => ({
        case: CASE,
        title: TITLE,
        side: SIDES[side],
        metrics: Object.fromEntries(metricsOf(side).map((metric) => [metric, 'ms'])),
        measure: async () => {
          if (unavailable !== undefined) return { unavailable };
          return take(programs, program, { side, changes: CHANGES[size], held: HELD_BACK[size] });
        },
      }),
    );
    const found = await measureInRounds(series, rounds, say);
    return resultOf({ bench: 'links', quick, began, others: {}, method: METHOD }, GATES, series, found);
  } finally {
    programs.remove();
  }
}

function metricsOf(side: LinksSide): string[] {
  return side === 'host' ? KINDS.flatMap((kind) => [kind, ourPart(kind)]) : [...KINDS];
}

/** In a namespace of its own, with the other ends of its links in another. */
async function take(programs: Programs, program: string, job: Omit<LinksJob, 'far'>): Promise<Taken> {
  const near = NetworkNamespace.create('links');
  const far = NetworkNamespace.create('far');
  try {
    for (const pair of [NEAR, HELD]) {
      const end = ['peer', 'name', pair.far, 'index', pair.farIndex, 'netns', far.name];
      near.ip('link', 'add', pair.name, 'index', pair.index, 'type', 'veth', ...end);
      near.ip('link', 'set', pair.name, 'up');
      far.ip('link', 'set', pair.far, 'up');
    }
    const before = ['ip', 'netns', 'exec', near.name];
    const order: LinksJob = { ...job, far: far.name };
    const { known, ours } = await programs.measure<LinksRecord>(SIDES[job.side], program, order, { before });
    const parts = KINDS.map((kind) => [ourPart(kind), ours?.[kind] ?? []] as const);
    const values = { ...known, ...(ours && Object.fromEntries(parts)) };
    return { values, messages: Object.values(known).flat().length };
  } finally {
    near.cleanup();
    far.cleanup();
  }
}
