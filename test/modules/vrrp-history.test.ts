/** Active Routers of a group, as far as they are known here: since when, and why. */
import t from 'tap';
import { down4, up4 } from '../../firmware/modules/vrrp/migration.ts';
import { MOST_REIGNS } from '../../firmware/modules/vrrp/state.ts';
import { linkDown } from './fake-context.ts';
import { OWN, PEER, receive, type ServedVrrp, served } from './vrrp-router.ts';

interface Row {
  active: string;
  ours: boolean;
  reason: string;
  ago: number;
  lasted: string;
}
const rows = (vrrp: ServedVrrp) => vrrp.ask('showHistory') as Row[];

t.test('others that follow each other are told apart, without a change of our role', async (t) => {
  const vrrp = served();
  receive(vrrp, { priority: 200 });
  vrrp.advance(1_000);
  receive(vrrp, { priority: 210 }, 'pseudo-header', '10.0.0.3');
  vrrp.advance(500);
  receive(vrrp, { priority: 0 }, 'pseudo-header', '10.0.0.3');
  vrrp.advance(1_000);
  vrrp.link(linkDown('r0'));
  t.match(rows(vrrp), [
    { active: '', ours: false, reason: 'the interface went down', ago: 0 },
    { active: OWN, ours: true, reason: 'the Active Router resigned' },
    { active: '', ours: false, reason: 'the Active Router resigned' },
    { active: '10.0.0.3', ours: false, reason: 'it advertises', lasted: '500ms' },
    { active: PEER, ours: false, reason: 'it advertises', ago: 2_500, lasted: '1s' },
  ]);
});

t.test('one that is Active all along is one row, and so many rows are kept', async (t) => {
  const vrrp = served();
  for (let i = 0; i < 10; i++) receive(vrrp, { priority: 200 });
  t.equal(rows(vrrp).length, 1);
  for (let i = 0; i < 100; i++) receive(vrrp, { priority: 200 }, 'pseudo-header', `10.0.0.${20 + i}`);
  t.equal(rows(vrrp).length, MOST_REIGNS);
  t.equal(rows(vrrp)[0]?.active, '10.0.0.119');
});

t.test('over 3.1.0 and back it begins with our own changes, and what is tracked is kept', async (t) => {
  const check = { program: '/etc/check', interval: 1_000, timeLimit: 1_000 };
  const vrrp = served({
    track: [
      { what: 'program', of: check.program, decrement: 5, check },
      { what: 'prefix', of: '0.0.0.0/0', decrement: 10 },
      { what: 'adjacency', of: 'ospf:wan0', decrement: 20 },
      { what: 'interface', of: 'wan0', decrement: 30 },
    ],
    notify: { program: '/etc/notify', timeLimit: 1_000 },
  });
  vrrp.event('IP', '3.3.0', 'tracked', {
    ...{ by: 'vrrp', id: 'prefix:0.0.0.0/0', reachable: false, why: 'no route', hops: [] },
  });
  vrrp.advance(4_000);
  const { state } = vrrp;
  const older = down4(state);
  t.match(older.config.groups[0], {
    track: [
      { what: 'prefix', of: '0.0.0.0/0', decrement: 10 },
      { what: 'interface', of: 'wan0', decrement: 30 },
    ],
    checks: [{ ...check, decrement: 5 }],
    notify: { program: '/etc/notify' },
  });
  t.same([...older.tracked], [['prefix:0.0.0.0/0', { there: false, why: 'no route' }]]);
  t.same(older.checkResults, undefined, 'it has not ended yet');
  const again = up4(older);
  t.same(down4(again), older);
  t.match(again.groups.get('r0/51')?.reigns, [{ active: OWN, ours: true, reason: 'noResponse' }]);
  t.same([...again.dependencies.keys()].sort(), [
    'interface:wan0',
    'prefix:0.0.0.0/0',
    [...state.dependencies.keys()].find((id) => id.startsWith('script:')),
  ]);
});
