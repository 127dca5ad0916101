/** LSAs of FRR and BIRD, read and written again; their checksum beside one that is written as RFC 905 says. */
import t from 'tap';
import {
  checksumIsGood,
  decodeLsa,
  encodeLsa,
  isKnownType,
  type LsaBody,
} from '../../firmware/modules/ospf/packet/lsa.ts';
import {
  decodeLsaHeader,
  encodeLsaHeader,
  LSA_HEADER,
} from '../../firmware/modules/ospf/packet/lsa-header.ts';
import {
  decodeRouterInformation,
  encodeRouterInformation,
} from '../../firmware/modules/ospf/packet/router-information.ts';
import { wholeFrom } from '../random.ts';
import { patched, SEED, toHex } from './bytes.ts';
import { CAPTURES, lsasOf } from './ospf-captured.ts';

const HEADER = { age: 1, options: 2, id: 0x0a000000, router: 0x01010101, sequence: -0x7fff_ffff };
const TYPE_OF: Readonly<Record<LsaBody['kind'], number>> = {
  router: 1,
  network: 2,
  summary: 3,
  external: 5,
  opaque: 10,
};

/** RFC 905 B.2, to the letter: both sums over all bytes but the age are 0 modulo 255. */
function sumsAsWritten(lsa: Uint8Array): [number, number] {
  let [first, second] = [0, 0];
  for (const byte of lsa.subarray(2)) {
    first = (first + byte) % 255;
    second = (second + first) % 255;
  }
  return [first, second];
}

t.test('every LSA of FRR and BIRD is written again byte for byte, its checksum too', async (t) => {
  const types = new Set<number>();
  for (const capture of CAPTURES) {
    for (const lsa of lsasOf(capture)) {
      const header = decodeLsaHeader(lsa);
      types.add(header.type);
      const body = decodeLsa(lsa);
      if ('error' in body) return t.fail(`${capture.name}: ${body.error} ${toHex(lsa)}`);
      if (toHex(encodeLsa(header, body)) !== toHex(lsa) || !checksumIsGood(lsa))
        t.equal(toHex(encodeLsa(header, body)), toHex(lsa), capture.name);
      if (toHex(encodeLsaHeader(header)) !== toHex(lsa.subarray(0, LSA_HEADER)))
        t.fail(`the header of ${toHex(lsa)}`);
    }
  }
  t.strictSame(
    [...types].sort((a, b) => a - b),
    [1, 2, 3, 4, 5, 7, 9, 10, 11],
  );
});

t.test('the values of LSAs are those that their routers were configured with', async (t) => {
  const areas = CAPTURES.find(({ name }) => name === 'areas.txt')!;
  const bodies = lsasOf(areas).map((lsa) => ({ ...decodeLsaHeader(lsa), body: decodeLsa(lsa) }));
  const mine = bodies.find(({ type, id }) => type === 5 && id === 0x0a4202ff)?.body;
  t.strictSame(mine, {
    kind: 'external',
    mask: 0xffffff00,
    type: 2,
    metric: 30,
    forwarding: 0,
    tag: 77,
  });
  const nssa = bodies.find(({ type }) => type === 7)?.body;
  t.match(nssa, { kind: 'external', mask: 0 });
  const border = bodies.find(({ type, router }) => type === 1 && router === 0x02020202)?.body;
  t.match(border, { kind: 'router' });
  const opaque = bodies.find(({ type }) => type === 10)?.body;
  if (opaque === undefined || 'error' in opaque || opaque.kind !== 'opaque') return t.fail('type 10');
  t.strictSame(decodeRouterInformation(opaque.data), { capabilities: 0x1000_0000, hostname: '' });
});

t.test('the checksum is that of RFC 905, of LSAs by chance', async (t) => {
  const below = wholeFrom(SEED);
  for (let i = 0; i < 3_000; i++) {
    const data = Uint8Array.from({ length: below(i % 100 === 0 ? 60_000 : 400) }, () => below(256));
    if (below(8) === 0) data.fill(below(2) * 255);
    const header = { ...HEADER, type: 10, age: below(3601), id: below(2 ** 32), sequence: below(100) };
    const lsa = encodeLsa(header, { kind: 'opaque', data });
    const [first, second] = sumsAsWritten(lsa);
    if (first !== 0 || second !== 0 || !checksumIsGood(lsa) || lsa[16] === 0 || lsa[17] === 0)
      return t.fail(`${first} ${second} of ${toHex(lsa)}`);
  }
  t.pass();
});

t.test('the age is not part of the checksum, and everything else is', async (t) => {
  const lsa = encodeLsa({ ...HEADER, type: 2 }, { kind: 'network', mask: 0xffffff00, routers: [1, 2, 3] });
  t.ok(checksumIsGood(patched(lsa, 0, 0x0e, 0x10)));
  for (let at = 2; at < lsa.length; at++)
    if (checksumIsGood(patched(lsa, at, lsa[at]! ^ 1))) t.fail(`byte ${at}`);
  t.notOk(checksumIsGood(patched(lsa, 16, 0, 0)), 'and no checksum at all is a wrong one');
});

