/** Random events of two first-hop routers, and what a client loses in each. */
import { Dice } from '../router/live/dice.ts';
import type { FirstHop } from './first-hop.ts';
import { INTERVAL_MS } from './hop.ts';
import type { Pair } from './pair.ts';
import { type Gap, PERIOD_MS } from './stream.ts';

/** The lower priority, with which a router may have to take over: Active_Down_Interval of RFC 9568 6.1. */
const LOW = 150;
const DOWN_MS = 3 * INTERVAL_MS + ((256 - LOW) * INTERVAL_MS) / 256;
/** The kernel's own delays, and the taking over itself. */
const KERNEL_MS = 250;
/** The other takes over after the time of the RFC, and hands back: at most until the next advertisement, as at any planned end. */
const TAKEN_OVER_MS = DOWN_MS + KERNEL_MS + INTERVAL_MS;
/** One is told of a lower priority of its own, and another takes over; and the other way round. */
const HANDED_OVER_MS = 2 * INTERVAL_MS;
/** Whoever ends has its MAC and addresses until the other has taken over, and comes back to one that is there. */
const ENDED_MS = KERNEL_MS;

/** Something that befalls one of the two. */
interface Kind {
  name: string;
  /** A client may lose so much of it where it befalls the Active, in ms of its stream. Nothing where it befalls the Backup. */
  most: number;
  /** It befalls both, whichever it is. */
  isOfBoth?: true;
  happen(pair: Pair, hop: FirstHop): Promise<void>;
}

/** The cost of an event for a client. */
export interface Loss {
  event: string;
  whom: 'Active' | 'Backup';
  /** Of IPv4, and of IPv6. */
  gaps: readonly Gap[][];
  /** See `Kind`. */
  most: number;
}

const KINDS: readonly Kind[] = [
  { name: 'kill', most: ENDED_MS, happen: (pair, hop) => ends(pair, hop, 'SIGKILL') },
  { name: 'planned stop', most: ENDED_MS, happen: (pair, hop) => ends(pair, hop, 'SIGTERM') },
  { name: 'reboot', most: ENDED_MS, happen: reboots },
  { name: 'link cut', most: TAKEN_OVER_MS, happen: (pair, hop) => parts(pair, hop, 'cut') },
  { name: 'LAN split', most: TAKEN_OVER_MS, happen: (pair, hop) => parts(pair, hop, 'split') },
  ...[['VRRP'], ['IP'], ['OSPF'], ['IP', 'OSPF', 'VRRP']].map((modules) => ({
    name: `swap ${modules.join('+')}`,
    most: 0,
    happen: (_: Pair, hop: FirstHop) => hop.swap(modules),
  })),
  { name: 'configuration: a group', most: 0, happen: regroups },
  { name: 'configuration: priority', most: HANDED_OVER_MS, isOfBoth: true, happen: reprioritizes },
];

/** Has events befall them, one after the other, each kind once before any comes again. @param tell is told what each has cost */
export async function campaign(
  pair: Pair,
  seed: number,
  events: number,
  tell: (loss: Loss) => Promise<void>,
): Promise<void> {
  const dice = new Dice(seed);
  let left: Kind[] = [];
  for (let i = 0; i < events; i++) {
    if (left.length === 0) left = [...KINDS];
    const kind = dice.pick(left);
    left = left.filter((each) => each !== kind);
    // Those of the Active are what costs.
    const whom = kind.isOfBoth || dice.percent(75) ? 'Active' : 'Backup';
    const hop = whom === 'Active' ? pair.active : pair.backup;
    const marks = await Promise.all(pair.streams.map((stream) => stream.mark()));
    await kind.happen(pair, hop);
    await pair.settles();
    // A report of memberships that leaves the Backup a moment later moves the switch's table until the Active's next advertisement.
    await Promise.all(pair.streams.map((stream) => stream.comesWhole(INTERVAL_MS / PERIOD_MS)));
    const gaps = await Promise.all(pair.streams.map((stream, at) => stream.gaps(marks[at]!)));
    await tell({ event: kind.name, whom, gaps, most: whom === 'Active' ? kind.most : 0 });
  }
}

/** The loss of a stream, in ms of it, by its sender's count: a busy machine does not stretch it. */
export function lostMs(gaps: readonly Gap[]): number {
  return gaps.reduce((sum, { lost }) => sum + lost * PERIOD_MS, 0);
}

async function ends(pair: Pair, hop: FirstHop, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  await hop.kill(signal);
  await pair.comesActive(pair.other(hop));
  await hop.start();
}

async function reboots(pair: Pair, hop: FirstHop): Promise<void> {
  await hop.kill('SIGTERM');
  pair.unplug(hop);
  await hop.start();
}

async function parts(pair: Pair, hop: FirstHop, how: 'cut' | 'split'): Promise<void> {
  pair[how](hop, true);
  await pair.comesActive(pair.other(hop));
  pair[how](hop, false);
}

async function regroups(_: Pair, hop: FirstHop): Promise<void> {
  hop.hasMore = !hop.hasMore;
  await hop.configure();
}

/** The Backup becomes the Active, or the other way round. */
async function reprioritizes(pair: Pair): Promise<void> {
  const [one] = pair.hops;
  one.priority = one.priority === 250 ? LOW : 250;
  await one.configure();
}
