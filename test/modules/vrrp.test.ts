import t from 'tap';
import { MOST_LINES_AT_ONCE } from '../../firmware/modules/limited-log.ts';
import { DROP_REASONS } from '../../firmware/modules/vrrp/drop.ts';
import { type Advertisement, decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { patched } from './bytes.ts';
import { linkDown, linkUp } from './fake-context.ts';
import { ServedVrrp, VRRP_GROUP } from './vrrp-router.ts';

const group = {
  interface: 'r0',
  group: 51,
  priority: 100,
  interval: 100,
  preempt: true,
  addresses: ['10.0.0.100', '10.0.0.101'],
};
const OWN = '10.0.0.10';
const PEER = '10.0.0.2';

function served(other: Partial<typeof group> = {}) {
  const vrrp = new ServedVrrp({ ...group, ...other });
  vrrp.link(linkUp('r0', `${OWN}/24`));
  return vrrp;
}
type Router = ReturnType<typeof served>;

const THEIRS: Advertisement = {
  version: 3,
  group: 51,
  priority: 90,
  interval: 100,
  addresses: group.addresses,
};

interface Sent {
  from?: string;
  ttl?: number;
  change?: (bytes: Uint8Array) => Uint8Array;
}

/** Lets the router receive an advertisement of a peer on r0. */
function receive(vrrp: Router, adv: Partial<Advertisement> = {}, sent: Sent = {}): void {
  const { from = PEER, ttl = 255, change } = sent;
  const bytes = encode({ ...THEIRS, ...adv }, from, VRRP_GROUP);
  vrrp.packet('vrrp', 'r0', { from, to: VRRP_GROUP, ttl, payload: change?.(bytes) ?? bytes });
}

/** Advertisements sent since the last call. */
function advertisements(vrrp: Router): Advertisement[] {
  return vrrp.ctx.transmitted.splice(0).map(({ key, to, payload }) => {
    const adv = decode({ from: OWN, to, hops: 255, payload });
    if ('error' in adv || key !== 'r0') throw new Error(`a bad advertisement on ${key}`);
    return adv;
  });
}

function router(vrrp: Router) {
  return vrrp.state.groups.get('r0/51')!;
}

/** What it is, and in how many ms its Active_Down_Timer fires. */
function status(vrrp: Router): [string, number | undefined] {
  return [router(vrrp).state, vrrp.ctx.timerDue('activeDown', 'r0/51')];
}

/** RFC 9568 6.1 for priority 100 and 1 s: 3 × 1000 + 156 × 1000 / 256. */
const ACTIVE_DOWN = 3609.375;
const SKEW = 609.375;

function active(other: Partial<typeof group> = {}): Router {
  const vrrp = served(other);
  vrrp.advance(4000);
  vrrp.ctx.transmitted.length = 0;
  return vrrp;
}

t.test('6.4.1: nothing happens until the interface is up and has an address', async (t) => {
  const vrrp = new ServedVrrp(group);
  for (const link of [linkDown('r0'), linkUp('r0'), linkUp('r1', '10.0.1.1/24')]) {
    vrrp.link(link);
    t.same(status(vrrp), ['Initialize', undefined]);
  }
  vrrp.tick(0);
  receive(vrrp);
  t.same(advertisements(vrrp), []);
  t.same(vrrp.ask('virtualRouters'), [
    {
      interface: 'r0',
      group: 51,
      family: 4,
      version: 3,
      state: 'Initialize',
      priority: 100,
      active: '',
      addresses: group.addresses,
      checksum: ['pseudo-header'],
      problem: '',
    },
  ]);
});

t.test('6.4.1: startup makes a Backup Router that waits for Active_Down_Interval', async (t) => {
  t.same(status(served()), ['Backup', ACTIVE_DOWN]);
});

t.test('6.4.1: the owner of the addresses is Active at once, and advertises', async (t) => {
  const vrrp = served({ priority: 255 });
  t.same(status(vrrp), ['Active', undefined]);
  t.match(advertisements(vrrp), [{ group: 51, priority: 255, interval: 100, addresses: group.addresses }]);
});

t.test('6.4.2: a Backup Router becomes Active when the timer fires, and advertises at once', async (t) => {
  const vrrp = served();
  vrrp.advance(ACTIVE_DOWN - 1);
  t.same(advertisements(vrrp), []);
  vrrp.advance(1);
  t.same(status(vrrp), ['Active', undefined]);
  t.match(advertisements(vrrp), [{ priority: 100 }]);
  t.match(vrrp.ask('virtualRouters'), [{ state: 'Active', active: OWN }]);
});

t.test('6.4.2: priority 0 leaves only Skew_Time', async (t) => {
  const vrrp = served();
  receive(vrrp, { priority: 200 });
  receive(vrrp, { priority: 0 });
  t.same(status(vrrp), ['Backup', SKEW]);
  t.equal(router(vrrp).active, '');
});

t.test(
  '6.4.2: an advertisement of at least our priority starts the timer afresh, with its interval',
  async (t) => {
    for (const priority of [100, 200]) {
      const vrrp = served();
      vrrp.advance(2000);
      receive(vrrp, { priority, interval: 200 });
      t.same(status(vrrp), ['Backup', 2 * ACTIVE_DOWN]);
      t.equal(router(vrrp).active, PEER);
    }
  },
);

t.test('6.4.2: a lower priority is preempted, unless Preempt_Mode is off', async (t) => {
  const preempting = served();
  preempting.advance(2000);
  receive(preempting, { priority: 99 });
  t.same(status(preempting), ['Backup', ACTIVE_DOWN - 2000]);
  const obeying = served({ preempt: false });
  obeying.advance(2000);
  receive(obeying, { priority: 99 });
  t.same(status(obeying), ['Backup', ACTIVE_DOWN]);
});

t.test('6.4.2: a Backup Router sends nothing on ticks', async (t) => {
  const vrrp = served();
  for (let tick = 0; tick < 5; tick++) vrrp.tick(tick);
  t.same(advertisements(vrrp), []);
});

t.test('6.4.3: an Active Router advertises on the ticks of its interval', async (t) => {
  const each = active();
  for (let tick = 0; tick < 6; tick++) each.tick(tick);
  t.equal(advertisements(each).length, 6);
  const third = active({ interval: 300 });
  third.advance(20_000);
  third.ctx.transmitted.length = 0;
  for (let tick = 0; tick < 6; tick++) third.tick(tick);
  t.equal(advertisements(third).length, 2);
});

t.test('6.4.3: an Active Router answers priority 0 and any weaker advertisement at once', async (t) => {
  for (const [adv, from] of [
    [{ priority: 0 }, '10.0.0.200'],
    [{ priority: 99 }, '10.0.0.200'],
    [{ priority: 100 }, '10.0.0.9'],
  ] as const) {
    const vrrp = active();
    receive(vrrp, adv, { from });
    t.same(status(vrrp), ['Active', undefined], `${adv.priority} from ${from}`);
    t.match(advertisements(vrrp), [{ priority: 100 }]);
  }
});

t.test(
  '6.4.3: an Active Router yields to a higher priority, or to a higher address of its own',
  async (t) => {
    for (const [adv, from, why] of [
      [{ priority: 101 }, '10.0.0.9', 'priority'],
      [{ priority: 100 }, '10.0.0.200', 'address'],
    ] as const) {
      const vrrp = active();
      receive(vrrp, { ...adv, interval: 200 }, { from });
      t.same(status(vrrp), ['Backup', 2 * ACTIVE_DOWN]);
      t.equal(router(vrrp).active, from);
      t.same(advertisements(vrrp), []);
      t.equal(router(vrrp).history[0]?.reason, why);
    }
  },
);

t.test(
  'shutdown: without interface or address a virtual router is in Initialize, and starts again later',
  async (t) => {
    for (const start of [served, active]) {
      for (const link of [linkDown('r0'), linkUp('r0')]) {
        const vrrp = start();
        vrrp.link(link);
        t.same(status(vrrp), ['Initialize', undefined]);
        t.equal(router(vrrp).active, '');
        vrrp.link(linkUp('r0', `${OWN}/24`));
        t.same(status(vrrp), ['Backup', ACTIVE_DOWN]);
      }
    }
  },
);

t.test('a change of address goes on without a new election', async (t) => {
  const vrrp = active();
  vrrp.link(linkUp('r0', '10.0.0.77/24'));
  t.same(status(vrrp), ['Active', undefined]);
  t.equal(router(vrrp).active, '10.0.0.77');
  vrrp.tick(0);
  const [sent] = vrrp.ctx.transmitted;
  t.notMatch(decode({ from: '10.0.0.77', to: VRRP_GROUP, hops: 255, payload: sent!.payload }), {
    error: String,
  });
});

t.test('every check of RFC 9568 7.1 drops what it should, counts it, and changes nothing', async (t) => {
  const cases: [keyof typeof DROP_REASONS, Partial<Advertisement>, Sent][] = [
    ['own', {}, { from: OWN }],
    ['ttl', {}, { ttl: 254 }],
    ['version', {}, { change: (bytes) => patched(bytes, 0, 0x41) }],
    ['type', {}, { change: (bytes) => patched(bytes, 0, 0x32) }],
    ['truncated', {}, { change: (bytes) => bytes.slice(0, 12) }],
    ['checksum', {}, { change: (bytes) => patched(bytes, 2, 250) }],
    ['addressCount', { addresses: [] }, {}],
    ['vrid', { group: 52 }, {}],
    ['interval', { interval: 0 }, {}],
  ];
  for (const [reason, adv, sent] of cases) {
    const vrrp = served();
    vrrp.advance(1000);
    receive(vrrp, { priority: 200, ...adv }, sent);
    t.same(status(vrrp), ['Backup', ACTIVE_DOWN - 1000], reason);
    const counters = reason === 'interval' ? router(vrrp).statistics.counters : vrrp.state.counters;
    t.same(counters, { [reason]: 1 });
    const warnings = vrrp.ctx.takeLog('warn');
    if (reason === 'own') t.same(warnings, []);
    else t.match(warnings, [DROP_REASONS[reason]]);
  }
  const owner = served({ priority: 255 });
  receive(owner);
  t.same(router(owner).statistics.counters, { sent: 1, owner: 1 });
  const down = served();
  down.link(linkDown('r0'));
  receive(down);
  t.same(down.state.counters, { inactive: 1 });
  // vrrp-version2.test.ts and vrrp-ipv6.test.ts have those of version 2 and of IPv6.
  const elsewhere = ['authentication', 'adverInterval', 'source'];
  const tested = new Set<string>([...cases.map(([reason]) => reason), 'owner', 'inactive', ...elsewhere]);
  t.same(
    Object.keys(DROP_REASONS).filter((reason) => !tested.has(reason)),
    [],
    'every reason has its case here',
  );
});

t.test('a neighbour that is configured otherwise is obeyed, counted, and named once', async (t) => {
  const vrrp = served();
  for (let i = 0; i < 3; i++) receive(vrrp, { priority: 200, interval: 300, addresses: ['10.0.0.100'] });
  receive(vrrp, { priority: 200, interval: 300 }, { from: '10.0.0.3' });
  t.match(vrrp.ctx.takeLog('warn'), [
    /10\.0\.0\.2 advertises an interval of 300 cs, configured here is 100 cs/,
    /10\.0\.0\.2 advertises the addresses 10\.0\.0\.100, configured here is 10\.0\.0\.100 10\.0\.0\.101/,
    /10\.0\.0\.3 advertises an interval/,
  ]);
  t.match(router(vrrp).statistics.counters, { received: 4, intervalMismatch: 4, addressMismatch: 3 });
  t.same(status(vrrp), ['Backup', 3 * ACTIVE_DOWN]);
});

t.test('addresses in another order agree', async (t) => {
  const vrrp = served();
  receive(vrrp, { addresses: group.addresses.toReversed() });
  t.same(vrrp.ctx.takeLog('warn'), []);
});

t.test('forged neighbours do not fill the state', async (t) => {
  const vrrp = served();
  for (let i = 1; i < 200; i++) receive(vrrp, { interval: 300 }, { from: `10.0.0.${i + 50}` });
  const kind = vrrp.state.limited.get('intervalMismatch');
  t.equal(kind?.told.size, MOST_LINES_AT_ONCE);
  t.equal(vrrp.ctx.takeLog('warn').length, MOST_LINES_AT_ONCE);
});

t.test('statistics tell why a router is Active', async (t) => {
  const silent = served();
  silent.advance(4000);
  t.match(router(silent).statistics, {
    becameActive: 1,
    counters: { sent: 1 },
  });
  t.match(router(silent).history, [
    { state: 'Active', reason: 'noResponse' },
    { state: 'Backup', reason: 'startup' },
  ]);
  const resigned = served();
  receive(resigned, { priority: 200 });
  receive(resigned, { priority: 0 });
  resigned.advance(1000);
  t.match(router(resigned), { statistics: { resignations: 1 }, history: [{ reason: 'resigned' }] });
  const stronger = served();
  receive(stronger);
  stronger.advance(4000);
  t.match(router(stronger).history, [{ reason: 'preempted' }]);
  t.match(router(served({ priority: 255 })).history, [{ reason: 'owner' }]);
});

t.test('an Active Router whose advertisements do not leave says so after three', async (t) => {
  const vrrp = active();
  vrrp.ctx.portResult = 'down';
  for (let tick = 0; tick < 2; tick++) vrrp.tick(tick);
  t.equal(vrrp.module.isHealthy(), true);
  vrrp.tick(2);
  t.match(
    vrrp.module.isHealthy(),
    /virtual router 51 on r0 is Active, but its last 3 advertisements could not be sent: Operation not permitted/,
  );
  vrrp.ctx.portResult = 'sent';
  vrrp.tick(3);
  t.equal(vrrp.module.isHealthy(), true);
  t.match(router(vrrp).statistics, { unsent: 0, counters: { notSent: 3 } });
});

t.test('groups of the same number on two interfaces are apart', async (t) => {
  const groups = [group, { ...group, interface: 'r1', priority: 255 }];
  const vrrp = new ServedVrrp(...groups);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.link(linkUp('r1', '10.0.1.1/24'));
  t.match(vrrp.ask('virtualRouters'), [
    { interface: 'r0', state: 'Backup', priority: 100, active: '' },
    { interface: 'r1', state: 'Active', priority: 255, active: '10.0.1.1' },
  ]);
});

t.test(
  'without TIMER an Active Router advertises by its Adver_Timer, and a Backup Router does not',
  async (t) => {
    const vrrp = served();
    vrrp.advance(3_700);
    t.same(status(vrrp)[0], 'Active');
    t.equal(advertisements(vrrp).length, 1, 'at once');
    vrrp.advance(2_500);
    t.equal(advertisements(vrrp).length, 2);
    receive(vrrp, { priority: 0 });
    t.equal(advertisements(vrrp).length, 1, 'at once');
    t.equal(vrrp.ctx.timerDue('adver', 'r0/51'), 1_000, 'and the timer begins anew (6.4.3)');
    receive(vrrp, { priority: 200 });
    t.equal(vrrp.ctx.timerDue('adver', 'r0/51'), undefined);
    t.notOk(
      vrrp.ctx.sent.some(({ type }) => type === 'relay'),
      'no relay number',
    );
  },
);

t.test('a version takes over from one without an Adver_Timer, and keeps to the ticks of TIMER', async (t) => {
  const before = served();
  before.advance(3_700);
  before.ctx.cancelTimer('adver', 'r0/51');
  const vrrp = new ServedVrrp({ state: before.state, before: before.ctx });
  vrrp.advance(300);
  for (let tick = 4; tick < 8; tick++) {
    vrrp.tick(tick);
    t.equal(advertisements(vrrp).length, 1, 'with each tick, and never besides');
    vrrp.advance(tick < 7 ? 1_000 : 1_500);
  }
  t.equal(advertisements(vrrp).length, 1, 'the ticks have ended');
});

t.test('an upgrade keeps who is Active and the timer, and sends nothing by itself', async (t) => {
  for (const first of [served(), active()]) {
    first.advance(100);
    const before = status(first);
    for (const why of ['upgrade', 'rollback', 'resume'] as const) {
      const next = new ServedVrrp({ state: first.state, before: first.ctx, why });
      t.same(status(next), before);
      t.same(next.ctx.transmitted, []);
      t.same(next.ctx.logged, []);
    }
  }
});