t.test('an LSA of each kind is what it was, over its bytes', async (t) => {
  const bodies: LsaBody[] = [
    { kind: 'router', flags: 0x17, links: [] },
    {
      kind: 'router',
      flags: 1,
      links: [1, 2, 3, 4].map((type) => ({
        type: type as 1 | 2 | 3 | 4,
        id: 0xffffffff,
        data: 0x80000000,
        metric: 65535,
      })),
    },
    { kind: 'network', mask: 0, routers: [0xffffffff] },
    { kind: 'summary', mask: 0xffffffff, metric: 0xffffff },
    {
      kind: 'external',
      mask: 0xff000000,
      type: 1,
      metric: 0xffffff,
      forwarding: 0xc0000201,
      tag: 0xffffffff,
    },
    { kind: 'external', mask: 0xff000000, type: 2, metric: 0, forwarding: 0, tag: 0 },
    { kind: 'opaque', data: Uint8Array.of(1, 2, 3) },
  ];
  for (const body of bodies) {
    const lsa = encodeLsa({ ...HEADER, type: TYPE_OF[body.kind] }, body);
    t.strictSame(decodeLsa(lsa), body);
    t.match(decodeLsaHeader(lsa), { ...HEADER, length: lsa.length });
  }
  const both = encodeLsa({ ...HEADER, type: 11 }, { kind: 'opaque', data: new Uint8Array(0) });
  t.strictSame(decodeLsa(both), { kind: 'opaque', data: new Uint8Array(0) }, 'of the whole AS too');
});

t.test('an LSA of a length that its type does not have is refused, and one of no known type', async (t) => {
  const lsa = (type: number, length: number) => {
    const bytes = new Uint8Array(length);
    bytes.set([0, 1, 2, type], 0);
    bytes.set([length >> 8, length & 255], 18);
    return bytes;
  };
  const wrong = [
    [1, 20],
    [1, 25],
    [2, 23],
    [2, 26],
    [3, 24],
    [3, 30],
    [4, 27],
    [5, 32],
    [5, 40],
    [7, 35],
  ] as const;
  for (const [type, length] of wrong)
    t.strictSame(decodeLsa(lsa(type, length)), { error: 'lsaLength' }, `type ${type}, ${length} bytes`);
  for (const type of [0, 6, 8, 12, 255])
    t.strictSame(decodeLsa(lsa(type, 36)), { error: 'lsaType' }, `type ${type}`);
  t.strictSame(decodeLsa(patched(lsa(2, 28), 19, 24)), { error: 'lsaLength' }, 'it says another');
  t.strictSame(decodeLsa(patched(lsa(1, 24), 22, 0, 1)), { error: 'lsaLength' }, 'a link beyond the end');
  t.strictSame(decodeLsa(patched(lsa(1, 36), 22, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 3, 1)), {
    error: 'lsaLength',
  });
  t.strictSame([1, 5, 6, 7, 8, 9, 11, 12].map(isKnownType), [
    true,
    true,
    false,
    true,
    false,
    true,
    true,
    false,
  ]);
});

t.test(
  'metrics of other types of service are passed over; with a link of an unknown type it is no router-LSA',
  async (t) => {
    const bytes = new Uint8Array(24 + 12 + 4 + 12);
    bytes.set([0, 1, 2, 1], 0);
    bytes.set([0, bytes.length], 18);
    bytes.set([0, 0, 0, 2], 20);
    bytes.set([1, 1, 1, 1, 2, 2, 2, 2, 3, 1, 0, 10, 8, 0, 0, 20], 24);
    bytes.set([1, 1, 1, 1, 2, 2, 2, 2, 3, 0, 0, 10], 40);
    const stub = { type: 3, id: 0x01010101, data: 0x02020202, metric: 10 };
    t.strictSame(decodeLsa(bytes), { kind: 'router', flags: 0, links: [stub, stub] });
    for (const type of [0, 5, 9]) t.strictSame(decodeLsa(patched(bytes, 48, type)), { error: 'lsaLength' });
  },
);

t.test('router information holds what is understood of it, and no other characters', async (t) => {
  for (const hostname of ['', 'a', 'abcd', 'router-of-255'.padEnd(255, '.')]) {
    const data = encodeRouterInformation({ capabilities: 0xe000_0000, hostname });
    t.equal(data.length % 4, 0);
    t.strictSame(decodeRouterInformation(data), { capabilities: 0xe000_0000, hostname });
  }
  const tlv = (type: number, ...value: number[]) => [0, type, 0, value.length, ...value];
  const before = tlv(99, 1, 2, 3, 4);
  const evil = decodeRouterInformation(Uint8Array.from([...before, ...tlv(7, 0x1b, 0x5b, 0x32, 0x4a)]));
  t.equal(evil.hostname, '.[2J');
  const beyond = Uint8Array.of(0, 7, 0, 200, 65, 65, 65, 65);
  t.strictSame(decodeRouterInformation(beyond), { capabilities: 0, hostname: '' });
});
