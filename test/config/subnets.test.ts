/** What contradicts between interfaces and virtual routers is refused with its line and key, before anything is opened. */
import t from 'tap';
import { byApi1, reader } from './read.ts';

const { parse } = reader(t);

const read = async (text: string) => {
  try {
    await parse(text);
    return 'it was taken';
  } catch (thrown) {
    return (thrown as Error).message;
  }
};
const file = (addresses: string, ...groups: string[]) =>
  [
    `interfaces: { lan0: { addresses: ${addresses} }, lan1: {} }`,
    'vrrp:',
    ...groups.map((g) => `  - { ${g} }`),
  ].join('\n');
const group = (rest: string, name = 'lan0', number = 51) => `interface: ${name}, group: ${number}, ${rest}`;

for (const [by, as] of [
  ['the newest versions', (text: string) => text],
  ['those of api 1', byApi1],
] as const) {
  t.test(`contradictions are refused by ${by}`, async (t) => {
    const cases: [string, RegExp][] = [
      [
        file('[10.0.1.1/24]', group('priority: 100, addresses: [10.0.1.1]')),
        /^r\.yaml:3:\d+: vrrp\[0\]\.priority: found 100; allowed: 255, because 10\.0\.1\.1 is an address of lan0 itself/,
      ],
      [
        file('[10.0.1.1/24]', group('addresses: [10.0.1.254, 10.0.1.1]')),
        /vrrp\[0\]\.priority: found 100 \(the default\); allowed: 255/,
      ],
      [
        file('[10.0.1.1/24]', group('priority: 255, addresses: [10.0.1.254]')),
        /vrrp\[0\]\.priority: found 255; allowed: 1 to 254: 255 is for the owner.* lan0 does not have 10\.0\.1\.254/,
      ],
      [
        file('[10.0.1.1/24]', group('addresses: [10.0.2.254]')),
        /^r\.yaml:3:\d+: vrrp\[0\]\.addresses\[0\]: found "10\.0\.2\.254"; allowed: an address of a network of lan0, which has 10\.0\.1\.1\/24/,
      ],
      [
        file('[10.0.1.1/24]', group('addresses: [10.0.1.0]')),
        /vrrp\[0\]\.addresses\[0\]: .*the network's own address/,
      ],
      [
        file('[10.0.1.1/24]', group('addresses: [10.0.1.255]')),
        /vrrp\[0\]\.addresses\[0\]: .*the network's broadcast address/,
      ],
      [
        file('[]', group('addresses: [10.0.1.254]'), group('addresses: [10.0.1.9, 10.0.1.254]', 'lan0', 52)),
        /^r\.yaml:4:\d+: vrrp\[1\]\.addresses\[1\]: found 10\.0\.1\.254 on lan0 a second time; allowed: each address in one group of an interface \(it is in vrrp\[0\] already\)/,
      ],
      [
        'interfaces: { lan0: { addresses: [10.0.1.0/24] } }',
        /^r\.yaml:1:\d+: interfaces\.lan0\.addresses\[0\]: found "10\.0\.1\.0\/24"; allowed: the address of a host: this is the network's own address/,
      ],
      ['interfaces: { lan0: { addresses: [10.0.1.63/26] } }', /the network's broadcast address/],
    ];
    for (const [text, message] of cases) t.match(await read(as(text)), message, as(text));
  });

  t.test(`what does not contradict is taken by ${by}`, async (t) => {
    for (const text of [
      file('[10.0.1.1/24]', group('priority: 255, addresses: [10.0.1.1]')),
      file('[10.0.1.1/24, 10.0.2.1/24]', group('addresses: [10.0.1.254, 10.0.2.254]')),
      file('[]', group('priority: 255, addresses: [10.0.1.254]')),
      file('[10.0.1.1/24]', group('priority: 255, addresses: [10.0.9.1]', 'lan1')),
      file('[10.9.9.9/32]', group('addresses: [10.0.1.254]')),
      file('[]', group('addresses: [10.0.1.254]'), group('addresses: [10.0.1.254]', 'lan1', 52)),
      'interfaces: { lan0: { addresses: [10.0.1.0/31, 10.0.1.3/31, 10.0.3.0/32] } }',
      'interfaces: { lan0: { addresses: [10.0.0.255/23] } }',
    ]) {
      t.equal(await read(as(text)), 'it was taken', as(text));
    }
  });

  t.test(`mistakes elsewhere are told by ${by} as they were, whatever is in these places`, async (t) => {
    for (const text of [
      file('[10.0.1.1/24]', group('addresses: [fd00::1]')),
      file('[10.0.1.1/24]', group('addresses: 7')),
      file('{ a: 1 }', group('addresses: [10.0.1.254]')),
      file('[10.0.1.1/99]', group('addresses: [10.0.1.254]')),
      'interfaces: 3\nvrrp: [null, 7, { interface: 3, addresses: [10.0.1.1] }]',
    ]) {
      t.match(await read(as(text)), /^r\.yaml:|r\.yaml/, as(text));
    }
  });
}

t.test('the form of checksums is one of three, and auto when nothing is said', async (t) => {
  const checksum = async (text: string) =>
    (await parse(file('[]', group(`addresses: [10.0.1.254]${text}`)))).whole.vrrp;
  t.match(await checksum(''), [{ checksum: 'auto' }]);
  for (const word of ['auto', 'rfc9568', 'pseudo-header'])
    t.match(await checksum(`, checksum: ${word}`), [{ checksum: word }]);
  t.match(
    await read(file('[]', group('addresses: [10.0.1.254], checksum: none'))),
    /vrrp\[0\]\.checksum: found "none"; allowed: one of auto, rfc9568, pseudo-header/,
  );
});
