/**
 * VRRP 3 beside 2.3.1, and beside 2.2.0 of api 1: over IPv4, in version 3, the same inputs have the same advertisements, lines
 * and timers, and leave the same state.
 */
import t from 'tap';
import type { LinkState } from '../../firmware/modules/messages/link.ts';
import { down3, down4, type StateV3 } from '../../firmware/modules/vrrp/migration.ts';
import * as vrrp from '../../firmware/modules/vrrp/module.ts';
import { encode } from '../../firmware/modules/vrrp/packet.ts';
import type { State } from '../../firmware/modules/vrrp/state.ts';
import { type Chance, compare, type Input, inOrder, type Trial } from './differential.ts';
import { linkUp, told } from './fake-context.ts';
import { VRRP_GROUP } from './vrrp-router.ts';

const base = { interval: 100, preempt: true };
const config = {
  groups: [
    { ...base, interface: 'r0', group: 51, priority: 100, addresses: ['10.0.0.100', '10.0.0.101'] },
    { ...base, interface: 'r0', group: 52, priority: 150, preempt: false, addresses: ['10.0.0.102'] },
    { ...base, interface: 'r1', group: 51, priority: 200, interval: 200, addresses: ['10.0.1.1'] },
    {
      ...base,
      interface: 'r1',
      group: 7,
      priority: 120,
      checksum: 'rfc9568',
      addresses: ['10.0.1.7', '10.9.0.1'],
    },
  ],
};
/** 10.0.1.1 makes it the owner of a group. */
const ADDRESSES: Record<string, string[]> = {
  r0: ['10.0.0.10/24', '10.0.0.100/32', '10.0.0.11/24', '192.168.0.1/30'],
  r1: ['10.0.1.10/24', '10.0.1.1/24', '10.0.1.7 peer 10.0.1.8/32'],
};
const PEERS = ['10.0.0.2', '10.0.0.3', '10.0.0.200', '10.0.1.2', '10.0.0.10'];

function packet(chance: Chance): Input {
  const key = chance.of(['r0', 'r0', 'r1']);
  const configured = chance.of(config.groups);
  const from = chance.of(PEERS);
  const adv = {
    version: 3 as const,
    group: chance.once(10) ? chance.whole(256) : configured.group,
    priority: chance.of([0, 1, 99, 100, 150, 200, 254, 255]),
    interval: chance.once(6) ? chance.of([0, 1, 50, 4095]) : configured.interval,
    addresses: chance.once(6) ? chance.some(['10.0.0.100', '10.0.0.99']) : configured.addresses,
  };
  const form = chance.of(['pseudo-header', 'pseudo-header', 'rfc9568'] as const);
  const payload = encode(adv, from, VRRP_GROUP, form);
  const datum = {
    from,
    to: VRRP_GROUP,
    ttl: chance.once(20) ? 64 : 255,
    payload: chance.once(15) ? chance.damaged(payload) : payload,
  };
  return { does: 'receive', port: 'vrrp', key, datum };
}

function isUp(name: string): Input {
  return { does: 'publish', event: 'link', body: linkUp(name, ...(ADDRESSES[name] ?? [])) };
}

function link(chance: Chance): Input {
  const name = chance.of(['r0', 'r1', 'r1', 'r9']);
  const body = linkUp(name, ...chance.some(ADDRESSES[name] ?? []));
  return { does: 'publish', event: 'link', body: { ...body, up: !chance.once(4) } };
}

/** The words for another version differ. */
const OTHER_VERSION = /it is not VRRP version 3|it is not of the version that is configured here/;

/** As 2.3.1 has it. Links are kept of other interfaces, too. */
function comparable(state: State | StateV3): unknown {
  const {
    said: _said,
    checked: _checked,
    links: _links,
    limited: _limited,
    ...kept
  } = 'telling' in state ? down3(down4(state)) : state;
  return kept;
}

const trial: Omit<Trial, 'released'> = {
  module: 'VRRP',
  now: vrrp,
  config,
  configNow: {
    groups: config.groups.map((group) => ({ ...group, family: 4, version: 3, virtualMac: true })),
  },
  ports: { vrrp: ['r0', 'r1'] },
  // `look` is of a start, `tell` where there is no IP.
  newTimers: ['look', 'tell'],
  nowAs: (event, body) => (event === 'link' ? { event: 'links', body: told(body as LinkState) } : undefined),
  sameOutputs: (outputs) =>
    inOrder(outputs.filter(({ kind }) => kind !== 'sent')).map((text) =>
      text.replace(OTHER_VERSION, 'version'),
    ),
  sameState: (state) => comparable(state as State | StateV3),
  begin: [{ does: 'advance', ms: 1_000 }, ...['r0', 'r1'].map(isUp)],
  input(chance) {
    if (chance.once(20)) return link(chance);
    if (chance.once(20))
      return { does: 'link', port: 'vrrp', key: 'r0', result: chance.of(['sent', 'sent', 'down', 'full']) };
    if (chance.once(3)) return { does: 'advance', ms: chance.whole(chance.of([10, 500, 5_000])) };
    return packet(chance);
  },
};

for (const released of ['2.2.0', '2.3.1'])
  for (let seed = 1; seed <= 6; seed++)
    t.test(`beside ${released}, seed ${seed}`, (t) => compare(t, { ...trial, released }, seed, 250));
