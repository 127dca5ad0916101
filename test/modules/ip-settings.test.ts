/** The settings of interfaces on a kernel of the test's own: what is asked for, what is taken back, and what is left alone. */
import t from 'tap';
import { OWN_GROUP } from '../../firmware/modules/ip/interfaces/device.ts';
import { differingIn } from '../../firmware/modules/ip/interfaces/wanted.ts';
import { FakeKernel } from './fake-kernel.ts';
import { configOf, Setting } from './ip-setting.ts';

function kernelWith(...names: string[]): FakeKernel {
  const kernel = new FakeKernel();
  for (const name of names) kernel.link(name);
  return kernel;
}

t.test('an interface is given what it lacks, and at the end all of that is taken back', (t) => {
  const kernel = kernelWith('lan0');
  const lan0 = kernel.named('lan0')!;
  Object.assign(lan0, { up: false, alias: 'before' });
  const config = configOf({
    lan0: {
      addresses: ['10.0.1.1/24', 'fd00:1::1/64'],
      up: true,
      mtu: 1400,
      description: 'to the lab',
      forwarding: true,
    },
  });
  const setting = new Setting(kernel, config);
  t.same(kernel.has, ['lan0 10.0.1.1/24', 'lan0 fd00:1::1/64']);
  t.match(lan0, { up: true, mtu: 1400, alias: 'to the lab' });
  t.same(Object.fromEntries(kernel.variables), {
    'net/ipv4/conf/lan0/promote_secondaries': '1',
    'net/ipv6/conf/lan0/keep_addr_on_down': '1',
    'net/ipv4/conf/lan0/forwarding': '1',
    'net/ipv6/conf/lan0/forwarding': '1',
    'net/ipv6/conf/lan0/force_forwarding': '1',
  });
  t.match(setting.changes.flatMap((change) => (change.kind === 'address' ? [change.wanted] : []))[0], {
    broadcast: '10.0.1.255',
    protocol: 72,
  });
  setting.end();
  t.same(kernel.has, []);
  t.match(lan0, { up: false, mtu: 1500, alias: 'before' });
  t.same([...new Set(kernel.variables.values())], ['0']);
  t.same(setting.ctx.logged, []);
  t.end();
});

t.test(
  'where IPv6 is not forwarded by one interface, all do, as long as one is to, and nothing is logged',
  (t) => {
    const kernel = kernelWith('lo', 'lan0', 'lan1');
    kernel.isOld = true;
    const ALL = 'net/ipv6/conf/all/forwarding';
    const [one, both] = [
      configOf({ lan0: { forwarding: true } }),
      configOf({ lan0: {}, lan1: { forwarding: true } }),
    ];
    const setting = new Setting(kernel, one);
    t.equal(kernel.variables.get(ALL), '1');
    setting.take();
    setting.configure(both, differingIn(one, both));
    t.equal(kernel.variables.get(ALL), '1');
    t.notOk(
      setting.take().some((change) => change.startsWith(ALL)),
      'it was not 0 between',
    );
    setting.configure(configOf({ lan1: {} }), ['lan1', 'lo']);
    t.equal(kernel.variables.get(ALL), '0');
    setting.configure(one, ['lan0', 'lan1', 'lo']);
    t.equal(kernel.variables.get(ALL), '1');
    setting.end();
    t.same([...new Set(kernel.variables.values())], ['0']);
    t.same(setting.ctx.logged, []);
    t.end();
  },
);

t.test('what was there before is left alone, at the beginning and at the end', (t) => {
  const kernel = kernelWith('lan0');
  kernel.give('lan0', '10.0.1.1/24');
  kernel.give('lan0', '10.0.7.1/24');
  kernel.named('lan0')!.mtu = 1400;
  const setting = new Setting(
    kernel,
    configOf({ lan0: { addresses: ['10.0.1.1/24', '10.0.2.1/24'], mtu: 1400 } }),
  );
  t.same(setting.take(), ['net/ipv4/conf/lan0/promote_secondaries=1', 'replace 10.0.2.1/24']);
  setting.end();
  t.same(kernel.has, ['lan0 10.0.1.1/24', 'lan0 10.0.7.1/24']);
  t.equal(kernel.named('lan0')?.mtu, 1400);
  t.end();
});

