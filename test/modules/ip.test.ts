import t from 'tap';
import { decode, type RouterAdvertisement } from '../../firmware/modules/ip/discovery/packet.ts';
import Ip, { manifest } from '../../firmware/modules/ip/module.ts';
import { fromHex } from './bytes.ts';
import { linkDown, linkUp, Served } from './fake-context.ts';

const config = {
  lifetime: 1800,
  interfaces: { r0: { preference: 10, interval: 1000 }, r1: { preference: -5, interval: 3000 } },
};
const SOLICITATION = fromHex('0a00 f5ff 00000000');
const ALL_SYSTEMS = '224.0.0.1';

function served(interfaces: typeof config.interfaces = config.interfaces) {
  return new Served(Ip, manifest, { config: { ...config, interfaces } });
}

/** Nothing is sent on it but what something else sets off. */
const RARELY = { r0: { preference: 10, interval: 1_800_000 }, r1: { preference: -5, interval: 1_800_000 } };

/** What was sent since the last call: interface, destination, addresses, lifetime. */
function advertisements(ip: ReturnType<typeof served>) {
  const sent = ip.ctx.transmitted.splice(0).filter(({ port }) => port === 'icmp');
  return sent.map(({ key, to, payload }) => {
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

const host = (name: string, ...addresses: string[]) => ({ ...linkUp(name, ...addresses), forwarding: false });
const router = (name: string, ...addresses: string[]) => ({
  ...linkUp(name, ...addresses),
  forwarding: true,
});

t.test('where the kernel stops to forward, hosts are told to forget the router, once', async (t) => {
  const ip = served();
  ip.link(router('r0', '10.0.0.1/24'));
  ip.link(router('r1', '10.0.1.1/24'));
  ip.tick(0);
  t.same(ip.ctx.takeLog('warn'), []);
  advertisements(ip);
  ip.link(host('r0', '10.0.0.1/24'));
  t.same(advertisements(ip), [{ key: 'r0', to: ALL_SYSTEMS, lifetime: 0, addresses: ['10.0.0.1'] }]);
  t.match(ip.ctx.takeLog('warn'), [
    /^r0 is not offered .*net\.ipv4\.conf\.r0\.forwarding is 0.*ip_forward=1/,
  ]);
  for (let tick = 1; tick < 4; tick++) ip.tick(tick);
  ip.packet('icmp', 'r0', { from: '10.0.0.77', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
  t.same(
    advertisements(ip).map(({ key, lifetime }) => `${key} ${lifetime}`),
    ['r1 1800'],
    'neither on a tick nor to a solicitation',
  );
  t.same(ip.ctx.logged, [], 'said once');
  ip.link(router('r0', '10.0.0.1/24'));
  t.match(ip.ctx.takeLog('info'), [/^r0 forwards now/]);
  ip.tick(4);
  t.match(advertisements(ip), [{ key: 'r0', lifetime: 1800 }]);
});

t.test(
  'a router that starts where nothing is forwarded withdraws what one before it may have told',
  async (t) => {
    const ip = served();
    ip.link(host('r0'));
    t.same(advertisements(ip), [], 'it has no address yet');
    ip.link(host('r0', '10.0.0.1/24'));
    t.same(advertisements(ip), [{ key: 'r0', to: ALL_SYSTEMS, lifetime: 0, addresses: ['10.0.0.1'] }]);
    t.equal(ip.ctx.takeLog('warn').length, 1);
  },
);

t.test('an interface of which nobody knows whether it forwards is offered, as ever', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24'));
  ip.tick(0);
  t.match(advertisements(ip), [{ lifetime: 1800 }]);
});

t.test('only addresses of a network are offered; it is said once which are not, and why', async (t) => {
  const ip = served();
  const link = router('r0', '10.9.9.9/32', '10.0.0.1/24', '10.0.5.1 peer 10.0.5.2/32', '10.0.6.1/31');
  ip.link(link);
  ip.tick(0);
  t.match(advertisements(ip), [{ addresses: ['10.0.0.1', '10.0.6.1'] }]);
  t.same(ip.ctx.takeLog('warn'), [
    'r0 is offered to hosts as 10.0.0.1, 10.0.6.1; 10.9.9.9/32 (its prefix /32 is that of a host and no network), 10.0.5.1 peer 10.0.5.2/32 (it has a peer, and point-to-point addresses are not supported yet) take no part',
  ]);
  ip.link({ ...link, mtu: 1400 });
  ip.tick(1);
  t.same(ip.ctx.logged, []);
  ip.link(router('r0', ...Array.from({ length: 500 }, (_, i) => `10.1.${i >> 8}.${i & 255}/32`)));
  const [line = ''] = ip.ctx.takeLog('warn');
  t.match(line, /^r0 is offered to hosts as no router; .*, 492 more take no part$/);
  t.ok(line.length < 1000, `${line.length} characters`);
});

t.test('what 2.0.0 advertised and is no more offered is withdrawn after the swap', async (t) => {
  const ip = served();
  ip.link(router('r0', '10.9.9.9/32', '10.0.0.1/24'));
  const before = ip.state.interfaces.get('r0')!;
  before.advertised = ['10.9.9.9', '10.0.0.1'];
  delete before.said;
  const next = new Served(Ip, manifest, { state: ip.state, before: ip.ctx });
  t.same(advertisements(next), [], 'not by the swap itself');
  next.tick(1);
  t.match(advertisements(next), [
    { lifetime: 0, addresses: ['10.9.9.9'] },
    { lifetime: 1800, addresses: ['10.0.0.1'] },
  ]);
  t.equal(next.ctx.takeLog('warn').length, 1, 'and it is said');
});

t.test(
  'when its service ends, hosts are told to forget what they know, wherever they can be told',
  async (t) => {
    for (const why of ['shutdown', 'remove', 'disable'] as const) {
      const ip = served();
      ip.link(router('r0', '10.0.0.1/24', '10.0.1.1/24'));
      ip.link(router('r1', '10.0.2.1/24'));
      ip.tick(0);
      ip.link(linkDown('r1'));
      ip.packet('icmp', 'r0', { from: '0.0.0.0', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
      advertisements(ip);
      ip.module.stop(why);
      t.same(
        advertisements(ip),
        [{ key: 'r0', to: ALL_SYSTEMS, lifetime: 0, addresses: ['10.0.0.1', '10.0.1.1'] }],
        why,
      );
      ip.advance(3000);
      t.same(advertisements(ip), [], 'the answer that was due does not come');
      ip.module.start('resume');
      ip.tick(1);
      t.match(advertisements(ip), [{ lifetime: 1800 }], 'in service again');
    }
  },
);

t.test('a withdrawal that could not be sent is sent with the next advertisement', async (t) => {
  const ip = served();
  ip.link(router('r0', '10.0.0.1/24'));
  ip.tick(0);
  advertisements(ip);
  ip.ctx.portResult = 'full';
  ip.link(host('r0', '10.0.0.1/24'));
  ip.ctx.portResult = 'sent';
  ip.tick(1);
  t.match(advertisements(ip), [{ lifetime: 0, addresses: ['10.0.0.1'] }]);
});

t.test('what is not sent is told with its reason, at a limited rate, and makes it unhealthy', async (t) => {
  const ip = served();
  ip.link(router('r0', '10.0.0.1/24'));
  ip.ctx.portResult = 'down';
  ip.tick(0);
  t.same(ip.ctx.takeLog('warn'), ['r0: an advertisement was not sent: Operation not permitted']);
  t.equal(ip.module.isHealthy(), true, 'once may be chance');
  for (let tick = 1; tick <= 100; tick++) {
    ip.tick(tick);
    ip.advance(1000);
  }
  const lines = ip.ctx.takeLog('warn');
  t.match(
    lines[0],
    /^r0: an advertisement was not sent: Operation not permitted \(\d+ more since the last line\)$/,
  );
  t.ok(lines.length >= 2 && lines.length <= 5, `${lines.length} lines in 100 s`);
  t.equal(ip.module.isHealthy(), 'advertisements on r0 are not sent: Operation not permitted');

  const next = new Served(Ip, manifest, { state: ip.state, before: ip.ctx });
  next.ctx.portResult = 'down';
  next.tick(101);
  t.equal(next.module.isHealthy(), true, 'a version that took over is not to blame for it');
  next.ctx.portResult = 'sent';
  next.tick(102);
  t.same(next.ctx.takeLog('info'), ['r0: advertisements are sent again, 102 were not']);
});

t.test('a send buffer that is full now and then fills no log', async (t) => {
  const ip = served();
  ip.link(router('r0', '10.0.0.1/24'));
  for (let tick = 0; tick < 1000; tick++) {
    ip.ctx.portResult = tick % 2 === 0 ? 'full' : 'sent';
    ip.tick(tick);
    ip.advance(10);
  }
  t.ok(ip.ctx.logged.length <= 4, `${ip.ctx.logged.length} lines for 500 failures`);
  t.equal(ip.module.isHealthy(), true);
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

t.test('many hosts that solicit at once, made up or not, are answered by one message to all', async (t) => {
  const ip = served(RARELY);
  ip.link(linkUp('r0', '10.0.0.1/16'));
  for (let i = 0; i < 400; i++) {
    ip.packet('icmp', 'r0', {
      from: `10.0.${1 + (i >> 8)}.${i & 255}`,
      to: '224.0.0.2',
      ttl: 1,
      payload: SOLICITATION,
    });
    ip.advance(2);
  }
  ip.advance(2000);
  const sent = advertisements(ip);
  t.equal(sent.filter(({ to }) => to !== ALL_SYSTEMS).length, 10);
  const toAll = sent.filter(({ to }) => to === ALL_SYSTEMS).length;
  t.ok(toAll >= 1 && toAll <= 3, `${toAll} to all`);
  ip.packet('icmp', 'r0', { from: '10.0.9.9', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
  t.match(advertisements(ip), [{ to: '10.0.9.9' }], 'later one is answered alone again');
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
    const ip = served(RARELY);
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

t.test('without TIMER it advertises by timers of its own: soon at first, then every interval', async (t) => {
  const ip = served({ r0: { preference: 0, interval: 60_000 }, r1: { preference: 0, interval: 2_500 } });
  ip.advance(10_000);
  ip.link(linkUp('r0', '10.0.0.1/24'));
  ip.link(linkUp('r1', '10.0.2.1/24'));
  const times: Record<string, number[]> = { r0: [], r1: [] };
  const from = ip.ctx.now();
  while (ip.ctx.now() < from + 200_000) {
    ip.advance(500);
    for (const { key } of advertisements(ip)) times[key]!.push(ip.ctx.now() - from);
  }
  t.same(times.r0, [16_000, 32_000, 48_000, 108_000, 168_000]);
  t.equal(times.r1!.length, 80);
  t.same(times.r1!.slice(0, 4), [2_500, 5_000, 7_500, 10_000]);
});

t.test('where TIMER runs, it follows the ticks; when they end, it goes on by itself', async (t) => {
  const ip = served();
  ip.link(linkUp('r0', '10.0.0.1/24'));
  for (let tick = 0; tick < 5; tick++) {
    ip.tick(tick);
    t.equal(advertisements(ip).length, 1, 'with each tick, and never besides');
    if (tick < 4) ip.advance(1000);
  }
  ip.advance(1_499);
  t.same(advertisements(ip), []);
  ip.advance(3_001);
  t.equal(advertisements(ip).length, 4);
  t.same(ip.ctx.sent, [], 'no relay number');
});

t.test('an upgrade in the middle of a delayed answer sends it once', async (t) => {
  const first = served(RARELY);
  first.link(linkUp('r0', '10.0.0.1/24'));
  first.packet('icmp', 'r0', { from: '0.0.0.0', to: '224.0.0.2', ttl: 1, payload: SOLICITATION });
  const next = new Served(Ip, manifest, { state: first.state, before: first.ctx });
  t.same(advertisements(next), [], 'nothing is announced again');
  next.advance(2000);
  t.equal(advertisements(next).length, 1);
});
