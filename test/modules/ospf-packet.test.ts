/** Packets of FRR and BIRD, read and written again, and who may have sent them. */
import t from 'tap';
import {
  decodeAcknowledgment,
  encodeAcknowledgment,
} from '../../firmware/modules/ospf/packet/acknowledgment.ts';
import {
  type Authenticator,
  digestLengthOf,
  keyIdOf,
  sequenceOf,
  verify,
} from '../../firmware/modules/ospf/packet/authentication.ts';
import { decodeDescription, encodeDescription } from '../../firmware/modules/ospf/packet/description.ts';
import { decodePacket, encodePacket, type Received } from '../../firmware/modules/ospf/packet/header.ts';
import { decodeHello, encodeHello, neighborsThatFit } from '../../firmware/modules/ospf/packet/hello.ts';
import { decodeLsa, encodeLsa } from '../../firmware/modules/ospf/packet/lsa.ts';
import { decodeLsaHeader, encodeLsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { decodeRequest, encodeRequest } from '../../firmware/modules/ospf/packet/request.ts';
import { decodeUpdate, encodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { patched, toHex } from './bytes.ts';
import { CAPTURES, type Capture, receivedOf } from './ospf-captured.ts';

const captureOf = (name: string) => CAPTURES.find((capture) => capture.name === `${name}.txt`)!;

/** A value, or the test ends with the reason. */
function taken<Value extends object>(value: Value): Exclude<Value, { error: unknown }> {
  if ('error' in value) throw new Error(String(value.error));
  return value as Exclude<Value, { error: unknown }>;
}

/** A body through the values that stand for it. */
const AGAIN: readonly ((body: Uint8Array) => Uint8Array)[] = [
  (body) => body,
  (body) => encodeHello(taken(decodeHello(body))),
  (body) => encodeDescription(taken(decodeDescription(body))),
  (body) => encodeRequest(taken(decodeRequest(body))),
  (body) => encodeUpdate(taken(decodeUpdate(body)).map((lsa) => lsaAgain(lsa))),
  (body) => encodeAcknowledgment(taken(decodeAcknowledgment(body)).map(encodeLsaHeader)),
];

function lsaAgain(lsa: Uint8Array): Uint8Array {
  return encodeLsa(decodeLsaHeader(lsa), taken(decodeLsa(lsa)));
}

function authenticatorOf({ algorithm, secret }: Capture, packet: Received): Authenticator {
  if (algorithm === 'none') return { type: 0 };
  if (algorithm === 'simple') return { type: 1, password: secret };
  return { type: 2, keyId: keyIdOf(packet), algorithm, secret, sequence: sequenceOf(packet) };
}

t.test('every packet of an adjacency of FRR and BIRD is written again byte for byte', async (t) => {
  t.equal(CAPTURES.length, 12);
  for (const capture of CAPTURES) {
    const types = new Set<number>();
    for (const [i, packet] of receivedOf(capture).entries()) {
      const { type, body } = packet;
      types.add(type);
      const again = encodePacket(packet, AGAIN[type]!(body), authenticatorOf(capture, packet));
      if (toHex(again) === toHex(capture.packets[i]!.bytes)) continue;
      t.equal(toHex(again), toHex(capture.packets[i]!.bytes), `${capture.name}, packet ${i}`);
    }
    t.strictSame([...types].sort(), [1, 2, 3, 4, 5], `${capture.name} has all types of packets`);
  }
});

t.test('every packet is trusted with its secret, and with no other', async (t) => {
  for (const capture of CAPTURES) {
    const { accepted, algorithm, name } = capture;
    const packets = receivedOf(capture);
    t.ok(
      packets.every((packet) => verify(packet, accepted) === undefined),
      `${name}: all are taken`,
    );
    const first = packets[0]!;
    if (algorithm === 'none') continue;
    t.equal(verify(first, { type: 0 }), 'auType', `${name}: not where there is no authentication`);
    const other = Uint8Array.of(1, 2, 3);
    if (algorithm === 'simple') {
      t.equal(verify(first, { type: 1, password: other }), 'password');
      continue;
    }
    t.equal(verify(first, { type: 2, keyOf: () => ({ algorithm, secret: other }) }), 'digest', name);
    const another = algorithm === 'md5' ? 'hmac-sha-1' : 'md5';
    const keyOf = () => ({ algorithm: another, secret: capture.secret }) as const;
    t.equal(verify(first, { type: 2, keyOf }), 'digest', `${name}: another algorithm`);
  }
});

t.test('a packet with one bit turned is not taken, whichever it is', async (t) => {
  for (const name of ['md5', 'sha1', 'sha256', 'sha384', 'sha512', 'none', 'simple']) {
    const { accepted, packets } = captureOf(name);
    const { bytes } = packets[0]!;
    // The checksum covers neither itself whole nor the authentication field of AuType 0.
    const left = name === 'none' ? [16, 17, 18, 19, 20, 21, 22, 23] : [];
    const passed: number[] = [];
    for (let at = 0; at < bytes.length; at++) {
      const packet = decodePacket(patched(bytes, at, bytes[at]! ^ 0x10));
      if (!('error' in packet) && verify(packet, accepted) === undefined) passed.push(at);
    }
    t.strictSame(passed, left, name);
  }
});

t.test('what is behind a packet, such as an LLS block, is passed over (RFC 5613)', async (t) => {
  const block = Uint8Array.of(0xff, 0xf6, 0, 3, 0, 1, 0, 4, 0, 0, 0, 1);
  for (const { packets, accepted, name } of CAPTURES) {
    const { bytes } = packets[0]!;
    const packet = taken(decodePacket(Uint8Array.from([...bytes, ...block])));
    t.equal(verify(packet, accepted), undefined, name);
    t.strictSame(packet.body, taken(decodePacket(bytes)).body);
  }
});

t.test('a password is made up to 8 bytes, and a key of MD5 to 16', async (t) => {
  const header = { type: 1, routerId: 1, area: 0 };
  const short = Uint8Array.of(1, 2);
  const simple = encodePacket(header, new Uint8Array(20), { type: 1, password: short });
  t.equal(toHex(simple.subarray(16, 24)), '0102000000000000');
  const signed = (secret: Uint8Array) =>
    toHex(
      encodePacket(header, new Uint8Array(20), {
        type: 2,
        keyId: 1,
        algorithm: 'md5',
        secret,
        sequence: 1,
      }),
    );
  t.equal(signed(short), signed(Uint8Array.from([...short, ...new Uint8Array(14)])));
  t.not(signed(short), signed(Uint8Array.of(1, 2, 3)));
});

t.test('a digest is as long as its algorithm says, and the packet says so', async (t) => {
  const lengths = { md5: 16, 'hmac-sha-1': 20, 'hmac-sha-256': 32, 'hmac-sha-384': 48, 'hmac-sha-512': 64 };
  for (const [algorithm, length] of Object.entries(lengths)) {
    t.equal(digestLengthOf(algorithm as keyof typeof lengths), length);
    const authenticator = {
      type: 2,
      keyId: 255,
      algorithm: algorithm as keyof typeof lengths,
      secret: new Uint8Array(200),
      sequence: 0xffff_ffff,
    } as const;
    const bytes = encodePacket({ type: 1, routerId: 1, area: 0 }, new Uint8Array(20), authenticator);
    t.equal(bytes.length, 44 + length);
    t.equal(bytes[19], length);
    const packet = taken(decodePacket(bytes));
    t.equal(keyIdOf(packet), 255);
    t.equal(sequenceOf(packet), 0xffff_ffff);
    const cut = taken(decodePacket(bytes.subarray(0, bytes.length - 1)));
    t.equal(verify(cut, { type: 2, keyOf: () => authenticator }), 'digest', 'one that is cut is not taken');
  }
});

t.test('a header that cannot be is refused, with the reason', async (t) => {
  const { bytes } = captureOf('none').packets[0]!;
  t.strictSame(decodePacket(bytes.subarray(0, 23)), { error: 'truncated' });
  t.strictSame(decodePacket(bytes.subarray(0, 43)), { error: 'truncated' });
  t.strictSame(decodePacket(patched(bytes, 0, 3)), { error: 'version' });
  t.strictSame(decodePacket(patched(bytes, 2, 0, 23)), { error: 'truncated' });
});

t.test('a body of a length that its type does not have is refused', async (t) => {
  t.strictSame(decodeHello(new Uint8Array(19)), { error: 'helloLength' });
  t.strictSame(decodeHello(new Uint8Array(22)), { error: 'helloLength' });
  t.strictSame(decodeDescription(new Uint8Array(7)), { error: 'descriptionLength' });
  t.strictSame(decodeDescription(new Uint8Array(27)), { error: 'descriptionLength' });
  t.strictSame(decodeRequest(new Uint8Array(13)), { error: 'requestLength' });
  t.strictSame(decodeAcknowledgment(new Uint8Array(21)), { error: 'acknowledgmentLength' });
  t.strictSame(decodeUpdate(new Uint8Array(3)), { error: 'updateLength' });
});

t.test('an Update whose LSAs are not as many, or longer, than it says is refused', async (t) => {
  const update = receivedOf(captureOf('none')).find(({ type }) => type === 4)!.body;
  const lsas = taken(decodeUpdate(update)).length;
  t.ok(lsas > 0);
  t.strictSame(decodeUpdate(patched(update, 3, lsas + 1)), { error: 'updateLength' });
  t.strictSame(decodeUpdate(patched(update, 3, lsas - 1)), { error: 'updateLength' });
  t.strictSame(decodeUpdate(patched(update, 0, 255)), { error: 'updateLength' });
  t.strictSame(decodeUpdate(patched(update, 4 + 18, 0, 19)), { error: 'updateLength' }, 'no header');
  t.strictSame(decodeUpdate(patched(update, 4 + 18, 255)), { error: 'updateLength' }, 'beyond the end');
  t.strictSame(decodeUpdate(update.subarray(0, update.length - 1)), { error: 'updateLength' });
});

t.test('as many neighbours are listed as fit', async (t) => {
  t.equal(neighborsThatFit(19), 0);
  t.equal(neighborsThatFit(27), 1);
  t.equal(neighborsThatFit(1456), 359);
});
