/** RFC 9568 6.4.3: a router that leaves says so, and nobody waits for it. */
import t from 'tap';
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
