/** Groups that contradict the addresses of their interface: said once for each change, and what the router does then. */
import t from 'tap';
import Vrrp, { manifest } from '../../firmware/modules/vrrp/module.ts';
import { linkDown, linkUp, Served } from './fake-context.ts';
import { active, GROUP, OWN, receive, ServedVrrp, sent, served } from './vrrp-router.ts';

const state = (vrrp: ServedVrrp) => vrrp.state.groups.get('r0/51')?.state;

t.test('a configuration that fits is no matter for the log', async (t) => {
  t.same(served().ctx.takeLog('warn'), []);
  t.same(served({ priority: 255, addresses: [OWN] }).ctx.takeLog('warn'), []);
});

t.test(
  'who owns a virtual address is its owner, whatever priority is configured, and it is said',
  async (t) => {
    const vrrp = served({ addresses: [OWN] });
    t.match(vrrp.ctx.takeLog('warn'), [
      /^virtual router 51 on r0: 10\.0\.0\.10 is of this router itself, so it runs as the owner with priority 255 and not 100 \(RFC 5798 5\.2\.4\); set priority: 255/,
    ]);
    t.equal(state(vrrp), 'Active');
    t.match(sent(vrrp), [{ priority: 255, from: OWN }]);
    receive(vrrp, { priority: 200 });
    t.equal(state(vrrp), 'Active', 'nobody else can have the address');
    t.match(vrrp.ask('virtualRouters'), [{ priority: 255 }]);
  },
);

t.test('priority 255 without the address is said, and obeyed', async (t) => {
  const vrrp = served({ priority: 255 });
  t.match(vrrp.ctx.takeLog('warn'), [
    /priority 255 is the owner's, and r0 does not have 10\.0\.0\.100; it runs as the owner all the same/,
  ]);
  t.equal(state(vrrp), 'Active');
});

t.test('an address of no network of the interface, and one of a network itself, are said', async (t) => {
  const addresses = ['10.0.0.100', '10.0.7.100', '10.0.0.0', '10.0.0.255'];
  t.match(served({ addresses }).ctx.takeLog('warn'), [
    /10\.0\.7\.100 is in no network of r0 \(10\.0\.0\.10\/24\)/,
    /10\.0\.0\.0, 10\.0\.0\.255 are a network's own or broadcast address/,
  ]);
});

t.test('a virtual address that was put on the interface, as a host, does not make an owner', async (t) => {
  const vrrp = served({}, `${OWN}/24`, '10.0.0.100/32');
  t.same(vrrp.ctx.takeLog('warn'), []);
  t.equal(state(vrrp), 'Backup');
});

t.test('each change is said once, and what is back is said again', async (t) => {
  const vrrp = served();
  const owner = linkUp('r0', `${OWN}/24`, '10.0.0.100/24');
  for (const [link, lines] of [
    [linkUp('r0', `${OWN}/24`), 0],
    [owner, 1],
    [owner, 0],
    [linkDown('r0'), 0],
    [owner, 0],
    [linkUp('r0', `${OWN}/24`), 0],
    [owner, 1],
  ] as const) {
    vrrp.link(link);
    t.equal(vrrp.ctx.takeLog('warn').length, lines);
  }
});

t.test('an interface that gets the virtual address makes its router the owner at once', async (t) => {
  const vrrp = served();
  receive(vrrp, { priority: 200 });
  vrrp.link(linkUp('r0', `${OWN}/24`, '10.0.0.100/24'));
  t.equal(state(vrrp), 'Active');
  t.match(sent(vrrp), [{ priority: 255 }]);
  t.equal(vrrp.ctx.timerDue('activeDown', 'r0/51'), undefined);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  receive(vrrp, { priority: 200 });
  t.equal(state(vrrp), 'Backup', 'without it, it is one like the others');
});

t.test('advertisements leave from the network of the virtual address, wherever it stands', async (t) => {
  for (const before of ['10.9.9.9/32', '10.9.9.9/24']) {
    const vrrp = active({}, before, `${OWN}/24`);
    t.match(vrrp.ctx.takeLog('info')[0], /^virtual router 51 on r0: 10\.0\.0\.10\/24 is used; 10\.9\.9\.9/);
    vrrp.tick(0);
    t.match(sent(vrrp), [{ from: OWN }]);
  }
});

t.test('an interface with host addresses alone is none to run on, and it is said', async (t) => {
  const vrrp = served({}, '10.9.9.9/32');
  t.equal(state(vrrp), 'Initialize');
  t.match(vrrp.ctx.takeLog('warn'), [/no address can be used; 10\.9\.9\.9\/32/]);
});

t.test(
  'a version that takes over says what the one before did not look for, soon after its start',
  async (t) => {
    const before = served({ addresses: [OWN] });
    const kept = { ...structuredClone(before.state), said: new Map(), checked: false };
    const vrrp = new Served(Vrrp, manifest, { state: kept, before: before.ctx, why: 'upgrade' });
    t.same(vrrp.ctx.takeLog('warn'), [], 'a start only reads');
    vrrp.advance(0);
    t.match(vrrp.ctx.takeLog('warn'), [/runs as the owner/]);
    vrrp.tick(1);
    t.same(vrrp.ctx.takeLog('warn'), []);
  },
);

t.test('each group of an interface is looked at', async (t) => {
  const groups = [GROUP, { ...GROUP, group: 52, addresses: [OWN] }];
  const vrrp = new ServedVrrp(...groups);
  vrrp.link(linkUp('r0', `${OWN}/24`));
  t.match(vrrp.ctx.takeLog('warn'), [/^virtual router 52/]);
});
