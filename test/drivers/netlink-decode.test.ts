/** Decoding what came by netlink: real messages as they are, and spoilt in every way. */
import t from 'tap';
import { addressAt, type Family, putAddress, sizeOf } from '../../drivers/netlink/ip-text.ts';
import { LINKS } from '../../drivers/netlink/link.ts';
import { behind, isFault, messageAt, readAnswer } from '../../drivers/netlink/message.ts';
import { MessageWriter } from '../../drivers/netlink/writer.ts';
import { NetworkNamespace } from '../netns.ts';
import { wholeFrom } from '../random.ts';
import { KINDS } from './fixtures/netlink-kinds.ts';
import { place } from './fixtures/netlink-place.ts';

const skip = NetworkNamespace.unavailable;
if (skip !== false) t.comment(skip);

const ROUNDS = 4_000;

interface Looked {
  rows: number;
  faults: string[];
  messages: number;
}

/** Looks at a datagram as the driver does, with every kind. Bounded: each message moves on by its header at least. */
function look(bytes: Buffer): Looked {
  const looked: Looked = { rows: 0, faults: [], messages: 0 };
  for (let at = 0; at < bytes.length; ) {
    const message = messageAt(bytes, at, bytes.length);
    if (isFault(message)) {
      looked.faults.push(message.error);
      return looked;
    }
    at = behind(message);
    looked.messages++;
    for (const ends of ['request', 'dump'] as const) readAnswer(message, ends);
    for (const kind of KINDS) {
      const row: object | undefined = kind.decode(message.bytes, message.from, message.end);
      if (kind.added !== message.type || row === undefined) continue;
      if (isFault(row)) looked.faults.push(row.error);
      else looked.rows++;
    }
  }
  return looked;
}

/** Some bytes changed, lengths above all; or cut; or something put in. */
function spoilt(bytes: Buffer, pick: (below: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  for (let i = 0; i <= pick(8); i++) {
    const at = pick(copy.length);
    const value = [0, 1, 3, 4, 5, 0x7f, 0x80, 0xff, pick(256)][pick(9)] as number;
    if (pick(2) === 0) copy.writeUInt8(value, at);
    else copy.writeUInt16LE(value | (pick(2) << 15), Math.max(0, Math.min(at & ~3, copy.length - 2)));
  }
  if (pick(4) === 0) return copy.subarray(0, pick(copy.length + 1));
  if (pick(8) === 0)
    return Buffer.concat([copy.subarray(0, pick(copy.length)), Buffer.alloc(pick(64), pick(256)), copy]);
  return copy;
}

t.test(
  'real messages, spoilt: a row or a reason, never an exception, never without end',
  { skip },
  async (t) => {
    const { batch, remote, namespace } = place(t);
    batch(
      'route add 10.2.0.0/16 proto 200 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3',
      'route add 10.5.0.0/16 via inet6 2001:db8::9 dev v0 mtu 1300',
      'route add 2001:db8:6::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3 weight 4',
      'neighbor add 10.0.0.77 lladdr 00:00:5e:00:01:33 dev v0',
      'rule add fwmark 0x10/0xff iif v0 oif v1 table 1000 priority 88',
      'link add br0 type bridge',
    );
    namespace.ip('link', 'set', 'v0', 'alias', 'to the left');
    const datagrams: Buffer[] = [];
    for (const { name } of KINDS) {
      for (const family of [4, 6] as const) {
        const answer = (await remote.order({ op: 'raw', kind: name, filter: { family } })) as string[];
        datagrams.push(...answer.map((text) => Buffer.from(text, 'hex')));
      }
    }
    const whole = datagrams.map(look);
    t.same(
      whole.flatMap(({ faults }) => faults),
      [],
      'as they are, they are understood',
    );
    t.ok(whole.reduce((sum, { rows }) => sum + rows, 0) > 30, 'and are many');
    const pick = wholeFrom(14);
    const reasons = new Set<string>();
    let rows = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const bytes = spoilt(datagrams[pick(datagrams.length)] as Buffer, pick);
      const looked = look(bytes);
      if (looked.messages > bytes.length / 16) t.fail(`${looked.messages} messages in ${bytes.length} bytes`);
      rows += looked.rows;
      for (const reason of looked.faults) reasons.add(reason.replaceAll(/\d+/g, 'N'));
    }
    t.ok(rows > ROUNDS, 'most of it is still understood');
    for (const reason of [
      'a message has a length of N, where N bytes are left',
      'attribute N has a length of N, where N bytes are left',
      'attribute N has N bytes, not N',
      'a next hop has a length of N, where N bytes are left',
      'N bytes are less than a header',
    ])
      t.ok(reasons.has(reason), reason);
  },
);

t.test('a refusal has its errno, whatever length its copy of the request says', async (t) => {
  const [ERROR, ACK_TLVS, ENETUNREACH] = [2, 0x200, 101];
  for (const length of [0, 16, 17, 20, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff]) {
    const bytes = Buffer.alloc(36);
    bytes.writeUInt32LE(bytes.length, 0);
    bytes.writeUInt16LE(ERROR, 4);
    bytes.writeUInt16LE(ACK_TLVS, 6);
    bytes.writeInt32LE(-ENETUNREACH, 16);
    bytes.writeUInt32LE(length, 20);
    const message = messageAt(bytes, 0, bytes.length);
    if (isFault(message)) t.fail(message.error);
    else t.same(readAnswer(message, 'request'), { errno: ENETUNREACH, text: '' }, `${length}`);
  }
});

t.test('an address is the same in bytes and back, and written as others write it', async (t) => {
  const there = (text: string, family: Family) => {
    const bytes = Buffer.alloc(sizeOf(family));
    putAddress(text, family, bytes, 0);
    return addressAt(bytes, 0, family);
  };
  for (const text of ['0.0.0.0', '10.0.0.1', '255.255.255.255']) t.equal(there(text, 4), text);
  for (const [text, short = text] of [
    ['::'],
    ['::1'],
    ['1::'],
    ['fe80::1'],
    ['2001:db8:0:1:1:1:1:1'],
    ['2001:db8::1:0:0:1'],
    ['2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:10.0.0.1'],
    ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
    ['1:2:3:4:5:6:7:8'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
  ] as [string, string?][])
    t.equal(there(text, 6), short);
  for (const [text, family] of [
    ['10.0.0', 4],
    ['10.0.0.1', 6],
    ['::1', 4],
    ['fe80::1%eth0', 6],
    ['', 4],
  ] as [string, Family][])
    t.throws(() => there(text, family), { code: 'NETLINK_INVALID' }, text);
});

t.test('the number of a VLAN and the table of a VRF are read; what they mean of others is not', (t) => {
  const read = (wanted: Parameters<typeof LINKS.write>[1]) => {
    const writer = new MessageWriter();
    writer.begin(LINKS.added, 0, 1);
    LINKS.write(writer, { index: 7, name: 'x0', ...wanted }, 'add');
    writer.end();
    const message = messageAt(writer.written, 0, writer.written.length);
    if (isFault(message)) throw new Error(message.error);
    return LINKS.decode(message.bytes, message.from, message.end);
  };
  t.match(read({ kind: 'vlan', vlanId: 4094, parent: 3 }), { kind: 'vlan', vlan: 4094, parent: 3 });
  t.match(read({ kind: 'vrf', table: 100_000 }), { kind: 'vrf', table: 100_000 });
  const other = read({ kind: 'macvlan', macvlanMode: 1 });
  t.match(other, { kind: 'macvlan' });
  t.notOk(other !== undefined && ('vlan' in other || 'table' in other));
  t.end();
});
