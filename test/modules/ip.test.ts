import t from 'tap';
import Ip, { manifest } from '../../firmware/modules/ip/module.ts';
import { decode, type RouterAdvertisement } from '../../firmware/modules/ip/packet.ts';
import { fromHex } from './bytes.ts';
import { linkDown, linkUp, Served } from './fake-context.ts';

const config = {
  lifetime: 1800,
  interfaces: { r0: { preference: 10, interval: 1000 }, r1: { preference: -5, interval: 3000 } },
};
const SOLICITATION = fromHex('0a00 f5ff 00000000');
const ALL_SYSTEMS = '224.0.0.1';

function served() {
  return new Served(Ip, manifest, { config });
}

/** What was sent since the last call: interface, destination, addresses, lifetime. */
function advertisements(ip: ReturnType<typeof served>) {
  return ip.ctx.transmitted.splice(0).map(({ key, to, payload }) => {
    const { lifetime, addresses } = decode(payload) as RouterAdvertisement;
    return { key, to, lifetime, addresses: addresses.map(({ address }) => address) };
  });
}

t.test('nothing is sent on an interface that is unknown, down or without address', async (t) => {
  const ip = served();
  ip.tick(0);
  ip.link(linkDown('r0'));
  ip.tick(1);
  ip.link(linkUp('r0'));
  ip.tick(2);
  ip.link(linkUp('other', '10.9.9.1/24'));
  ip.tick(3);
  t.same(advertisements(ip), []);
  t.equal(ip.state.interfaces.has('other'), false, 'other interfaces are not its business');
});

t.test(
  'every address is advertised on the ticks of the interval, with the preference of its interface',
  async (t) => {
    const ip = served();
    ip.link(linkUp('r0', '10.0.0.1/24', '10.0.1.1/24'));
    ip.link(linkUp('r1', '10.0.2.1/24'));
    for (let tick = 0; tick < 6; tick++) ip.tick(tick);
    const sent = ip.ctx.transmitted.map(({ key, to, payload }) => ({ key, to, ...decode(payload) }));
    t.same(sent.filter(({ key }) => key === 'r0').length, 6);
    t.same(sent.filter(({ key }) => key === 'r1').length, 2, 'ticks 0 and 3');
    t.same(sent[0], {
      key: 'r0',
      to: ALL_SYSTEMS,
      type: 'advertisement',
      lifetime: 1800,
      addresses: [
        { address: '10.0.0.1', preference: 10 },
        { address: '10.0.1.1', preference: 10 },
      ],
    });
    t.same(ip.state.interfaces.get('r1')?.counters, { sent: 2 });
  },
);

t.test('an interface that came up is advertised at least each 16 s for three times', async (t) => {
  const slow = { lifetime: 1800, interfaces: { r0: { preference: 0, interval: 600_000 } } };
  const ip = new Served(Ip, manifest, { config: slow });
  ip.link(linkUp('r0', '10.0.0.1/24'));
  const ticks: number[] = [];
  for (let tick = 1; tick < 700; tick++) {
    ip.tick(tick);
    if (ip.ctx.transmitted.splice(0).length > 0) ticks.push(tick);
  }
  t.same(ticks, [16, 32, 48, 600]);
});

t.test('an address that goes away is withdrawn with lifetime 0', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24', '10.0.1.1/24'));
  ip.tick(0);
  advertisements(ip);
  ip.link(linkUp('r0', '10.0.0.1/24'));
  t.same(advertisements(ip), [{ key: 'r0', to: ALL_SYSTEMS, lifetime: 0, addresses: ['10.0.1.1'] }]);
  ip.link(linkUp('r0', '10.0.0.1/24'));
  t.same(advertisements(ip), [], 'once');
});

t.test('an address that went away while the interface was down is withdrawn when it comes up', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24'));
  ip.tick(0);
  advertisements(ip);
  ip.link(linkDown('r0'));
  t.same(advertisements(ip), [], 'nobody can be told now');
  ip.link(linkUp('r0', '10.0.7.1/24'));
  t.same(advertisements(ip), [{ key: 'r0', to: ALL_SYSTEMS, lifetime: 0, addresses: ['10.0.0.1'] }]);
});

t.test('a withdrawal that could not be sent is sent the next time', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24', '10.0.1.1/24'));
  ip.tick(0);
  advertisements(ip);
  ip.ctx.portResult = 'full';
  ip.link(linkUp('r0', '10.0.0.1/24'));
  t.equal(ip.state.interfaces.get('r0')?.counters.notSent, 1);
  ip.ctx.portResult = 'sent';
  ip.link(linkUp('r0', '10.0.0.1/24'));
  t.match(advertisements(ip), [{ lifetime: 0, addresses: ['10.0.1.1'] }]);
});

