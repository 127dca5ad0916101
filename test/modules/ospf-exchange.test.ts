/**
 * The exchange of databases with a neighbour that is made by hand (RFC 2328 10.6 to 10.8), on a wire, and traps 5 and 6: packets that
 * come again, come wrong, or come from one whose Hellos do not agree; what one that refuses each exchange may cost.
 */
import t from 'tap';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import {
  beginExchange,
  MOST_BEGUN_AT_ONCE,
  refuseDescription,
} from '../../firmware/modules/ospf/adjacency/exchange.ts';
import {
  INITIAL_SEQUENCE,
  MAX_AGE,
  OPTION_E,
  OPTION_O,
  PACKET_ACKNOWLEDGMENT,
  PACKET_DESCRIPTION,
  PACKET_HELLO,
  PACKET_REQUEST,
  PACKET_UPDATE,
} from '../../firmware/modules/ospf/constants.ts';
import {
  type Description,
  decodeDescription,
  encodeDescription,
  FLAG_I,
  FLAG_M,
  FLAG_MS,
} from '../../firmware/modules/ospf/packet/description.ts';
import { decodePacket, encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import { decodeLsaHeader, LSA_HEADER } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { decodeRequest, encodeRequest } from '../../firmware/modules/ospf/packet/request.ts';
import { decodeUpdate, encodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { LsdbRouter, lsa } from './ospf-lsas.ts';
import { Network } from './ospf-network.ts';

const OURS = '10.0.0.5';
/** Of a neighbour that is the master, and of one that is not. */
const [MASTER, SLAVE] = ['10.0.0.9', '10.0.0.1'];
const FIRST = FLAG_I | FLAG_M | FLAG_MS;
const OPTIONS = OPTION_E | OPTION_O;
const AT = '10.1.0.2';

function sure<Value extends object>(value: Value): Exclude<Value, { error: unknown }> {
  if ('error' in value) throw new Error(String(value.error));
  return value as Exclude<Value, { error: unknown }>;
}

/** A router of ours on a wire, and a neighbour there whose packets a test makes. */
class ByHand {
  readonly network = new Network();
  readonly router = this.network.router(OURS);
  readonly id: string;
  #read = 0;

  constructor(id: string) {
    this.id = id;
    this.network.connect(this.router, this.network.wire('p0'), '10.1.0.1/30');
  }

  say(type: number, body: Uint8Array): void {
    const header = { type, routerId: toNumber(this.id), area: 0 };
    const payload = encodePacket(header, body, { type: 0 });
    this.router.served.packet('ospf', 'p0', { from: AT, to: '224.0.0.5', ttl: 1, payload });
    this.network.collect();
  }

  hello(helloInterval = 1): void {
    const rest = { mask: 0, options: OPTION_E, priority: 1, deadInterval: 4, dr: 0, bdr: 0 };
    this.say(PACKET_HELLO, encodeHello({ ...rest, helloInterval, neighbors: [toNumber(OURS)] }));
  }

  describe(flags: number, sequence: number, given: Partial<Description> = {}): void {
    const description = { mtu: 1500, options: OPTIONS, flags, sequence, headers: [], ...given };
    this.say(PACKET_DESCRIPTION, encodeDescription(description));
  }

  /** Time passes, with Hellos of the neighbour. */
  pass(ms: number): void {
    for (let left = ms; left > 0; left -= 1000) {
      this.network.run(Math.min(left, 1000));
      this.hello();
    }
  }

  /** Bodies of the router's packets of a type since the last call. */
  take(type: number): Uint8Array[] {
    const sent = this.network.sent.slice(this.#read);
    this.#read = this.network.sent.length;
    return sent
      .map(({ payload }) => sure(decodePacket(payload)))
      .flatMap((each) => (each.type === type ? [each.body] : []));
  }

  takeDescriptions(): Description[] {
    return this.take(PACKET_DESCRIPTION).map((body) => sure(decodeDescription(body)));
  }

  get neighbor() {
    return this.router.neighbors()[0]!.neighbor;
  }

  /** As the master: up to Exchange, with 100 as the first sequence number. */
  exchanges(): void {
    this.hello();
    this.describe(FIRST, 100);
  }
}

/** The neighbour is the master, and the adjacency is Full: 101 was the last description. */
function full(): ByHand {
  const peer = new ByHand(MASTER);
  peer.exchanges();
  peer.describe(FLAG_MS, 101);
  return peer;
}

t.test(
  'a description of the master that comes again is answered again by the same, also when it is Full',
  async (t) => {
    const peer = new ByHand(MASTER);
    peer.exchanges();
    t.equal(peer.neighbor.state, 'Exchange');
    const first = peer.take(PACKET_DESCRIPTION).at(-1);
    peer.describe(FIRST, 100);
    t.same(peer.take(PACKET_DESCRIPTION), [first]);
    peer.describe(FLAG_MS, 101);
    t.equal(peer.neighbor.state, 'Full');
    const last = peer.take(PACKET_DESCRIPTION);
    for (const _ of [1, 2]) {
      peer.describe(FLAG_MS, 101);
      t.same(peer.take(PACKET_DESCRIPTION), last);
    }
    t.equal(peer.neighbor.state, 'Full');
    t.equal(peer.neighbor.events.SeqNumberMismatch, undefined);
  },
);

t.test('one of the slave that comes again is passed over', async (t) => {
  const peer = new ByHand(SLAVE);
  peer.hello();
  const [claim] = peer.takeDescriptions();
  t.match(claim, { flags: FIRST, headers: [] });
  peer.describe(FLAG_M, claim!.sequence);
  t.match(peer.takeDescriptions(), [
    { flags: FLAG_MS, sequence: claim!.sequence + 1, headers: [{ type: 1 }] },
  ]);
  peer.describe(FLAG_M, claim!.sequence);
  t.same(peer.takeDescriptions(), []);
  t.equal(peer.neighbor.state, 'Exchange');
  peer.describe(0, claim!.sequence + 1);
  peer.describe(0, claim!.sequence + 1);
  t.same(peer.takeDescriptions(), []);
  t.equal(peer.neighbor.state, 'Full');
});

t.test(
  'what the master has said and is not answered is said again each RxmtInterval, the slave says nothing again',
  async (t) => {
    const master = new ByHand(SLAVE);
    master.hello();
    const [claim] = master.takeDescriptions();
    master.describe(FLAG_M, claim!.sequence);
    const [said] = master.take(PACKET_DESCRIPTION);
    master.pass(10_000);
    t.same(master.take(PACKET_DESCRIPTION), [said, said]);
    const slave = new ByHand(MASTER);
    slave.exchanges();
    slave.take(PACKET_DESCRIPTION);
    slave.pass(10_000);
    t.same(slave.take(PACKET_DESCRIPTION), []);
  },
);

/** After 100 and 101. */
const WRONG: readonly (readonly [
  name: string,
  flags: number,
  sequence: number,
  given: Partial<Description>,
  why: string,
])[] = [
  ['says that it is the slave', FLAG_M, 102, {}, 'both say that they are slave'],
  ['begins anew', FIRST, 102, {}, 'it begins the exchange anew'],
  ['has other options', FLAG_MS, 102, { options: OPTION_O }, 'its options were 0x42, and are 0x40 now'],
  ['leaves a number out', FLAG_MS, 103, {}, 'its sequence number is 103, ours is 102'],
  [
    'has an LSA that its area does not have',
    FLAG_MS,
    102,
    { headers: [decodeLsaHeader(lsa({ type: 7 }))] },
    'it describes an LSA of type 7, which its area does not have',
  ],
];

for (const [name, flags, sequence, given, why] of WRONG)
  t.test(`a description that ${name} begins the exchange anew, and is told`, async (t) => {
    const peer = new ByHand(MASTER);
    peer.exchanges();
    peer.describe(FLAG_M | FLAG_MS, 101, { headers: [decodeLsaHeader(lsa())] });
    t.equal(peer.neighbor.requested, 1);
    peer.describe(flags, sequence, given);
    t.match(peer.neighbor, { state: 'ExStart', hindrance: why, requested: 0, asked: [] });
    t.match(peer.router.served.ctx.takeLog('warn').join(), why);
    peer.pass(2000);
    t.match(peer.takeDescriptions().at(-1), { flags: FIRST, headers: [] });
    peer.describe(FIRST, 200);
    peer.describe(FLAG_MS, 201);
    t.match(peer.neighbor, { state: 'Full', hindrance: '' }, 'it comes up when it does right');
  });

t.test('one that describes its database again when it is Full begins the exchange anew', async (t) => {
  const peer = full();
  peer.describe(FLAG_MS, 102);
  t.match(peer.neighbor, { state: 'ExStart', hindrance: /again after all was described/ });
});

t.test('for a neighbour that refuses each exchange one is begun once in a second at most', async (t) => {
  const peer = new ByHand(MASTER);
  peer.exchanges();
  peer.takeDescriptions();
  let begun = 0;
  for (let i = 0; i < 500; i++) {
    if (i % 50 === 0) peer.hello();
    peer.describe(FIRST, 200 + 2 * i);
    peer.describe(FLAG_MS, 209 + 2 * i);
    peer.network.run(20);
    begun += peer.takeDescriptions().filter(({ flags }) => flags === FIRST).length;
  }
  t.match(peer.neighbor, { state: 'ExStart', events: { SeqNumberMismatch: 500 } });
  t.ok(begun <= 11, `${begun} in 10 s`);
  peer.pass(1000);
  t.match(peer.takeDescriptions(), [{ flags: FIRST }], 'it is tried again');
});

t.test(
  'first descriptions to neighbours that may be made up are so many at once, and all have theirs by and by',
  async (t) => {
    const router = new LsdbRouter();
    const lan = router.addInterface('lan0', { state: 'DR' });
    lan.dr = lan.address;
    const made = Array.from({ length: 100 }, (_, i) => router.addNeighbor(lan, i + 2, 'ExStart'));
    for (const neighbor of made) beginExchange(router.state, lan, neighbor, router.ctx);
    t.equal(router.takeLeft().length, MOST_BEGUN_AT_ONCE);
    t.equal(router.count('descriptionNotSent'), 100 - MOST_BEGUN_AT_ONCE);
    for (const neighbor of made) t.ok(router.ctx.timerDue('exchange', neighbor.key) !== undefined);
  },
);

t.test('over a virtual link no MTU is said, and any is taken', async (t) => {
  const router = new LsdbRouter();
  const transit = router.addInterface('lan0');
  const virtual = { area: 0, router: 9, to: toNumber('10.1.0.9'), over: transit.key };
  const iface = router.addInterface('vlink', { type: 'point-to-point', mtu: 1500 });
  const description = { mtu: 9000, options: OPTIONS, flags: FIRST, sequence: 1, headers: [] };
  t.match(refuseDescription(router.state, iface, description), { error: 'mtu', theirs: 9000, ours: 1500 });
  const neighbor = router.addNeighbor(iface, 9, 'ExStart');
  const said = () => {
    beginExchange(router.state, iface, neighbor, router.ctx);
    return sure(decodeDescription(neighbor.exchange!.sent!)).mtu;
  };
  t.equal(said(), 1500);
  Object.assign(iface, { virtual });
  router.state.config.areas['0.0.0.0']!.virtualLinks = { '0.0.0.9': router.state.config.interfaces.vlink! };
  t.equal(refuseDescription(router.state, iface, description), undefined);
  t.equal(said(), 0);
});

t.test('10.3: an LSA of MaxAge is in no description, and is flooded to the neighbour instead', async (t) => {
  const peer = full();
  const update = (bytes: Uint8Array) => peer.say(PACKET_UPDATE, encodeUpdate([bytes]));
  update(lsa({ router: '10.0.0.8' }));
  update(lsa({ router: '10.0.0.7' }));
  peer.network.run(2000);
  // It stays for a moment, and from then on as long as somebody exchanges (14).
  update(lsa({ router: '10.0.0.7', age: MAX_AGE }));
  peer.describe(FLAG_MS, 300);
  peer.take(PACKET_DESCRIPTION);
  peer.describe(FIRST, 400);
  const sent = peer.network.sent.slice(-2).map(({ payload }) => sure(decodePacket(payload)));
  const [description] = sent
    .filter(({ type }) => type === PACKET_DESCRIPTION)
    .map(({ body }) => sure(decodeDescription(body)));
  t.same(description!.headers.map(({ router }) => toAddress(router)).sort(), [OURS, '10.0.0.8'].sort());
  const [flooded] = sent
    .filter(({ type }) => type === PACKET_UPDATE)
    .map(({ body }) => sure(decodeUpdate(body)));
  t.match(
    flooded!.map((bytes) => decodeLsaHeader(bytes)),
    [{ router: toNumber('10.0.0.7'), age: MAX_AGE }],
  );
});

t.test(
  'what is described and is not here is asked for each RxmtInterval until it comes; then it is Full',
  async (t) => {
    const peer = new ByHand(MASTER);
    peer.exchanges();
    const theirs = lsa({ router: MASTER });
    peer.describe(FLAG_MS, 101, { headers: [decodeLsaHeader(theirs)] });
    t.equal(peer.neighbor.state, 'Loading');
    const wanted = [{ type: 1, id: toNumber(MASTER), router: toNumber(MASTER) }];
    peer.pass(10_000);
    t.same(
      peer.take(PACKET_REQUEST).map((body) => sure(decodeRequest(body))),
      [wanted, wanted, wanted],
    );
    peer.say(PACKET_UPDATE, encodeUpdate([theirs]));
    t.equal(peer.neighbor.state, 'Full');
    peer.pass(10_000);
    t.same(peer.take(PACKET_REQUEST), []);
  },
);

t.test('10.7: one that asks for what we do not have begins the exchange anew, and is told', async (t) => {
  const peer = full();
  peer.say(PACKET_REQUEST, encodeRequest([{ type: 1, id: 7, router: 7 }]));
  t.match(peer.neighbor, { state: 'ExStart', hindrance: /it asks for LSA type 1 0\.0\.0\.7 .* do not have/ });
});

t.test(
  '10.5: a neighbour whose Hellos agree no longer is lost, whatever else of it is taken meanwhile',
  async (t) => {
    const peer = full();
    let sequence = INITIAL_SEQUENCE;
    for (let passed = 0; passed < 3500; passed += 500) {
      const theirs = lsa({ router: MASTER, sequence: ++sequence });
      peer.hello(2);
      peer.say(PACKET_UPDATE, encodeUpdate([theirs]));
      peer.say(PACKET_ACKNOWLEDGMENT, theirs.slice(0, LSA_HEADER));
      peer.describe(FLAG_MS, 101);
      t.equal(peer.router.neighborState(MASTER), 'Full');
      peer.network.run(500);
    }
    const { counters } = peer.router.state;
    t.match(counters, {
      helloInterval: 7,
      updateReceived: 7,
      acknowledgmentReceived: 7,
      descriptionReceived: 9,
    });
    peer.network.run(600);
    t.equal(peer.router.neighborState(MASTER), undefined);
  },
);

t.test(
  '13.1: one of ours that a neighbour has otherwise by the same number is made anew with the next',
  async (t) => {
    const peer = new ByHand(MASTER);
    peer.network.run(6_000);
    const own = () => [...peer.router.state.lsas.values()].find(({ router }) => router === toNumber(OURS))!;
    const { sequence, checksum } = own();
    peer.exchanges();
    const header = { ...decodeLsaHeader(own().bytes), age: 30 };
    peer.describe(FLAG_M | FLAG_MS, 101, { headers: [header] });
    t.equal(own().sequence, sequence, 'the same one is no reason');
    peer.describe(FLAG_M | FLAG_MS, 102, { headers: [{ ...header, checksum: checksum - 1 }] });
    t.equal(own().sequence, sequence + 1);
    t.equal(peer.neighbor.requested, 0, 'it is older than ours by its checksum');
  },
);
