/** RFC 5798 and RFC 9568 differ on what the checksum covers over IPv4, and both are in the field. */
import t from 'tap';
import { checksumForms, decode, encode } from '../../firmware/modules/vrrp/packet.ts';
import { fromHex, patched, toHex } from './bytes.ts';
import { linkDown, linkUp } from './fake-context.ts';
import {
  active,
  formsOnTick,
  GROUP,
  OWN,
  PEER,
  receive,
  ServedVrrp,
  served,
  VRRP_GROUP,
} from './vrrp-router.ts';

const ADVERTISEMENT = {
  version: 3 as const,
  group: 51,
  priority: 120,
  interval: 100,
  addresses: ['10.0.1.254'],
};
/** In RFC 9568's form; and of another router, captured. */
const ALONE = fromHex('31337801 00644a69 0a0001fe');
const CAPTURED = fromHex('311e6401 03e88751 c0a81efe');
/** Sent by 10.0.1.2: the same bytes from vrrpd of FRR 8.4.4 and from keepalived 2.2.7, both captured. */
const WITH_HEADER = fromHex('31337801 00645ed8 0a0001fe');

const datum = (payload: Uint8Array, from = '10.0.1.2') => ({ from, to: VRRP_GROUP, hops: 255, payload });

t.test('both forms are taken, from whatever source where the source is not summed', async (t) => {
  t.same(decode(datum(ALONE)), ADVERTISEMENT);
  t.same(decode(datum(ALONE, '192.0.2.7')), ADVERTISEMENT);
  t.match(decode(datum(CAPTURED)), {
    group: 30,
    priority: 100,
    interval: 1000,
    addresses: ['192.168.30.254'],
  });
  t.same(decode(datum(WITH_HEADER)), ADVERTISEMENT);
  t.same(decode(datum(WITH_HEADER, '10.0.1.3')), { error: 'checksum' });
  t.same(checksumForms(datum(ALONE)), ['rfc9568']);
  t.same(checksumForms(datum(WITH_HEADER)), ['pseudo-header']);
});

t.test('both forms are sent, to the byte', async (t) => {
  t.equal(toHex(encode(ADVERTISEMENT, '10.0.1.2', VRRP_GROUP, 'rfc9568')), toHex(ALONE));
  t.equal(toHex(encode(ADVERTISEMENT, '10.0.1.2', VRRP_GROUP, 'pseudo-header')), toHex(WITH_HEADER));
});

t.test('the sum ends with the last address: what stands behind it is no error', async (t) => {
  for (const [message, form] of [
    [ALONE, 'rfc9568'],
    [WITH_HEADER, 'pseudo-header'],
  ] as const) {
    for (const tail of ['00000000', '0000000000000000', '01', 'deadbeef']) {
      const payload = fromHex(`${toHex(message)}${tail}`);
      t.same(decode(datum(payload)), ADVERTISEMENT, `${form} ${tail}`);
      t.same(checksumForms(datum(payload)), [form]);
    }
  }
});

t.test('a flipped bit is noticed in either form', async (t) => {
  for (const good of [ALONE, WITH_HEADER]) {
    for (let bit = 0; bit < good.length * 8; bit++) {
      const at = bit >> 3;
      const bad = patched(good, at, good[at]! ^ (1 << (bit & 7)));
      t.ok('error' in decode(datum(bad)), `bit ${bit}`);
    }
  }
});

/** The pseudo-header of this source with one address sums up to 0xffff, which adds nothing. */
const EITHER = '10.0.21.113';

t.test('a checksum that is right in both forms is taken, and says nothing of the form', async (t) => {
  const payload = encode(ADVERTISEMENT, EITHER, VRRP_GROUP, 'rfc9568');
  t.equal(toHex(payload), toHex(encode(ADVERTISEMENT, EITHER, VRRP_GROUP, 'pseudo-header')));
  t.same(checksumForms(datum(payload, EITHER)), ['pseudo-header', 'rfc9568']);
  const vrrp = active();
  receive(vrrp, {}, 'rfc9568');
  receive(vrrp, {}, 'pseudo-header', EITHER);
  t.same(formsOnTick(vrrp), ['rfc9568'], 'it was neither followed nor taken for a second form');
});

t.test(
  'auto begins with the pseudo-header, and follows a valid advertisement at once and back',
  async (t) => {
    const vrrp = active();
    t.same(formsOnTick(vrrp), ['pseudo-header']);
    for (const form of ['rfc9568', 'pseudo-header', 'rfc9568'] as const) {
      receive(vrrp, {}, form);
      t.same(formsOnTick(vrrp), [form]);
    }
    t.match(vrrp.ask('virtualRouters'), [{ checksum: ['rfc9568'] }]);
  },
);

