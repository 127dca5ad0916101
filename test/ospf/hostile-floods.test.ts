/**
 * Floods of LSAs that end, or have the last sequence number, live: in the name of a neighbour that the router is Full with. Those
 * of the router itself it makes anew, and those of nobody leave nothing behind (13 (4), 13.4, 12.1.6, 14).
 */
import t from 'tap';
import { MAX_AGE, MAX_SEQUENCE } from '../../firmware/modules/ospf/constants.ts';
import { encodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { lsa } from '../modules/ospf-lsas.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { eventuallyAsync } from '../router/router-lab.ts';
import { birdUnavailable } from './bird.ts';
import {
  attacked,
  before,
  bird,
  comesToAgree,
  holds,
  PATIENCE,
  packet,
  STRANGER,
  US,
} from './hostile-place.ts';
import type { OspfPlace } from './place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;
const [COUNT, RATE] = [20_000, 2_000];
/** MinLSInterval in s, as it is unless told. */
const INTERVAL = 5;

/** Of ours: the router-LSA, the network-LSA of the LAN, an external one that we have not made. Of nobody: many. */
function flood(): string[] {
  const made: Uint8Array[] = [];
  for (const age of [1, MAX_AGE])
    for (const sequence of [MAX_SEQUENCE, MAX_SEQUENCE - 1, 7]) {
      const of = { age, sequence };
      made.push(lsa({ ...of, router: US }), lsa({ ...of, type: 2, router: US, id: US }));
      made.push(lsa({ ...of, type: 5, router: US, id: '10.66.0.0' }));
      for (let i = 0; i < 40; i++) {
        const nobody = `10.66.${i}.7`;
        const ended = { ...of, age: MAX_AGE, router: nobody };
        made.push(lsa(ended), lsa({ ...ended, type: 5, id: `10.67.${i}.0` }));
      }
    }
  return made.map((each) => packet(4, encodeUpdate([each])));
}

/** LSAs that the router has made since it started. */
async function originated(place: OspfPlace): Promise<number> {
  const { data } = await place.exec('show state OSPF');
  return (data as { state: { counters: { originated?: number } } }).state.counters.originated ?? 0;
}

t.test(
  `${COUNT} LSAs of MaxAge and MaxSequenceNumber, ours and nobody's: real neighbours stay Full, and know what we say in the end`,
  { skip },
  async (t) => {
    const slow = { 'hello-interval': '1s', 'dead-interval': '4s', 'retransmit-interval': '1s' };
    const all = await attacked(t, {
      lan0: slow,
      frr: ' ip ospf hello-interval 1\n ip ospf dead-interval 4',
    });
    const { place, stranger, host } = all;
    await place.bird(t, host, bird(STRANGER, 0));
    await place.comesTo(STRANGER, 'Full');
    const was = await before(all);
    const database = await place.database();
    const [made, began] = [await originated(place), performance.now()];
    const order = { packets: flood(), count: COUNT, rate: RATE, to: [US], from: STRANGER, made: 1 };
    await stranger.send(order);
    await comesToAgree(all);
    const more = (await originated(place)) - made;
    // Three LSAs, each once in MinLSInterval.
    const most = 3 * (Math.ceil((performance.now() - began) / 1000 / INTERVAL) + 1);
    t.ok(more >= 2, `${more}: the flood was taken`);
    t.ok(more <= most, `${more} LSAs were made, and at most ${most} may be`);
    await holds(t, all, was);
    const nameOf = (row: string) => row.split(' ').slice(0, 3).join(' ');
    await eventuallyAsync('nothing of it is left', PATIENCE, async () => {
      const rows = await place.database();
      return rows.map(nameOf).join() === database.map(nameOf).join() || undefined;
    });
  },
);
