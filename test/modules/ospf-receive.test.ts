/** Which packets are taken (RFC 2328 8.2, D.5), by the reason of each that is not, and what the log says of it. */
import t from 'tap';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import { OspfAgenda } from '../../firmware/modules/ospf/agenda.ts';
import type { AuthenticationConfig } from '../../firmware/modules/ospf/config-record.ts';
import type { DropReason } from '../../firmware/modules/ospf/drop.ts';
import { type Authenticator, bytesOf } from '../../firmware/modules/ospf/packet/authentication.ts';
import { encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import { receive } from '../../firmware/modules/ospf/receive.ts';
import { virtualKey } from '../../firmware/modules/ospf/selectors.ts';
import type { Interface } from '../../firmware/modules/ospf/state.ts';
import { patched } from './bytes.ts';
import { LsdbRouter } from './ospf-lsas.ts';

const ALL = '224.0.0.5';
const DESIGNATED = '224.0.0.6';
const US = '10.1.0.1';
const PEER = '10.1.0.2';
const PEER_ID = toNumber('10.0.0.2');
const MASK = 0xffffff00;

interface Sent {
  type?: number;
  routerId?: number;
  area?: number;
  body?: Uint8Array;
  with?: Authenticator;
}

function hello(given: { mask?: number; neighbors?: number[] } = {}): Uint8Array {
  return encodeHello({
    mask: given.mask ?? MASK,
    helloInterval: 10,
    options: 2,
    priority: 1,
    deadInterval: 40,
    dr: 0,
    bdr: 0,
    neighbors: given.neighbors ?? [],
  });
}

function packet(sent: Sent = {}): Uint8Array {
  const { type = 1, routerId = PEER_ID, area = 0, body = hello(), with: by = { type: 0 } } = sent;
  return encodePacket({ type, routerId, area }, body, by);
}

/** A router with one interface, that gets packets. */
class Receiver {
  readonly router = new LsdbRouter();
  readonly iface: Interface;
  agenda = new OspfAgenda();

  constructor(given: Partial<Interface> = {}, authentication: AuthenticationConfig = { type: 'none' }) {
    this.iface = this.router.addInterface('lan0', given, { authentication });
  }

  get(payload: Uint8Array, from = PEER, to = ALL, link = 'lan0'): DropReason | 'taken' {
    const { state, ctx } = this.router;
    const before = { ...state.counters };
    this.agenda = new OspfAgenda();
    for (const _ of receive(state, link, { from, to, ttl: 1, payload }, this.agenda, ctx));
    const counted = Object.entries(state.counters).filter(
      ([name, times]) => times !== (before as Record<string, number>)[name],
    );
    if (counted.length !== 1) throw new Error(`counted: ${JSON.stringify(counted)}`);
    const [name] = counted[0]!;
    return name.endsWith('Received') ? 'taken' : (name as DropReason);
  }
}

t.test('a Hello is taken, and its neighbour hears of it', async (t) => {
  const receiver = new Receiver();
  t.equal(receiver.get(packet()), 'taken');
  t.equal(receiver.router.state.counters.helloReceived, 1);
  t.match(receiver.agenda.next(), { on: 'neighbor', event: 'HelloReceived' });
  t.strictSame([...receiver.iface.neighbors.keys()], [PEER]);
});

t.test('each packet that is not taken has its reason, in the order of 8.2', async (t) => {
  const receiver = new Receiver();
  const { router } = receiver;
  router.state.links.set('lan0', {
    ...{ name: 'lan0', index: 2, admin: true, up: true, mtu: 1500, mac: '', kind: '', pointToPoint: false },
    ...{ table: 254, addresses: [{ address: '10.1.0.9', prefixLength: 24 }] },
  });
  const good = packet();
  const cases: [DropReason, Uint8Array, string?, string?][] = [
    ['own', good, '10.1.0.9'],
    ['truncated', good.subarray(0, 23)],
    ['truncated', good.subarray(0, 40)],
    ['version', patched(good, 0, 3)],
    ['area', packet({ area: 5 })],
    ['destination', good, PEER, '10.1.0.77'],
    ['network', good, '10.2.0.2'],
    ['allDRouters', good, PEER, DESIGNATED],
    ['auType', packet({ with: { type: 1, password: bytesOf('x') } })],
    ['checksum', patched(good, 30, 99)],
    ['type', packet({ type: 6 })],
    ['type', packet({ type: 0 })],
    ['routerId', packet({ routerId: router.state.routerId })],
    ['routerId', packet({ routerId: 0 })],
    ['own', packet({ routerId: router.state.routerId }), US],
    ['helloLength', packet({ body: hello().subarray(0, 18) })],
    ['mask', packet({ body: hello({ mask: 0xffff0000 }) })],
    ['noNeighbor', packet({ type: 2, body: new Uint8Array(8) })],
    ['noNeighbor', packet({ type: 4, body: new Uint8Array(4) })],
  ];
  for (const [reason, bytes, from, to] of cases) t.equal(receiver.get(bytes, from, to), reason, reason);
  t.equal(receiver.iface.neighbors.size, 0, 'and no neighbour came of any');
  t.equal(receiver.get(good, PEER, US), 'taken', 'while one to our own address is taken');
});

t.test('the designated router and its backup take what is for all designated routers', async (t) => {
  for (const state of ['DR', 'Backup'] as const)
    t.equal(new Receiver({ state }).get(packet(), PEER, DESIGNATED), 'taken');
});

t.test(
  'where an interface is not up yet, what comes is dropped and counted, and nobody is told',
  async (t) => {
    const receiver = new Receiver({ state: 'Down' });
    t.equal(receiver.get(packet()), 'notTalking');
    t.equal(receiver.get(packet(), PEER, ALL, 'lan1'), 'notTalking');
    t.same(receiver.router.ctx.logged, [], 'it is for no other address');
  },
);

t.test('on a point-to-point link the source may be of any network, and on no other', async (t) => {
  const numbered = new Receiver({ type: 'point-to-point', state: 'Point-to-point' });
  t.equal(numbered.get(packet(), '192.0.2.7'), 'taken');
  t.strictSame([...numbered.iface.neighbors.keys()], ['10.0.0.2'], 'it is known by its router id');
  const unnumbered = new Receiver({ type: 'point-to-point', state: 'Point-to-point' });
  delete unnumbered.iface.subnet;
  unnumbered.iface.address = toNumber('10.99.0.1');
  t.equal(unnumbered.get(packet({ body: hello({ mask: 0 }) }), '192.0.2.7'), 'taken', 'unnumbered');
  t.equal(unnumbered.get(packet(), '192.0.2.7', US), 'destination', 'its address is the borrowed one');
});

t.test('of several subnets of a link, the one that the source is in takes the packet', async (t) => {
  const { router, iface } = new Receiver();
  const second = router.addInterface('lan0/10.7.0.0/24', {
    subnet: { address: '10.7.0.1', prefixLength: 24 },
    address: toNumber('10.7.0.1'),
  });
  (second as { link: string }).link = 'lan0';
  const agenda = new OspfAgenda();
  for (const from of ['10.7.0.2', PEER])
    for (const _ of receive(
      router.state,
      'lan0',
      { from, to: ALL, ttl: 1, payload: packet() },
      agenda,
      router.ctx,
    ));
  t.strictSame([...second.neighbors.keys()], ['10.7.0.2']);
  t.strictSame([...iface.neighbors.keys()], [PEER]);
});

t.test('packets of adjacencies are taken from a neighbour in Exchange or beyond', async (t) => {
  const receiver = new Receiver();
  const neighbor = receiver.router.addNeighbor(receiver.iface, 2, '2-Way');
  const update = packet({ type: 4, body: new Uint8Array(4) });
  for (const type of [3, 4, 5]) {
    const body = new Uint8Array(type === 4 ? 4 : 0);
    t.equal(receiver.get(packet({ type, body })), 'noAdjacency', `type ${type} in 2-Way`);
  }
  t.strictSame(
    receiver.router.ctx.takeLog('warn'),
    [],
    'which is nothing to tell: it comes with every start',
  );
  neighbor.state = 'Exchange';
  t.equal(receiver.get(update), 'taken');
  t.equal(receiver.get(packet({ type: 5, body: new Uint8Array(20) })), 'taken');
  t.equal(receiver.get(packet({ type: 3, body: new Uint8Array(0) })), 'taken');
  t.equal(receiver.get(packet({ type: 4, body: new Uint8Array(3) })), 'updateLength');
  t.equal(receiver.get(packet({ type: 3, body: new Uint8Array(3) })), 'requestLength');
  t.equal(receiver.get(packet({ type: 5, body: new Uint8Array(3) })), 'acknowledgmentLength');
  t.equal(receiver.get(packet({ type: 2, body: new Uint8Array(3) })), 'descriptionLength');
  t.equal(
    receiver.get(packet({ type: 4, body: new Uint8Array(4), routerId: 77 })),
    'noNeighbor',
    'another id',
  );
});

t.test('a simple password is compared', async (t) => {
  const receiver = new Receiver({}, { type: 'simple', password: 'sesame' });
  const by = (password: string) => packet({ with: { type: 1, password: bytesOf(password) } });
  t.equal(receiver.get(by('sesame')), 'taken');
  t.equal(receiver.get(by('sesame2')), 'password');
  t.equal(receiver.get(packet()), 'auType');
});

const KEYS: AuthenticationConfig = {
  type: 'cryptographic',
  keys: {
    1: { algorithm: 'md5', secret: 'one' },
    2: { algorithm: 'hmac-sha-256', secret: 'two' },
    3: { algorithm: 'md5', secret: 'old', accept: { until: 1 } },
  },
};
const signed = (sequence: number, keyId = 1, more: Sent = {}): Uint8Array => {
  const secret = bytesOf(['', 'one', 'two', 'old'][keyId] ?? '');
  const algorithm = keyId === 2 ? 'hmac-sha-256' : 'md5';
  return packet({ ...more, with: { type: 2, keyId, algorithm, secret, sequence } });
};

t.test(
  'a sequence number may stay or rise, and never fall, while the neighbour is known (D.5.3)',
  async (t) => {
    const receiver = new Receiver({}, KEYS);
    const neighbor = receiver.router.addNeighbor(receiver.iface, 2, 'Full');
    t.equal(receiver.get(signed(100)), 'taken');
    t.equal(receiver.get(signed(100)), 'taken', 'an equal one: all packets of a second have the same');
    t.equal(
      receiver.get(signed(101, 1, { type: 4, body: new Uint8Array(4) })),
      'taken',
      'packets of all types',
    );
    t.equal(receiver.get(signed(100)), 'sequence');
    t.match(receiver.router.ctx.takeLog('warn'), [/theirs is 100, ours is 101 \(sequence\)/]);
    t.equal(receiver.get(signed(5, 2)), 'taken', 'another key has numbers of its own');
    t.equal(receiver.get(signed(4, 2)), 'sequence');
    t.equal(receiver.get(signed(0xffff_ffff)), 'taken', 'it has no sign');
    neighbor.state = 'Down';
    t.equal(receiver.get(signed(1)), 'taken', 'one that was down begins anew');
    t.strictSame(neighbor.sequences, { 1: 1 }, 'with all keys');
  },
);

t.test('a packet that is not trusted leaves nothing behind', async (t) => {
  const receiver = new Receiver({}, KEYS);
  t.equal(receiver.get(packet()), 'auType');
  t.equal(receiver.get(signed(9, 9)), 'keyUnknown');
  t.equal(receiver.get(signed(9, 3)), 'keyLifetime');
  t.equal(receiver.get(patched(signed(9), 32, 1)), 'digest');
  t.equal(receiver.iface.neighbors.size, 0);
  const neighbor = receiver.router.addNeighbor(receiver.iface, 2, 'Full');
  t.equal(receiver.get(patched(signed(0xffff_ffff), 32, 1)), 'digest');
  t.equal(receiver.get(signed(50)), 'taken', 'a forged number bars nobody');
  t.strictSame(neighbor.sequences, { 1: 50 });
});

t.test(
  'each reason is told once for each source, with both values, and again when it had been well',
  async (t) => {
    const receiver = new Receiver();
    const { ctx } = receiver.router;
    for (let i = 0; i < 50; i++) receiver.get(packet({ area: 5 }));
    t.strictSame(ctx.takeLog('warn'), [
      `dropped a packet from ${PEER} on lan0: its area is not ours: theirs is 0.0.0.5, ours is 0.0.0.0 (area)`,
    ]);
    receiver.get(packet({ area: 5 }), '10.1.0.3');
    t.match(ctx.takeLog('warn'), [/from 10.1.0.3 on lan0/]);
    receiver.get(packet());
    ctx.time += 60_000;
    receiver.get(packet({ area: 5 }));
    t.match(ctx.takeLog('warn'), [/its area is not ours.*\(area\) \(49 more since the last line\)/]);
  },
);

t.test(
  'a packet of the backbone over its transit area belongs to the virtual link of its sender',
  async (t) => {
    const receiver = new Receiver({ area: 1 });
    const { router } = receiver;
    const toPeer = {
      ...{ helloInterval: 10_000, deadInterval: 40_000, retransmitInterval: 5_000, transmitDelay: 1_000 },
      authentication: { type: 'none' },
    } as const;
    router.addArea(1, { virtualLinks: { [toAddress(PEER_ID)]: toPeer } });
    t.equal(receiver.get(packet(), '10.3.0.2', US), 'area', 'there is none yet');
    const key = virtualKey(1, PEER_ID);
    const link = router.addInterface(key, {
      type: 'virtual',
      state: 'Point-to-point',
      area: 0,
      address: receiver.iface.address,
      virtual: { area: 1, router: PEER_ID, to: toNumber('10.3.0.2'), over: 'lan0' },
    });
    delete link.subnet;
    const far = packet({ body: hello({ mask: 0 }) });
    t.equal(receiver.get(far, '10.3.0.2', ALL), 'destination', 'they come to an address of ours');
    t.equal(receiver.get(packet({ routerId: 99 }), '10.3.0.2', US), 'area', 'and from its other end alone');
    t.equal(receiver.get(far, '10.3.0.2', US), 'taken');
    t.strictSame([...link.neighbors.keys()], ['10.0.0.2']);
    t.equal(receiver.iface.neighbors.size, 0);
    link.state = 'Down';
    t.equal(receiver.get(far, '10.3.0.2', US), 'virtualLink');
  },
);
