/** Virtual routers that depend on something else: sync groups, what is tracked, delays, and IP, which has their addresses. */
import t from 'tap';
import type { VirtualRouters } from '../../firmware/modules/messages/virtual-routers.ts';
import { linkDown, linkUp } from './fake-context.ts';
import { active, GROUP, OWN, receive, ServedVrrp, sent, served } from './vrrp-router.ts';

const A = { ...GROUP, sync: 'one' };
const B = { ...GROUP, interface: 'r1', group: 52, addresses: ['10.0.1.100'], sync: 'one' };
const KEY = 'r0/51';
const OTHER = 'r1/52';

function both(): ServedVrrp {
  const vrrp = new ServedVrrp(A, B);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.link(linkUp('r1', '10.0.1.10/24'));
  return vrrp;
}
const states = (vrrp: ServedVrrp) => [KEY, OTHER].map((key) => vrrp.router(key).state);
const told = (vrrp: ServedVrrp) =>
  vrrp.ctx.sent
    .splice(0)
    .flatMap(({ type, body }) => (type === 'virtualRouters' ? [body as VirtualRouters] : []));

t.test('a sync group: no member starts before all can', async (t) => {
  const vrrp = new ServedVrrp(A, B);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.advance(10_000);
  t.same(states(vrrp), ['Initialize', 'Initialize']);
  vrrp.link(linkUp('r1', '10.0.1.10/24'));
  t.same(states(vrrp), ['Backup', 'Backup']);
});

t.test(
  'a sync group: all become Active together, and yield together, with a word to those who wait',
  async (t) => {
    const vrrp = both();
    vrrp.advance(1_000);
    receive(vrrp, { priority: 200 });
    // The other hears nobody.
    vrrp.advance(2_700);
    t.same(states(vrrp), ['Active', 'Active']);
    t.same(vrrp.router(KEY).history[0]?.reason, 'sync');
    sent(vrrp);
    receive(vrrp, { priority: 200 });
    t.same(states(vrrp), ['Backup', 'Backup']);
    t.match(sent(vrrp), [{ key: 'r1', priority: 0 }], 'its neighbours need not miss it');
  },
);

t.test('a sync group: the end of one interface ends all, and where it can be it is said', async (t) => {
  const vrrp = both();
  vrrp.advance(4_000);
  sent(vrrp);
  vrrp.link(linkDown('r1'));
  t.same(states(vrrp), ['Initialize', 'Initialize']);
  t.match(sent(vrrp), [{ key: 'r0', priority: 0 }]);
  t.equal(sent(vrrp).length, 0);
  vrrp.link(linkUp('r1', '10.0.1.10/24'));
  t.same(states(vrrp), ['Backup', 'Backup']);
});

t.test(
  'an interface that is tracked lowers the priority, and an Active Router says so at once',
  async (t) => {
    const vrrp = active({ track: [{ what: 'interface', of: 'wan0', decrement: 60 }] });
    t.match(vrrp.ask('virtualRouters'), [{ priority: 40 }], 'it is not there yet');
    vrrp.link(linkUp('wan0', '10.9.0.1/24'));
    t.match(sent(vrrp), [{ priority: 100 }]);
    vrrp.link(linkDown('wan0'));
    t.match(sent(vrrp), [{ priority: 40 }]);
    t.equal(vrrp.router().state, 'Active');
  },
);

t.test(
  'a link that nobody tracks, and an address on one that somebody does, make nobody advertise',
  async (t) => {
    const vrrp = active({ track: [{ what: 'interface', of: 'wan0', decrement: 60 }] });
    vrrp.link(linkUp('wan0', '10.9.0.1/24'));
    sent(vrrp);
    vrrp.link(linkUp('other', '10.8.0.1/24'));
    vrrp.link(linkUp('wan0', '10.9.0.1/24', '10.9.0.2/24'));
    t.same(sent(vrrp), []);
    const tracked = (id: string) =>
      vrrp.event('IP', '3.3.0', 'tracked', { by: 'vrrp', id, reachable: true, hops: [] });
    tracked('prefix:0.0.0.0/0');
    t.same(sent(vrrp), [], 'nor a prefix that nobody tracks');
  },
);

