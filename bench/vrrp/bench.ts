/**
 * `bench vrrp`: how evenly a router advertises that it is Active, and how soon it forwards once the Active has died; beside
 * keepalived.
 */
import { spawnSync } from 'node:child_process';
import { KEEPALIVED_NEEDS, LAB_NEEDS, systemPath } from '../../firmware/host/needs.ts';
import { NetworkNamespace } from '../../test/netns.ts';
import { newestRelease } from '../../test/newest-release.ts';
import type { Bench, BenchOptions } from '../bench.ts';
import { CAPTURE_NEEDS, lacking } from '../peer-needs.ts';
import { PRIORITY, refusedPriority } from '../priority.ts';
import { Programs } from '../programs.ts';
import type { BenchResult } from '../result.ts';
import { type GateOrder, measureInRounds, resultOf } from '../series.ts';
import { BACKUP, BEYOND, CASES, type Case, caseOf, JITTER, PACKET, seriesOf, TAKE_OVERS } from './cases.ts';
import { DOWN_MS } from './death.ts';
import type { VrrpSide } from './router.ts';
import { WHEN } from './spacing.ts';

const ROUNDS = { full: 2, quick: 1 };

const METHOD = [
  "jitter: by how much the time between two advertisements of a virtual router differs from its interval. The times are the kernel's, at the other end of the cable (tcpdump). One router has 20 virtual routers of 1 s (in a quick run none) and 4 of 100 ms, which become Active one after the other; on both sides each has its virtual MAC.",
  `under load: one busy process per processor beside. real-time: \`router.realtime: ${PRIORITY}\`, and keepalived's \`vrrp_rt_priority ${PRIORITY}\`.`,
  `every 20 ms, every 10 ms: one virtual router of each, with a keepalived of priority ${BACKUP} as Backup, in real time as well. later than 2 intervals: the part of its advertisements that came more than 2 intervals after the one before, so one interval late; 3 and 4 alike. take-overs: how often the Backup became Active, which it does after ${3 + (256 - BACKUP) / 256} intervals without one.`,
  `death: keepalived is Active and is killed (SIGKILL) just after an advertisement, so that the others have to wait the longest; the Backup is what is measured, on both sides with the same ${DOWN_MS} ms until it takes the Active for dead (RFC 9568 6.1: intervals of 100 ms, priority 200). Nothing is taken away: death to first packet is all that a client waits, which sends one each ms to the virtual address as its gateway, until the survivor forwards one.`,
  `beyond Active_Down_Interval: from the last advertisement to that packet, without these ${DOWN_MS} ms: what the survivor, and the kernel, take by themselves.`,
];

const GATES: readonly GateOrder[] = [
  ...(['jitter', 'rt'] as const).flatMap((name) =>
    [1, 0.1].flatMap((interval) =>
      WHEN.flatMap((when) =>
        (['median', 'p99'] as const).map((statistic): GateOrder => {
          const of = caseOf(name, when, interval);
          return {
            name: `${of}: jitter no larger, ${statistic}`,
            statistic,
            of: [of, 'hitless', JITTER],
            by: [of, 'keepalived', JITTER],
            atMost: 1,
          };
        }),
      ),
    ),
  ),
  ...WHEN.map(
    (when): GateOrder => ({
      name: `${caseOf('fast', when, 0.02)}: the Backup never takes over`,
      statistic: 'p99',
      of: [caseOf('fast', when, 0.02), 'hitless', TAKE_OVERS],
      atMost: 0.01,
    }),
  ),
  {
    name: 'death: a client waits no longer, within 1 %',
    statistic: 'median',
    of: ['death', 'hitless', PACKET],
    by: ['death', 'keepalived', PACKET],
    atMost: 1.01,
  },
  {
    name: 'death: no longer beyond Active_Down_Interval',
    statistic: 'median',
    of: ['death', 'hitless', BEYOND],
    by: ['death', 'keepalived', BEYOND],
    atMost: 1,
  },
];

export const vrrp: Bench = {
  help: 'jitter of advertisements, and how soon a Backup forwards, beside keepalived',
  cases: CASES,
  takes: { full: 235, quick: 25 },
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
  const nowhere =
    (await lacking([...LAB_NEEDS, ...CAPTURE_NEEDS], { install, say })) ??
    (none === false ? undefined : none.replace('SKIPPED: ', ''));
  const noKeepalived = await lacking(KEEPALIVED_NEEDS, { install, say });
  const noPriority = await refusedPriority({ install, say });
  /** keepalived is the Backup of those that are fast, and the Active that dies, on all sides. */
  const unable = (side: VrrpSide, name: Case): string | undefined =>
    nowhere ??
    (name === 'rt' || name === 'fast' ? noPriority : undefined) ??
    (side === 'keepalived' || name === 'fast' || name === 'death' ? noKeepalived : undefined);
  const programs = new Programs();
  try {
    const program = await programs.build('../firmware/main.ts');
    const cases = CASES.filter((name) => only.length === 0 || only.includes(name));
    const makeDirectory = () => programs.makeDirectory();
    const series = seriesOf(quick, cases, { program, makeDirectory, unable });
    const found = await measureInRounds(series, rounds, say);
    const others = { VRRP: newestRelease('vrrp'), IP: newestRelease('ip'), keepalived: versionOfPeer() };
    return resultOf({ bench: 'vrrp', quick, began, others, method: METHOD }, GATES, series, found);
  } finally {
    programs.remove();
  }
}

function versionOfPeer(): string {
  const env = { ...process.env, PATH: systemPath() };
  const { stdout, stderr } = spawnSync('keepalived', ['--version'], { encoding: 'utf8', env });
  return /Keepalived v(\S+)/.exec(`${stdout}${stderr}`)?.[1] ?? 'not there';
}
