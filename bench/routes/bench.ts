/**
 * `bench routes`: routes that come, change and go in the kernel's table by the netlink driver, and how soon a change of an
 * interface is known; beside the `ip` command of iproute2.
 */

import { LAB_NEEDS } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { lacking } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import { INTERFACE, OWN, type RoutesJob, type RoutesRecord, type RoutesSide } from './job.ts';

const ROUNDS = { full: 3, quick: 1 };

const SETTINGS = {
  '1k': { title: '1,000 routes', routes: 1_000, hops: 1 },
  '10k': { title: '10,000 routes', routes: 10_000, hops: 1 },
  '10k-ecmp': { title: '10,000 routes, two next hops each', routes: 10_000, hops: 2 },
  '100k': { title: '100,000 routes', routes: 100_000, hops: 1 },
  event: { title: 'a change of an address', routes: 0, hops: 0 },
} as const;
type Case = keyof typeof SETTINGS;
const CASES = Object.keys(SETTINGS) as Case[];
/** Where only the working of it matters. */
const QUICK: readonly Case[] = ['1k', 'event'];
const EVENTS = { full: 200, quick: 20 };

const NAMES: Readonly<Record<RoutesSide, string>> = { hitless: 'hitless', ip: 'ip -batch, ip monitor' };
const SIDES = Object.keys(NAMES) as RoutesSide[];

const ROUTES_METRICS = { install: 'ms', replace: 'ms', withdraw: 'ms', hold: 'ms' };
const KNOWN = 'known after';

const METHOD = [
  'install, replace, withdraw: all routes by one call of the driver, or by one `ip -batch` with its text made before; the start of the child is in it. replace leads all of them by another gateway, in place. After each the kernel has exactly these routes, otherwise the bench ends without a figure.',
  "hold: the longest time for which the program's event loop did not come back meanwhile, by Node's monitor with a resolution of 1 ms; what else the machine does is in it.",
  "known after: from just before an address is added or removed to the report of it: by the router's own monitor of links, which gathers changes for 2 ms and reads the link anew; or to the line of an `ip monitor`, which says only that there was something.",
];

const GATES: readonly GateOrder[] = (['1k', '10k', '100k'] as const).map((name) => ({
  name: `${SETTINGS[name].title}: install`,
  statistic: 'median',
  of: [name, NAMES.hitless, 'install'],
  by: [name, NAMES.ip, 'install'],
  atMost: 0.7,
}));

export const routes: Bench = {
  help: "routes in the kernel's table by netlink beside ip -batch, and how soon a change of an interface is known",
  cases: CASES,
  takes: { full: 60, quick: 6 },
  run,
};

async function run({
  quick,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  only,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const none = NetworkNamespace.unavailable;
  const unable = (await lacking(LAB_NEEDS, { install, say })) ?? (none === false ? undefined : none);
  const programs = new Programs();
  try {
    const program = await programs.build('routes/program.ts');
    const cases = CASES.filter((name) =>
      only.length > 0 ? only.includes(name) : !quick || QUICK.includes(name),
    );
    const events = quick ? EVENTS.quick : EVENTS.full;
    const series = cases.flatMap((name) =>
      SIDES.map(
        (side): Series => ({
          case: name,
          title: SETTINGS[name].title,
          side: NAMES[side],
          metrics: name === 'event' ? { [KNOWN]: 'ms' } : ROUTES_METRICS,
          measure: async () => {
            if (unable !== undefined) return { unavailable: unable.replace('SKIPPED: ', '') };
            const { routes, hops } = SETTINGS[name];
            return take(programs, program, { side, routes, hops, events });
          },
        }),
      ),
    );
    const found = await measureInRounds(series, rounds, say);
    const about = { bench: 'routes', quick, began, others: {}, method: METHOD };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

/** In a namespace of its own, which is empty. */
async function take(programs: Programs, program: string, job: RoutesJob): Promise<Taken> {
  const namespace = NetworkNamespace.create('routes');
  try {
    NetworkNamespace.join([namespace, INTERFACE, OWN], [namespace, 'far0']);
    const before = ['ip', 'netns', 'exec', namespace.name];
    const record = await programs.measure<RoutesRecord>(NAMES[job.side], program, job, { before });
    const { latencies, ...times } = record;
    if (job.routes === 0) return { values: { [KNOWN]: latencies }, messages: latencies.length };
    const values = Object.fromEntries(Object.entries(times).map(([metric, ms]) => [metric, [ms]]));
    return { values, messages: 3 * job.routes };
  } finally {
    namespace.cleanup();
  }
}