t.test('another configuration touches what differs alone, whatever the order', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(
    kernel,
    configOf({ lan0: { addresses: ['10.0.1.1/24', '10.0.2.1/24'], mtu: 1400 } }),
  );
  setting.take();
  setting.configure(
    configOf({ lan0: { addresses: ['10.0.3.1/24', '10.0.2.1/24', '10.0.1.1/24'], mtu: 1400 } }),
    ['lan0'],
  );
  t.same(setting.take(), ['replace 10.0.3.1/24']);
  setting.configure(configOf({ lan0: { addresses: ['10.0.2.1/24'] } }), ['lan0']);
  t.same(setting.take(), [`set {"index":2,"mtu":1500}`, 'remove 10.0.1.1/24', 'remove 10.0.3.1/24']);
  setting.configure(configOf({ lan0: {} }), ['lan0']);
  t.same(setting.take(), ['remove 10.0.2.1/24', 'net/ipv4/conf/lan0/promote_secondaries=0']);
  t.same(kernel.has, []);
  t.end();
});

t.test('an address of IPv6 that gets another prefix goes first, for the kernel has it once', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ lan0: { addresses: ['fd00::1/64', '10.0.1.1/24'] } }));
  setting.take();
  setting.configure(configOf({ lan0: { addresses: ['fd00::1/56', '10.0.1.1/25'] } }), ['lan0']);
  t.same(setting.take(), [
    'remove fd00::1/64',
    'replace fd00::1/56',
    'replace 10.0.1.1/25',
    'remove 10.0.1.1/24',
  ]);
  t.end();
});

t.test('an interface that comes later, goes and comes again is given all anew', (t) => {
  const kernel = kernelWith();
  const setting = new Setting(kernel, configOf({ lan0: { addresses: ['10.0.1.1/24'], mtu: 1400 } }));
  t.same(setting.take(), []);
  for (let i = 0; i < 2; i++) {
    setting.happens(() => kernel.link('lan0'));
    t.same(kernel.has, ['lan0 10.0.1.1/24']);
    t.equal(kernel.named('lan0')?.mtu, 1400);
    setting.happens(() => kernel.remove(kernel.named('lan0')!));
    setting.advance(1_000_000);
  }
  t.same(setting.ctx.logged, [], 'addresses that go with their link are no theft');
  t.end();
});

t.test(
  'an interface that is renamed loses what was for the old name, and has what is for the new one',
  (t) => {
    const kernel = kernelWith('lan0');
    const setting = new Setting(
      kernel,
      configOf({ lan0: { addresses: ['10.0.1.1/24'], mtu: 1400 }, lan1: { mtu: 1300 } }),
    );
    setting.happens(() => Object.assign(kernel.named('lan0')!, { name: 'lan1' }));
    t.same(kernel.has, []);
    t.equal(kernel.named('lan1')?.mtu, 1300);
    setting.happens(() => Object.assign(kernel.named('lan1')!, { name: 'other' }));
    t.equal(kernel.named('other')?.mtu, 1500, 'as it was before us');
    t.end();
  },
);

t.test('values that somebody changes by hand are his: they are set once, and not put back', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ lan0: { up: true, mtu: 1400, description: 'ours' } }));
  setting.take();
  setting.happens(() => Object.assign(kernel.named('lan0')!, { up: false, mtu: 1450 }));
  setting.list();
  t.same(setting.take(), []);
  setting.end();
  t.match(kernel.named('lan0'), { up: false, mtu: 1450, alias: '' });
  t.end();
});

t.test('an address that another program takes away is given back, later each time, and told', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ lan0: { addresses: ['10.0.1.1/24'] } }));
  const waits: number[] = [];
  const steal = () => {
    setting.happens(() => kernel.addresses.clear());
    for (let waited = 0; ; waited += 100) {
      if (kernel.has.length > 0) return waits.push(waited);
      setting.advance(100);
    }
  };
  for (let i = 0; i < 8; i++) steal();
  t.same(waits, [100, 400, 1600, 6400, 25_600, 102_400, 409_600, 600_000]);
  const lines = setting.ctx.takeLog('warn');
  t.equal(lines.length, 8);
  t.match(
    lines[1],
    /lan0: another program took 10\.0\.1\.1\/24 away.*given back; should it go again, in 1\.6 s/,
  );
  setting.advance(60_000);
  steal();
  t.equal(waits.at(-1), 100, 'it was there for a minute');
  t.end();
});

t.test('an address that was there before us becomes ours when whoever gave it takes it away', (t) => {
  const kernel = kernelWith('lan0');
  kernel.give('lan0', '10.0.1.1/24');
  const setting = new Setting(kernel, configOf({ lan0: { addresses: ['10.0.1.1/24'] } }));
  setting.happens(() => kernel.addresses.clear());
  setting.advance(100);
  t.same(kernel.has, ['lan0 10.0.1.1/24']);
  setting.end();
  t.same(kernel.has, []);
  t.end();
});

