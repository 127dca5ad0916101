/** Where packets go (RFC 2328 8.1), how many bytes fit, with what authentication, and what is counted. */
import t, { type Test } from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import type { AuthenticationConfig, InterfaceType } from '../../firmware/modules/ospf/config-record.ts';
import { keyIdOf, sequenceOf, verify } from '../../firmware/modules/ospf/packet/authentication.ts';
import { decodePacket, type Received } from '../../firmware/modules/ospf/packet/header.ts';
import type { Interface } from '../../firmware/modules/ospf/state.ts';
import { roomOf, sendTo } from '../../firmware/modules/ospf/transmit.ts';
import { LsdbRouter } from './ospf-lsas.ts';

const HELLO = 1;
const UPDATE = 4;
const BODY = new Uint8Array(20);
const ALL = '224.0.0.5';
const DESIGNATED = '224.0.0.6';

function routerOn(given: Partial<Interface>, authentication: AuthenticationConfig = { type: 'none' }) {
  const router = new LsdbRouter();
  const iface = router.addInterface('lan0', given, { authentication });
  router.addNeighbor(iface, 2, 'Full');
  router.addNeighbor(iface, 3, 'Attempt');
  router.addNeighbor(iface, 4, '2-Way');
  return { router, iface };
}

/** Where a packet goes. */
function goes(given: Partial<Interface>, to: number | 'all' | 'designated', type: number): string[] {
  const { router, iface } = routerOn(given);
  sendTo(router.state, iface, to, type, BODY, router.ctx);
  return router.ctx.transmitted.map((sent) => sent.to);
}

function lastOf({ ctx }: LsdbRouter): Received {
  const packet = decodePacket(ctx.transmitted.at(-1)!.payload);
  if ('error' in packet) throw new Error(packet.error);
  return packet;
}

/** The wall clock, set by hand until the test ends. */
function clockOf(t: Test): { set: (ms: number) => void } {
  const { now } = Date;
  t.teardown(() => {
    Date.now = now;
  });
  return {
    set: (ms) => {
      Date.now = () => ms;
    },
  };
}

t.test('on a broadcast network packets go to all routers, or to the designated ones', async (t) => {
  const type: InterfaceType = 'broadcast';
  t.strictSame(goes({ type }, 'all', HELLO), [ALL]);
  t.strictSame(goes({ type, state: 'DROther' }, 'designated', UPDATE), [DESIGNATED]);
  for (const state of ['DR', 'Backup'] as const)
    t.strictSame(goes({ type, state }, 'designated', UPDATE), [ALL], 'those speak to all');
  t.strictSame(goes({ type }, toNumber('10.1.0.2'), 2), ['10.1.0.2']);
});

t.test('on a point-to-point link all packets go to all routers', async (t) => {
  for (const to of ['all', 'designated', toNumber('10.1.0.2')] as const)
    t.strictSame(goes({ type: 'point-to-point', state: 'Point-to-point' }, to, UPDATE), [ALL]);
});

t.test(
  'where there is no multicast, each neighbour has a packet of its own; on point-to-multipoint all have one Hello',
  async (t) => {
    for (const type of ['non-broadcast', 'point-to-multipoint'] as const) {
      t.strictSame(goes({ type }, 'all', UPDATE), ['10.1.0.2'], 'those in Exchange or beyond');
      const hello = { 'non-broadcast': ['10.1.0.2', '10.1.0.3', '10.1.0.4'], 'point-to-multipoint': [ALL] };
      t.strictSame(goes({ type }, 'all', HELLO), hello[type]);
      t.strictSame(goes({ type }, toNumber('10.1.0.4'), HELLO), ['10.1.0.4']);
    }
  },
);

t.test(
  'a packet over a virtual link leaves by another interface, and may take more than a hop',
  async (t) => {
    const { router } = routerOn({ area: 1 });
    router.addArea(1, {
      virtualLinks: {
        '10.0.0.9': {
          ...{ helloInterval: 1, deadInterval: 4, retransmitInterval: 5, transmitDelay: 1 },
          authentication: { type: 'none' },
        },
      },
    });
    const link = router.addInterface('vlink 0.0.0.1 10.0.0.9', {
      type: 'virtual',
      state: 'Point-to-point',
      virtual: { area: 1, router: toNumber('10.0.0.9'), to: toNumber('10.9.0.9'), over: 'lan0' },
    });
    t.equal(sendTo(router.state, link, 'all', UPDATE, BODY, router.ctx), 'sent');
    t.match(router.ctx.transmitted, [{ key: 'lan0', to: '10.9.0.9', from: '10.2.0.1', ttl: 255 }]);
    t.equal(lastOf(router).area, 0, 'it is of the backbone');
    t.equal(roomOf(router.state, link), 576 - 44, 'and nobody fragments it on its way');
    link.virtual!.to = 0;
    t.equal(sendTo(router.state, link, 'all', UPDATE, BODY, router.ctx), 'down', 'there is no way');
  },
);

