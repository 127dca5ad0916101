/** Addresses and prefixes between text and words: canonical text is that of RFC 5952, and what is none is undefined. */
import t from 'tap';
import { addressAt, putAddress, sizeOf } from '../../drivers/netlink/ip-text.ts';
import {
  addressText,
  canonicalAddress,
  canonicalPrefix,
  covers,
  coversPrefix,
  hasHostBits,
  isLinkLocal,
  isMulticast,
  lengthOf,
  parseAddress,
  parsePrefix,
} from '../../firmware/modules/prefix.ts';
import { randomFrom, wholeFrom } from '../random.ts';

t.test('IPv6 is written as RFC 5952 says', async (t) => {
  for (const [text, canonical] of [
    ['2001:0db8::0001', '2001:db8::1'],
    ['2001:db8:0:0:0:0:2:1', '2001:db8::2:1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:DB8::A', '2001:db8::a'],
    ['::', '::'],
    ['::1', '::1'],
    ['fe80::', 'fe80::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['::ffff:c000:201', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
  ] as const)
    t.equal(canonicalAddress(text), canonical, text);
});

t.test('what is no address or prefix is none', async (t) => {
  for (const text of [
    ...['', '10.0.0', '10.0.0.0.0', '10.0.0.256', '010.0.0.1', '10.0.0.-1', '10.0.0.1 ', 'lan0'],
    ...[
      ':',
      ':::',
      '1::2::3',
      '1:2:3:4:5:6:7',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '12345::',
      'fe80::1%lan0',
    ],
    ...['::10.0.0', '::g'],
  ])
    t.equal(parseAddress(text), undefined, text);
  for (const text of [
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0.0/',
    '10.0.0.0/08',
    '::/129',
    '/8',
    '10.0.0.0/8/8',
    '::/ 8',
  ])
    t.equal(parsePrefix(text), undefined, text);
});

t.test('a prefix has its host bits cut off, at every length', async (t) => {
  t.equal(canonicalPrefix('10.1.2.3/8'), '10.0.0.0/8');
  t.equal(canonicalPrefix('255.255.255.255/0'), '0.0.0.0/0');
  t.equal(canonicalPrefix('255.255.255.255/1'), '128.0.0.0/1');
  t.equal(canonicalPrefix('255.255.255.255/32'), '255.255.255.255/32');
  t.equal(canonicalPrefix('fd00:1:2:3:4:5:6:7/64'), 'fd00:1:2:3::/64');
  t.equal(canonicalPrefix('fd00:1:2:3:ffff::/65'), 'fd00:1:2:3:8000::/65');
  t.ok(hasHostBits(parsePrefix('10.0.0.1/31')!));
  t.notOk(hasHostBits(parsePrefix('10.0.0.2/31')!));
  t.equal(lengthOf('254 10.0.0.0/8'), 8);
});

t.test('an address is in a prefix when their first bits are the same', async (t) => {
  const random = randomFrom(1);
  const word = () => Math.floor(random() * 2 ** 32);
  const bits = (words: readonly number[]) => words.map((each) => each.toString(2).padStart(32, '0')).join('');
  for (let i = 0; i < 2_000; i++) {
    const words = Array.from({ length: i % 2 === 0 ? 1 : 4 }, word);
    const length = Math.floor(random() * (32 * words.length + 1));
    // Differs from it in one bit, or not at all.
    const at = Math.floor(random() * 32 * words.length);
    const other = words.map((each, j) =>
      j === at >> 5 && i % 3 > 0 ? (each ^ (1 << (31 - (at & 31)))) >>> 0 : each,
    );
    const isIn = bits(words).slice(0, length) === bits(other).slice(0, length);
    if (covers({ words, length }, other) !== isIn)
      t.fail(`${addressText(words)}/${length} and ${addressText(other)}`);
    t.same(parseAddress(addressText(words)), words);
  }
  t.notOk(covers(parsePrefix('::/0')!, parseAddress('10.0.0.1')!), 'families are apart');
  t.ok(coversPrefix(parsePrefix('10.0.0.0/8')!, parsePrefix('10.0.0.0/8')!));
  t.notOk(coversPrefix(parsePrefix('10.0.0.0/8')!, parsePrefix('10.0.0.0/7')!));
  t.ok(isLinkLocal(parseAddress('febf::1')!));
  t.notOk(isLinkLocal(parseAddress('fec0::1')!));
  t.ok(isMulticast(parseAddress('239.1.1.1')!) && isMulticast(parseAddress('ff02::1')!));
});

t.test('the driver reads and writes addresses as the module does', (t) => {
  const whole = wholeFrom(1_147);
  const faults: string[] = [];
  for (let i = 0; i < 20_000; i++) {
    const family = i % 4 === 0 ? 4 : 6;
    // Many groups of zeros, and some mapped addresses.
    const groups = Array.from({ length: family === 4 ? 2 : 8 }, () => (whole(2) === 0 ? 0 : whole(0x1_0000)));
    if (family === 6 && i % 16 === 1) groups.splice(0, 6, 0, 0, 0, 0, 0, 0xffff);
    const bytes = Buffer.alloc(sizeOf(family));
    for (const [at, group] of groups.entries()) bytes.writeUInt16BE(group, 2 * at);
    const words = Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(4 * at));
    const text = addressText(words);
    const into = Buffer.alloc(bytes.length);
    putAddress(text, family, into, 0);
    if (addressAt(bytes, 0, family) !== text || !into.equals(bytes) || `${parseAddress(text)}` !== `${words}`)
      faults.push(`${text}: ${addressAt(bytes, 0, family)}, ${into.toString('hex')}, ${parseAddress(text)}`);
  }
  t.same(faults.slice(0, 5), []);
  t.end();
});