t.test('IPv6 addresses that go with a link that is set down come back with it, without a word', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ lan0: { addresses: ['fe80::1/64'] } }));
  setting.happens(() => {
    kernel.named('lan0')!.up = false;
    kernel.addresses.clear();
  });
  setting.advance(10_000);
  t.same(kernel.has, []);
  setting.happens(() => Object.assign(kernel.named('lan0')!, { up: true }));
  t.same(kernel.has, ['lan0 fe80::1/64']);
  t.same(setting.ctx.logged, []);
  t.end();
});

t.test('a refusal is told once in the kernel’s words, and tried again when the link changes', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ lan0: { mtu: 60_000, description: 'x' } }));
  t.match(setting.ctx.takeLog('warn'), [
    /^lan0: the kernel refused: set link: mtu greater than device maximum\. It is tried/,
  ]);
  t.match(kernel.named('lan0'), { mtu: 1500, alias: 'x' }, 'the rest is done');
  setting.take();
  setting.list();
  t.same(setting.take(), [], 'not while nothing changes');
  setting.happens(() => Object.assign(kernel.named('lan0')!, { carrier: false }));
  t.same(setting.take(), ['set {"index":2,"mtu":60000}']);
  t.same(setting.ctx.takeLog('warn'), []);
  setting.configure(configOf({ lan0: { mtu: 9_000, description: 'x' } }), ['lan0']);
  t.match(setting.ctx.takeLog('info'), [/lan0: mtu is as the configuration says now/]);
  setting.end();
  t.match(kernel.named('lan0'), { mtu: 1500, alias: '' });
  t.end();
});

t.test('an address that another host has is told, and that it is used later', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ lan0: { addresses: ['fd00::1/64'] } }));
  setting.happens(() => kernel.give('lan0', 'fd00::1/64', { protocol: 72, flags: 0x88 }));
  setting.happens(() => kernel.give('lan0', 'fd00::1/64', { protocol: 72, flags: 0xc8 }));
  t.match(setting.ctx.takeLog('warn'), [/lan0: fd00::1\/64 is not used: another host has it/]);
  setting.happens(() => kernel.give('lan0', 'fd00::1/64', { protocol: 72, flags: 0x80 }));
  t.match(setting.ctx.takeLog('info'), [/lan0: fd00::1\/64 is used now/]);
  t.end();
});

t.test('VLANs and bridges are made, with their members, and removed at the end, the upper one first', (t) => {
  const kernel = kernelWith('eth0', 'eth1', 'eth2');
  for (const link of kernel.links.values()) link.up = false;
  const setting = new Setting(
    kernel,
    configOf({
      br0: { bridge: ['eth1', 'eth2'] },
      'br0.7': { vlan: { parent: 'br0', id: 7 }, addresses: ['10.0.7.1/24'] },
    }),
  );
  const br0 = kernel.named('br0')!;
  t.match(br0, { kind: 'bridge', group: OWN_GROUP, up: true });
  t.match(kernel.named('br0.7'), { kind: 'vlan', vlan: 7, parent: br0.index, up: true, group: OWN_GROUP });
  t.same(
    ['eth0', 'eth1', 'eth2'].map((name) => [kernel.named(name)?.master, kernel.named(name)?.up]),
    [
      [0, false],
      [br0.index, true],
      [br0.index, true],
    ],
  );
  t.same(kernel.has, ['br0.7 10.0.7.1/24']);
  setting.take();
  setting.end();
  t.match(setting.take().slice(-2), [/remove .*br0\.7/, /remove .*"br0"/]);
  t.same(
    [...kernel.links.values()].map(({ name, master, up }) => [name, master, up]),
    [
      ['eth0', 0, false],
      ['eth1', 0, false],
      ['eth2', 0, false],
    ],
  );
  t.end();
});

t.test('a bridge that somebody put into a group of links is not ours: nobody removes it', (t) => {
  const kernel = kernelWith('lan0');
  kernel.link('virbr0', { kind: 'bridge', group: 72 });
  const setting = new Setting(kernel, configOf({ lan0: { mtu: 1400 } }));
  setting.list();
  setting.end();
  t.ok(kernel.named('virbr0'));
  t.end();
});

