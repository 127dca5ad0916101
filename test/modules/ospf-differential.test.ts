/** OSPF 2.3.1 beside 2.3.0, and beside 2.2.0 of api 1: the same inputs have the same outputs, and leave the same state. */
import t from 'tap';
import { toAddress, toNumber } from '../../firmware/modules/address.ts';
import * as ospf from '../../firmware/modules/ospf/module.ts';
import { ALL_D_ROUTERS, ALL_SPF_ROUTERS, encodeHello } from '../../firmware/modules/ospf/packet.ts';
import type { Output } from '../../runtime/testing/index.ts';
import { type Chance, compare, type Input, inOrder, type Trial } from './differential.ts';
import { linkUp } from './fake-context.ts';

const config = {
  routerId: '1.1.1.1',
  area: '0.0.0.0',
  interfaces: {
    r0: { helloInterval: 1, deadInterval: 4, priority: 0 },
    r1: { helloInterval: 2, deadInterval: 8, priority: 0, address: '10.0.1.0/24' },
  },
};
const ADDRESSES: Record<string, string[]> = {
  r0: ['10.0.0.1/24', '10.0.5.1/24', '10.0.0.100/32'],
  r1: ['10.0.9.1/24', '10.0.1.1/24'],
};

function packet(chance: Chance): Input {
  const key = chance.of(['r0', 'r0', 'r0', 'r1'] as const);
  const { helloInterval, deadInterval } = config.interfaces[key];
  // More than there is room for, so that neighbours make way.
  const last = chance.once(2) ? chance.whole(200) : chance.whole(6);
  const from = toAddress(toNumber(key === 'r0' ? '10.0.0.0' : '10.0.1.0') + last);
  const routerId = toAddress(toNumber('2.2.2.0') + (chance.once(8) ? chance.whole(5) : last));
  const payload = encodeHello(
    chance.once(30) ? chance.of(['1.1.1.1', '0.0.0.0']) : routerId,
    chance.once(30) ? '0.0.0.1' : '0.0.0.0',
    {
      mask: chance.once(30) ? '255.255.0.0' : '255.255.255.0',
      helloInterval: chance.once(30) ? 10 : helloInterval,
      options: chance.once(30) ? 0 : 2,
      priority: chance.once(5) ? 1 : 0,
      deadInterval: chance.once(30) ? 40 : deadInterval,
      dr: chance.of(['0.0.0.0', '0.0.0.0', from, '10.0.0.3']),
      bdr: chance.of(['0.0.0.0', '0.0.0.0', from]),
      neighbors: chance.some(['1.1.1.1', '2.2.2.2', '3.3.3.3']),
    },
  );
  const to = chance.once(20) ? chance.of(['10.0.0.1', ALL_D_ROUTERS, '10.0.0.7']) : ALL_SPF_ROUTERS;
  const datum = { from, to, ttl: 1, payload: chance.once(15) ? chance.damaged(payload) : payload };
  return { does: 'receive', port: 'ospf', key, datum };
}

const isUp = (name: string, addresses = ADDRESSES[name] ?? []): Input => ({
  does: 'publish',
  event: 'link',
  body: linkUp(name, ...addresses),
});

function link(chance: Chance): Input {
  const name = chance.of(['r0', 'r1', 'r1', 'r9']);
  const addresses = chance.once(3) ? chance.some(ADDRESSES[name] ?? []) : (ADDRESSES[name] ?? []);
  const body = { ...linkUp(name, ...addresses), up: !chance.once(5), mtu: chance.once(9) ? 200 : 1500 };
  return { does: 'publish', event: 'link', body };
}

/** A Hello lists its neighbours in an order that says nothing: that of a router that is listed just now differs. */
function sameOutputs(all: readonly Output[]): string[] {
  const BEFORE_NEIGHBORS = 44;
  return inOrder(
    all.map((output) => {
      if (output.kind !== 'transmitted') return output;
      const { payload, ...datum } = output.datum as { payload: Uint8Array };
      const hex = Buffer.from(payload).toString('hex');
      const neighbors = hex.slice(2 * BEFORE_NEIGHBORS).match(/.{8}/g) ?? [];
      return {
        ...output,
        datum: { ...datum, head: hex.slice(0, 2 * BEFORE_NEIGHBORS), at: neighbors.sort() },
      };
    }),
  );
}

let relay = 1;
const trial: Omit<Trial, 'released'> = {
  module: 'OSPF',
  now: ospf,
  config,
  ports: { ospf: ['r0', 'r1'] },
  sameOutputs,
  begin: [{ does: 'advance', ms: 1_000 }, isUp('r0'), isUp('r1')],
  input(chance) {
    if (chance.once(40)) return link(chance);
    if (chance.once(30))
      return { does: 'link', port: 'ospf', key: 'r0', result: chance.of(['sent', 'sent', 'down', 'full']) };
    if (chance.once(20)) {
      relay = chance.once(6) ? chance.whole(50) : relay + 1;
      return { does: 'deliver', type: 'relay', body: { relay }, from: chance.of(['IP', 'VRRP']) };
    }
    if (chance.once(20)) return { does: 'ask', type: 'neighbors' };
    if (chance.once(6)) return { does: 'advance', ms: chance.whole(chance.of([10, 500, 6_000])) };
    return packet(chance);
  },
};

for (const released of ['2.2.0', '2.3.0'])
  for (let seed = 1; seed <= 6; seed++)
    t.test(`beside ${released}, seed ${seed}`, (t) => compare(t, { ...trial, released }, seed, 300));