t.test('without a decrement it does not run while what it depends on is not there', async (t) => {
  const vrrp = active({ track: [{ what: 'interface', of: 'wan0' }] });
  t.equal(vrrp.router().state, 'Initialize');
  vrrp.link(linkUp('wan0', '10.9.0.1/24'));
  vrrp.advance(4_000);
  t.equal(vrrp.router().state, 'Active');
  sent(vrrp);
  vrrp.link(linkDown('wan0'));
  t.match([vrrp.router().state, sent(vrrp)], ['Initialize', [{ priority: 0 }]]);
  t.match(vrrp.router().history, [{ reason: 'tracked' }]);
});

t.test('the owner keeps its priority, whatever is missing', async (t) => {
  const track = [{ what: 'interface' as const, of: 'wan0', decrement: 60 }];
  t.match(served({ addresses: [OWN], track }).ask('virtualRouters'), [{ priority: 255 }]);
});

t.test('a prefix and a next hop are asked of IP, again where it has lost them, and followed', async (t) => {
  const track = [
    { what: 'prefix' as const, of: '0.0.0.0/0', decrement: 50 },
    { what: 'next-hop' as const, of: '10.0.0.1', decrement: 20 },
  ];
  const vrrp = new ServedVrrp({ track });
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.ctx.sent.length = 0;
  const subscriptions = (...ids: string[]) =>
    vrrp.event('IP', '3.3.0', 'subscriptions', { redistribute: {}, track: ids });
  subscriptions('vrrp prefix:0.0.0.0/0', 'ospf x');
  t.match(vrrp.ctx.sent.splice(0), [
    { to: 'IP', type: 'track', body: { by: 'vrrp', id: 'next-hop:10.0.0.1', what: 'next-hop' } },
    { to: 'IP', type: 'tracking', body: { by: 'vrrp' } },
  ]);
  const tracked = (id: string, reachable: boolean) =>
    vrrp.event('IP', '3.3.0', 'tracked', { by: 'vrrp', id, reachable, hops: [] });
  tracked('prefix:0.0.0.0/0', true);
  tracked('next-hop:10.0.0.1', true);
  t.match(vrrp.ask('virtualRouters'), [{ priority: 100 }]);
  tracked('prefix:0.0.0.0/0', false);
  t.match(vrrp.ask('virtualRouters'), [{ priority: 50 }]);
  tracked('next-hop:10.0.0.1', false);
  t.match(vrrp.ask('virtualRouters'), [{ priority: 30 }]);
});

t.test('a start delay: it takes no part until it is over, and begins anew with the interface', async (t) => {
  const vrrp = served({ startDelay: 5_000 });
  vrrp.advance(4_000);
  t.equal(vrrp.router().state, 'Initialize');
  vrrp.link(linkDown('r0'));
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.advance(4_999);
  t.equal(vrrp.router().state, 'Initialize');
  vrrp.advance(1);
  t.equal(vrrp.router().state, 'Backup');
});

t.test(
  'a preempt delay: a lower Active Router is obeyed for so long, then taken over from at once',
  async (t) => {
    const vrrp = served({ preemptDelay: 10_000 });
    for (let second = 0; second < 10; second++) {
      receive(vrrp);
      t.equal(vrrp.router().state, 'Backup');
      vrrp.advance(1_000);
    }
    t.equal(vrrp.router().state, 'Active');
    t.match(vrrp.router().history, [{ reason: 'preempted' }]);
  },
);

t.test('a preempt delay ends where a router of higher priority is heard', async (t) => {
  const vrrp = served({ preemptDelay: 3_000 });
  receive(vrrp);
  vrrp.advance(2_000);
  receive(vrrp, { priority: 200 });
  vrrp.advance(2_000);
  receive(vrrp, { priority: 200 });
  vrrp.advance(2_000);
  t.equal(vrrp.router().state, 'Backup');
});

