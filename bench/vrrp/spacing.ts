/**
 * A router that is Active on a cable, with a witness at its other end: how evenly its advertisements come, idle and beside busy
 * processes; and, if there is one, whether a Backup beside the witness takes over.
 */
import { NetworkNamespace } from '../../test/netns.ts';
import { underLoad } from '../load.ts';
import { sleep } from '../outage/daemon.ts';
import { Keepalived, type KeepalivedGroup } from '../outage/keepalived.ts';
import { ADVERTISEMENTS, advertisementOf } from './advertisement.ts';
import { Capture, wallClock } from './capture.ts';
import type { StartRouter } from './router.ts';

const NEAR = 'lan0';
const FAR = 'eth0';
const OWN = '10.0.1.1';
const PEER = '10.0.1.2';
/** ms for which the start of the router, and of the busy processes, may still be felt. */
const SETTLE_MS = 500;

export interface SpacingJob {
  side: string;
  start: StartRouter;
  /** hitless as one file. */
  program: string;
  makeDirectory: () => string;
  groups: readonly KeepalivedGroup[];
  /** Priority under SCHED_FIFO. */
  realtime: number | undefined;
  /** A keepalived with this priority is Backup in all groups. */
  backup?: number;
  /** For so many ms each is watched: idle, and under load. */
  watched: number;
}

export const WHEN = ['idle', 'load'] as const;
export type When = (typeof WHEN)[number];

/** The virtual routers of one interval, as they were seen. */
export interface Spacing {
  /** From one advertisement of a virtual router to its next, in ms. */
  spacings: number[];
  /** How often the Backup became Active. */
  takeOvers: number;
}

/** By the interval in s. */
export type Spacings = Record<When, ReadonlyMap<number, Spacing>>;

/** @throws BenchError `SIDE_FAILED`, `MEASURED_NOTHING` */
export async function watchSpacing(job: SpacingJob): Promise<Spacings> {
  const { side, start, groups, backup, watched, realtime, makeDirectory, program } = job;
  const near = NetworkNamespace.create('active');
  const far = NetworkNamespace.create('witness');
  try {
    NetworkNamespace.join([near, NEAR, `${OWN}/24`], [far, FAR, `${PEER}/24`]);
    const capture = await Capture.begin(far, FAR, ADVERTISEMENTS);
    const options = { program, namespace: near, directory: makeDirectory(), interface: NEAR };
    const router = await start({ ...options, groups, realtime });
    await advertisesAll(capture, job);
    const peer =
      backup === undefined
        ? undefined
        : new Keepalived({
            namespace: far,
            directory: makeDirectory(),
            interface: FAR,
            groups: groups.map((group) => ({ ...group, priority: backup })),
            realtime,
          });
    await peer?.start();
    const takeOvers = () => new Map(groups.map(({ group }) => [group, peer?.takeOvers(group) ?? 0]));
    const watch = async (): Promise<ReadonlyMap<number, Spacing>> => {
      await sleep(SETTLE_MS);
      const from = wallClock();
      const before = takeOvers();
      await sleep(watched);
      const to = wallClock();
      // On a busy machine the witness itself is late to be read.
      await capture.next(`${side} goes on`, ({ at }) => at > to, 0);
      const after = takeOvers();
      return new Map(
        [...new Set(groups.map(({ interval }) => interval))].map((interval) => {
          const numbers = groups.flatMap((each) => (each.interval === interval ? each.group : []));
          const times = (counts: ReadonlyMap<number, number>) =>
            numbers.reduce((sum, number) => sum + counts.get(number)!, 0);
          const spacings = numbers.flatMap((number) => spacingsOf(capture, number, { from, to }));
          return [interval, { spacings, takeOvers: times(after) - times(before) }];
        }),
      );
    };
    const idle = await watch();
    const load = await underLoad(watch);
    await router.stop();
    await capture.end();
    return { idle, load };
  } finally {
    near.cleanup();
    far.cleanup();
  }
}

/** Waits until the router is Active in all groups. */
async function advertisesAll(capture: Capture, { side, groups }: SpacingJob): Promise<void> {
  const silent = new Set(groups.map(({ group }) => group));
  await capture.next(
    `${side} advertises all ${groups.length} groups`,
    (packet) => silent.delete(advertisementOf(packet).group) && silent.size === 0,
    0,
  );
}

function spacingsOf(capture: Capture, group: number, { from, to }: { from: number; to: number }): number[] {
  const times = capture.packets
    .map(advertisementOf)
    .filter((each) => each.group === group && each.from === OWN && each.at >= from && each.at <= to)
    .map(({ at }) => at);
  return times.slice(1).map((at, i) => at - times[i]!);
}