t.test('what is not valid, or of no group here, is not followed', async (t) => {
  const vrrp = active();
  receive(vrrp, { interval: 0 }, 'rfc9568');
  receive(vrrp, { group: 52 }, 'rfc9568');
  const payload = encode({ ...GROUP, priority: 90 }, PEER, VRRP_GROUP, 'rfc9568');
  vrrp.packet('vrrp', 'r0', { from: PEER, to: VRRP_GROUP, ttl: 254, payload });
  vrrp.packet('vrrp', 'r0', { from: PEER, to: VRRP_GROUP, ttl: 255, payload: patched(payload, 2, 91) });
  vrrp.packet('vrrp', 'r0', { from: OWN, to: VRRP_GROUP, ttl: 255, payload });
  t.same(formsOnTick(vrrp), ['pseudo-header']);
});

t.test('the owner takes no advertisement, but is to be understood: it follows too', async (t) => {
  const vrrp = active({ priority: 255 });
  receive(vrrp, {}, 'rfc9568');
  t.same(formsOnTick(vrrp), ['rfc9568']);
  t.match(vrrp.ask('virtualRouters'), [{ state: 'Active' }]);
});

t.test('the form stays when the peer is gone, and over a time without an interface', async (t) => {
  const vrrp = active();
  receive(vrrp, {}, 'rfc9568');
  vrrp.advance(3_600_000);
  t.same(formsOnTick(vrrp), ['rfc9568']);
  vrrp.link(linkDown('r0'));
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.advance(4000);
  t.same(formsOnTick(vrrp), ['rfc9568']);
});

t.test('two routers in two forms are both served: one form would leave the other one Active', async (t) => {
  const vrrp = active();
  const other = '10.0.0.3';
  receive(vrrp, {}, 'rfc9568');
  t.same(formsOnTick(vrrp), ['rfc9568']);
  receive(vrrp, {}, 'pseudo-header', other);
  t.same(formsOnTick(vrrp), ['pseudo-header', 'rfc9568']);
  t.match(vrrp.ctx.takeLog('warn'), [
    /10\.0\.0\.3 sends .*pseudo-header.*, 10\.0\.0\.2 does not.*in both forms/,
  ]);
  vrrp.advance(60_000);
  t.same(formsOnTick(vrrp), ['pseudo-header', 'rfc9568'], 'both are silent as long as both hear us');
  vrrp.link(linkDown('r0'));
  vrrp.link(linkUp('r0', `${OWN}/24`));
  vrrp.advance(4000);
  t.equal(formsOnTick(vrrp).length, 1, 'Initialize asks again');
});

t.test('a router that took the place of another, long silent, is followed and not added', async (t) => {
  const vrrp = active();
  receive(vrrp, {}, 'pseudo-header');
  vrrp.advance(60_000);
  receive(vrrp, {}, 'rfc9568', '10.0.0.3');
  t.same(formsOnTick(vrrp), ['rfc9568']);
});

t.test('peers that flap between forms write a handful of lines', async (t) => {
  const vrrp = active();
  vrrp.ctx.takeLog('info');
  let lines = 0;
  for (let i = 0; i < 20_000; i++) {
    receive(vrrp, {}, i % 2 === 0 ? 'rfc9568' : 'pseudo-header', `10.0.0.${2 + (i % 3)}`);
    vrrp.advance(1);
    lines += vrrp.ctx.logged.splice(0).length;
  }
  t.ok(lines > 0 && lines < 30, `${lines} lines`);
});

t.test(
  'a form that is configured is sent whatever is heard, both are taken, and the difference is told',
  async (t) => {
    for (const [checksum, other] of [
      ['rfc9568', 'pseudo-header'],
      ['pseudo-header', 'rfc9568'],
    ] as const) {
      const vrrp = active({ checksum });
      for (let i = 0; i < 3; i++) receive(vrrp, {}, other);
      t.same(formsOnTick(vrrp), [checksum]);
      t.match(vrrp.ctx.takeLog('warn'), [/10\.0\.0\.2 sends checksums .*checksum: auto/]);
      receive(vrrp, { priority: 200 }, other);
      t.match(vrrp.ask('virtualRouters'), [{ state: 'Backup', active: PEER }]);
      receive(vrrp, {}, checksum);
      t.same(vrrp.ctx.takeLog('warn'), []);
    }
  },
);

t.test('a swap keeps the form, and that there are two', async (t) => {
  const followed = active();
  receive(followed, {}, 'rfc9568');
  const mixed = active();
  receive(mixed, {}, 'rfc9568');
  receive(mixed, {}, 'pseudo-header', '10.0.0.3');
  for (const [before, forms] of [
    [followed, ['rfc9568']],
    [mixed, ['pseudo-header', 'rfc9568']],
  ] as const) {
    const state = structuredClone(before.state);
    const next = new ServedVrrp({ state, before: before.ctx, why: 'upgrade' });
    t.same(formsOnTick(next), forms);
  }
});

t.test('a Backup Router follows the Active one, so that it is heard when it takes over', async (t) => {
  const vrrp = served();
  receive(vrrp, { priority: 200 }, 'rfc9568');
  vrrp.advance(4000);
  t.same(formsOnTick(vrrp), ['rfc9568']);
});
