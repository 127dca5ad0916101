/** Accept_Mode (RFC 9568 6.1, 6.4.3): what VRRP wants of IP, whether it is so, and what people are told of it. */
import t from 'tap';
import type { VirtualRouters } from '../../firmware/modules/messages/virtual-routers.ts';
import { section } from '../../firmware/modules/vrrp/config.ts';
import { linkUp } from './fake-context.ts';
import { active, OWN, ServedVrrp, served } from './vrrp-router.ts';

const REFUSES = { accept: false } as const;

/** `accept` of each change that IP was told since the last call; all messages have `saysAccept`. */
function told(vrrp: ServedVrrp): (boolean | undefined)[] {
  return vrrp.ctx.sent
    .splice(0)
    .filter(({ type }) => type === 'virtualRouters')
    .flatMap(({ body }) => {
      const { changes, saysAccept } = body as VirtualRouters;
      t.equal(saysAccept, true);
      return changes.map(({ accept }) => accept);
    });
}

/** IP asks, and has what it was told last. */
function ask(vrrp: ServedVrrp, takesAccept: boolean): void {
  const { session, number } = vrrp.state.telling;
  const has = { vrrp: { session, number: number - 1 } };
  vrrp.event('IP', '3.5.0', 'virtualRoutersWanted', { has, ...(takesAccept && { takesAccept }) });
}

function hold(vrrp: ServedVrrp, more: object): void {
  vrrp.event('IP', '3.5.0', 'virtualRouterHeld', {
    source: 'vrrp',
    id: 'r0/51',
    device: 'vrrp4-2-51',
    ...more,
  });
}

const detail = (vrrp: ServedVrrp) =>
  (
    vrrp.ask('showDetail') as {
      acceptMode: boolean;
      takenBecause: string;
      lines: string[];
      problem: string;
    }[]
  )[0]!;
const line = (vrrp: ServedVrrp) =>
  detail(vrrp)
    .lines.find((text) => text.includes('Accept mode'))
    ?.trim();

t.test('it is true unless it is configured, and then IP is told nothing of it', async (t) => {
  const vrrp = served();
  t.same(told(vrrp), [undefined]);
  ask(vrrp, true);
  t.same(told(vrrp), [], 'an answer without changes');
  t.match(detail(vrrp), { acceptMode: true, takenBecause: '' });
  t.equal(line(vrrp), 'Accept mode true');
});

t.test(
  'false is told with each change, as a Backup and as the Active Router, and shown when it is so',
  async (t) => {
    const vrrp = served(REFUSES);
    t.same(told(vrrp), [false]);
    ask(vrrp, true);
    t.same(told(vrrp), [false]);
    t.match(detail(vrrp), {
      acceptMode: false,
      takenBecause: 'IP has not said yet that they are not',
      problem: '',
    });
    hold(vrrp, { closed: true });
    t.match(detail(vrrp), { acceptMode: false, takenBecause: '' });
    t.equal(line(vrrp), 'Accept mode false: packets to the addresses are dropped');
    vrrp.advance(4_000);
    t.equal(vrrp.router().state, 'Active');
    t.same(told(vrrp), [false]);
    hold(vrrp, { problem: 'the kernel refused: close addresses: no' });
    t.equal(
      line(vrrp),
      'Accept mode false, but packets to the addresses are taken: the kernel refused: close addresses: no',
    );
  },
);

t.test(
  'the owner takes packets to its addresses: said as a contradiction, and told when that changes',
  async (t) => {
    const vrrp = served(REFUSES, `${OWN}/24`, '10.0.0.100/24');
    t.match(
      vrrp.ctx.takeLog('warn').join('\n'),
      /it is the owner, which takes packets to its addresses whatever `accept` says/,
    );
    t.match(detail(vrrp), { acceptMode: true });
    told(vrrp);
    vrrp.link(linkUp('r0', `${OWN}/24`));
    t.same(told(vrrp).at(-1), false);
    t.match(detail(vrrp), { acceptMode: false });
    vrrp.link(linkUp('r0', `${OWN}/24`, '10.0.0.100/24'));
    t.same(told(vrrp).at(-1), undefined);
    vrrp.link(linkUp('r0', `${OWN}/24`, '10.0.0.100/24', '10.0.0.101/24'));
    t.same(told(vrrp), [], 'another address is no matter');
  },
);

t.test('in the file the owner cannot have it false', async (t) => {
  const entry = { interface: 'r0', group: 51, addresses: ['10.0.0.100'] };
  t.match(section.check?.([{ ...entry, priority: 255, ...REFUSES }], {}), [
    { path: ['vrrp', 0, 'accept'], text: /^true: with priority 255 the router owns the addresses/ },
  ]);
  t.same(section.check?.([{ ...entry, priority: 254, ...REFUSES }], {}), []);
  t.same(section.check?.([{ ...entry, priority: 255, accept: true }], {}), []);
});

t.test('an IP that does not know of it is named once; one that does is told anew', async (t) => {
  const vrrp = active(REFUSES);
  hold(vrrp, { closed: true });
  ask(vrrp, true);
  told(vrrp);
  for (let i = 0; i < 3; i++) ask(vrrp, false);
  t.match(vrrp.ctx.takeLog('warn'), [
    /^virtual router 51 on r0: packets to the addresses are taken, though accept is false: the IP that runs does not know/,
  ]);
  t.match(detail(vrrp), { takenBecause: /3\.5\.0 does/, problem: /3\.5\.0 does/ });
  t.same(told(vrrp), []);
  ask(vrrp, true);
  t.same(told(vrrp), [false]);
  t.match(detail(vrrp), { problem: '' });
  hold(vrrp, { closed: true });
  t.match(detail(vrrp), { takenBecause: '' });
  t.equal(vrrp.router().state, 'Active');
});

t.test('a version that takes over says it again: the one before may have told nothing', async (t) => {
  const before = served(REFUSES);
  ask(before, true);
  hold(before, { closed: true });
  const { number } = before.state.telling;
  const vrrp = new ServedVrrp({ state: before.state, before: before.ctx, why: 'upgrade' });
  t.equal(vrrp.state.telling.number, number + 1, 'soon after the start');
  const other = served();
  const { number: same } = other.state.telling;
  const next = new ServedVrrp({ state: other.state, before: other.ctx, why: 'upgrade' });
  t.equal(next.state.telling.number, same, 'who accepts says nothing');
});
