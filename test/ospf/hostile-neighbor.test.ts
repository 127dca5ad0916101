/**
 * A neighbour that lies, live, on the LAN of the router and FRR: BIRD, and packets in its name that are changed field by field.
 * HITLESS_OSPF_HOSTILE sets how many there are.
 */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { encodeAcknowledgment } from '../../firmware/modules/ospf/packet/acknowledgment.ts';
import { encodeDescription } from '../../firmware/modules/ospf/packet/description.ts';
import { decodeLsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { encodeRequest } from '../../firmware/modules/ospf/packet/request.ts';
import { encodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { SEED } from '../modules/bytes.ts';
import { lsa } from '../modules/ospf-lsas.ts';
import { NetworkNamespace } from '../netns.ts';
import { frrUnavailable } from '../router/frr.ts';
import { birdUnavailable } from './bird.ts';
import {
  attacked,
  BEHIND,
  before,
  bird,
  comesToAgree,
  hello,
  holds,
  packet,
  REAL,
  STRANGER,
  US,
} from './hostile-place.ts';

const skip = NetworkNamespace.unavailable || frrUnavailable || birdUnavailable;

const LIES = Number(process.env.HITLESS_OSPF_HOSTILE ?? 6_000);
const LIES_A_SECOND = 2_000;

/** Packets of a neighbour in all its states, with LSAs of its own, of ours and of others. */
function talk(): string[] {
  const about = { mtu: 1500, options: 0x42, sequence: 77 };
  const lsas = [1, 2, 3, 4, 5, 9, 10, 11].flatMap((type) => [
    lsa({ type, router: STRANGER, id: type === 2 ? STRANGER : '10.66.0.0', sequence: 5 }),
    lsa({ type, router: US, sequence: 5 }),
    lsa({ type, router: '10.66.0.7', id: '10.66.7.0', sequence: 5 }),
  ]);
  const headers = lsas.map((each) => decodeLsaHeader(each));
  const ours = { type: 1, id: toNumber(US), router: toNumber(US) };
  return [
    ...[hello([]), hello([US]), hello([US, REAL])],
    ...[7, 3, 2, 1, 0].map((flags) => packet(2, encodeDescription({ ...about, flags, headers: [] }))),
    packet(2, encodeDescription({ ...about, flags: 3, headers })),
    packet(3, encodeRequest([ours])),
    packet(3, encodeRequest([ours, { ...ours, type: 5 }])),
    ...lsas.map((each) => packet(4, encodeUpdate([each]))),
    packet(4, encodeUpdate(lsas)),
    packet(5, encodeAcknowledgment(lsas)),
  ];
}

t.test(
  `${LIES} packets of a neighbour that lies, in all its states: real neighbours stay Full, and know what we say of ourselves in the end`,
  { skip },
  async (t) => {
    const slow = { 'hello-interval': '1s', 'dead-interval': '4s', 'retransmit-interval': '1s' };
    const interval = ' ip ospf hello-interval 1\n ip ospf dead-interval 4';
    const all = await attacked(t, { lan0: slow, frr: interval });
    const { place, stranger, host } = all;
    await place.bird(t, host, bird(STRANGER, 0));
    await place.comesTo(STRANGER, 'Full');
    const was = await before(all);
    const changes = () => place.told(`neighbour ${STRANGER} on `);
    const earlier = changes().length;
    const EACH = 500;
    for (let sent = 0; sent < LIES; sent += EACH) {
      const order = { packets: talk(), count: EACH, rate: LIES_A_SECOND, to: [US], from: STRANGER, made: 1 };
      await stranger.send({ ...order, seed: SEED + sent, ids: [US, REAL, STRANGER, BEHIND] });
    }
    // The log is limited: these are the first of them.
    const seen = new Set(
      changes()
        .slice(earlier)
        .map((line) => / -> (\S+)/.exec(line)?.[1]),
    );
    t.ok(seen.size > 1, [...seen].join());
    t.ok(was.frr > 2 && was.bird > 2, `logs tell of states: ${was.frr}, ${was.bird}`);
    await holds(t, all, was);
    await comesToAgree(all);
  },
);
