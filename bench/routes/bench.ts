/**
 * `bench routes`: routes that come, change and go in the kernel's table, by the router's own ways, `ip -batch`, BIRD and FRR's
 * zebra.
 */

import { chmodSync } from 'node:fs';
import { LAB_NEEDS, type Need } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { BIRD_NEEDS, lacking, ZEBRA_NEEDS } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import { INTERFACE, OWN, type RoutesJob, type RoutesRecord, type RoutesSide } from './job.ts';
import { zebraTrouble } from './ways/zebra.ts';

const ROUNDS = { full: 3, quick: 1 };

const SETTINGS = {
  '1k': { title: '1,000 routes', routes: 1_000, hops: 1 },
  '1k-ecmp': { title: '1,000 routes, two next hops each', routes: 1_000, hops: 2 },
  '10k': { title: '10,000 routes', routes: 10_000, hops: 1 },
  '10k-ecmp': { title: '10,000 routes, two next hops each', routes: 10_000, hops: 2 },
  '100k': { title: '100,000 routes', routes: 100_000, hops: 1 },
  '100k-ecmp': { title: '100,000 routes, two next hops each', routes: 100_000, hops: 2 },
} as const;
type Case = keyof typeof SETTINGS;
const CASES = Object.keys(SETTINGS) as Case[];
/** Where only the working of it matters. */
const QUICK: readonly Case[] = ['1k'];

interface Side {
  name: string;
  needs: readonly Need[];
  /** Its loop is this program's, and what holds it is measured. */
  ours: boolean;
  trouble?: () => string | undefined;
}
const SIDES: Readonly<Record<RoutesSide, Side>> = {
  module: { name: 'hitless', needs: [], ours: true },
  port: { name: 'hitless, kernel port alone', needs: [], ours: true },
  driver: { name: 'hitless, netlink driver alone', needs: [], ours: true },
  iproute: { name: 'ip -batch', needs: [], ours: false },
  bird: { name: 'BIRD', needs: BIRD_NEEDS, ours: false },
  zebra: { name: 'FRR zebra', needs: ZEBRA_NEEDS, ours: false, trouble: zebraTrouble },
};
const ROUTES_SIDES = Object.keys(SIDES) as RoutesSide[];
const PARTS: readonly RoutesSide[] = ['port', 'driver'];

/** Parts of hitless alone tell what the whole costs: once is enough. */
function sidesOf(name: Case): readonly RoutesSide[] {
  return SETTINGS[name].hops === 1 ? ROUTES_SIDES : ROUTES_SIDES.filter((side) => !PARTS.includes(side));
}

const TIMES = { install: 'ms', replace: 'ms', withdraw: 'ms', 'first to last': 'ms', memory: 'MB' };
const HOLDS = { hold: 'ms', 'hold at rest': 'ms' };

const METHOD = [
  'install, replace, withdraw: from the order until a listener in a process of its own has heard the last route from the kernel, within 1 ms. replace leads all of them by other gateways, in place. After each a dump of the kernel has exactly these routes, otherwise the bench ends without a figure. first to last: from the first route in the kernel to the last, of install: what the program does before is not in it.',
  "hitless: the IP module in a runtime, with its table of all candidates; a stand-in for a protocol sends it `routes`, 128 a message. The port on the kernel's tables alone, as the module has it: requests of 256 routes, four under way. The driver alone: all routes by one call. ip: one `ip -batch` with its text made before; the start of the child is in it.",
  'BIRD: its static and kernel protocols, by `birdc configure` with a file that was written before; reading it is in the time. FRR: its zebra, told over its socket as staticd tells it: one write of all messages, made before; a configuration of 100,000 static routes would take staticd half a minute.',
  "hold: the longest time for which the program's event loop did not come back meanwhile, by Node's monitor with a resolution of 1 ms; what else the machine does is in it, and of this the same at rest, for as long, is the measure. V8's young space stays small, as in a router.",
  "What the time is spent on, by processor time of the program's threads. Of the first 10,000 routes half is V8's compilers on threads of their own, above a third the event loop, most of it in code that is not compiled yet, and a tenth the kernel on the driver's thread; the driver's own part of the loop is a tenth of that. Where there are two processors, all of them together are what passes. So 100,000 routes take about half as long each: there half is the loop, a quarter the kernel, and a quarter compilers and the collector. Of the loop a third is spent looking keys up in Maps and Sets of so many rows, and a fifth on collecting.",
  'What holds the loop longest: the first messages of 128 routes, 2 to 4 ms each until they are compiled and 0.5 ms from then on; a Map of 65,536 rows that grows, about 5 ms; and the collector, above all right after the collection that this bench makes before each measurement.',
  'memory: by how much the resident memory of the program has grown once the routes are installed; that of an `ip` has gone with it.',
];