t.test('what is sent has our address and is counted by its type, and what is not sent, too', async (t) => {
  const { router, iface } = routerOn({});
  const { state, ctx } = router;
  for (const type of [1, 2, 3, 4, 5]) sendTo(state, iface, 'all', type, BODY, ctx);
  t.match(ctx.transmitted, [{ port: 'ospf', key: 'lan0', from: '10.1.0.1' }]);
  ctx.portResult = 'full';
  t.equal(sendTo(state, iface, 'all', HELLO, BODY, ctx), 'full');
  t.equal(sendTo(state, iface, 'all', UPDATE, BODY, ctx), 'full');
  t.strictSame(state.counters, {
    ...{ helloSent: 1, descriptionSent: 1, requestSent: 1, updateSent: 1, acknowledgmentSent: 1 },
    ...{ helloNotSent: 1, notSent: 1 },
  });
  iface.state = 'Down';
  t.equal(sendTo(state, iface, 'all', HELLO, BODY, ctx), 'down');
});

t.test('what is larger than the MTU is left to the kernel to fragment', async (t) => {
  const { router, iface } = routerOn({ mtu: 576 });
  const to = toNumber('10.1.0.2');
  const room = roomOf(router.state, iface);
  t.equal(room, 576 - 20 - 24);
  for (const body of [new Uint8Array(room), new Uint8Array(room + 1)])
    sendTo(router.state, iface, to, UPDATE, body, router.ctx);
  t.strictSame(
    router.ctx.transmitted.map((sent) => (sent as { from?: string }).from),
    ['10.1.0.1', undefined],
  );
});

t.test('with each kind of authentication, what leaves is what the same configuration takes', async (t) => {
  const secret = new TextEncoder().encode('a secret');
  const simple = routerOn({}, { type: 'simple', password: 'a secret' });
  sendTo(simple.router.state, simple.iface, 'all', HELLO, BODY, simple.router.ctx);
  t.equal(verify(lastOf(simple.router), { type: 1, password: secret }), undefined);
  const lengths = {
    ...{ md5: 16, 'hmac-sha-1': 20, 'hmac-sha-256': 32, 'hmac-sha-384': 48, 'hmac-sha-512': 64 },
  } as const;
  for (const [name, length] of Object.entries(lengths)) {
    const algorithm = name as keyof typeof lengths;
    const { router, iface } = routerOn(
      {},
      { type: 'cryptographic', keys: { 9: { algorithm, secret: 'a secret' } } },
    );
    sendTo(router.state, iface, 'all', HELLO, BODY, router.ctx);
    const packet = lastOf(router);
    t.equal(verify(packet, { type: 2, keyOf: () => ({ algorithm, secret }) }), undefined, name);
    t.equal(keyIdOf(packet), 9);
    t.equal(roomOf(router.state, iface), 1500 - 44 - length, 'and its digest has room');
  }
});

t.test(
  'the keys of a chain are sent by their lifetimes, and that the last has expired is told',
  async (t) => {
    const clock = clockOf(t);
    const at = Date.UTC(2026, 5, 1);
    const { router, iface } = routerOn({}, { type: 'cryptographic', keyChain: 'core' });
    const { state, ctx } = router;
    t.equal(sendTo(state, iface, 'all', HELLO, BODY, ctx), 'down', 'a chain that is not there has no key');
    state.config.keyChains.core = {
      1: { algorithm: 'md5', secret: 'one', send: { until: at } },
      2: { algorithm: 'hmac-sha-512', secret: 'two', send: { from: at, until: at + 1000 } },
    };
    for (const [ms, id] of [
      [-1, 1],
      [0, 2],
      [999, 2],
    ] as const) {
      clock.set(at + ms);
      sendTo(state, iface, 'all', HELLO, BODY, ctx);
      t.equal(keyIdOf(lastOf(router)), id);
    }
    t.equal(roomOf(state, iface), 1500 - 44 - 64, 'the longest digest of them has room');
    t.strictSame(ctx.takeLog('warn'), []);
    clock.set(at + 1000);
    for (let i = 0; i < 9; i++) sendTo(state, iface, 'all', HELLO, BODY, ctx);
    t.equal(keyIdOf(lastOf(router)), 2);
    t.match(ctx.takeLog('warn'), [/^lan0: no key is to be sent at this time; key 2 is used/], 'once');
  },
);

t.test('sequence numbers go on over a swap, and with a clock that is put back', async (t) => {
  const clock = clockOf(t);
  const at = Date.UTC(2026, 5, 1);
  const keys = { 1: { algorithm: 'md5', secret: 's' } } as const;
  const { router, iface } = routerOn({}, { type: 'cryptographic', keys });
  const { state, ctx } = router;
  const send = (given: typeof state) => {
    sendTo(given, given.interfaces.get(iface.key)!, 'all', HELLO, BODY, ctx);
    return sequenceOf(lastOf(router));
  };
  clock.set(at);
  t.equal(send(state), at / 1000);
  clock.set(1_000);
  const swapped = structuredClone({ ...state });
  t.equal(send(swapped), at / 1000);
  ctx.time += 3_000;
  t.equal(send(swapped), at / 1000 + 1);
  clock.set(at + 5_000);
  t.equal(send(state), at / 1000 + 5, 'a return to the state before is above what was sent since');
});
