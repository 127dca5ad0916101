/**
 * `bench ospf`: an area of up to 3,000 routers and 30,000 LSAs, fed by a peer that speaks OSPF, to the router, FRR and BIRD: how
 * soon it is there and in the kernel, what changes cost, and what a swap costs with such a database.
 */
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FRR_NEEDS, LAB_NEEDS, type Need } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { BIRD_NEEDS, lacking } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import type { OspfJob, OspfRecord, OspfSide } from './job.ts';
import { ENDS } from './topology.ts';
import { RELEASES, writeVersions } from './versions.ts';

const ROUNDS = 1;
const PATIENCE_MS = 120_000;

const SETTINGS = {
  '100': { title: '100 routers, 1,000 LSAs', routers: 100, lsas: 1_000 },
  '1k': { title: '1,000 routers, 10,000 LSAs', routers: 1_000, lsas: 10_000 },
  '3k': { title: '3,000 routers, 30,000 LSAs', routers: 3_000, lsas: 30_000 },
} as const;
type Case = keyof typeof SETTINGS;
const CASES = Object.keys(SETTINGS) as Case[];
/** Where only the working of it matters. */
const SMALL: Case = '100';
const CHANGES = { full: 2, quick: 1 };
const SWAPS = { full: 4, quick: 1 };

const SIDES: Readonly<Record<OspfSide, { name: string; needs: readonly Need[] }>> = {
  hitless: { name: 'hitless', needs: [] },
  frr: { name: 'FRR', needs: FRR_NEEDS },
  bird: { name: 'BIRD', needs: BIRD_NEEDS },
};

const METRICS = {
  Full: 'ms',
  routes: 'ms',
  memory: 'B/LSA',
  change: 'ms',
  flooding: 'LSAs/s',
  'link: first route': 'ms',
  'link: last route': 'ms',
};
/** As the program says itself: BIRD does not. */
const SAID = { calculation: 'ms' };
/** Of hitless alone. */
const INSIDE = {
  'load: hold': 'ms',
  'change: hold': 'ms',
  'flooding: hold': 'ms',
  'link: hold': 'ms',
  'hold at rest': 'ms',
  'swap empty: window': 'ms',
  'swap empty: stall': 'ms',
  'swap full: window': 'ms',
  'swap full: stall': 'ms',
  'migrated: window': 'ms',
  'migrated: stall': 'ms',
};

const METHOD = [
  'the area: routers on a grid of point-to-point links, each with a host route; every tenth of them tells of networks from outside. The peer is a program of its own in a namespace of its own: it has the first router’s end of one link, and the second router’s end of another, which costs more. All sides have the same database, links and costs, and their own times otherwise. Those of 100 routers are measured at the same time, and of the others one after the other.',
  'Full: from the first Database Description that the peer hears to the router-LSA that tells of the link to it, which a router makes when the adjacency is Full. BIRD makes LSAs and routes once a second (its `tick`). routes: from the same moment until a listener in a process of its own has heard the last route from the kernel, within 1 ms. After it a dump of the kernel has exactly these routes, otherwise the bench ends without a figure.',
  'memory: by how much the resident memory of the router (FRR: zebra and ospfd; hitless: all of it, its garbage collected before) has grown by then, divided by the LSAs: each of them is a route as well.',
  'calculation: of all routes, once a router-LSA in the area has changed, as a program says itself: hitless in `show ip ospf spf log`, with external routes and with all else that it does between two turns; FRR as “Last SPF duration”, without external routes; BIRD says nothing of it. change: from that router-LSA, which tells of one network more or less, until the kernel has it.',
  'flooding: 2,000 LSAs of networks from outside, each with the next number, of which at most 600 are not acknowledged: those that were acknowledged in a second.',
  'link: from the order that takes the other end of the first link down until the kernel has the first, and the last, route by the second link.',
  "hold: the longest time for which the router's event loop did not come back meanwhile, by Node's monitor with a resolution of 1 ms; what else the machine does is in it, and of this the same at rest is the measure.",
  'swap: OSPF is replaced by another version of the same state, with no neighbour and no LSA, and with the whole database. migrated: by one whose state is of another version, with each row of each table made anew. window and stall as the transaction reports them.',
];