const OURS = SIDES.module.name;
const GATES: readonly GateOrder[] = [
  ...[['10k', 100] as const, ['100k', 1_500] as const].flatMap(([name, most]): GateOrder[] => [
    {
      name: `${SETTINGS[name].title}: install, in ms`,
      statistic: 'median',
      of: [name, OURS, 'install'],
      atMost: most,
    },
    { name: `${SETTINGS[name].title}: hold, in ms`, statistic: 'p99', of: [name, OURS, 'hold'], atMost: 1 },
  ]),
  ...(['1k', '10k', '100k'] as const).map(
    (name): GateOrder => ({
      name: `${SETTINGS[name].title}: install`,
      statistic: 'median',
      of: [name, OURS, 'install'],
      by: [name, SIDES.iproute.name, 'install'],
      atMost: 0.7,
    }),
  ),
  ...(['10k', '10k-ecmp', '100k', '100k-ecmp'] as const).flatMap((name) =>
    (['install', 'replace', 'withdraw'] as const).map(
      (metric): GateOrder => ({
        name: `${SETTINGS[name].title}: ${metric}`,
        statistic: 'median',
        of: [name, OURS, metric],
        by: [name, SIDES.zebra.name, metric],
        atMost: 1,
      }),
    ),
  ),
];

export const routes: Bench = {
  help: "routes in the kernel's table beside ip -batch, BIRD and FRR",
  cases: CASES,
  takes: { full: 150, quick: 9 },
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
  const unable = await reasons({ install, say });
  const programs = new Programs();
  try {
    // FRR gives up root for a user of its own, who has to get at its files below.
    chmodSync(programs.directory, 0o711);
    const program = await programs.build('routes/program.ts');
    const witness = await programs.build('routes/witness.ts');
    const cases = CASES.filter((name) =>
      only.length > 0 ? only.includes(name) : !quick || QUICK.includes(name),
    );
    const series = cases.flatMap((name) => {
      const { title, routes, hops } = SETTINGS[name];
      return sidesOf(name).map(
        (side): Series => ({
          case: name,
          title,
          side: SIDES[side].name,
          metrics: SIDES[side].ours ? { ...TIMES, ...HOLDS } : TIMES,
          measure: async () => {
            const unavailable = unable.get(side);
            if (unavailable !== undefined) return { unavailable };
            return take(programs, program, { side, routes, hops, witness });
          },
        }),
      );
    });
    const found = await measureInRounds(series, rounds, say);
    const about = { bench: 'routes', quick, began, others: {}, method: METHOD };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

/** Why a side cannot be measured here. */
async function reasons(
  options: Pick<BenchOptions, 'install' | 'say'>,
): Promise<Map<RoutesSide, string | undefined>> {
  const none = NetworkNamespace.unavailable;
  const all =
    (await lacking(LAB_NEEDS, options)) ?? (none === false ? undefined : none.replace('SKIPPED: ', ''));
  const found = new Map<RoutesSide, string | undefined>();
  for (const side of ROUTES_SIDES) {
    const { needs, trouble } = SIDES[side];
    found.set(side, all ?? (await lacking(needs, options)) ?? trouble?.());
  }
  return found;
}

/** In a namespace of its own, which is empty. */
async function take(programs: Programs, program: string, job: RoutesJob): Promise<Taken> {
  const namespace = NetworkNamespace.create('routes');
  try {
    NetworkNamespace.join([namespace, INTERFACE, OWN], [namespace, 'far0']);
    const before = ['ip', 'netns', 'exec', namespace.name];
    const record = await programs.measure<RoutesRecord>(SIDES[job.side].name, program, job, { before });
    const { span, idle, ...others } = record;
    const values = { ...others, 'first to last': span, 'hold at rest': idle };
    return {
      values: Object.fromEntries(Object.entries(values).map(([metric, value]) => [metric, [value]])),
      messages: 3 * job.routes,
    };
  } finally {
    namespace.cleanup();
  }
}
