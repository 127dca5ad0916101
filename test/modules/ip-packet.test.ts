import t from 'tap';
import { checksumOf } from '../../firmware/modules/checksum.ts';
import { addressesThatFit, decode, encode } from '../../firmware/modules/ip/discovery/packet.ts';
import { randomFrom } from '../random.ts';
import { fromHex, mangled, patched, SEED, toHex } from './bytes.ts';

/** By hand from RFC 1256 section 3: 10.0.0.1 with preference 0, for 1,800 s. */
const ADVERTISEMENT = fromHex('0900 e4f4 01 02 0708 0a000001 00000000');
/** By hand: two addresses, one to be used by no host that has another (4.1: preference 0x80000000). */
const TWO = fromHex('0900 5c6c 02 02 0384 0a000001 0000000a 0a000102 80000000');
/** The well-known bytes of a solicitation. */
const SOLICITATION = fromHex('0a00 f5ff 00000000');

/** Sets the checksum right again. */
function resummed(bytes: Uint8Array): Uint8Array {
  const sum = checksumOf(patched(bytes, 2, 0, 0));
  return patched(bytes, 2, sum >> 8, sum & 0xff);
}

t.test('an advertisement is encoded as RFC 1256 says', async (t) => {
  const one = { address: '10.0.0.1', preference: 0 };
  t.equal(toHex(encode({ type: 'advertisement', lifetime: 1800, addresses: [one] })), toHex(ADVERTISEMENT));
  const two = [
    { address: '10.0.0.1', preference: 10 },
    { address: '10.0.1.2', preference: -(2 ** 31) },
  ];
  t.equal(toHex(encode({ type: 'advertisement', lifetime: 900, addresses: two })), toHex(TWO));
});

t.test('advertisements and solicitations are decoded', async (t) => {
  t.same(decode(ADVERTISEMENT), {
    type: 'advertisement',
    lifetime: 1800,
    addresses: [{ address: '10.0.0.1', preference: 0 }],
  });
  t.same(decode(TWO), {
    type: 'advertisement',
    lifetime: 900,
    addresses: [
      { address: '10.0.0.1', preference: 10 },
      { address: '10.0.1.2', preference: -(2 ** 31) },
    ],
  });
  t.same(decode(SOLICITATION), { type: 'solicitation' });
});

t.test('longer entries and options behind the message are passed over', async (t) => {
  const longEntry = resummed(fromHex('0900 0000 01 03 0708 0a000001 00000005 ffffffff'));
  t.match(decode(longEntry), { addresses: [{ address: '10.0.0.1', preference: 5 }] });
  t.same(decode(resummed(Uint8Array.from([...SOLICITATION, 1, 2, 3]))), { type: 'solicitation' });
});

t.test('a packet in the middle of a larger buffer is decoded', async (t) => {
  const buffer = Uint8Array.from([1, 2, 3, ...ADVERTISEMENT, 4]);
  t.same(decode(buffer.subarray(3, 3 + ADVERTISEMENT.length)), decode(ADVERTISEMENT));
});

t.test('every reason to drop a message is found', async (t) => {
  const cases: [string, Uint8Array][] = [
    ['truncated', new Uint8Array(0)],
    ['truncated', SOLICITATION.slice(0, 7)],
    ['foreign', fromHex('0800 f7ff 00000000')],
    ['checksum', patched(ADVERTISEMENT, 11, 9)],
    ['checksum', patched(SOLICITATION, 7, 9)],
    ['code', resummed(patched(ADVERTISEMENT, 1, 16))],
    ['code', resummed(patched(SOLICITATION, 1, 1))],
    ['addressCount', resummed(patched(ADVERTISEMENT, 4, 0))],
    ['entrySize', resummed(patched(ADVERTISEMENT, 5, 1))],
    ['length', resummed(patched(ADVERTISEMENT, 4, 2))],
    ['length', resummed(ADVERTISEMENT.slice(0, 15))],
  ];
  for (const [error, bytes] of cases) t.same(decode(bytes), { error }, `${error}: ${toHex(bytes)}`);
});

t.test('decoding never throws, whatever comes', async (t) => {
  t.comment(`seed ${SEED}`);
  const random = randomFrom(SEED);
  let decoded = 0;
  for (let i = 0; i < 20_000; i++) {
    let bytes = mangled(random, [ADVERTISEMENT, TWO, SOLICITATION][i % 3]!);
    if (i % 2 === 0 && bytes.length >= 8) bytes = resummed(bytes);
    try {
      if (!('error' in decode(bytes))) decoded++;
    } catch (error) {
      t.fail(`${toHex(bytes)}: ${error}`);
    }
  }
  t.ok(decoded > 100, `${decoded} were good`);
});

t.test('as many addresses go into a message as the link and the count field allow', async (t) => {
  t.equal(addressesThatFit(1500), 184);
  t.equal(addressesThatFit(65_535), 255);
  t.equal(addressesThatFit(0), 1);
});
