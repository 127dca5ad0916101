/** RFC 9568 6.4.3: a router that leaves says so, and nobody waits for it. */
import t from 'tap';
import type { VirtualRouterChange, VirtualRouters } from '../../firmware/modules/messages/virtual-routers.ts';
import type { GroupConfig } from '../../firmware/modules/vrrp/state.ts';
import { linkDown, linkUp } from './fake-context.ts';
import { active, GROUP, OWN, receive, ServedVrrp, sent, served } from './vrrp-router.ts';

t.test('each Active group resigns when the service ends, and only those', async (t) => {
  for (const why of ['disable', 'remove', 'shutdown'] as const) {
    const groups = [51, 52, 53].map((group) => ({ ...GROUP, group, addresses: [`10.0.0.${group + 50}`] }));
    const vrrp = new ServedVrrp(...groups);
    vrrp.link(linkUp('r0', `${OWN}/24`));
    vrrp.advance(4000);
    receive(vrrp, { group: 52, priority: 200, addresses: ['10.0.0.102'] });
    sent(vrrp);
    vrrp.module.stop(why);
    t.match(sent(vrrp), [
      { group: 51, priority: 0, from: OWN },
      { group: 53, priority: 0, from: OWN },
    ]);
    t.same([...vrrp.ctx.timers], [], 'no timer is left');
    t.same(
      [...vrrp.state.groups.values()].map(({ state, active }) => [state, active]),
      Array(3).fill(['Initialize', '']),
    );
  }
});

/** All that IP was told since the last call, message by message. */
function told(vrrp: ServedVrrp): VirtualRouterChange[][] {
  return vrrp.ctx.sent
    .splice(0)
    .flatMap(({ type, body }) => (type === 'virtualRouters' ? [[...(body as VirtualRouters).changes]] : []));
}

function configure({ module }: ServedVrrp, ...groups: GroupConfig[]): void {
  module.apply(module.configure({ groups }) as never);
}

t.test('while it is Active, IP knows how long others need until they have taken over', async (t) => {
  for (const [interval, takeover] of [
    [1, { silent: 140, told: 110 }],
    [100, { silent: 4_100, told: 1_100 }],
    [4_095, { silent: 163_900, told: 41_050 }],
  ] as const) {
    const vrrp = served({ interval });
    vrrp.advance(4 * interval * 10);
    t.match(told(vrrp).at(-1), [{ active: true, takeover }]);
    const { groups } = vrrp.state.config;
    configure(vrrp, ...groups.map((group) => ({ ...group, interval: 10 })));
    t.match(told(vrrp).at(-1), [{ active: true, takeover: { silent: 500, told: 200 } }]);
  }
});

for (const why of ['disable', 'remove', 'shutdown'] as const)
  t.test(`at its end by ${why} addresses stay until the others have heard priority 0`, async (t) => {
    const vrrp = active();
    vrrp.module.stop(why);
    const [first, last] = told(vrrp);
    t.match(first, [{ id: 'r0/51', linger: 1_100 }]);
    t.equal(first?.[0]?.active, undefined);
    t.same(last, []);
  });

t.test('so they do where it leaves the configuration, or may not run any more', async (t) => {
  const vrrp = active({}, `${OWN}/24`);
  configure(vrrp, { ...GROUP, group: 52, addresses: ['10.0.0.102'] });
  const [first, second] = told(vrrp);
  t.match(first, [{ id: 'r0/51', linger: 1_100 }]);
  t.match(second, [
    { id: 'r0/52', linger: 4_100 },
    { id: 'r0/51', remove: true },
  ]);
});

t.test('where a higher priority is heard they go at once, and where the interface goes down', async (t) => {
  const vrrp = active();
  receive(vrrp, { priority: 200 });
  const [changes] = told(vrrp);
  t.match(changes, [{ id: 'r0/51' }]);
  t.match(Object.keys(changes![0]!).includes('linger'), false);
  const other = active();
  other.link(linkDown('r0'));
  t.equal(told(other).at(-1)?.[0]?.linger, undefined);
});

t.test('after a start what is there may stay, until another router is heard', async (t) => {
  const vrrp = new ServedVrrp({});
  vrrp.event('IP', '3.4.0', 'virtualRoutersWanted', { has: {} });
  t.match(told(vrrp).at(-1), [{ id: 'r0/51', linger: 4_100 }]);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.advance(1_000);
  t.match(told(vrrp).at(-1), [{ id: 'r0/51', linger: 4_100 }]);
  receive(vrrp, { priority: 0 });
  t.same(told(vrrp), [], 'one that leaves is not there');
  receive(vrrp, { priority: 200 });
  const [changes] = told(vrrp);
  t.equal(changes?.[0]?.id, 'r0/51');
  t.equal(changes?.[0]?.linger, undefined);
  receive(vrrp, { priority: 200 });
  t.same(told(vrrp), [], 'that is told once');
});

t.test('it resigns in the form that the group takes', async (t) => {
  const vrrp = active();
  receive(vrrp, {}, 'rfc9568');
  sent(vrrp);
  vrrp.module.stop('shutdown');
  t.match(sent(vrrp), [{ priority: 0, forms: ['rfc9568'] }]);
});

t.test('service that goes on begins with Startup (6.4.1)', async (t) => {
  const before = active();
  before.module.stop('disable');
  const vrrp = new ServedVrrp({ state: before.state, before: before.ctx, why: 'resume' });
  vrrp.ctx.transmitted.length = 0;
  vrrp.advance(0);
  t.match(vrrp.ask('virtualRouters'), [{ state: 'Backup' }]);
  t.same(sent(vrrp), []);
  vrrp.advance(4000);
  t.match(vrrp.ask('virtualRouters'), [{ state: 'Active' }]);
  t.match(sent(vrrp), [{ priority: 100 }]);
});

t.test('an interface that went down meanwhile stays in Initialize', async (t) => {
  const vrrp = active();
  vrrp.module.stop('disable');
  vrrp.link(linkDown('r0'));
  vrrp.tick(0);
  t.match(vrrp.ask('virtualRouters'), [{ state: 'Initialize' }]);
});

t.test('a swap resigns nothing', async (t) => {
  const before = active();
  for (const why of ['upgrade', 'rollback'] as const) {
    const vrrp = new ServedVrrp({ state: before.state, before: before.ctx, why });
    vrrp.tick(0);
    t.match(sent(vrrp), [{ priority: 100 }]);
  }
});

t.test('where nothing can be sent, it leaves all the same', async (t) => {
  const vrrp = served();
  vrrp.link(linkDown('r0'));
  vrrp.module.stop('remove');
  t.same(sent(vrrp), []);
});
