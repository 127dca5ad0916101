/** Version 2 (RFC 3768), for routers that have no other. */
import t from 'tap';
import { section } from '../../firmware/modules/vrrp/config.ts';
import { checksumForms, decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { patched } from './bytes.ts';
import { active, hear, OWN, PEER, receive, sent, served, VRRP_GROUP } from './vrrp-router.ts';

const V2 = { version: 2 } as const;
const ADV = { ...V2, group: 51, priority: 200, interval: 100, addresses: ['10.0.0.100'] };

t.test(
  'an advertisement has whole seconds, eight bytes of nothing, and a sum over the message alone',
  async (t) => {
    const vrrp = active({ ...V2, interval: 300 });
    vrrp.advance(20_000);
    const [one] = sent(vrrp);
    t.match(one, { version: 2, interval: 300, from: OWN, forms: ['rfc9568'] });
    const payload = encode({ ...ADV, interval: 300 }, PEER, VRRP_GROUP, 'rfc9568');
    t.equal(payload.length, 8 + 4 + 8);
    t.same([...payload.subarray(0, 6)], [0x21, 51, 200, 1, 0, 3]);
    const datum = { from: PEER, to: VRRP_GROUP, hops: 255, payload };
    t.same(decode(datum), { ...ADV, interval: 300 });
    t.same(checksumForms(datum), ['rfc9568']);
  },
);

t.test(
  'the Active Router is missed after three intervals and a skew that the interval does not change (6.1)',
  async (t) => {
    const vrrp = served({ ...V2, interval: 1_000 });
    t.equal(vrrp.ctx.timerDue('activeDown', 'r0/51'), 30_000 + (156 * 1_000) / 256);
  },
);

t.test('another interval, an authentication, another version: dropped, counted and told (7.1)', async (t) => {
  const vrrp = active(V2);
  receive(vrrp, { ...V2, priority: 200, interval: 200 }, 'rfc9568');
  const payload = encode(ADV, PEER, VRRP_GROUP, 'rfc9568');
  // Type 1 is a simple text, whose sum is lower by the same.
  const view = new DataView(payload.buffer);
  hear(vrrp, PEER, patched(payload, 4, 1, payload[5]!, ...sumLess(view.getUint16(6), 0x100)));
  receive(vrrp, { priority: 200 });
  t.same(vrrp.router().statistics.counters, { sent: 1, adverInterval: 1, version: 1 });
  t.same(vrrp.state.counters, { authentication: 1 });
  t.equal(vrrp.router().state, 'Active');
  t.match(vrrp.ctx.takeLog('warn'), [/adverInterval/, /authentication/, /\(version\)/]);
});

t.test('one of version 3 does not take version 2', async (t) => {
  const vrrp = active();
  receive(vrrp, { ...V2, priority: 200 }, 'rfc9568');
  t.same(vrrp.router().statistics.counters, { sent: 1, version: 1 });
});

t.test('what looks like it and is CARP is too short', async (t) => {
  const vrrp = active(V2);
  // Version 2, advertisement, seven words of authentication: as its header is.
  hear(vrrp, PEER, new Uint8Array([0x21, 51, 0, 7, 0, 1, 0, 0, ...new Uint8Array(28)]));
  t.same(vrrp.state.counters, { truncated: 1 });
});

t.test('intervals in whole seconds up to 255, and IPv4 alone', async (t) => {
  const entry = { interface: 'r0', group: 51, version: 2, interval: 1_000, addresses: ['10.0.0.100'] };
  const wrong = (other: object) =>
    section.check?.([{ ...entry, ...other }], {}).map(({ path }) => path.at(-1) ?? '');
  t.same(wrong({}), []);
  t.same(wrong({ interval: 500 }), ['interval']);
  t.same(wrong({ interval: 1_500 }), ['interval']);
  t.same(wrong({ interval: 256_000 }), ['interval']);
  t.same(wrong({ addresses: ['10.0.0.100', 'fe80::100'] }), [1]);
});

/** The checksum of what is greater by so much. */
function sumLess(checksum: number, by: number): [number, number] {
  const sum = checksum - by;
  return [(sum >> 8) & 0xff, sum & 0xff];
}
