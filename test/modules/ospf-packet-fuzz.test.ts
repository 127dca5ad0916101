/**
 * Good packets as noise and enemies make others of them, through every decoder: a value or a reason comes out, never a throw, and the
 * work is bounded by the bytes. HITLESS_FUZZ_PACKETS sets how many; HITLESS_SEED makes others.
 */
import t from 'tap';
import { decodeAcknowledgment } from '../../firmware/modules/ospf/packet/acknowledgment.ts';
import { verify } from '../../firmware/modules/ospf/packet/authentication.ts';
import { decodeDescription } from '../../firmware/modules/ospf/packet/description.ts';
import { decodePacket } from '../../firmware/modules/ospf/packet/header.ts';
import { decodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import { checksumIsGood, decodeLsa } from '../../firmware/modules/ospf/packet/lsa.ts';
import { decodeRequest } from '../../firmware/modules/ospf/packet/request.ts';
import { decodeRouterInformation } from '../../firmware/modules/ospf/packet/router-information.ts';
import { decodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { wholeFrom } from '../random.ts';
import { SEED, toHex } from './bytes.ts';
import { CAPTURES } from './ospf-captured.ts';

const PACKETS = Number(process.env.HITLESS_FUZZ_PACKETS ?? 100_000);
/** Places where a length, a number or a type stands: noise alone seldom hits them. */
const FIELDS = [1, 2, 3, 15, 18, 19, 24, 27, 28, 31, 43, 46, 47, 48, 49, 50, 51, 59, 60];
const WORTH_TRYING = [0, 1, 4, 11, 12, 19, 20, 24, 27, 28, 36, 127, 128, 254, 255];

const below = wholeFrom(SEED);
const pick = <T>(from: readonly T[]): T => from[below(from.length)]!;

/** Cuts, repeats, exchanges and overwrites, at places that matter more often than at others. */
function mutated(good: Uint8Array): Uint8Array {
  let bytes = Uint8Array.from(good);
  for (let times = 1 + below(4); times > 0; times--) {
    const how = below(6);
    const at = below(bytes.length + 1);
    if (how === 0) bytes = bytes.slice(0, at);
    else if (how === 1) {
      const piece = bytes.subarray(at, at + below(64));
      bytes = Uint8Array.from([...bytes.subarray(0, at), ...piece, ...bytes.subarray(at)]);
    } else if (how === 2) bytes.copyWithin(at, below(bytes.length + 1), bytes.length);
    else if (how === 3 && at < bytes.length) bytes[at] = below(256);
    else bytes[pick(FIELDS)] = pick(WORTH_TRYING);
  }
  // Most of them say the length that they have, or nothing behind the header is ever reached.
  if (below(4) > 0 && bytes.length > 3) bytes.set([bytes.length >> 8, bytes.length & 255], 2);
  return bytes;
}

const seen = new Map<string, number>();
function note(what: string): void {
  seen.set(what, (seen.get(what) ?? 0) + 1);
}

function through(bytes: Uint8Array): void {
  const packet = decodePacket(bytes);
  if ('error' in packet) {
    note(packet.error);
    return;
  }
  for (const { accepted } of CAPTURES.slice(0, 1)) verify(packet, accepted);
  if (below(50) === 0) for (const { accepted } of CAPTURES) verify(packet, accepted);
  for (const decode of [decodeHello, decodeDescription, decodeRequest, decodeAcknowledgment]) {
    const value = decode(packet.body);
    note('error' in value ? value.error : decode.name);
    const items = 'neighbors' in value ? value.neighbors : 'headers' in value ? value.headers : value;
    if (Array.isArray(items) && items.length > packet.body.length / 4) note('MORE THAN THERE IS');
  }
  const lsas = decodeUpdate(packet.body);
  if ('error' in lsas) note(lsas.error);
  else lsas.forEach(throughLsa);
  throughLsa(packet.body);
  decodeRouterInformation(packet.body);
}

function throughLsa(lsa: Uint8Array): void {
  const body = decodeLsa(lsa);
  note('error' in body ? body.error : body.kind);
  if (!('error' in body)) checksumIsGood(lsa);
}

t.test(`${PACKETS} mutated packets go through every decoder without a throw`, async (t) => {
  const good = CAPTURES.flatMap(({ packets }) => packets.map(({ bytes }) => bytes));
  for (let i = 0; i < PACKETS; i++) {
    const bytes = mutated(pick(good));
    try {
      through(bytes);
    } catch (thrown) {
      return t.fail(`packet ${i} of seed ${SEED}: ${thrown} in ${toHex(bytes)}`);
    }
  }
  t.notOk(seen.has('MORE THAN THERE IS'));
  const outcomes = [
    ...['truncated', 'version', 'helloLength', 'descriptionLength', 'requestLength', 'updateLength'],
    ...['acknowledgmentLength', 'lsaLength', 'lsaType', 'decodeHello', 'decodeDescription'],
    ...['decodeRequest', 'decodeAcknowledgment', 'router', 'network', 'summary', 'external', 'opaque'],
  ];
  for (const outcome of outcomes) t.ok((seen.get(outcome) ?? 0) > 0, `${outcome}: ${seen.get(outcome)}`);
});

t.test('the longest packets take as long as their bytes, whatever they say', async (t) => {
  const zeros = new Uint8Array(65_000);
  const headers = new Uint8Array(65_000);
  for (let at = 4; at + 20 <= headers.length; at += 20) headers.set([0, 20], at + 18);
  headers.set([0, 0, 0x0c, 0xb1], 0);
  for (const body of [zeros, headers, zeros.fill(255)]) {
    for (const decode of [decodeHello, decodeDescription, decodeRequest, decodeAcknowledgment, decodeUpdate])
      decode(body.subarray(0, body.length - (body.length % 4)));
    decodeRouterInformation(body);
    checksumIsGood(body);
    decodeLsa(body);
  }
  const most = decodeUpdate(headers.subarray(0, 4 + 20 * 0x0cb1));
  t.equal(Array.isArray(most) && most.length, 0x0cb1);
});
