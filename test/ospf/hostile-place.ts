/** A LAN with a stranger on it, and whether real neighbours have noticed something of it. */
import type { Test } from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import { NetworkNamespace } from '../netns.ts';
import type { Frr } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import type { Bird } from './bird.ts';
import { databaseOf, OspfPlace } from './place.ts';
import { Stranger } from './stranger.ts';

export const PATIENCE = 60_000;
/** Bytes by which the router's memory may be more after it all, with what its collector has not found yet. */
const MOST_GROWTH = 64 * 1024 * 1024;
/** Lines that a flood writes, whatever it is made of: a few of each kind. */
const MOST_LINES = 300;

export const US = '10.9.0.1';
export const REAL = '10.9.0.2';
export const STRANGER = '10.9.0.66';
export const BEHIND = '10.8.0.3';

const FRR = (lines: string) => `interface eth0
 ip ospf dead-interval minimal hello-multiplier 10
 ip ospf retransmit-interval 1
 ip ospf priority 3
${lines}
router ospf
 ospf router-id ${REAL}
 log-adjacency-changes detail
 capability opaque
 network 10.9.0.0/16 area 0.0.0.0
`;

export const bird = (routerId: string, priority: number) => ({
  routerId,
  areas: `area 0.0.0.0 { interface "eth0" { type broadcast; hello 1; dead 4; wait 2; priority ${priority}; }; };`,
  others: 'debug protocols { events };\n',
});

export interface Attacked {
  place: OspfPlace;
  frr: Frr;
  bird: Bird;
  host: NetworkNamespace;
  stranger: Stranger;
}

interface LanSettings {
  /** Of the router's end, and lines of FRR's. */
  lan0: object;
  frr: string;
}

/** The router, FRR and a stranger are on a LAN; BIRD is on another. */
export async function attacked(t: Test, { lan0, frr: lines }: LanSettings): Promise<Attacked> {
  const place = await OspfPlace.make(t);
  const [one, two, host] = [place.peer('frr'), place.peer('bird'), place.peer('stranger')];
  place.lan(
    [place.router, 'lan0', `${US}/16`],
    [one, 'eth0', `${REAL}/16`],
    [host, 'eth0', `${STRANGER}/16`],
  );
  NetworkNamespace.join([place.router, 'lan1', '10.8.0.1/24'], [two, 'eth0', `${BEHIND}/24`]);
  const frr = await place.frr(t, one, FRR(lines));
  const behind = await place.bird(t, two, bird(BEHIND, 2));
  await place.start({
    id: US,
    ip: { interfaces: { lan0: {}, lan1: {} } },
    ospf: {
      interfaces: { lan0: { priority: 9, ...lan0 }, lan1: { 'hello-interval': '1s', 'dead-interval': '4s' } },
    },
  });
  await place.comesTo(REAL, 'Full');
  await place.comesTo(BEHIND, 'Full');
  await place.comesToEqual([frr, behind]);
  return { place, frr, bird: behind, host, stranger: new Stranger(host, 'eth0', STRANGER) };
}

export interface AsBefore {
  frr: number;
  bird: number;
  lives: Awaited<ReturnType<typeof livesOf>>;
  printed: number;
  memory: number;
}

/** Memory of the router's process, in bytes. */
function memoryOf({ router, pid }: OspfPlace): number {
  const [, kilobytes = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(router.exec(['cat', `/proc/${pid}/status`])) ?? [];
  return Number(kilobytes) * 1024;
}

export async function before({ place, frr, bird }: Attacked): Promise<AsBefore> {
  return {
    frr: changesOf(frr),
    bird: stateChanges(bird),
    lives: await livesOf(place),
    printed: place.output.length,
    memory: memoryOf(place),
  };
}

type Events = Record<string, number>;

/** Events of neighbours, by router id; those that come with each Hello apart. */
async function livesOf(place: OspfPlace): Promise<Map<string, { hellos: number; others: Events }>> {
  const rows = (await place.neighbors()) as unknown as { routerId: string; events: Events }[];
  return new Map(
    rows.map(({ routerId, events: { HelloReceived: hellos = 0, '2-WayReceived': _, ...others } }) => [
      routerId,
      { hellos, others },
    ]),
  );
}

/** How often FRR's neighbour that we are changed its state. */
function changesOf({ log }: Frr): number {
  return [...log().matchAll(/AdjChg: Nbr 10\.9\.0\.1\b.*?: \S+ -> \S+/g)].length;
}

function stateChanges({ log }: Bird): number {
  return [...log().matchAll(/changed state from \w+ to/g)].length;
}

/** Real neighbours were Full all the time, nothing failed, and what was kept and written has a bound. */
export async function holds(t: Test, attacked: Attacked, was: AsBefore): Promise<void> {
  const { place, frr, bird } = attacked;
  t.equal(changesOf(frr), was.frr, 'FRR has changed no state');
  t.equal(stateChanges(bird), was.bird, 'nor has BIRD');
  const lives = await livesOf(place);
  for (const id of [REAL, BEHIND]) {
    const [one, other] = [was.lives.get(id), lives.get(id)];
    t.same(other?.others, one?.others, `nothing has happened to ${id}`);
    t.ok((other?.hellos ?? 0) >= (one?.hellos ?? 0), 'and it is still the same');
  }
  const { data } = await place.exec('show modules');
  const ospf = (data as Record<'name' | 'errors' | 'interrupted' | 'restarts', unknown>[]).find(
    ({ name }) => name === 'OSPF',
  );
  t.match(ospf, { errors: 0, interrupted: 0, restarts: 0 });
  const lines = place.output.slice(was.printed).split('\n').length;
  t.ok(lines < MOST_LINES, `${lines} lines`);
  const grown = memoryOf(place) - was.memory;
  t.ok(grown < MOST_GROWTH, `${grown} bytes more`);
}

/** Waits until real neighbours know what we say of ourselves, and nothing of ours is left that was forged. */
export async function comesToAgree({ place, frr, bird }: Attacked): Promise<void> {
  await eventuallyAsync('we are known everywhere', PATIENCE, async () => {
    const all = await place.database();
    const ours = all.filter((row) => !row.startsWith('link') && row.split(' ')[2] === US);
    const isKnown = (peer: Frr | Bird) => {
      const rows = databaseOf(peer);
      return ours.every((row) => rows.includes(row));
    };
    return (ours.length > 0 && isKnown(frr) && isKnown(bird)) || undefined;
  });
}

/** How often packets were dropped, by reason. */
export async function drops(place: OspfPlace): Promise<Map<string, number>> {
  const { data } = await place.exec('show ip ospf drops');
  return new Map((data as { reason: string; count: number }[]).map(({ reason, count }) => [reason, count]));
}

export function packet(type: number, body: Uint8Array, routerId = STRANGER): string {
  const bytes = encodePacket({ type, routerId: toNumber(routerId), area: 0 }, body, { type: 0 });
  return Buffer.from(bytes).toString('hex');
}

export function hello(neighbors: string[], routerId = STRANGER): string {
  const about = { mask: 0xffff_0000, helloInterval: 0, options: 2, priority: 0, deadInterval: 1 };
  const body = encodeHello({
    ...{ ...about, dr: toNumber(US), bdr: toNumber(REAL) },
    neighbors: neighbors.map(toNumber),
  });
  return packet(1, body, routerId);
}
