/**
 * `bench outage`: what a neighbour sees when a router's code is changed while it works: replaced in hitless, beside a
 * restart of FRR (whole, tuned, graceful) and of keepalived. All of a round run at the same time, each in namespaces
 * of its own.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { systemPath } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { lacking } from '../peer-needs.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf, type Series, type Taken } from '../series.ts';
import {
  type DeviceKind,
  FRR_DEFAULT,
  FRR_GRACEFUL,
  FRR_TUNED,
  HITLESS,
  KEEPALIVED,
  VERSIONS,
} from './devices.ts';
import { type Observed, observe, TAIL_MS } from './session.ts';
import { ADVERT_S, DEAD_S, HELLO_S, type Protocol } from './site.ts';

const ROUNDS = { full: 2, quick: 1 };
/** Changes of code in a round. */
const CHANGES = { full: 2, quick: 1 };

const KINDS: readonly DeviceKind[] = [HITLESS, FRR_DEFAULT, FRR_TUNED, FRR_GRACEFUL, KEEPALIVED];
/** They take longer than a quick run has. */
const NOT_QUICK: readonly DeviceKind[] = [FRR_TUNED, FRR_GRACEFUL];

const CASES = { OSPF: 'ospf', VRRP: 'vrrp' } as const;
const WORDS = {
  OSPF: { packets: 'Hellos', changes: 'neighbour state changes' },
  VRRP: { packets: 'advertisements', changes: 'role changes of the neighbour' },
} as const;
const GAP = 'longest gap';
const AWAY = 'neighbour away';

function pairOf(module: Protocol): string {
  const { before, newest } = VERSIONS[module];
  return `${before} to ${newest}`;
}

const METHOD = [
  `longest gap: between two packets of the router as a witness in the neighbour's namespace sees them on the wire, from the last one before the change until ${TAIL_MS / 1000} s after it began and all is as before. Hellos every ${HELLO_S} s, dead after ${DEAD_S} s, advertisements every ${ADVERT_S} s, on all sides. "no change" is the control: the same router watched as long.`,
  "neighbour state changes: as the neighbour's FRR logs them; role changes: as the neighbour's keepalived logs them, which is a backup before and after. neighbour away: from the first of these changes until the last.",
  `hitless: replace OSPF, then replace VRRP, in one router, from ${pairOf('OSPF')} and ${pairOf('VRRP')}, and back. FRR restart: ospfd and zebra ended and started again; tuned: ospfd alone, with SPF and LSA timers at their least; graceful: the same after \`graceful-restart prepare ip ospf\`, the neighbour helping (RFC 3623). keepalived restart: ended and started again.`,
  'The FRR neighbour is at Full before and after, on all sides. All sides of a round run at the same time.',
];

const GATES: readonly GateOrder[] = [
  ...(['OSPF', 'VRRP'] as const).map(
    (protocol): GateOrder => ({
      name: `${WORDS[protocol].packets}: longest gap as without a change`,
      statistic: 'median',
      of: [CASES[protocol], HITLESS.side, GAP],
      by: [`${CASES[protocol]}-none`, HITLESS.side, GAP],
      atMost: 1.25,
    }),
  ),
  {
    name: 'neighbour state changes beside a restart of FRR',
    statistic: 'p99',
    of: [CASES.OSPF, HITLESS.side, WORDS.OSPF.changes],
    by: [CASES.OSPF, FRR_DEFAULT.side, WORDS.OSPF.changes],
    atMost: 0.01,
  },
  {
    name: 'role changes beside a restart of keepalived',
    statistic: 'p99',
    of: [CASES.VRRP, HITLESS.side, WORDS.VRRP.changes],
    by: [CASES.VRRP, KEEPALIVED.side, WORDS.VRRP.changes],
    atMost: 0.01,
  },
  {
    name: 'advertisements: longest gap beside a restart of keepalived',
    statistic: 'median',
    of: [CASES.VRRP, HITLESS.side, GAP],
    by: [CASES.VRRP, KEEPALIVED.side, GAP],
    atMost: 0.5,
  },
];

