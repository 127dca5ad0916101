import t from 'tap';
import { checksumOf } from '../../firmware/modules/checksum.ts';
import { decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { randomFrom } from '../random.ts';
import { fromHex, mangled, patched, SEED, toHex } from './bytes.ts';
import { VRRP_GROUP } from './vrrp-router.ts';

const FROM = '10.77.0.2';
/** An advertisement of keepalived 2.2.7, captured with tcpdump: sent from 10.77.0.2. */
const KEEPALIVED = fromHex('3133 5a02 0064 7421 0a4d0064 0a4d0065');
const ADVERTISEMENT = {
  version: 3 as const,
  group: 51,
  priority: 90,
  interval: 100,
  addresses: ['10.77.0.100', '10.77.0.101'],
};
/** By hand from RFC 9568 5.2: resigns, with the longest interval, from 10.0.0.1. */
const RESIGNS = fromHex('31ff 0001 0fff c971 0a00fffe');

function received(payload: Uint8Array, other: { from?: string; to?: string; hops?: number } = {}) {
  return { from: FROM, to: VRRP_GROUP, hops: 255, ...other, payload };
}

/** Sets the checksum right again, for packets from 10.77.0.2. */
function resummed(payload: Uint8Array): Uint8Array {
  const pseudo = [10, 77, 0, 2, 224, 0, 0, 18, 0, 112, payload.length >> 8, payload.length & 0xff];
  const sum = checksumOf(Uint8Array.from([...pseudo, ...patched(payload, 6, 0, 0)]));
  return patched(payload, 6, sum >> 8, sum & 0xff);
}

t.test('an advertisement is encoded as keepalived does', async (t) => {
  t.equal(toHex(encode(ADVERTISEMENT, FROM, VRRP_GROUP)), toHex(KEEPALIVED));
});

t.test("keepalived's advertisement is decoded", async (t) => {
  t.same(decode(received(KEEPALIVED)), ADVERTISEMENT);
});

t.test('an advertisement is encoded and decoded as RFC 9568 says', async (t) => {
  const resigns = {
    version: 3 as const,
    group: 255,
    priority: 0,
    interval: 4095,
    addresses: ['10.0.255.254'],
  };
  t.equal(toHex(encode(resigns, '10.0.0.1', VRRP_GROUP)), toHex(RESIGNS));
  t.same(decode(received(RESIGNS, { from: '10.0.0.1' })), resigns);
});

t.test('the checksum covers source and destination', async (t) => {
  t.same(decode(received(KEEPALIVED, { from: '10.77.0.3' })), { error: 'checksum' });
  t.same(decode(received(KEEPALIVED, { to: '224.0.0.19' })), { error: 'checksum' });
});

t.test('the reserved bits are ignored', async (t) => {
  t.same(decode(received(resummed(patched(KEEPALIVED, 4, 0xf0)))), ADVERTISEMENT);
});

t.test('every reason to drop a packet is found, in the order of RFC 9568 7.1', async (t) => {
  const cases: [string, Uint8Array, number?][] = [
    ['ttl', KEEPALIVED, 254],
    ['ttl', new Uint8Array(0), 1],
    ['truncated', new Uint8Array(0)],
    ['version', patched(KEEPALIVED, 0, 0x41)],
    ['version', fromHex('10')],
    ['type', patched(KEEPALIVED, 0, 0x32)],
    ['truncated', KEEPALIVED.slice(0, 7)],
    ['truncated', KEEPALIVED.slice(0, 15)],
    ['truncated', resummed(patched(KEEPALIVED, 3, 3))],
    ['checksum', patched(KEEPALIVED, 2, 91)],
    ['addressCount', resummed(patched(KEEPALIVED, 3, 0))],
  ];
  for (const [error, bytes, hops = 255] of cases) {
    t.same(decode(received(bytes, { hops })), { error }, `${error}: ${toHex(bytes)}`);
  }
});

t.test('decoding never throws, whatever comes', async (t) => {
  t.comment(`seed ${SEED}`);
  const random = randomFrom(SEED);
  let decoded = 0;
  for (let i = 0; i < 20_000; i++) {
    let bytes = mangled(random, KEEPALIVED);
    if (i % 2 === 0 && bytes.length >= 8) bytes = resummed(bytes);
    try {
      if (!('error' in decode(received(bytes)))) decoded++;
    } catch (error) {
      t.fail(`${toHex(bytes)}: ${error}`);
    }
  }
  t.ok(decoded > 100, `${decoded} were good`);
});
