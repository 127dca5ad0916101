/**
 * Strangers on the LAN of the router and its real neighbours, live: made-up routers, and old and forged packets where there is
 * authentication. They send to the router alone, so that it is tested and not its neighbours.
 */
import t from 'tap';
import { SEED } from '../modules/bytes.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import {
  attacked,
  BEHIND,
  before,
  drops,
  hello,
  holds,
  PATIENCE,
  REAL,
  STRANGER,
  US,
} from './hostile-place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const MADE_UP = 10_000;
const FAST = { 'hello-interval': '100ms', 'dead-interval': '1s', 'retransmit-interval': '1s' };

t.test(
  `Hellos of ${MADE_UP} made-up routers, that list us and that do not: real neighbours stay Full`,
  { skip },
  async (t) => {
    const all = await attacked(t, { lan0: FAST, frr: '' });
    const { place, stranger } = all;
    const was = await before(all);
    for (const neighbors of [[], [US]]) {
      const packets = [hello(neighbors)];
      const order = { packets, count: MADE_UP, rate: 3_000, to: [US], from: '10.9.10.0', made: MADE_UP };
      await stranger.send({ ...order, routerId: '10.77.0.0' });
      t.ok((await place.neighbors()).length <= 258);
    }
    const dropped = await drops(place);
    t.ok((dropped.get('tooManyNeighbors') ?? 0) > 1_000, [...dropped].join(' '));
    await holds(t, all, was);
    const { data } = await place.exec('show ports');
    const ports = data as { module: string; key: string; full: number }[];
    t.match(
      ports.find(({ module, key }) => module === 'OSPF' && key === 'lan0'),
      { full: 0 },
    );
    await eventuallyAsync('those that were made up are gone', PATIENCE, async () => {
      return (await place.neighbors()).length === 2 || undefined;
    });
  },
);

t.test(
  'with authentication 50,000 packets a second that are old, forged or broken leave nothing behind',
  { skip },
  async (t) => {
    const key = { keys: { 7: { algorithm: 'md5', secret: 'horse-42' } } };
    const frrLines = ' ip ospf authentication message-digest\n ip ospf message-digest-key 7 md5 horse-42';
    const all = await attacked(t, { lan0: { ...FAST, authentication: key }, frr: frrLines });
    const { place, stranger } = all;
    const theirs = await eventuallyAsync('Hellos are heard', PATIENCE, async () => {
      const from = (await stranger.heard()).filter((each) => each.from === REAL);
      return from.length < 20 ? undefined : from.map(({ payload }) => payload);
    });
    // Until they are old: numbers are those of seconds.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const was = await before(all);
    const database = await place.database();
    const order = { count: 50_000, rate: 50_000, to: [US], ids: [US, REAL, STRANGER] };
    await stranger.send({ ...order, packets: theirs, from: REAL, made: 1 });
    await stranger.send({ ...order, packets: theirs, from: '10.9.1.0', made: 50_000 });
    await stranger.send({ ...order, packets: theirs, from: REAL, made: 1, seed: SEED });
    await stranger.send({ ...order, packets: [hello([US])], from: '10.9.1.0', made: 50_000, seed: SEED });
    const dropped = await drops(place);
    for (const reason of ['sequence', 'digest', 'keyUnknown', 'auType', 'truncated', 'version', 'area'])
      t.ok((dropped.get(reason) ?? 0) > 0, `${reason}: ${dropped.get(reason)}`);
    await holds(t, all, was);
    t.same((await place.neighbors()).map(({ routerId }) => routerId).sort(), [BEHIND, REAL].sort());
    t.same(await place.database(), database);
  },
);
