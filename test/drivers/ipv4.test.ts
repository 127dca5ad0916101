import { isIPv4 } from 'node:net';
import t from 'tap';
import { dotted, isMulticast, putWord, readIpv4, wordOf, writeIpv4 } from '../../drivers/ipv4.ts';
import { wholeFrom } from '../random.ts';

/** A whole packet of 4 payload bytes, with the total length that the kernel would fill in. */
function packet(change: (bytes: Uint8Array) => void = () => {}): Uint8Array {
  const payload = Uint8Array.of(1, 2, 3, 4);
  const bytes = writeIpv4(
    { from: '10.1.2.3', to: '224.0.0.5', ttl: 255, payload },
    { protocol: 89, tos: 0xc0 },
  );
  bytes[3] = bytes.length;
  change(bytes);
  return bytes;
}

t.test('a packet is read into addresses, ttl and payload', async (t) => {
  t.same(readIpv4(packet()), {
    from: '10.1.2.3',
    to: '224.0.0.5',
    ttl: 255,
    payload: Uint8Array.of(1, 2, 3, 4),
  });
});

t.test('header options are not part of the payload', async (t) => {
  const bytes = new Uint8Array(28);
  bytes.set(packet().subarray(0, 20));
  bytes.set([0x46, 0, 0, 28], 0);
  bytes.set([1, 1, 1, 0], 20);
  bytes.set([9, 8, 7, 6], 24);
  t.match(readIpv4(bytes), { payload: Uint8Array.of(9, 8, 7, 6) });
});

t.test('what follows the total length is not part of the payload', async (t) => {
  const padded = new Uint8Array(46);
  padded.set(packet());
  t.match(readIpv4(padded), { payload: Uint8Array.of(1, 2, 3, 4) });
});

t.test('the payload is a copy, because the receive buffer is used again', async (t) => {
  const bytes = packet();
  const read = readIpv4(bytes);
  bytes.fill(0xff);
  t.match(read, { payload: Uint8Array.of(1, 2, 3, 4) });
});

t.test('what is no whole IPv4 packet is refused with the reason', async (t) => {
  const cases: [string, Uint8Array][] = [
    ['0 bytes are less than an IPv4 header', new Uint8Array(0)],
    ['19 bytes are less than an IPv4 header', packet().subarray(0, 19)],
    ['truncated: 23 of 24 bytes', packet().subarray(0, 23)],
    ['IP version 6, not 4', packet((b) => b.set([0x65], 0))],
    ['a header length of 16 bytes is less than 20', packet((b) => b.set([0x44], 0))],
    ["a total length of 19 bytes is less than the header's 20", packet((b) => b.set([0, 19], 2))],
    ["a total length of 24 bytes is less than the header's 60", packet((b) => b.set([0x4f], 0))],
    ['a fragment', packet((b) => b.set([0x20, 0], 6))],
    ['a fragment', packet((b) => b.set([0, 3], 6))],
  ];
  for (const [error, bytes] of cases) t.same(readIpv4(bytes), { error }, Buffer.from(bytes).toString('hex'));
  t.notMatch(
    readIpv4(packet((b) => b.set([0x40, 0], 6))),
    { error: String },
    "don't fragment is no fragment",
  );
});

t.test('224.0.0.0 to 239.255.255.255 is multicast', async (t) => {
  t.same(['223.255.255.255', '224.0.0.0', '239.255.255.255', '240.0.0.0'].map(isMulticast), [
    false,
    true,
    true,
    false,
  ]);
});

t.test(
  'what is an address in dotted notation is what Node takes for one, and comes back the same',
  async (t) => {
    const pick = wholeFrom(20);
    const parts = [
      '',
      '0',
      '00',
      '01',
      '7',
      '10',
      '99',
      '199',
      '249',
      '255',
      '256',
      '1000',
      '-1',
      '+1',
      '1e1',
      ' 1',
      'a',
    ];
    const texts = [
      '',
      '.',
      '...',
      '1.2.3',
      '1.2.3.4',
      '1.2.3.4.',
      '.1.2.3.4',
      '1.2.3.4.5',
      '1..2.3',
      '::1',
      '1.2.3.4\n',
    ];
    for (let i = 0; i < 4_000; i++) {
      const some = Array.from({ length: pick(12) === 0 ? 1 + pick(6) : 4 }, () =>
        pick(3) === 0 ? parts[pick(parts.length)] : `${pick(256)}`,
      );
      texts.push(some.join('.'));
    }
    const bytes = new Uint8Array(4);
    const wrong = texts.filter((text) => {
      const word = wordOf(text);
      if (word >= 0) putWord(word, bytes, 0);
      return isIPv4(text) ? dotted(bytes, 0) !== text || word < 0 : word !== -1;
    });
    t.same(wrong, []);
    t.ok(texts.filter((text) => isIPv4(text)).length > 500, 'many are addresses');
  },
);
