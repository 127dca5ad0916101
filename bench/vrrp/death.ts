/** Deaths of the Active: how long a client's packets wait for the router that is Backup, which is what is measured. */
import { BenchError } from '../errors.ts';
import { Keepalived, type KeepalivedGroup } from '../outage/keepalived.ts';
import { ADVERTISEMENTS, type Advertisement, advertisementOf } from './advertisement.ts';
import { Capture, wallClock } from './capture.ts';
import { ADDRESS, DeathPlace, LAN, SERVER } from './place.ts';
import type { StartRouter } from './router.ts';

const GROUP = 51;
const VIRTUAL = '10.0.1.254';
const INTERVAL_MS = 100;
const PRIORITIES = { active: 250, survivor: 200 } as const;
const PORT = 9_999;
const PERIOD_MS = 1;
/** Advertisements of the Active in a row after which all is as it was. */
const STEADY = 5;
/** Deaths that are left out, as the survivor did not wait for them. */
const MOST_DISTURBED = 5;
/** Of this priority one says that it leaves (RFC 9568 5.2.4). */
const LEAVES = 0;

/** RFC 9568 6.1: Active_Down_Interval of the survivor, in ms. The same on all sides. */
export const DOWN_MS = 3 * INTERVAL_MS + ((256 - PRIORITIES.survivor) * INTERVAL_MS) / 256;

const SENDER = `const socket = require('node:dgram').createSocket('udp4');
setInterval(() => socket.send('x', ${PORT}, '${SERVER}', () => {}), ${PERIOD_MS});`;

export interface DeathJob {
  side: string;
  start: StartRouter;
  /** hitless as one file. */
  program: string;
  makeDirectory: () => string;
  deaths: number;
}

export interface Death {
  /** From the kill to the first packet of the client that the survivor has forwarded, in ms. */
  packet: number;
  /** From the last advertisement of the dead one to the same, without Active_Down_Interval, in ms. */
  beyond: number;
}

/** @throws BenchError `SIDE_FAILED`, `MEASURED_NOTHING` */
export async function watchDeaths({
  side,
  start,
  program,
  makeDirectory,
  deaths,
}: DeathJob): Promise<Death[]> {
  const place = new DeathPlace(VIRTUAL);
  const group: KeepalivedGroup = {
    group: GROUP,
    priority: PRIORITIES.survivor,
    interval: INTERVAL_MS / 1_000,
    address: VIRTUAL,
  };
  try {
    const lan = await Capture.begin(place.client, 'eth0', ADVERTISEMENTS);
    const through = await Capture.begin(place.server, 'eth1', `udp port ${PORT}`);
    const past = await Capture.begin(place.server, 'eth0', `udp port ${PORT}`);
    const options = { program, interface: LAN, realtime: undefined };
    const survivor = { namespace: place.survivor, directory: makeDirectory(), groups: [group] };
    await start({ ...options, ...survivor });
    await lan.next(`${side} is Active`, (each) => advertisementOf(each).from === ADDRESS.survivor, 0);
    place.client.spawn([process.execPath, '-e', SENDER]);
    const seen: Death[] = [];
    for (let disturbed = 0; seen.length < deaths; ) {
      const active = new Keepalived({
        namespace: place.active,
        // It would take the process of one that was killed for its own.
        directory: makeDirectory(),
        interface: LAN,
        groups: [{ ...group, priority: PRIORITIES.active }],
        virtualMac: true,
      });
      await active.start();
      await isSteady(lan);
      await past.next('keepalived forwards', () => true);
      const death = await watchDeath(place, active, lan, through);
      if (death !== undefined) seen.push(death);
      else if (++disturbed > MOST_DISTURBED)
        throw new BenchError(
          'MEASURED_NOTHING',
          `${side} has taken over ${disturbed} times from one that lives`,
        );
    }
    await Promise.all([lan, through, past].map((capture) => capture.end()));
    return seen;
  } finally {
    place.remove();
  }
}

/** Waits until the Active of the higher priority alone advertises, for some time. */
async function isSteady(lan: Capture): Promise<void> {
  let inARow = 0;
  await lan.next('keepalived is Active', (each) => {
    inARow = advertisementOf(each).from === ADDRESS.active ? inARow + 1 : 0;
    return inARow >= STEADY;
  });
}

/**
 * It dies just after an advertisement: the others wait for it the longest.
 * @returns undefined when the survivor has taken over before, as on a machine that does much else
 * @throws BenchError `MEASURED_NOTHING` when the dead one has told it
 */
async function watchDeath(
  place: DeathPlace,
  active: Keepalived,
  lan: Capture,
  through: Capture,
): Promise<Death | undefined> {
  const before = through.packets.length;
  const since = lan.packets.length;
  const isActive = ({ from }: Advertisement) => from === ADDRESS.active;
  await lan.next('keepalived is Active', (each) => isActive(advertisementOf(each)), since);
  active.kill();
  const died = wallClock();
  // Its kernel would go on to answer for the virtual address.
  place.bury();
  const first = await through.next('the survivor forwards', () => true, before);
  await lan.next('the survivor is Active', ({ at }) => at > first.at, since);
  if (first.at < died) return undefined;
  const theirs = lan.packets.slice(since).map(advertisementOf).filter(isActive);
  if (theirs.some(({ priority }) => priority === LEAVES))
    throw new BenchError('MEASURED_NOTHING', 'keepalived, killed, has told that it leaves');
  return { packet: first.at - died, beyond: first.at - theirs.at(-1)!.at - DOWN_MS };
}