t.test('a VLAN is made when its parent comes, and again when it comes again', (t) => {
  const kernel = kernelWith();
  const setting = new Setting(kernel, configOf({ 'lan0.7': { vlan: { parent: 'lan0', id: 7 }, mtu: 1400 } }));
  t.same(setting.take(), []);
  for (let i = 0; i < 2; i++) {
    setting.happens(() => kernel.link('lan0'));
    t.match(kernel.named('lan0.7'), { kind: 'vlan', parent: kernel.named('lan0')!.index, mtu: 1400 });
    setting.happens(() => [...kernel.links.values()].map((link) => kernel.remove(link)));
  }
  t.same(setting.ctx.logged, []);
  t.end();
});

t.test('a VLAN that gets another number is made anew; one that is not ours is left alone and told', (t) => {
  const kernel = kernelWith('lan0');
  const seven = configOf({ 'lan0.7': { vlan: { parent: 'lan0', id: 7 } } });
  const setting = new Setting(kernel, seven);
  const first = kernel.named('lan0.7')!;
  setting.configure(configOf({ 'lan0.7': { vlan: { parent: 'lan0', id: 8 } } }), ['lan0.7']);
  t.match(kernel.named('lan0.7'), { vlan: 8 });
  t.not(kernel.named('lan0.7')?.index, first.index);
  const other = kernelWith('lan0', 'lan0.7');
  const second = new Setting(
    other,
    configOf({ 'lan0.7': { vlan: { parent: 'lan0', id: 7 }, addresses: ['10.0.7.1/24'] } }),
  );
  second.list();
  t.same(second.take(), []);
  t.match(second.ctx.takeLog('warn'), [/^lan0\.7 is there already and is not VLAN 7 of lan0/]);
  second.end();
  t.ok(other.named('lan0.7'));
  t.end();
});

t.test(
  'a device that the kernel does not know is told once, and tried again when the configuration changes',
  (t) => {
    const kernel = kernelWith('lan0');
    const config = configOf({ lan0: { vrf: 'blue', addresses: ['10.0.1.1/24'] } }, { blue: { number: 100 } });
    const setting = new Setting(kernel, config);
    t.match(setting.ctx.takeLog('warn'), [
      /^blue is not made as the VRF of table 100: add link: Unknown device type/,
    ]);
    setting.happens(() => Object.assign(kernel.named('lan0')!, { carrier: false }));
    t.same(setting.ctx.logged, []);
    t.same(kernel.has, ['lan0 10.0.1.1/24'], 'the interface is served all the same');
    t.end();
  },
);

t.test('after a crash, what was ours is found by its marks and taken back at the end', (t) => {
  const kernel = kernelWith('lan0', 'eth1');
  const config = configOf({
    lan0: { addresses: ['10.0.1.1/24'] },
    br0: { bridge: ['eth1'], addresses: ['10.0.3.1/24'] },
  });
  new Setting(kernel, config);
  kernel.give('lan0', '10.0.9.1/24', { protocol: 72 });
  kernel.give('lan0', '10.0.8.1/24');
  const again = new Setting(kernel, config);
  t.same(
    kernel.has.sort(),
    ['br0 10.0.3.1/24', 'lan0 10.0.1.1/24', 'lan0 10.0.8.1/24'],
    'what nobody wants is swept',
  );
  t.same(
    again.take().filter((change) => !change.startsWith('net/')),
    ['remove 10.0.9.1/24'],
  );
  again.end();
  t.same(kernel.has, ['lan0 10.0.8.1/24']);
  t.equal(kernel.named('br0'), undefined);
  t.end();
});

t.test('where the kernel takes no request, it is asked with the next answer', (t) => {
  const kernel = kernelWith('lan0');
  const setting = new Setting(kernel, configOf({ br0: { bridge: [] } }));
  setting.full = true;
  setting.configure(configOf({ lan0: { addresses: ['10.0.1.1/24'] }, br1: { bridge: [] } }), [
    'lan0',
    'br0',
    'br1',
  ]);
  t.same(kernel.has, []);
  setting.full = false;
  setting.configure(
    configOf({ lan0: { addresses: ['10.0.1.1/24'] }, br1: { bridge: [] }, lo: { mtu: 9000 } }),
    ['lo'],
  );
  t.same(kernel.has, []);
  setting.happens(() => kernel.link('lo', { mtu: 65_536 }));
  t.same(kernel.has, ['lan0 10.0.1.1/24']);
  t.ok(kernel.named('br1'));
  t.equal(kernel.named('br0'), undefined);
  t.end();
});
