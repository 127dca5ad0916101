/** Programs of virtual routers: one told of each change of role, and checks that they depend on. */
import t from 'tap';
import { section } from '../../firmware/modules/vrrp/config.ts';
import type { Check, Track } from '../../firmware/modules/vrrp/state.ts';
import { linkDown, linkUp } from './fake-context.ts';
import { GROUP, OWN, ServedVrrp, sent, served } from './vrrp-router.ts';

const KEY = 'r0/51';
const NOTIFY = { program: '/etc/notify', arguments: ['first'], timeLimit: 5_000 };
const RUN: Check = { program: '/etc/check', interval: 2_000, timeLimit: 1_000 };
const CHECK: Track = { what: 'program', of: '/etc/check', decrement: 30, check: RUN };

interface Told {
  arguments?: string[];
  variables?: Record<string, string>;
}
/** All that programs of this port were told since the last call. */
function told(vrrp: ServedVrrp, port: string): Told[] {
  const all = vrrp.ctx.transmitted.splice(0) as unknown as (Told & { port: string })[];
  return all.filter((one) => one.port === port);
}
const ended = (vrrp: ServedVrrp, port: string, end: object) => {
  const [key] = vrrp.ctx.ports(port);
  const datum = { id: 0, ended: 'exit', code: 0, output: '', cut: false, took: 3, ...end };
  vrrp.packet(port, key!, datum as never);
};

t.test('each change of role is told to the program, in the words of keepalived and of the RFC', async (t) => {
  const vrrp = served({ notify: NOTIFY });
  t.same(vrrp.ctx.settings.get(`notify ${KEY}`), NOTIFY, 'its arguments come first');
  t.match(told(vrrp, 'notify'), [
    { arguments: ['INSTANCE', KEY, 'BACKUP', '100'], variables: { VRRP_BEFORE: 'Initialize' } },
  ]);
  vrrp.advance(4_000);
  t.match(told(vrrp, 'notify'), [
    {
      arguments: ['INSTANCE', KEY, 'MASTER', '100'],
      variables: {
        VRRP_INTERFACE: 'r0',
        VRRP_GROUP: '51',
        VRRP_FAMILY: '4',
        VRRP_STATE: 'Active',
        VRRP_BEFORE: 'Backup',
        VRRP_REASON: 'noResponse',
        VRRP_ACTIVE: OWN,
        VRRP_ADDRESSES: '10.0.0.100',
      },
    },
  ]);
  vrrp.link(linkDown('r0'));
  t.match(told(vrrp, 'notify'), [{ arguments: ['INSTANCE', KEY, 'FAULT', '100'] }]);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  told(vrrp, 'notify');
  vrrp.module.stop('removed' as never);
  t.match(told(vrrp, 'notify'), [{ arguments: ['INSTANCE', KEY, 'STOP', '100'] }]);
});

t.test('a program that fails is told in the log, once for a while, and changes nothing', async (t) => {
  const vrrp = served({ notify: NOTIFY });
  ended(vrrp, 'notify', {});
  t.same(vrrp.ctx.takeLog('warn'), []);
  for (let i = 0; i < 5; i++) ended(vrrp, 'notify', { code: 3, output: 'no such host\n' });
  t.match(vrrp.ctx.takeLog('warn'), [/virtual router 51 on r0: .* ended with code 3: no such host/]);
  t.equal(vrrp.router(KEY).state, 'Backup');
});

t.test('a check that fails lowers the priority until it is well again', async (t) => {
  const vrrp = served({ track: [CHECK] });
  vrrp.advance(4_000);
  t.equal(told(vrrp, 'script').length, 3, 'at once, then each interval');
  ended(vrrp, 'script', { code: 1 });
  t.match(sent(vrrp), [{ priority: 70 }], 'it is advertised at once');
  ended(vrrp, 'script', { ended: 'time', code: undefined });
  t.equal(sent(vrrp).length, 0);
  ended(vrrp, 'script', {});
  t.match(sent(vrrp), [{ priority: 100 }]);
});

t.test('a check without a decrement holds a start back until it ends, and ends the role', async (t) => {
  const { decrement: _, ...check } = CHECK;
  const vrrp = served({ track: [check] });
  vrrp.advance(4_000);
  told(vrrp, 'script');
  t.equal(vrrp.router(KEY).state, 'Initialize', 'nobody has said that it is there');
  ended(vrrp, 'script', {});
  vrrp.advance(4_000);
  t.equal(vrrp.router(KEY).state, 'Active');
  told(vrrp, 'script');
  ended(vrrp, 'script', { code: 1 });
  t.equal(vrrp.router(KEY).state, 'Initialize');
  t.match(sent(vrrp).at(-1), { priority: 0 });
  ended(vrrp, 'script', {});
  t.equal(vrrp.router(KEY).state, 'Backup');
});