const OURS = SIDES.hitless.name;
const title = (name: Case) => SETTINGS[name].title;
const GATES: readonly GateOrder[] = [
  ...(['1k', '3k'] as const).flatMap((name): GateOrder[] => [
    ...(['Full', 'routes', 'change', 'link: last route'] as const).map(
      (metric): GateOrder => ({
        name: `${title(name)}: ${metric}`,
        statistic: 'median',
        of: [name, OURS, metric],
        by: [name, SIDES.frr.name, metric],
        atMost: 1,
      }),
    ),
    ...(['load: hold', 'change: hold', 'flooding: hold', 'link: hold'] as const).map(
      (metric): GateOrder => ({
        name: `${title(name)}: ${metric}, in ms`,
        statistic: 'p99',
        of: [name, OURS, metric],
        atMost: 1,
      }),
    ),
    {
      name: `${title(name)}: memory of an LSA`,
      statistic: 'median',
      of: [name, OURS, 'memory'],
      by: [name, SIDES.bird.name, 'memory'],
      atMost: 2,
    },
    {
      name: `${title(name)}: swap beside an empty one, window`,
      statistic: 'median',
      of: [name, OURS, 'swap full: window'],
      by: [name, OURS, 'swap empty: window'],
      atMost: 1.5,
    },
  ]),
  {
    name: `${title('1k')}: calculation`,
    statistic: 'median',
    of: ['1k', OURS, 'calculation'],
    by: ['1k', SIDES.frr.name, 'calculation'],
    atMost: 1,
  },
];

export const ospf: Bench = {
  help: 'an area of up to 3,000 routers beside FRR and BIRD',
  cases: CASES,
  takes: { full: 225, quick: 35 },
  run,
};

async function run({ quick, install, rounds = ROUNDS, only, say }: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const unable = await reasons({ install, say });
  const programs = new Programs();
  try {
    // FRR gives up root for a user of its own, who has to get at its files below.
    chmodSync(programs.directory, 0o711);
    const bundles = join(programs.directory, 'bundles');
    mkdirSync(bundles);
    const version = writeVersions(bundles);
    const program = await programs.build('ospf/program.ts');
    const built = {
      witness: await programs.build('routes/witness.ts'),
      peer: await programs.build('ospf/peer/program.ts'),
      router: await programs.build('../firmware/main.ts'),
      inside: await programs.build('ospf/devices/inside.ts'),
      bundles: [bundles, RELEASES],
      changes: quick ? CHANGES.quick : CHANGES.full,
      swaps: quick ? SWAPS.quick : SWAPS.full,
    };
    const cases = CASES.filter((name) => (only.length > 0 ? only.includes(name) : !quick || name === SMALL));
    const series = cases.flatMap((name) => {
      const { title, ...size } = SETTINGS[name];
      const takes = (side: OspfSide) => take(programs, program, { ...built, ...size, side });
      const sides = Object.keys(SIDES) as OspfSide[];
      const able = sides.filter((side) => unable.get(side) === undefined);
      /** Of a small area all at once: its sides wait for timers most of the time. */
      let atOnce: Map<OspfSide, Promise<Taken>> | undefined;
      const begun = (side: OspfSide) => {
        atOnce ??= new Map(able.map((each) => [each, takes(each)]));
        // One that fails is told when its turn comes.
        for (const taken of atOnce.values()) taken.catch(() => {});
        return atOnce.get(side)!;
      };
      return sides.map(
        (side): Series => ({
          case: name,
          title,
          side: SIDES[side].name,
          metrics: {
            ...METRICS,
            ...(side !== 'bird' && SAID),
            ...(side === 'hitless' && INSIDE),
          },
          measure: async () => {
            const unavailable = unable.get(side);
            if (unavailable !== undefined) return { unavailable };
            return name === SMALL ? begun(side) : takes(side);
          },
        }),
      );
    });
    const found = await measureInRounds(series, rounds, say);
    const about = { bench: 'ospf', quick, began, others: { OSPF: version }, method: METHOD };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

/** Why a side cannot be measured here. */
async function reasons(
  options: Pick<BenchOptions, 'install' | 'say'>,
): Promise<Map<OspfSide, string | undefined>> {
  const none = NetworkNamespace.unavailable;
  const all =
    (await lacking(LAB_NEEDS, options)) ?? (none === false ? undefined : none.replace('SKIPPED: ', ''));
  const found = new Map<OspfSide, string | undefined>();
  for (const [side, { needs }] of Object.entries(SIDES) as [OspfSide, { needs: readonly Need[] }][])
    found.set(side, all ?? (await lacking(needs, options)));
  return found;
}

/** In namespaces of its own, one for the router and one for the peer. */
async function take(programs: Programs, program: string, job: Omit<OspfJob, 'far'>): Promise<Taken> {
  const near = NetworkNamespace.create('ospf');
  const far = NetworkNamespace.create('area');
  try {
    near.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
    for (const end of ENDS)
      NetworkNamespace.join([near, end.near, `${end.own}/24`], [far, end.far, `${end.peer}/24`]);
    far.ip('link', 'set', ENDS[1].far, 'down');
    const before = ['ip', 'netns', 'exec', near.name];
    const values = await programs.measure<OspfRecord>(
      SIDES[job.side].name,
      program,
      { ...job, far: far.name } satisfies OspfJob,
      { before, patience: PATIENCE_MS },
    );
    return { values, messages: job.lsas };
  } finally {
    near.cleanup();
    far.cleanup();
  }
}
