/** Router advertisements and solicitations of IPv6 as bytes: RFC 4861, RFC 4191, RFC 8106. */
import t from 'tap';
import type { RouterAdvertisement6 } from '../../firmware/modules/ip/nd/offer.ts';
import { decode6, encodeAll } from '../../firmware/modules/ip/nd/packet.ts';
import { fromHex } from './bytes.ts';

const FROM = 'fe80::1';
const heard = (payload: Uint8Array, from = FROM, hopLimit = 255) => decode6({ from, hopLimit, payload });

const WHOLE: RouterAdvertisement6 = {
  type: 'advertisement',
  hopLimit: 64,
  managed: true,
  other: false,
  preference: 'high',
  lifetime: 1800,
  reachableTime: 30_000,
  retransmitTimer: 1000,
  mac: '02:00:00:00:00:01',
  mtu: 1480,
  prefixes: [{ prefix: 'fd00:1::/64', onLink: true, autonomous: true, valid: 2_592_000, preferred: 604_800 }],
  routes: [
    { prefix: '::/0', preference: 'low', lifetime: 60 },
    { prefix: 'fd00:9::/48', preference: 'low', lifetime: 1800 },
    { prefix: 'fd00:9:0:1:8000::/65', preference: 'medium', lifetime: 0xffff_ffff },
  ],
  servers: [{ addresses: ['fd00:1::53', 'fd00:1::54'], lifetime: 1800 }],
  search: [{ names: ['lab.example', 'example'], lifetime: 1800 }],
};

/** By the figures of the RFCs, field by field. */
const BYTES = `
  86 00 0000  40 88 0708  00007530 000003e8
  01 01 020000000001
  05 01 0000 000005c8
  03 04 40 c0 00278d00 00093a80 00000000 fd000001000000000000000000000000
  18 01 00 18 0000003c
  18 02 30 18 00000708 fd00000900000000
  18 03 41 00 ffffffff fd000009000000018000000000000000
  19 05 0000 00000708 fd000001000000000000000000000053 fd000001000000000000000000000054
  1f 04 0000 00000708 03 6c6162 07 6578616d706c65 00 07 6578616d706c65 00 0000`;

t.test('an advertisement is written as the RFCs draw it, and read back as it was', async (t) => {
  const [bytes, ...others] = encodeAll(WHOLE, 1500);
  t.same(others, []);
  t.equal(Buffer.from(bytes!).toString('hex'), BYTES.replace(/\s/g, ''));
  t.same(heard(bytes!), WHOLE);
});

t.test('a router that is no default router has no preference as one', async (t) => {
  const [bytes] = encodeAll({ ...WHOLE, lifetime: 0 }, 1500);
  t.equal(bytes![5], 0x80);
});

t.test('options that do not fit into the MTU go into further messages, each with the header', async (t) => {
  const prefixes = Array.from({ length: 60 }, (_, i) => ({
    ...WHOLE.prefixes[0]!,
    prefix: `fd00:${(i + 1).toString(16)}::/64`,
  }));
  const names = Array.from({ length: 16 }, (_, i) => `${'a'.repeat(60)}.${'b'.repeat(60)}.n${i}.example`);
  const whole = { ...WHOLE, prefixes, search: [{ names, lifetime: 60 }] };
  for (const mtu of [0, 1280, 1500, 9000]) {
    const messages = encodeAll(whole, mtu);
    t.ok(
      messages.every((bytes) => bytes.length + 40 <= Math.max(1280, mtu)),
      `MTU ${mtu}`,
    );
    const read = messages.map((bytes) => heard(bytes) as RouterAdvertisement6);
    t.same(
      read.flatMap((each) => each.prefixes),
      prefixes,
    );
    t.same(
      read.flatMap((each) => each.search.flatMap((list) => list.names)),
      names,
    );
    t.ok(read.every(({ lifetime, mac }) => lifetime === 1800 && mac === WHOLE.mac));
  }
});

t.test('a solicitation is taken with its sender, and without one', async (t) => {
  t.same(heard(fromHex('8500 0000 00000000')), { type: 'solicitation' });
  t.same(heard(fromHex('8500 0000 00000000'), '::'), { type: 'solicitation' });
  t.same(heard(fromHex('8500 0000 ffffffff 0101 020000000002 0e01 000000000000')), {
    type: 'solicitation',
    mac: '02:00:00:00:00:02',
  });
});

t.test('what is not valid is dropped for a reason', async (t) => {
  const rows: [string, string, string, number?][] = [
    ['hopLimit', '8500 0000 00000000', FROM, 254],
    ['truncated', '8500 0000 000000', FROM],
    ['truncated', '8600 0000 40000708 00000000 000000', FROM],
    ['truncated', '', FROM],
    ['foreign', '8800 0000 00000000', FROM],
    ['code', '8501 0000 00000000', FROM],
    ['optionLength', '8500 0000 00000000 0100 020000000001', FROM],
    ['optionLength', '8500 0000 00000000 0102 020000000001', FROM],
    ['optionLength', '8500 0000 00000000 01', FROM],
    ['linkLayerAddress', '8500 0000 00000000 0101 020000000001', '::'],
    ['source', '8600 0000 40000708 00000000 00000000', 'fd00::1'],
  ];
  for (const [reason, bytes, from, hopLimit] of rows)
    t.same(heard(fromHex(bytes), from, hopLimit), { error: reason }, `${reason}: ${bytes}`);
});

t.test('an option that is wrong in itself, or unknown, is passed over', async (t) => {
  const header = '8600 0000 40000708 00000000 00000000';
  const strange = [
    '0301 40c0 00000000',
    '0502 0000 000005c8 0000000000000000',
    '1801 30 00 00000708',
    '1802 30 10 00000708 fd00000900000000',
    '1902 0000 00000708 fd00000100000000',
    '1f02 0000 00000708 40 61616161616161',
    '1f01 0000 00000708',
    'fe01 0000 00000000',
    `0304 81 c0 ${'00'.repeat(28)}`,
  ];
  t.match(heard(fromHex(`${header}${strange.join('')}`)), {
    lifetime: 1800,
    prefixes: [],
    routes: [],
    servers: [],
    search: [],
  });
  t.equal(
    (heard(fromHex('8600 0000 40100708 00000000 00000000')) as RouterAdvertisement6).preference,
    'medium',
  );
});

t.test('no bytes make it throw', async (t) => {
  const [bytes = new Uint8Array()] = encodeAll(WHOLE, 1500);
  let seed = 1;
  const random = (below: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return (seed >>> 8) % below;
  };
  for (let i = 0; i < 20_000; i++) {
    const torn = Uint8Array.from(bytes.subarray(0, random(bytes.length + 1)));
    for (let flips = random(6); flips > 0 && torn.length > 0; flips--)
      torn[random(torn.length)] = random(256);
    heard(torn);
  }
  t.pass();
});
