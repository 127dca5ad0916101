/** IP 3.3.0 beside 3.2.1, 3.2.0, 3.1.0, 3.0.0 and 2.3.1, as far as router discovery goes: the same inputs have the same outputs, and leave the same state. */
import t from 'tap';
import { checksumOf } from '../../firmware/modules/checksum.ts';
import { encode } from '../../firmware/modules/ip/discovery/packet.ts';
import { down2 } from '../../firmware/modules/ip/migration.ts';
import * as ip from '../../firmware/modules/ip/module.ts';
import type { State } from '../../firmware/modules/ip/state.ts';
import { type Chance, compare, type Input, type Trial } from './differential.ts';
import { linkUp } from './fake-context.ts';

const config = {
  lifetime: 1800,
  interfaces: { r0: { preference: 10, interval: 1_000 }, r1: { preference: -5, interval: 30_000 } },
};
const ADDRESSES: Record<string, string[]> = {
  r0: ['10.0.0.1/24', '10.0.5.1/24', '10.0.0.100/32'],
  r1: ['10.0.1.1/24', '10.0.9.1 peer 10.0.9.2/32', '10.0.2.1/24'],
};

/** A solicitation (RFC 1256 3) with this code. */
function solicitation(code: number): Uint8Array {
  const bytes = Uint8Array.of(10, code, 0, 0, 0, 0, 0, 0);
  new DataView(bytes.buffer).setUint16(2, checksumOf(bytes));
  return bytes;
}

function message(chance: Chance): Input {
  const key = chance.of(['r0', 'r0', 'r1']);
  const addresses = [{ address: '10.0.0.9', preference: 0 }];
  const payload = chance.once(6)
    ? encode({ type: 'advertisement', lifetime: 1800, addresses })
    : solicitation(chance.once(20) ? 1 : 0);
  const from = chance.of(['0.0.0.0', '10.0.0.9', '10.0.0.10', '10.0.1.9', '10.9.9.9', '10.0.0.1']);
  const datum = {
    from,
    to: '224.0.0.2',
    ttl: 1,
    payload: chance.once(12) ? chance.damaged(payload) : payload,
  };
  return { does: 'receive', port: 'icmp', key, datum };
}

function isUp(name: string): Input {
  return { does: 'publish', event: 'link', body: linkUp(name, ...(ADDRESSES[name] ?? [])) };
}

function link(chance: Chance): Input {
  const name = chance.of(['r0', 'r1', 'r1', 'r9']);
  const addresses = chance.some(ADDRESSES[name] ?? []);
  const body = {
    ...linkUp(name, ...addresses),
    up: !chance.once(5),
    mtu: chance.once(9) ? 44 : 1500,
    ...(chance.once(2) && { forwarding: chance.once(2) }),
  };
  return { does: 'publish', event: 'link', body };
}

/** All that 2.x has. */
function discovery(state: unknown): unknown {
  const { config, ...rest } = 'rib' in (state as object) ? down2(state as State) : (state as State);
  return { ...rest, lifetime: config.lifetime, interfaces: config.interfaces };
}

const trial: Omit<Trial, 'released'> = {
  module: 'IP',
  now: ip,
  config,
  ports: { icmp: ['r0', 'r1'] },
  sameState: discovery,
  newEvents: ['routesWanted', 'subscriptions', 'virtualRoutersWanted'],
  newPorts: ['kernel'],
  // After a swap it looks whether links were told with their speed.
  newTimers: ['work'],
  begin: [{ does: 'advance', ms: 1_000 }, ...['r0', 'r1'].map(isUp)],
  input(chance) {
    if (chance.once(15)) return link(chance);
    if (chance.once(20))
      return { does: 'link', port: 'icmp', key: 'r0', result: chance.of(['sent', 'sent', 'down', 'full']) };
    if (chance.once(3)) return { does: 'advance', ms: chance.whole(chance.of([10, 500, 40_000])) };
    return message(chance);
  },
};

for (const released of ['2.2.0', '2.3.1', '3.0.0', '3.1.0', '3.2.0', '3.2.1'])
  for (let seed = 1; seed <= 6; seed++)
    t.test(`beside ${released}, seed ${seed}`, (t) => compare(t, { ...trial, released }, seed, 250));
