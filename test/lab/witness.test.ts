import t from 'tap';
import { read, type WatchedProtocol } from '../../firmware/lab/witness.ts';
import { advertisement, datagram, heartbeat, hello } from './packets.ts';

const FROM = '10.0.1.1';
const GOOD: Record<WatchedProtocol, Buffer> = {
  IP: datagram(FROM, '224.0.0.1', 1, 1, advertisement('10.0.1.1')),
  OSPF: datagram(FROM, '224.0.0.5', 89, 1, hello('10.0.0.9', ['10.0.2.2', '10.0.2.3'])),
  VRRP: datagram(FROM, '224.0.0.18', 112, 255, heartbeat(FROM, 51, 200, 100, '10.0.1.254')),
};

t.test('a monitor says in words what each protocol sent', async (t) => {
  t.same(read('IP', GOOD.IP), {
    from: FROM,
    says: 'router advertisement: 10.0.1.1 (preference 0), lifetime 1800 s',
  });
  t.same(read('OSPF', GOOD.OSPF), {
    from: FROM,
    says: 'Hello of router 10.0.0.9, area 0.0.0.0: neighbors 10.0.2.2, 10.0.2.3',
  });
  t.match(read('OSPF', datagram(FROM, '224.0.0.5', 89, 1, hello('1.2.3.4'))), { says: /: no neighbor$/ });
  t.same(read('VRRP', GOOD.VRRP), {
    from: FROM,
    says: 'advertisement of group 51, priority 200, every 1 s: 10.0.1.254',
  });
});

t.test('packets captured from other implementations are understood', async (t) => {
  // FRR 8.4 ospfd, priority 0, hello 1 s, dead 4 s.
  const frr = Buffer.from(
    '45c0004044fc0000015987a20a000202e00000050201002c0a00020200000000f0ca00000000000000000000ffffff0000010200000000040000000000000000',
    'hex',
  );
  // keepalived 2.2, group 51, priority 100.
  const keepalived = Buffer.from('45c0002000010000ff70cf980a000102e000001231336401006472d80a0001fe', 'hex');
  t.same(read('OSPF', frr), {
    from: '10.0.2.2',
    says: 'Hello of router 10.0.2.2, area 0.0.0.0: no neighbor',
  });
  t.same(read('VRRP', keepalived), {
    from: '10.0.1.2',
    says: 'advertisement of group 51, priority 100, every 1 s: 10.0.1.254',
  });
});

t.test(
  'a VRRP checksum may be that of RFC 9568 or have a pseudo-header, and ends with the last address',
  async (t) => {
    const says = 'advertisement of group 51, priority 120, every 1 s: 10.0.1.254';
    // RFC 9568's form; and what both FRR 8.4.4's vrrpd and keepalived 2.2.7 send from 10.0.1.2.
    for (const message of ['313378010064 4a69 0a0001fe', '313378010064 5ed8 0a0001fe']) {
      for (const tail of ['', '00000000']) {
        const body = Buffer.from(`${message}${tail}`.replaceAll(' ', ''), 'hex');
        t.same(read('VRRP', datagram('10.0.1.2', '224.0.0.18', 112, 255, body)), { from: '10.0.1.2', says });
        body[2] = 121;
        t.match(read('VRRP', datagram('10.0.1.2', '224.0.0.18', 112, 255, body)), {
          wrong: 'has a wrong checksum',
        });
      }
    }
  },
);

t.test('a flipped bit anywhere in the checked part is noticed', async (t) => {
  for (const protocol of ['IP', 'OSPF', 'VRRP'] as const) {
    const good = GOOD[protocol];
    const unnoticed: string[] = [];
    for (let bit = 20 * 8; bit < good.length * 8; bit++) {
      const at = bit >> 3;
      // OSPF's authentication field is outside of the checksum (RFC 2328, D.4.1).
      if (protocol === 'OSPF' && at >= 36 && at < 44) continue;
      const bad = Buffer.from(good);
      bad[at] = bad[at]! ^ (1 << (bit & 7));
      if ('says' in read(protocol, bad))
        unnoticed.push(`bit ${bit & 7} of byte ${at - 20}: ${bad.toString('hex')}`);
    }
    t.same(unnoticed, [], protocol);
  }
});

t.test('a packet cut off anywhere is never taken for a whole one and never throws', async (t) => {
  for (const protocol of ['IP', 'OSPF', 'VRRP'] as const) {
    const good = GOOD[protocol];
    const taken: string[] = [];
    for (let length = 0; length < good.length; length++) {
      const cut = Buffer.from(good.subarray(0, length));
      if ('says' in read(protocol, cut)) taken.push(`${length} bytes`);
      if (length < 20) continue;
      cut.writeUInt16BE(length, 2);
      if ('says' in read(protocol, cut)) taken.push(`${length} bytes, with a header that says so`);
    }
    t.same(taken, [], protocol);
  }
});

t.test('what a monitor does not watch for is passed over in silence', async (t) => {
  t.same(
    read('IP', datagram(FROM, '10.0.1.2', 1, 64, Buffer.from([8, 0, 0xf7, 0xff, 0, 0, 0, 0]))),
    { other: true },
    'echo request',
  );
  t.same(
    read('OSPF', datagram(FROM, '224.0.0.5', 89, 1, Buffer.from([2, 2, 0, 32]))),
    { other: true },
    'database description',
  );
  t.same(read('OSPF', GOOD.VRRP), { other: true }, 'another protocol');
});

t.test('foreign VRRP packets are named with what is wrong', async (t) => {
  const body = Buffer.from(GOOD.VRRP.subarray(20));
  t.same(read('VRRP', datagram(FROM, '224.0.0.18', 112, 254, body)), {
    from: FROM,
    wrong: 'has TTL 254, not 255',
  });
  body[0] = 0x21;
  t.same(read('VRRP', datagram(FROM, '224.0.0.18', 112, 255, body)), {
    from: FROM,
    wrong: 'is VRRP version 2, type 1',
  });
});