t.test('IP hears of each change of role at once, in consecutive messages', async (t) => {
  const vrrp = served();
  told(vrrp);
  vrrp.advance(4_000);
  const [one] = told(vrrp);
  t.match(one, {
    source: 'vrrp',
    changes: [{ id: KEY, active: true, mac: '00:00:5e:00:01:33', addresses: ['10.0.0.100'] }],
  });
  receive(vrrp, { priority: 200 });
  const [other] = told(vrrp);
  t.match([other?.number, other?.session], [one!.number + 1, one!.session]);
  t.notOk(other?.changes[0]?.active);
});

t.test('what IP had no room for is told again, with the number that it would have had', async (t) => {
  const vrrp = served();
  const { number } = told(vrrp).at(-1)!;
  vrrp.ctx.sendResult = 'full';
  vrrp.advance(3_700);
  t.same(told(vrrp), []);
  vrrp.ctx.sendResult = 'queued';
  vrrp.advance(5);
  t.match(told(vrrp), [{ number: number + 1, changes: [{ active: true }] }]);
  t.equal(vrrp.ctx.timerDue('tell', ''), undefined);
});

t.test('IP asks: who has all is told of nothing, who lacks something of all', async (t) => {
  const vrrp = active();
  const { session, number } = vrrp.state.telling;
  const asked = (has: object) => vrrp.event('IP', '3.3.0', 'virtualRoutersWanted', { has });
  asked({ vrrp: { session, number: number - 1 } });
  t.match(told(vrrp), [{ number, changes: [] }]);
  for (const has of [{}, { vrrp: { session: 'x', number } }, { vrrp: { session, number: number - 1 } }]) {
    asked(has);
    t.match(told(vrrp), [{ whole: true, changes: [{ id: KEY, active: true }] }]);
  }
});

t.test(
  'with a device of its own advertisements leave by that, and by the interface where it fails',
  async (t) => {
    const vrrp = active();
    const held = (other: object) =>
      vrrp.event('IP', '3.3.0', 'virtualRouterHeld', { source: 'vrrp', id: KEY, ...other });
    held({ device: 'vrrp4-2-51' });
    t.ok(vrrp.ctx.opened.has('virtual vrrp4-2-51'));
    vrrp.advance(1_000);
    t.match(sent(vrrp), [{ port: 'virtual', key: 'vrrp4-2-51', from: OWN }]);
    held({ problem: 'the kernel refused 10.0.0.100' });
    t.notOk(vrrp.ctx.opened.has('virtual vrrp4-2-51'));
    vrrp.advance(1_000);
    t.match(sent(vrrp), [{ port: 'vrrp', key: 'r0' }]);
    t.match(vrrp.ask('virtualRouters'), [{ problem: 'the kernel refused 10.0.0.100' }]);
    t.match(vrrp.ctx.takeLog('warn'), [/^virtual router 51 on r0: the kernel refused/]);
  },
);

t.test(
  'its addresses are announced once more to who is lower, and after a stall, but not each time',
  async (t) => {
    const vrrp = active();
    const announced = () => told(vrrp).map(({ changes }) => changes[0]?.announced);
    vrrp.advance(1_100);
    announced();
    for (let i = 0; i < 100; i++) receive(vrrp);
    t.same(announced(), [1]);
    vrrp.advance(1_000);
    t.same(announced(), []);
    vrrp.advance(4_000, 3_500);
    t.same(announced(), [2]);
  },
);

t.test('the end of the service gives all back to the kernel, after the last advertisement', async (t) => {
  const vrrp = active();
  vrrp.module.stop('remove');
  t.match(sent(vrrp), [{ priority: 0 }]);
  t.match(told(vrrp).at(-1), { whole: true, changes: [] });
});
