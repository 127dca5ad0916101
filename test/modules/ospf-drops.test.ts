/** Each reason why a packet or an LSA is dropped: it is reached, counted, and shown by `show ip ospf drops`. */
import t from 'tap';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import { MOST_ONE_WAY } from '../../firmware/modules/ospf/adjacency/neighbor.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import type { AuthenticationConfig } from '../../firmware/modules/ospf/config-record.ts';
import { DROP_REASONS, type DropReason } from '../../firmware/modules/ospf/drop.ts';
import { MOST_LSA_BYTES } from '../../firmware/modules/ospf/lsdb/lsdb.ts';
import { type Authenticator, bytesOf } from '../../firmware/modules/ospf/packet/authentication.ts';
import { encodeDescription } from '../../firmware/modules/ospf/packet/description.ts';
import { encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeHello, type Hello } from '../../firmware/modules/ospf/packet/hello.ts';
import { encodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { receive } from '../../firmware/modules/ospf/receive.ts';
import { virtualKey } from '../../firmware/modules/ospf/selectors.ts';
import type { Interface, NeighborState } from '../../firmware/modules/ospf/state.ts';
import { dropRows } from '../../firmware/modules/ospf/views/drops.ts';
import { patched } from './bytes.ts';
import { LsdbRouter, lsa } from './ospf-lsas.ts';

const ALL = '224.0.0.5';
const US = '10.1.0.1';
const PEER = '10.1.0.2';
const PEER_ID = toNumber('10.0.0.2');

interface Sent {
  type?: number;
  routerId?: number;
  area?: number;
  body?: Uint8Array;
  by?: Authenticator;
}

function hello(changed: Partial<Hello> = {}): Uint8Array {
  const about = { mask: 0xffff_ff00, helloInterval: 10, options: 2, priority: 1, deadInterval: 40 };
  return encodeHello({ ...about, dr: 0, bdr: 0, neighbors: [], ...changed });
}

function packet({ type = 1, routerId = PEER_ID, area = 0, body = hello(), by = { type: 0 } }: Sent = {}) {
  return encodePacket({ type, routerId, area }, body, by);
}

/** A router with an interface, and perhaps a neighbour there. */
function receiver(
  state?: NeighborState,
  given: Partial<Interface> = {},
  authentication: AuthenticationConfig = { type: 'none' },
) {
  const router = new LsdbRouter();
  const iface = router.addInterface('lan0', given, { authentication });
  if (state !== undefined) router.addNeighbor(iface, 2, state);
  return router;
}

function get({ state, ctx }: LsdbRouter, payload: Uint8Array, from = PEER, to = ALL): void {
  for (const _ of receive(state, 'lan0', { from, to, ttl: 1, payload }, new OspfAgenda(), ctx));
}

const KEYS: AuthenticationConfig = {
  type: 'cryptographic',
  keys: {
    1: { algorithm: 'md5', secret: 'one' },
    3: { algorithm: 'md5', secret: 'old', accept: { until: 1 } },
  },
};
function signed(sequence: number, keyId = 1): Uint8Array {
  const secret = bytesOf(keyId === 3 ? 'old' : 'one');
  return packet({ by: { type: 2, keyId, algorithm: 'md5', secret, sequence } });
}

/** One packet, and the router that drops it. */
function one(payload: Uint8Array, from?: string, to?: string, state?: NeighborState): () => LsdbRouter {
  return () => {
    const router = receiver(state);
    get(router, payload, from, to);
    return router;
  };
}

function signedOne(payload: Uint8Array): () => LsdbRouter {
  return () => {
    const router = receiver('Full', {}, KEYS);
    get(router, signed(100));
    get(router, payload);
    return router;
  };
}

function lsas(...some: Uint8Array[]): () => LsdbRouter {
  return one(packet({ type: 4, body: encodeUpdate(some) }), PEER, ALL, 'Full');
}

function broken(type: number): () => LsdbRouter {
  return one(packet({ type, body: new Uint8Array(3) }), PEER, ALL, 'Full');
}

const adjacent = (type: number) => packet({ type, body: new Uint8Array(8) });
const opaque = { kind: 'opaque', data: new Uint8Array(8) } as const;

const MAKERS: Readonly<Record<DropReason, () => LsdbRouter>> = {
  notTalking: () => {
    const router = receiver(undefined, { state: 'Down' });
    get(router, packet());
    return router;
  },
  destination: one(packet(), PEER, '10.1.0.77'),
  own: one(packet({ routerId: toNumber('10.0.0.1') }), US),
  truncated: one(packet().subarray(0, 23)),
  version: one(patched(packet(), 0, 3)),
  area: one(packet({ area: 5 })),
  virtualLink: () => {
    const router = receiver(undefined, { area: 1 });
    const times = { helloInterval: 1, deadInterval: 4, retransmitInterval: 5, transmitDelay: 1 };
    const link = { ...times, authentication: { type: 'none' } } as const;
    router.addArea(1, { virtualLinks: { [toAddress(PEER_ID)]: link } });
    const virtual = { area: 1, router: PEER_ID, to: 0, over: '' };
    router.addInterface(virtualKey(1, PEER_ID), { type: 'virtual', state: 'Down', area: 0, virtual });
    get(router, packet(), '10.3.0.2', US);
    return router;
  },
  network: one(packet(), '10.2.0.2'),
  source: one(packet(), '10.1.0.255'),
  allDRouters: one(packet(), PEER, '224.0.0.6'),
  auType: one(packet({ by: { type: 1, password: bytesOf('x') } })),
  checksum: one(patched(packet(), 30, 99)),
  password: () => {
    const router = receiver(undefined, {}, { type: 'simple', password: 'sesame' });
    get(router, packet({ by: { type: 1, password: bytesOf('sesame2') } }));
    return router;
  },
  keyUnknown: signedOne(signed(101, 9)),
  keyLifetime: signedOne(signed(101, 3)),
  digest: signedOne(patched(signed(101), 32, 1)),
  sequence: signedOne(signed(99)),
  type: one(packet({ type: 6 })),
  routerId: one(packet({ routerId: 0 })),
  noNeighbor: one(adjacent(2)),
  noAdjacency: one(adjacent(3), PEER, ALL, '2-Way'),
  helloLength: one(packet({ body: hello().subarray(0, 18) })),
  mask: one(packet({ body: hello({ mask: 0xffff_0000 }) })),
  helloInterval: one(packet({ body: hello({ helloInterval: 11 }) })),
  deadInterval: one(packet({ body: hello({ deadInterval: 41 }) })),
  externalRouting: one(packet({ body: hello({ options: 0 }) })),
  nssa: one(packet({ body: hello({ options: 0x0a }) })),
  tooManyNeighbors: () => {
    const router = receiver();
    for (let i = 0; i <= MOST_ONE_WAY; i++) get(router, packet({ routerId: 99 + i }), `10.1.0.${10 + i}`);
    return router;
  },
  descriptionLength: broken(2),
  mtu: one(
    packet({
      type: 2,
      body: encodeDescription({ mtu: 9000, options: 2, flags: 7, sequence: 1, headers: [] }),
    }),
    ...([PEER, ALL, 'ExStart'] as const),
  ),
  requestLength: broken(3),
  updateLength: broken(4),
  acknowledgmentLength: broken(5),
  lsaChecksum: lsas(patched(lsa(), 16, 1, 1)),
  lsaType: lsas(lsa({ type: 6, body: opaque })),
  lsaLength: lsas(
    lsa({ type: 3, body: opaque }),
    lsa({ type: 3, body: { ...opaque, data: new Uint8Array(2) } }),
  ),
  lsaId: lsas(lsa({ id: '10.0.0.8', router: '10.0.0.9' })),
  lsaScope: lsas(lsa({ type: 7 })),
  lsaRoom: () => {
    const router = receiver('Full');
    router.state.lsaBytes = MOST_LSA_BYTES;
    get(router, packet({ type: 4, body: encodeUpdate([lsa()]) }));
    return router;
  },
  minLsArrival: lsas(lsa(), lsa({ sequence: 9 })),
};

for (const reason of Object.keys(DROP_REASONS) as DropReason[]) {
  t.test(`${reason}: ${DROP_REASONS[reason]}`, async (t) => {
    const { state } = MAKERS[reason]();
    t.ok((state.counters[reason] ?? 0) >= 1, JSON.stringify(state.counters));
    const shown = [...dropRows(state)].filter((row) => row !== undefined);
    t.match(
      shown.find((row) => (row as { reason: string }).reason === reason),
      {
        count: state.counters[reason],
        meaning: DROP_REASONS[reason],
      },
    );
  });
}

t.test('an old packet of a router is none of another address either', async (t) => {
  const router = receiver('Full', {}, KEYS);
  get(router, signed(100));
  get(router, signed(99), '10.1.0.77');
  t.equal(router.count('sequence'), 1);
  t.equal(router.state.interfaces.get('lan0')?.neighbors.size, 1);
  get(router, signed(101), '10.1.0.77');
  t.equal(router.state.interfaces.get('lan0')?.neighbors.size, 2, 'a new one may be');
});

t.test('addresses of no host are the source of no packet', async (t) => {
  for (const from of ['10.1.0.0', '10.1.0.255']) t.equal(one(packet(), from)().count('source'), 1, from);
  for (const from of ['0.0.0.0', '224.0.0.5', '255.255.255.255']) {
    const router = receiver(undefined, { type: 'point-to-point', state: 'Point-to-point' });
    get(router, packet(), from);
    t.equal(router.count('source'), 1, from);
  }
});
