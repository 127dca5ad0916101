/** Addresses of interfaces as text: beside Node's own judge and writer of them. */
import { isIPv4, isIPv6 } from 'node:net';
import t from 'tap';
import {
  broadcastOf,
  isLinkLocal,
  readAddress,
  textOf,
  whyNotOfInterface,
} from '../../firmware/modules/ip/interfaces/interface-address.ts';

/** As the platform writes it (WHATWG URL: RFC 5952). */
const written = (address: string) => new URL(`http://[${address}]/`).hostname.slice(1, -1);

function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

t.test('IPv6 is written as RFC 5952 says, whatever form it is read in', (t) => {
  const below = random(7);
  for (let i = 0; i < 2_000; i++) {
    const groups = Array.from({ length: 8 }, () => (below(2) === 0 ? 0 : below(0x10000)));
    const full = groups.map((group) => group.toString(16).padStart(below(2) === 0 ? 1 : 4, '0'));
    const text = below(2) === 0 ? full.join(':').toUpperCase() : written(full.join(':'));
    const read = readAddress(`${text}/64`);
    if (read?.address !== written(full.join(':'))) t.equal(read?.address, written(full.join(':')), text);
  }
  t.equal(readAddress('::ffff:10.0.0.1/96')?.address, '::ffff:10.0.0.1');
  t.equal(readAddress('64:ff9b::10.0.0.1/96')?.address, '64:ff9b::a00:1');
  t.end();
});

t.test('what is no address is none, as Node has it', (t) => {
  const below = random(11);
  const letters = '0123456789abf:::...';
  let good = 0;
  for (let i = 0; i < 50_000; i++) {
    const text = Array.from({ length: 1 + below(12) }, () => letters[below(letters.length)]).join('');
    const is = isIPv4(text) || isIPv6(text);
    if (is) good++;
    if ((readAddress(`${text}/8`) !== undefined) !== is) t.equal(!is, is, text);
  }
  t.ok(good > 20, `${good} of them were addresses`);
  for (const text of [
    '10.0.0.1',
    '10.0.0.1/0',
    '10.0.0.1/33',
    'fd00::1/129',
    'fe80::1%lan0/64',
    'fd00::1/64/3',
    '',
  ])
    t.equal(readAddress(text), undefined, text);
  t.end();
});

t.test('an address that no interface can have is told with the reason', (t) => {
  const why = (text: string, loopback = false) => whyNotOfInterface(readAddress(text)!, loopback);
  t.match(why('10.0.1.0/24'), /the network's own address/);
  t.match(why('10.0.1.255/24'), /broadcast/);
  t.match(why('127.0.0.2/8'), /loopback/);
  t.match(why('0.1.2.3/8'), /this network/);
  t.match(why('224.0.0.5/32'), /multicast/);
  t.match(why('fd00:1::/64'), /anycast/);
  t.match(why('ff02::1/128'), /multicast/);
  t.match(why('::1/128'), /loopback/);
  t.match(why('::/128'), /unspecified/);
  t.match(why('::ffff:10.0.0.1/128'), /IPv4/);
  for (const good of [
    '10.0.1.0/31',
    '10.0.1.0/32',
    '10.0.1.254/24',
    'fd00:1::/127',
    'fd00:1::1/64',
    'fe80::1/64',
  ])
    t.equal(why(good), undefined, good);
  t.equal(why('127.0.0.2/8', true), undefined);
  t.end();
});

t.test('its broadcast address, its text, and whether it is of the link alone', (t) => {
  t.equal(broadcastOf(readAddress('10.0.1.1/24')!), '10.0.1.255');
  t.equal(broadcastOf(readAddress('10.0.1.1/9')!), '10.127.255.255');
  for (const text of ['10.0.1.1/31', '10.0.1.1/32', 'fd00::1/64'])
    t.equal(broadcastOf(readAddress(text)!), undefined);
  t.equal(textOf(readAddress('FD00:0::0001/64')!), 'fd00::1/64');
  t.same(
    ['fe80::1/64', 'febf::1/64', 'fec0::1/64', '10.0.0.1/8'].map((text) => isLinkLocal(readAddress(text)!)),
    [true, true, false, false],
  );
  t.end();
});
