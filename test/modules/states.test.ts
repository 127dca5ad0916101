/** Design rule 3: state is plain data; and the paper's 3.4.1: state handlers, both ways, that never write their argument. */
import t from 'tap';
import { toNumber } from '../../firmware/modules/address.ts';
import { readConfig } from '../../firmware/modules/ip/config.ts';
import * as ipEarlier from '../../firmware/modules/ip/migration.ts';
import Ip, { manifest as ipManifest } from '../../firmware/modules/ip/module.ts';
import type * as ip from '../../firmware/modules/ip/state.ts';
import * as ospfEarlier from '../../firmware/modules/ospf/migration.ts';
import Ospf, { manifest as ospfManifest } from '../../firmware/modules/ospf/module.ts';
import { encodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { encodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import type * as ospf from '../../firmware/modules/ospf/state.ts';
import Timer, { manifest as timerManifest } from '../../firmware/modules/timer/module.ts';
import * as timer from '../../firmware/modules/timer/state.ts';
import * as vrrp from '../../firmware/modules/vrrp/migration.ts';
import Vrrp, { manifest as vrrpManifest } from '../../firmware/modules/vrrp/module.ts';
import { encode } from '../../firmware/modules/vrrp/packet.ts';
import type { State as VrrpState } from '../../firmware/modules/vrrp/state.ts';
import { validateManifest } from '../../runtime/module/manifest.ts';
import { notPlain } from '../../runtime/state/plain.ts';
import { fromHex } from './bytes.ts';
import { linkDown, linkUp, Served, told } from './fake-context.ts';
import { deepFreeze } from './plain-data.ts';
import { VRRP_GROUP } from './vrrp-router.ts';

const links = () =>
  new Map([
    ['r0', linkUp('r0', '10.0.0.1/24', '10.0.5.1/24')],
    ['r1', linkDown('r1')],
  ]);

/** States of version 1 as 1.0.0 and 1.1.0 leave them, with something in every field. */
const timerV1 = (): timer.StateV1 => ({ config: { period: 100 }, tick: 42 });
const ipV1 = (): ipEarlier.StateV1 => ({
  config: {
    lifetime: 30,
    interfaces: {
      r0: { preference: 1, interval: 1000 },
      r1: { preference: 2, interval: 1000 },
      r2: { preference: 3, interval: 1000 },
    },
  },
  relay: 90,
  links: links(),
  counters: { sent: 80, notSent: 2, relayRefused: 1, heard: 7, checksum: 1 },
});
const ospfV1 = (): ospfEarlier.StateV1 => ({
  config: {
    routerId: '1.1.1.1',
    area: '0.0.0.0',
    interfaces: {
      r0: { helloInterval: 1, deadInterval: 4, priority: 0 },
      r1: { helloInterval: 1, deadInterval: 4, priority: 0 },
    },
  },
  links: links(),
  neighbors: new Map([
    ['r0/2.2.2.2', { interface: 'r0', routerId: '2.2.2.2', address: '10.0.0.2', state: '2-Way' }],
    ['r0/3.3.3.3', { interface: 'r0', routerId: '3.3.3.3', address: '10.0.0.3', state: 'Init' }],
  ]),
  relays: new Map([
    ['IP', { last: 89, received: 89 }],
    ['VRRP', { last: 12, received: 12 }],
  ]),
  counters: { helloSent: 100, helloReceived: 99, mask: 3 },
});
/** From the first version to the one of today and back, handler by handler. */
const ipUp = (state: ipEarlier.StateV1): ip.State => ipEarlier.up2(ipEarlier.up1(state));
const ipDown = (state: ip.State): ipEarlier.StateV1 => ipEarlier.down1(ipEarlier.down2(state));
const ospfUp = (state: ospfEarlier.StateV1): ospf.State =>
  ospfEarlier.up3(ospfEarlier.up2(ospfEarlier.up1(state)));
const ospfDown = (state: ospf.State): ospfEarlier.StateV1 =>
  ospfEarlier.down1(ospfEarlier.down2(ospfEarlier.down3(state)));
const vrrpV1 = (): vrrp.StateV1 => ({
  config: {
    groups: [
      { interface: 'r0', group: 51, priority: 100, interval: 100, preempt: true, addresses: ['10.0.0.100'] },
      { interface: 'r1', group: 7, priority: 90, interval: 100, preempt: false, addresses: ['10.0.1.100'] },
    ],
  },
  relay: 13,
  links: links(),
  groups: new Map([
    ['r0/51', { interface: 'r0', group: 51, state: 'Active', activeAdverInterval: 200, active: '10.0.0.1' }],
    ['r1/7', { interface: 'r1', group: 7, state: 'Initialize', activeAdverInterval: 100, active: '' }],
  ]),
  counters: { sent: 50, received: 3, relayRefused: 1, ttl: 2, owner: 1, intervalMismatch: 4 },
  told: ['r0/51 10.0.0.2 intervalMismatch'],
});

const vrrpV2 = (): vrrp.StateV2 => {
  const state = vrrp.up1(vrrpV1());
  const active = state.groups.get('r0/51')!;
  active.ifSilent = 'resigned';
  Object.assign(active.statistics, { becameActive: 3, unsent: 1, lastChange: { reason: 'owner', at: 5 } });
  return state;
};
const vrrpUp = (state: vrrp.StateV1): VrrpState => vrrp.up4(vrrp.up3(vrrp.up2(vrrp.up1(state))));
const vrrpDown = (state: VrrpState): vrrp.StateV1 => vrrp.down1(vrrp.down2(vrrp.down3(vrrp.down4(state))));

t.test(
  'over a version that sets no interfaces, answers of before are not waited for, and those values are set again',
  async (t) => {
    const state = ipUp(ipV1());
    const kept = new Map([['mtu', { now: 1400, was: 1500 }] as const]);
    state.settings.ours.set(7, { name: 'r0', condition: '', kept, refusals: new Map() });
    state.settings.underWay.set(3, { index: 7, asked: [{ aspect: 'mtu' }] });
    state.settings.waiting.add('link 7');
    const { ours, underWay, waiting } = ipEarlier.up2(ipEarlier.down2(state)).settings;
    t.same([underWay.size, waiting.size], [0, 0]);
    t.same(ours.get(7)?.kept.get('mtu'), { now: 1400, was: 1500, unsure: true });
  },
);

t.test('up and down again gives the state of version 1, to the last field', async (t) => {
  t.same(timer.down(timer.up(timerV1())), timerV1());
  t.same(ipDown(ipUp(ipV1())), { ...ipV1(), config: readConfig(ipV1().config) });
  t.same(ospfDown(ospfUp(ospfV1())), ospfV1());
  t.same(vrrp.down1(vrrp.up1(vrrpV1())), vrrpV1());
  t.same(vrrp.down2(vrrp.up2(vrrpV2())), { ...vrrpV2(), told: [] }, 'what was told is told again');
  const { told: _, ...withoutTold } = vrrpV1();
  t.same(vrrp.down1(vrrp.up1(withoutTold)), withoutTold, '1.0.0 has no list of what was told');
});

/** States of version 2 after some life. */
function livedTimer(): timer.State {
  const served = new Served(Timer, timerManifest, { config: { period: 100 } });
  served.advance(1000, 250);
  return served.state;
}

function livedIp(): ip.State {
  const served = new Served(Ip, ipManifest, { state: ipUp(ipV1()) });
  served.link(linkUp('r2', '10.0.2.1/24', '10.0.3.1/24'));
  for (let tick = 0; tick < 3; tick++) served.tick(tick);
  served.packet('icmp', 'r0', {
    from: '10.0.0.9',
    to: '224.0.0.2',
    ttl: 1,
    payload: fromHex('0a00 f5ff 00000000'),
  });
  served.packet('icmp', 'r0', { from: '10.0.0.9', to: '224.0.0.2', ttl: 1, payload: fromHex('0a') });
  return served.state;
}

function livedOspf(): ospf.State {
  const served = new Served(Ospf, ospfManifest, { state: ospfUp(ospfV1()) });
  const hello = { mask: 0xffff_ff00, helloInterval: 1, options: 2, priority: 3, deadInterval: 4 };
  const body = encodeHello({
    ...hello,
    dr: toNumber('10.0.0.4'),
    bdr: 0,
    neighbors: [toNumber('1.1.1.1')],
  });
  const payload = encodePacket({ type: 1, routerId: toNumber('4.4.4.4'), area: 0 }, body, { type: 0 });
  served.packet('ospf', 'r0', { from: '10.0.0.4', to: '224.0.0.5', ttl: 1, payload });
  served.packet('ospf', 'r0', { from: '10.0.0.4', to: '224.0.0.5', ttl: 1, payload: fromHex('02') });
  for (const relay of [90, 95, 95]) served.message('IP', '2.0.0', 'relay', { relay });
  served.tick(0);
  return served.state;
}

function livedVrrp(): VrrpState {
  const served = new Served(Vrrp, vrrpManifest, { state: vrrpUp(vrrpV1()) });
  const receive = (priority: number, interval: number) => {
    const adv = { version: 3 as const, group: 51, priority, interval, addresses: ['10.0.0.100'] };
    const payload = encode(adv, '10.0.0.2', VRRP_GROUP);
    served.packet('vrrp', 'r0', { from: '10.0.0.2', to: VRRP_GROUP, ttl: 255, payload });
  };
  served.tick(0);
  receive(200, 300);
  receive(0, 100);
  receive(50, 0);
  served.advance(20_000);
  served.tick(1);
  return served.state;
}

t.test('down and up again keeps what version 1 has a place for', async (t) => {
  const ticked = livedTimer();
  t.same(timer.up(timer.down(ticked)), {
    ...ticked,
    missed: 0,
    lateness: { last: 0, worst: 0, total: 0, measured: 0 },
  });

  const advertised = livedIp();
  const again = ipUp(ipDown(advertised));
  t.same(ipDown(again), ipDown(advertised), 'counts in all are the same');
  t.equal(again.relay, advertised.relay);
  for (const [name, iface] of advertised.interfaces) {
    t.same(again.interfaces.get(name)?.link, iface.link);
    t.same(
      again.interfaces.get(name)?.advertised,
      iface.advertised.slice(0, 1),
      'version 1 tells of the first',
    );
  }

  const heard = livedOspf();
  const reheard = ospfUp(ospfDown(heard));
  t.same(ospfDown(reheard), ospfDown(heard));
  for (const [name, iface] of heard.interfaces) {
    t.same([...(reheard.interfaces.get(name)?.neighbors.keys() ?? [])], [...iface.neighbors.keys()]);
    t.equal(reheard.interfaces.get(name)?.state, iface.state);
  }
  t.same(reheard.relays.get('IP'), { last: 95, received: 92, skipped: 0, repeated: 0 });

  const elected = livedVrrp();
  const reelected = vrrpUp(vrrpDown(elected));
  t.same(vrrpDown(reelected), vrrpDown(elected));
  const fourth = vrrp.down4(elected);
  t.same(vrrp.down4(vrrp.up4(fourth)), fourth);
  const third = vrrp.down3(fourth);
  t.same(vrrp.down3(vrrp.up3(third)), third);
  t.same(vrrp.down2(vrrp.up2(vrrp.down2(third))), vrrp.down2(third));
  t.equal(reelected.relay, elected.relay);
  for (const [key, router] of elected.groups) {
    const { interface: name, group, family, state, active, activeAdverInterval } = router;
    t.match(reelected.groups.get(key), {
      interface: name,
      group,
      family,
      state,
      active,
      activeAdverInterval,
    });
  }
});

t.test('going down adds up what was counted by interface and by virtual router', async (t) => {
  const counted = ipDown(livedIp()).counters;
  t.match(counted, { sent: 80 + 7, notSent: 2, solicited: 1, truncated: 1, relayRefused: 1, heard: 7 });
  t.match(vrrpDown(livedVrrp()).counters, { received: 5, interval: 1, intervalMismatch: 5, ttl: 2 });
});

t.test(
  'state handlers never write their argument, and what they make can be written without it',
  async (t) => {
    const frozenTimer = deepFreeze(timerV1());
    const frozenIp = deepFreeze(ipV1());
    const frozenOspf = deepFreeze(ospfV1());
    const frozenVrrp = deepFreeze(vrrpV1());
    const lived = [
      deepFreeze(livedTimer()),
      deepFreeze(livedIp()),
      deepFreeze(livedOspf()),
      deepFreeze(livedVrrp()),
    ];

    t.doesNotThrow(() => {
      const served = new Served(Timer, timerManifest, { state: timer.up(frozenTimer) });
      served.expire({ name: 'tick', key: '', due: 1000, every: 0, body: undefined });
    });
    t.doesNotThrow(() => {
      const served = new Served(Ip, ipManifest, { state: ipUp(frozenIp) });
      served.ctx.sendResult = 'full';
      served.link(linkUp('r0', '10.0.9.1/24'));
      served.tick(0);
      served.packet('icmp', 'r0', {
        from: '10.0.9.2',
        to: '224.0.0.2',
        ttl: 1,
        payload: fromHex('0a00 f5ff 00000000'),
      });
    });
    t.doesNotThrow(() => {
      const served = new Served(Ospf, ospfManifest, { state: ospfUp(frozenOspf) });
      served.message('IP', '2.0.0', 'relay', { relay: 95 });
      served.packet('ospf', 'r0', { from: '10.0.0.4', to: '224.0.0.5', ttl: 1, payload: fromHex('02') });
      served.expire({ name: 'inactivity', key: 'r0/2.2.2.2', due: 1000, every: 0, body: undefined });
      served.event('IP', '3.0.0', 'links', told(linkDown('r0')));
      served.tick(0);
      t.equal(served.state.interfaces.get('r0')?.neighbors.size, 0);
    });
    t.doesNotThrow(() => {
      const served = new Served(Vrrp, vrrpManifest, { state: vrrpUp(frozenVrrp) });
      served.tick(0);
      served.event('IP', '3.3.0', 'links', told(linkDown('r0')));
      served.event('IP', '3.3.0', 'links', told(linkUp('r1', '10.0.1.1/24')));
      served.advance(10_000);
      t.equal(served.state.groups.get('r1/7')?.state, 'Active');
    });
    t.doesNotThrow(() => {
      const [ticked, advertised, heard, elected] = lived as [timer.State, ip.State, ospf.State, VrrpState];
      timer.down(ticked).tick++;
      const one = ipDown(advertised);
      one.links.clear();
      one.counters.sent = 0;
      const two = ospfDown(heard);
      for (const neighbor of two.neighbors.values()) neighbor.state = 'Down';
      for (const sender of two.relays.values()) sender.last++;
      two.counters.mask = 0;
      const three = vrrpDown(elected);
      for (const router of three.groups.values()) router.active = '';
      three.links.clear();
      three.told?.push('');
      three.counters.ttl = 0;
    });
  },
);

t.test('the freeze of these tests is one', async (t) => {
  const frozen = deepFreeze(ospfV1());
  t.throws(() => frozen.links.clear(), TypeError);
  t.throws(() => {
    frozen.counters.mask = 0;
  }, TypeError);
  t.throws(() => {
    frozen.neighbors.get('r0/2.2.2.2')!.state = 'Down';
  }, TypeError);
});

t.test('a new interface starts with what version 1 knew of its link', async (t) => {
  const { interfaces, links } = ospfUp(ospfV1());
  t.match(interfaces.get('r0'), { state: 'DROther', link: 'r0', address: toNumber('10.0.0.1') });
  t.match(interfaces.get('r1'), { state: 'Down', link: 'r1' });
  t.same([...links.keys()], ['r0', 'r1']);
  t.same([...ipUp(ipV1()).interfaces.keys()], ['r0', 'r1', 'r2'], 'also one that was not heard of yet');
});

t.test('states are plain data of every kind of life', async (t) => {
  const [advertised, heard] = [livedIp(), livedOspf()];
  t.equal(notPlain(advertised, 'state', Object.keys(ipManifest.state.tables)), undefined);
  t.equal(notPlain(heard, 'state', Object.keys(ospfManifest.state.tables)), undefined);
  for (const state of [livedTimer(), ipEarlier.down2(advertised), ospfEarlier.down3(heard), livedVrrp()]) {
    t.equal(notPlain(state), undefined);
    t.same(structuredClone(state), state);
  }
});

t.test('manifests are valid, and handlers there', async (t) => {
  for (const [manifest, Implementation] of [
    [timerManifest, Timer],
    [ipManifest, Ip],
    [ospfManifest, Ospf],
    [vrrpManifest, Vrrp],
  ] as const) {
    t.doesNotThrow(() => validateManifest(manifest, manifest.name));
    t.match(manifest.version, /^\d+\.\d+\.\d+$/);
    t.equal(new Implementation().isQuiescent(), true);
  }
});
