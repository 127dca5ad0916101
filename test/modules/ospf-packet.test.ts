import t from 'tap';
import { decode, decodeHello, encodeHello, neighborsThatFit } from '../../firmware/modules/ospf/packet.ts';
import { randomFrom } from '../random.ts';
import { fromHex, mangled, patched, SEED, toHex } from './bytes.ts';

/** A Hello of FRR 8.4's ospfd, captured with tcpdump: router 2.2.2.2, hello 1 s, dead 4 s, priority 0. */
const FRR = fromHex(`
  0201 002c 0202 0202 0000 0000 f8c8 0000 0000 0000 0000 0000
  ffff ff00 0001 02 00 0000 0004 0000 0000 0000 0000`);
const FRR_HELLO = {
  mask: '255.255.255.0',
  helloInterval: 1,
  options: 2,
  priority: 0,
  deadInterval: 4,
  dr: '0.0.0.0',
  bdr: '0.0.0.0',
  neighbors: [],
};
/** By hand from RFC 2328 A.3.1 and A.3.2: with a designated router, a backup, and two neighbours. */
const TWO_NEIGHBORS = fromHex(`
  0201 0034 0102 0304 0000 0001 c16a 0000 0000 0000 0000 0000
  ffff fffc 000a 02 05 0000 0028 0a00 0001 0a00 0002 0909 0909 0808 0808`);

t.test('a Hello is encoded as FRR does', async (t) => {
  t.equal(toHex(encodeHello('2.2.2.2', '0.0.0.0', FRR_HELLO)), toHex(FRR));
});

t.test('a Hello with neighbours is encoded as RFC 2328 says', async (t) => {
  const hello = {
    mask: '255.255.255.252',
    helloInterval: 10,
    options: 2,
    priority: 5,
    deadInterval: 40,
    dr: '10.0.0.1',
    bdr: '10.0.0.2',
    neighbors: ['9.9.9.9', '8.8.8.8'],
  };
  t.equal(toHex(encodeHello('1.2.3.4', '0.0.0.1', hello)), toHex(TWO_NEIGHBORS));
  const packet = decode(TWO_NEIGHBORS);
  if ('error' in packet) return t.fail(packet.error);
  t.match(packet, { type: 1, routerId: '1.2.3.4', area: '0.0.0.1', auType: 0, checksumGood: true });
  t.same(decodeHello(packet.body), hello);
});

t.test("FRR's Hello is decoded", async (t) => {
  const packet = decode(FRR);
  if ('error' in packet) return t.fail(packet.error);
  t.match(packet, { type: 1, routerId: '2.2.2.2', area: '0.0.0.0', auType: 0, checksumGood: true });
  t.same(decodeHello(packet.body), FRR_HELLO);
});

t.test('the checksum leaves out the authentication field and what follows the packet', async (t) => {
  t.match(decode(patched(FRR, 16, 1, 2, 3, 4, 5, 6, 7, 8)), { checksumGood: true });
  const withLls = Uint8Array.from([...FRR, 0xff, 0xf6, 0, 3, 0, 1, 0, 4, 0, 0, 0, 1]);
  t.match(decode(withLls), { checksumGood: true });
  t.match(decode(patched(FRR, 43, 1)), { checksumGood: false });
});

t.test('every reason to refuse bytes is found', async (t) => {
  const cases: [string, Uint8Array][] = [
    ['truncated', new Uint8Array(0)],
    ['truncated', FRR.slice(0, 23)],
    ['truncated', FRR.slice(0, 43)],
    ['truncated', patched(FRR, 2, 0, 23)],
    ['truncated', patched(FRR, 2, 0xff, 0xff)],
    ['version', patched(FRR, 0, 3)],
  ];
  for (const [error, bytes] of cases) t.same(decode(bytes), { error }, `${error}: ${toHex(bytes)}`);
  const body = FRR.slice(24);
  t.same(decodeHello(new Uint8Array(0)), { error: 'helloLength' });
  t.same(decodeHello(body.slice(0, 19)), { error: 'helloLength' });
  t.same(decodeHello(Uint8Array.from([...body, 1, 1])), { error: 'helloLength' });
});

t.test('decoding never throws, whatever comes', async (t) => {
  t.comment(`seed ${SEED}`);
  const random = randomFrom(SEED);
  let decoded = 0;
  for (let i = 0; i < 20_000; i++) {
    const bytes = mangled(random, i % 2 === 0 ? FRR : TWO_NEIGHBORS);
    try {
      const packet = decode(bytes);
      if (!('error' in packet) && !('error' in decodeHello(packet.body))) decoded++;
    } catch (error) {
      t.fail(`${toHex(bytes)}: ${error}`);
    }
  }
  t.ok(decoded > 100, `${decoded} were good`);
});

t.test('a Hello lists as many neighbours as fit into one packet', async (t) => {
  t.equal(neighborsThatFit(1500), 359);
  t.equal(neighborsThatFit(0), 0);
  const neighbors = Array.from({ length: 359 }, () => '1.1.1.1');
  t.equal(encodeHello('2.2.2.2', '0.0.0.0', { ...FRR_HELLO, neighbors }).length, 1480);
});
