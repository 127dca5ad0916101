/** One device at work: watched while nothing happens, then around each change of its code. */
import { BenchError } from '../errors.ts';
import { now, sleep } from './daemon.ts';
import type { DeviceKind } from './devices.ts';
import { type Protocol, Site } from './site.ts';

const SETTLE_MS = 60_000;
const LOOK_EVERY_MS = 200;
/** After a change the router is watched for at least so long, in ms, and until all is as before. */
export const TAIL_MS = 3_500;
/** Packets after a change before it can be as before. */
const FRESH = 2;

export interface Observation {
  /** Longest silence of the router, in ms. */
  gap: number;
  /** How often the neighbour changed its mind. */
  changes: number;
  /** From the first time until the last, in ms: so long it did not see the router as before. */
  away: number;
  packets: number;
}

export type Observed = Record<'quiet' | 'changed', Partial<Record<Protocol, Observation[]>>>;

export interface SessionOptions {
  witness: string;
  /** hitless as one file. */
  program: string;
  makeDirectory: () => string;
  changes: number;
}

/** @throws BenchError `SIDE_FAILED`, `MEASURED_NOTHING` */
export async function observe(kind: DeviceKind, options: SessionOptions): Promise<Observed> {
  const { witness, makeDirectory, program, changes } = options;
  const { protocols } = kind;
  const site = new Site({ protocols, witness, makeDirectory });
  try {
    await site.start();
    const device = await kind.start(site, makeDirectory(), program);
    await site.startKeepalived();
    await settle(kind, site, 0);
    const observed: Observed = { quiet: {}, changed: {} };
    const watch = async (into: Observed['quiet'], act: () => Promise<void>) => {
      const from = now();
      await act();
      await settle(kind, site, now());
      await sleep(Math.max(0, from + TAIL_MS - now()));
      for (const protocol of protocols) {
        const times = site.arrivals(protocol);
        const changed = site.changes(protocol).filter((at) => at > from);
        const observation = {
          ...silence(times, from),
          changes: changed.length,
          away: (changed.at(-1) ?? 0) - (changed[0] ?? 0),
        };
        if (observation.packets < FRESH)
          throw new BenchError('MEASURED_NOTHING', `${kind.side}: ${observation.packets} packets were seen`);
        (into[protocol] ??= []).push(observation);
      }
    };
    for (let i = 0; i < changes; i++) {
      await watch(observed.quiet, async () => {});
      await watch(observed.changed, () => device.change());
    }
    return observed;
  } finally {
    site.remove();
  }
}

/** Waits until the neighbours see the router as they should, and have heard it since `from`. */
async function settle(kind: DeviceKind, site: Site, from: number): Promise<void> {
  const giveUp = now() + SETTLE_MS;
  const heard = (protocol: Protocol) => site.arrivals(protocol).filter((time) => time > from).length >= FRESH;
  while (!kind.protocols.every(heard) || !site.settled) {
    if (now() > giveUp)
      throw new BenchError(
        'SIDE_FAILED',
        `${kind.side}: its neighbours did not settle within ${SETTLE_MS / 1000} s (FRR says "${site.frr?.neighborState() ?? ''}", keepalived ${site.keepalived?.role ?? ''})`,
      );
    await sleep(LOOK_EVERY_MS);
  }
}

/** The longest silence that touches what is observed. */
function silence(times: readonly number[], from: number): { gap: number; packets: number } {
  const first = times.findIndex((time) => time >= from);
  let gap = 0;
  for (let i = Math.max(1, first); first >= 0 && i < times.length; i++)
    gap = Math.max(gap, times[i]! - times[i - 1]!);
  return { gap, packets: first < 0 ? 0 : times.length - first };
}