export const outage: Bench = {
  help: 'what neighbours see of a code change beside restarts of FRR and keepalived',
  cases: Object.values(CASES),
  run,
};

type Seen = Observed | { unavailable: string };

async function run({
  quick,
  install,
  rounds = quick ? ROUNDS.quick : ROUNDS.full,
  only,
  say,
}: BenchOptions): Promise<BenchResult> {
  const began = Date.now();
  const reasons = new Map<DeviceKind, string | undefined>();
  for (const kind of KINDS) {
    const unable = NetworkNamespace.unavailable;
    reasons.set(
      kind,
      unable !== false
        ? unable.replace('SKIPPED: ', '')
        : quick && NOT_QUICK.includes(kind)
          ? 'left out by --quick'
          : await lacking(kind.needs, { install, say }),
    );
  }
  const programs = new Programs();
  try {
    // FRR gives up root for a user of its own, who has to get at its files below.
    chmodSync(programs.directory, 0o711);
    const witness = await programs.build('outage/witness.ts');
    const program = await programs.build('../firmware/main.ts');
    const changes = quick ? CHANGES.quick : CHANGES.full;
    const see = async (kind: DeviceKind): Promise<Seen> => {
      const unavailable = reasons.get(kind);
      if (unavailable !== undefined) return { unavailable };
      return observe(kind, { witness, program, makeDirectory: () => programs.makeDirectory(), changes });
    };
    const wanted = (protocol: Protocol) => only.length === 0 || only.includes(CASES[protocol]);
    const kinds = KINDS.filter(({ protocols }) => protocols.some(wanted));
    const sessions: Map<DeviceKind, Promise<Seen>>[] = [];
    /** The first who asks for a round has all of it begin. */
    const seen = (kind: DeviceKind, round: number): Promise<Seen> => {
      const session = (sessions[round] ??= new Map(kinds.map((each) => [each, see(each)])));
      // One that fails is told by who asks for it.
      for (const promise of session.values()) promise.catch(() => {});
      return session.get(kind)!;
    };
    const series = (['OSPF', 'VRRP'] as const).filter(wanted).flatMap((protocol) =>
      kinds
        .filter(({ protocols }) => protocols.includes(protocol))
        .flatMap((kind) =>
          (['changed', 'quiet'] as const).map((when): Series => {
            let round = 0;
            return {
              case: when === 'changed' ? CASES[protocol] : `${CASES[protocol]}-none`,
              title: `${WORDS[protocol].packets}, ${when === 'changed' ? 'code changed' : 'no change'}`,
              side: kind.side,
              metrics: { [GAP]: 'ms', [WORDS[protocol].changes]: 'each', [AWAY]: 'ms' },
              measure: async () => {
                const session = await seen(kind, round++);
                return 'unavailable' in session ? session : taken(session, when, protocol);
              },
            };
          }),
        ),
    );
    const found = await measureInRounds(series, rounds, say);
    const about = { bench: 'outage', quick, began, others: versions(), method: METHOD };
    return resultOf(about, GATES, series, found);
  } finally {
    programs.remove();
  }
}

function taken(session: Observed, when: keyof Observed, protocol: Protocol): Taken {
  const observations = session[when][protocol] ?? [];
  return {
    values: {
      [GAP]: observations.map(({ gap }) => gap),
      [WORDS[protocol].changes]: observations.map(({ changes }) => changes),
      [AWAY]: observations.map(({ away }) => away),
    },
    messages: observations.reduce((sum, { packets }) => sum + packets, 0),
  };
}

function versions(): Record<string, string> {
  const ask = (program: string, args: string[], pattern: RegExp) => {
    const { stdout, stderr } = spawnSync(program, args, {
      encoding: 'utf8',
      env: { ...process.env, PATH: systemPath() },
    });
    return pattern.exec(`${stdout}${stderr}`)?.[1] ?? 'not there';
  };
  return {
    FRR: ask('/usr/lib/frr/ospfd', ['--version'], /version (\S+)/),
    keepalived: ask('keepalived', ['--version'], /Keepalived v(\S+)/),
  };
}