t.test('more addresses than fit are advertised in several messages', async (t) => {
  const ip = served();
  const addresses = Array.from({ length: 200 }, (_, i) => `10.0.${i}.1/24`);
  ip.link(linkUp('r0', ...addresses));
  ip.tick(0);
  t.same(
    advertisements(ip).map((sent) => sent.addresses.length),
    [184, 16],
  );
});

t.test('a solicitation from a neighbour is answered at once, to it alone', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24'));
  ip.packet('icmp', 'r0', { from: '10.0.0.77', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
  t.same(advertisements(ip), [{ key: 'r0', to: '10.0.0.77', lifetime: 1800, addresses: ['10.0.0.1'] }]);
});

t.test('solicitations without an address are answered to all by one message within 2 s', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24'));
  const dues = [0, 1, 2].map(() => {
    ip.packet('icmp', 'r0', { from: '0.0.0.0', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
    return ip.ctx.timerDue('answer', 'r0');
  });
  t.equal(new Set(dues).size, 1, 'later ones do not put it off');
  t.same(advertisements(ip), [], 'not at once');
  ip.advance(2000);
  t.match(advertisements(ip), [{ to: ALL_SYSTEMS, addresses: ['10.0.0.1'] }]);
  t.equal(ip.state.interfaces.get('r0')?.counters.solicited, 3);
});

t.test('routers spread their delayed answers', async (t) => {
  const delays = Array.from({ length: 40 }, (_, i) => {
    const ip = served();
    ip.link(linkUp('r0', `10.0.0.${i + 1}/24`));
    ip.packet('icmp', 'r0', { from: '0.0.0.0', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
    return ip.ctx.timerDue('answer', 'r0') ?? Number.NaN;
  });
  t.ok(delays.every((delay) => delay >= 0 && delay <= 2000));
  t.ok(new Set(delays.map((delay) => Math.floor(delay / 250))).size >= 6, `${delays}`);
});

t.test(
  'a solicitation from another network, our own packets, and what is no discovery are only counted',
  async (t) => {
    const ip = served();
    const advertisement = fromHex('0900 e4f4 01 02 0708 0a000001 00000000');
    ip.link(linkUp('r0', '10.0.0.1/24'));
    ip.packet('icmp', 'r0', { from: '10.0.9.9', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
    ip.packet('icmp', 'r0', { from: '10.0.0.1', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
    ip.packet('icmp', 'r0', { from: '10.0.0.2', to: '224.0.0.1', ttl: 1, payload: advertisement });
    ip.packet('icmp', 'r0', {
      from: '10.0.0.2',
      to: '10.0.0.1',
      ttl: 64,
      payload: fromHex('0800 f7ff 00000000'),
    });
    ip.packet('icmp', 'other', { from: '10.0.0.2', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
    ip.advance(3000);
    t.same(advertisements(ip), []);
    t.same(ip.state.interfaces.get('r0')?.counters, { source: 1, own: 1, heard: 1, foreign: 1 });
  },
);

t.test('a relay number goes to OSPF with each tick, from 1, consecutive', async (t) => {
  const ip = served();
  for (let tick = 0; tick < 3; tick++) ip.tick(tick);
  t.same(ip.ctx.sent, [
    { to: 'OSPF', type: 'relay', body: { relay: 1 } },
    { to: 'OSPF', type: 'relay', body: { relay: 2 } },
    { to: 'OSPF', type: 'relay', body: { relay: 3 } },
  ]);
});

t.test('a relay number that was not taken is sent again, so that none is missing', async (t) => {
  const ip = served();
  ip.tick(0);
  for (const refused of ['full', 'unknown'] as const) {
    ip.ctx.sendResult = refused;
    ip.tick(1);
  }
  ip.ctx.sendResult = 'queued';
  ip.tick(2);
  t.same(
    ip.ctx.sent.map(({ body }) => body),
    [{ relay: 1 }, { relay: 2 }],
  );
  t.equal(ip.state.counters.relayRefused, 2);
});

t.test('an upgrade in the middle of a delayed answer sends it once', async (t) => {
  const first = served();
  first.link(linkUp('r0', '10.0.0.1/24'));
  first.packet('icmp', 'r0', { from: '0.0.0.0', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
  const next = new Served(Ip, manifest, { state: first.state, before: first.ctx });
  t.same(advertisements(next), [], 'nothing is announced again');
  next.advance(2000);
  t.equal(advertisements(next).length, 1);
});