t.test('what a check said before a version that knows none is forgotten', async (t) => {
  const { decrement: _, ...check } = CHECK;
  const old = served({ track: [check] });
  ended(old, 'script', { code: 1 });
  t.equal(old.router(KEY).state, 'Initialize');
  // As 3.0.0 leaves it: the timer is cancelled, and the role begins.
  old.ctx.cancelTimer('check', [...old.state.dependencies.keys()][0]!);
  old.router(KEY).state = 'Active';
  const vrrp = new ServedVrrp({ state: old.state, before: old.ctx });
  vrrp.link(linkUp('r0', `${OWN}/24`));
  t.equal(vrrp.router(KEY).state, 'Active', 'nobody says that it is not there');
  t.equal(told(vrrp, 'script').length, 1, 'it is asked at once');
  ended(vrrp, 'script', { code: 1 });
  t.equal(vrrp.router(KEY).state, 'Initialize', 'and what it says counts');
});

t.test('what a virtual router depends on is shown, with why it is not there', async (t) => {
  const track = [
    { what: 'interface' as const, of: 'wan0', decrement: 10 },
    { what: 'prefix' as const, of: '0.0.0.0/0' },
    { ...CHECK, check: { ...RUN, arguments: ['-q'] } },
  ];
  const vrrp = served({ track, notify: NOTIFY });
  const shown = () => (vrrp.ask('showDetail') as { lines: string[] }[])[0];
  t.match(shown(), {
    notify: '/etc/notify',
    track: [{ of: 'wan0', there: false }, { there: null }, { of: '/etc/check -q', there: null }],
  });
  vrrp.link(linkUp('wan0', '10.9.0.1/24'));
  ended(vrrp, 'script', { code: 2, output: 'no answer' });
  vrrp.advance(2_000);
  ended(vrrp, 'notify', {});
  t.match(
    shown()?.lines.filter((line) => /Depends|told/.test(line)),
    [
      '  Depends on wan0, priority 10 lower without: there, for 2s',
      '  Depends on 0.0.0.0/0, does not run without: not known yet',
      '  Depends on /etc/check -q, priority 30 lower without: not there: ended with code 2: no answer, for 2s',
      '  Changes of role are told to /etc/notify (the last run ended with code 0, 0ms ago)',
    ],
  );
});

t.test('a check that comes and goes is told so often at most', async (t) => {
  const vrrp = served({ track: [CHECK] });
  vrrp.ctx.takeLog('info');
  for (let i = 0; i < 40; i++) {
    ended(vrrp, 'script', { code: 1 });
    ended(vrrp, 'script', {});
  }
  const lines = vrrp.ctx.takeLog('info').filter((line) => line === '/etc/check is there');
  t.equal(lines.length, 16);
});

t.test('another configuration opens and closes the ports, and forgets the checks that went', async (t) => {
  const vrrp = served({ track: [CHECK], notify: NOTIFY });
  ended(vrrp, 'script', { code: 1 });
  const plan = vrrp.module.configure({ groups: [GROUP] });
  vrrp.module.apply(plan as never);
  t.same(vrrp.ctx.ports('script'), []);
  t.same(vrrp.ctx.ports('notify'), []);
  t.equal([...vrrp.ctx.timers.values()].filter(({ name }) => name === 'check').length, 0);
  t.equal(vrrp.state.dependencies.size, 0);
});

t.test('in the configuration a path is a program, and its keys are for it alone', async (t) => {
  const entry = {
    ...{ interface: 'r0', group: 51, version: 3, priority: 100, interval: 1000, preempt: true },
    ...{
      'preempt-delay': 0,
      'start-delay': 0,
      'virtual-mac': true,
      checksum: 'auto',
      addresses: ['10.0.0.100'],
    },
  };
  const track = [
    { of: '/etc/check', arguments: ['a'], user: 'daemon', decrement: 5 },
    { of: 'wan0', decrement: 10 },
  ];
  const notify = { program: '/etc/notify', 'time-limit': 2_000 };
  t.match(section.settings?.([{ ...entry, track, notify }], {}), {
    groups: [
      {
        track: [
          {
            what: 'program',
            of: '/etc/check',
            decrement: 5,
            check: {
              program: '/etc/check',
              arguments: ['a'],
              user: 'daemon',
              interval: 1_000,
              timeLimit: 10_000,
            },
          },
          { what: 'interface', of: 'wan0', decrement: 10 },
        ],
        notify: { program: '/etc/notify', timeLimit: 2_000 },
      },
    ],
  });
  const wrong = section.check?.([{ ...entry, track: [{ of: 'wan0', interval: 500, user: 'daemon' }] }], {});
  t.match(wrong, [{ path: ['vrrp', 0, 'track', 0, 'interval'] }, { path: ['vrrp', 0, 'track', 0, 'user'] }]);
});
