/** The keys of IP's section that set interfaces: which contradictions are found, where, and what settings are made of them. */
import t from 'tap';
import {
  checkInterfaces,
  type Keys,
  settingsOf,
} from '../../firmware/modules/ip/interfaces/interface-config.ts';
import { differingIn, wantedOf } from '../../firmware/modules/ip/interfaces/wanted.ts';
import { configOf } from './ip-setting.ts';

/** Each as `lan0.mtu: at least …`. */
function broken(
  interfaces: Record<string, Keys | undefined>,
  tables: Record<string, unknown> = {},
  whole: Parameters<typeof checkInterfaces>[2] = {},
): string[] {
  return [...checkInterfaces(interfaces, tables, whole)].map(({ path, text, found }) => {
    t.same(path.slice(0, 2), ['ip', 'interfaces']);
    return `${path.slice(2).join('.')}: ${found === undefined ? '' : `${found}; `}${text}`;
  });
}

t.test('what a router can have is right', (t) => {
  t.same(
    broken(
      {
        lo: { addresses: ['10.255.0.1/32', '127.0.0.2/8'] },
        lan0: { addresses: ['10.0.1.1/24', '10.0.1.2/24', 'fd00:1::1/64', 'fe80::1/64'], mtu: 1280 },
        lan1: { addresses: ['10.0.3.0/31', 'fe80::1/64'], vrf: 'blue' },
        lan2: { addresses: ['10.0.1.1/24'], vrf: 'blue' },
        br0: { bridge: ['eth1', 'eth2'] },
        'br0.7': { vlan: { parent: 'br0', id: 7 } },
        'eth3.7': { vlan: { parent: 'eth3', id: 7 } },
        half: { addresses: [undefined], vlan: { parent: 'eth4' }, bridge: undefined as never },
        nothing: undefined,
      },
      { blue: {} },
      { interfaces: { lan0: { addresses: ['10.0.1.1/24'] } } },
    ),
    [],
  );
  t.end();
});

t.test('an address that no interface can have, or that two have, is found with its path', (t) => {
  t.match(broken({ lan0: { addresses: ['10.0.1.1/24', '10.0.1.255/24', '300.0.0.1/8', 'fd00:::1/64'] } }), [
    /^lan0\.addresses\.1: an address that an interface can have: this is the network's broadcast address/,
    /^lan0\.addresses\.2: an address with the length/,
    /^lan0\.addresses\.3: an address with the length/,
  ]);
  t.match(broken({ lan0: { addresses: ['127.0.0.2/8'] } }), [/loopback/]);
  t.match(
    broken({ lan0: { addresses: ['10.0.1.1/24'] }, lan1: { addresses: ['10.0.2.1/24', '10.0.1.1/25'] } }),
    [
      /^lan1\.addresses\.1: 10\.0\.1\.1\/25 a second time; each address once \(it is in ip\.interfaces\.lan0\.addresses already\)/,
    ],
  );
  t.match(broken({ lan0: { addresses: ['fd00::1/64', 'FD00:0::1/64'] } }), [
    /^lan0\.addresses\.1: .* a second time/,
  ]);
  t.match(
    broken(
      { lan1: { addresses: ['10.0.1.1/24'] } },
      {},
      { interfaces: { lan0: { addresses: ['10.0.1.1/24'] } } },
    ),
    [/^lan1\.addresses\.0: .*it is in interfaces\.lan0\.addresses already/],
  );
  t.end();
});

t.test('an MTU that its addresses or its parent do not allow is found', (t) => {
  t.match(broken({ lan0: { mtu: 1279, addresses: ['10.0.0.1/8', 'fd00::1/64'] } }), [
    /^lan0\.mtu: 1280 or more, because of fd00::1\/64/,
  ]);
  t.match(broken({ lan0: { mtu: 1400 }, 'lan0.7': { mtu: 1401, vlan: { parent: 'lan0', id: 7 } } }), [
    /^lan0\.7\.mtu: at most that of its parent lan0, which is 1400/,
  ]);
  t.end();
});

t.test('VLANs, bridges and VRFs that contradict each other are found', (t) => {
  t.match(
    broken({
      a: { vlan: { parent: 'lan0', id: 7 }, bridge: [] },
      b: { vlan: { parent: 'lan0', id: 7 } },
      c: { vlan: { parent: 'd', id: 1 } },
      d: { vlan: { parent: 'c', id: 1 } },
      e: { vlan: { parent: 'e', id: 1 } },
    }),
    [
      /^a\.bridge: not beside vlan/,
      /^b\.vlan\.id: VLAN 7 of lan0 a second time; .*it is in ip\.interfaces\.a already/,
      /^c\.vlan\.parent: an interface that is not on c itself/,
      /^d\.vlan\.parent/,
      /^e\.vlan\.parent/,
    ],
  );
  t.match(
    broken(
      { br0: { bridge: ['eth1', 'eth2'] }, br1: { bridge: ['eth2', 'br0', 'lan0'] }, lan0: { vrf: 'blue' } },
      { blue: {} },
    ),
    [
      /^br1\.bridge\.0: eth2 a second time; each interface in one bridge \(it is in ip\.interfaces\.br0 already\)/,
      /^br1\.bridge\.1: an interface that is no bridge/,
      /^br1\.bridge\.2: an interface that is in no VRF/,
    ],
  );
  t.match(
    broken(
      { a: { vrf: 'red' }, blue: { vrf: 'blue' }, c: { vrf: 'br0' }, br0: { bridge: [] } },
      { blue: {}, br0: {} },
    ),
    [
      /^a\.vrf: the name of a table/,
      /^blue\.vrf: a table of another name/,
      /^c\.vrf: a table whose name is free/,
    ],
  );
  t.end();
});

t.test('keys become settings in the kernel’s form; where there are none, nothing is set', (t) => {
  t.equal(settingsOf({}), undefined);
  t.equal(settingsOf({ addresses: [] }), undefined);
  t.same(
    settingsOf({ addresses: ['FD00:0::1/64', '10.0.1.1/24', 'fd00::1/64'], description: 'x', up: false }),
    {
      addresses: ['fd00::1/64', '10.0.1.1/24'],
      description: 'x',
      up: false,
    },
  );
  t.end();
});

t.test('what an interface needs of another is wanted of that one, unless it says otherwise itself', (t) => {
  const config = configOf(
    {
      'lan0.7': { vlan: { parent: 'lan0', id: 7 } },
      br0: { bridge: ['eth1', 'eth2'] },
      eth2: { up: false },
      lan1: { vrf: 'blue' },
    },
    { blue: { number: 100 } },
  );
  const { byName, dependents } = wantedOf(config);
  t.match(Object.fromEntries(byName), {
    lan0: { up: true },
    eth1: { up: true, master: 'br0' },
    eth2: { up: false, master: 'br0' },
    blue: { up: true, device: { kind: 'vrf', table: 100 } },
    lan1: { master: 'blue' },
  });
  t.equal(byName.get('lan1')?.up, undefined);
  t.same(Object.fromEntries(dependents), { lan0: ['lan0.7'], br0: ['eth2', 'eth1'], blue: ['lan1'] });
  t.equal(wantedOf(config).byName, byName);
  const other = configOf({
    'lan0.7': { vlan: { parent: 'lan0', id: 8 } },
    br0: { bridge: ['eth2', 'eth1'] },
    eth2: { up: false },
  });
  t.same(differingIn(config, other).sort(), ['blue', 'lan0.7', 'lan1']);
  t.end();
});
