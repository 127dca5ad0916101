/** Virtual routers that depend on neighbours of a routing protocol, and what nobody has told of yet. */
import t from 'tap';
import { SILENCE_MS } from '../../firmware/modules/messages/adjacencies.ts';
import { section } from '../../firmware/modules/vrrp/config.ts';
import { linkUp } from './fake-context.ts';
import { active, GROUP, OWN, ServedVrrp, sent, served } from './vrrp-router.ts';

const PEER = { id: '3.3.3.3', address: '10.9.0.2', interface: 'wan0' };
const OTHER = { id: '4.4.4.4', address: '10.9.1.2', interface: 'wan1' };
const tells = (vrrp: ServedVrrp, ...neighbors: object[]) =>
  vrrp.event('OSPF', '4.2.0', 'adjacencies', { by: 'ospf', neighbors });
const track = (of: string, decrement?: number) => [
  { what: 'adjacency' as const, of, ...(decrement !== undefined && { decrement }) },
];
const priority = (vrrp: ServedVrrp) => (vrrp.ask('virtualRouters') as { priority: number }[])[0]?.priority;

t.test('an adjacency is named by its interface, or by its neighbour', async (t) => {
  for (const of of ['ospf:wan0', 'ospf:3.3.3.3', 'ospf:10.9.0.2']) {
    const vrrp = active({ track: track(of, 40) });
    tells(vrrp, OTHER);
    t.match([priority(vrrp), sent(vrrp)], [60, [{ priority: 60 }]], `${of} is not among them`);
    tells(vrrp, OTHER, PEER);
    t.match([priority(vrrp), sent(vrrp)], [100, [{ priority: 100 }]], `${of} is`);
    tells(vrrp, PEER);
    t.same(sent(vrrp), [], 'another that ends is nothing to it');
  }
});

t.test('without a decrement it starts when the neighbour is Full, and leaves when it is not', async (t) => {
  const vrrp = served({ track: track('ospf:wan0') });
  vrrp.advance(10_000);
  t.equal(vrrp.router().state, 'Initialize', 'nobody has told of it');
  tells(vrrp, PEER);
  t.equal(vrrp.router().state, 'Backup');
  vrrp.advance(4_000);
  sent(vrrp);
  tells(vrrp);
  t.match([vrrp.router().state, sent(vrrp)], ['Initialize', [{ priority: 0 }]]);
  const lines = vrrp.ctx.takeLog('info').filter((line) => line.startsWith('ospf:'));
  t.same(lines, ['ospf:wan0 is not there: no neighbour is Full there']);
});

t.test('a protocol that tells nothing any more has no neighbours', async (t) => {
  const vrrp = active({ track: track('ospf:wan0', 40) });
  tells(vrrp, PEER);
  for (let i = 0; i < 6; i++) {
    vrrp.advance(SILENCE_MS / 3);
    tells(vrrp, PEER);
  }
  t.equal(priority(vrrp), 100);
  vrrp.advance(SILENCE_MS);
  t.equal(priority(vrrp), 100, 'it may be about to tell');
  vrrp.advance(1_000);
  t.equal(priority(vrrp), 60);
  t.match(vrrp.ctx.takeLog('info').at(-1), /nobody tells of the neighbours of OSPF/);
  tells(vrrp, PEER);
  t.equal(priority(vrrp), 100);
});

t.test('where the protocol does not run at all, that is known after a while', async (t) => {
  const vrrp = active({ track: track('ospf:wan0', 40) });
  t.equal(priority(vrrp), 100);
  vrrp.advance(SILENCE_MS + 1_000);
  t.equal(priority(vrrp), 60);
});

t.test(
  'a commit that adds a dependency ends no role before somebody says that it is not there',
  async (t) => {
    const vrrp = active();
    const commit = (of: { what: 'prefix' | 'adjacency'; of: string }) =>
      vrrp.module.apply(vrrp.module.configure({ groups: [{ ...GROUP, track: [of] }] }) as never);
    commit({ what: 'prefix', of: '0.0.0.0/0' });
    t.equal(vrrp.router().state, 'Active');
    const tracked = (reachable: boolean) =>
      vrrp.event('IP', '3.3.0', 'tracked', { by: 'vrrp', id: 'prefix:0.0.0.0/0', reachable, hops: [] });
    tracked(true);
    t.equal(vrrp.router().state, 'Active');
    tracked(false);
    t.equal(vrrp.router().state, 'Initialize');
    tells(vrrp, PEER);
    commit({ what: 'adjacency', of: 'ospf:wan0' });
    t.equal(vrrp.router().state, 'Backup', 'what was told before it was configured is known');
  },
);

t.test('a swap goes on with what was told, and with when it was', async (t) => {
  const before = active({ track: track('ospf:wan0', 40) });
  tells(before, PEER);
  before.advance(SILENCE_MS - 5_000);
  const vrrp = new ServedVrrp({ state: before.state, before: before.ctx });
  t.equal(priority(vrrp), 100);
  vrrp.advance(4_000);
  t.equal(priority(vrrp), 100);
  vrrp.advance(1_000);
  vrrp.advance(1_000);
  t.equal(priority(vrrp), 60);
});

t.test('a service that begins again asks anew', async (t) => {
  const vrrp = active({ track: track('ospf:wan0') });
  tells(vrrp, PEER);
  vrrp.module.stop('disabled' as never);
  const again = new ServedVrrp({ state: vrrp.state, before: vrrp.ctx, why: 'resume' });
  again.link(linkUp('r0', `${OWN}/24`));
  t.equal(again.router().state, 'Backup', 'what a protocol told last holds until it is silent');
});

t.test('in the configuration it is ospf: and a name', async (t) => {
  const entry = { interface: 'r0', group: 51, interval: 1000, addresses: ['10.0.0.100'] };
  const wrong = (of: string) => section.check?.([{ ...entry, track: [{ of }] }], {}).map(({ text }) => text);
  t.same([wrong('ospf:wan0'), wrong('ospf:10.0.2.2')], [[], []]);
  t.match([wrong('ospf:'), wrong('ospf:a b'), wrong('ospf:fe80::1')].flat(), [
    /^ospf: and the name/,
    /^ospf: and the name/,
    /^ospf: and the name/,
  ]);
});
