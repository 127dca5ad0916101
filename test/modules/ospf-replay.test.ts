/**
 * Captured adjacencies played again: the module in the place of one router, and the other's packets as they were. It asks
 * for, answers and acknowledges what the captured router did.
 */
import t from 'tap';
import type { AuthenticationConfig } from '../../firmware/modules/ospf/config-record.ts';
import { decodeAcknowledgment } from '../../firmware/modules/ospf/packet/acknowledgment.ts';
import { decodeDescription } from '../../firmware/modules/ospf/packet/description.ts';
import { decodePacket, type Received } from '../../firmware/modules/ospf/packet/header.ts';
import { decodeHello } from '../../firmware/modules/ospf/packet/hello.ts';
import { decodeLsaHeader } from '../../firmware/modules/ospf/packet/lsa-header.ts';
import { decodeRequest } from '../../firmware/modules/ospf/packet/request.ts';
import { decodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { toHex } from './bytes.ts';
import { CAPTURES, type Capture } from './ospf-captured.ts';
import { Network } from './ospf-network.ts';

const [OURS, THEIRS] = ['10.9.0.1', '10.9.0.2'];
/** One instance of an LSA is taken a second after another (MinLSArrival). */
const ARRIVAL_MS = 1001;
/** An acknowledgment waits at most so long for others. */
const ACKNOWLEDGED_MS = 1500;

function taken<Value extends object>(value: Value): Exclude<Value, { error: unknown }> {
  if ('error' in value) throw new Error(String(value.error));
  return value as Exclude<Value, { error: unknown }>;
}

/** Type, id, router, sequence and checksum. */
const instanceOf = (header: Uint8Array) => toHex(header.subarray(3, 18));

/** A router's words to its neighbour in the exchange, in the order of nothing. */
interface Said {
  /** Sequence numbers of Database Descriptions as the slave. */
  described: string[];
  requested: string[];
  /** Instances of LSAs of the neighbour. */
  acknowledged: Set<string>;
}

function saidIn(packets: readonly Received[]): Said {
  const said: Said = { described: [], requested: [], acknowledged: new Set() };
  for (const { type, body } of packets) {
    if (type === 2) {
      const { flags, sequence } = taken(decodeDescription(body));
      // As the slave; the first of its own, with I, M and MS, is of no consequence.
      if (flags === 0) said.described.push(`${sequence}`);
    } else if (type === 3) {
      for (const { type: of, id, router } of taken(decodeRequest(body)))
        said.requested.push(`${of} ${id} ${router}`);
    } else if (type === 5) {
      taken(decodeAcknowledgment(body));
      for (let at = 0; at < body.length; at += 20)
        said.acknowledged.add(instanceOf(body.subarray(at, at + 20)));
    }
  }
  said.described = [...new Set(said.described)];
  said.requested = [...new Set(said.requested)].sort();
  return said;
}

function authenticationOf({ algorithm, secret }: Capture): AuthenticationConfig {
  const text = Buffer.from(secret).toString('latin1');
  if (algorithm === 'none') return { type: 'none' };
  if (algorithm === 'simple') return { type: 'simple', password: text };
  return { type: 'cryptographic', keys: { 7: { algorithm, secret: text } } };
}

/** Plays the other router's packets; returns what the module sent, and the LSAs that it was sent. */
function play(capture: Capture) {
  const network = new Network();
  const router = network.router('1.1.1.1');
  network.connect(router, network.lan('lan0'), `${OURS}/24`, {
    deadInterval: 4000,
    authentication: authenticationOf(capture),
  });
  const lsas = new Map<string, Uint8Array>();
  const seen = new Set<string>();
  const hear = ({ from, to, bytes }: Capture['packets'][number], ms = 1000) => {
    router.served.packet('ospf', 'lan0', { from, to, ttl: 1, payload: bytes.slice() });
    network.collect();
    network.run(ms);
  };
  let hello = capture.packets[0]!;
  for (const packet of capture.packets) {
    const { from, bytes } = packet;
    const { type, body, area } = taken(decodePacket(bytes));
    // It asked for LSAs of the router that is not here: to ask for what is not there ends an exchange.
    if (from !== THEIRS || area !== 0 || type === 3) continue;
    const updated = type === 4 ? taken(decodeUpdate(body)) : [];
    if (updated.some((lsa) => seen.has(toHex(lsa.subarray(3, 12))))) network.run(ARRIVAL_MS);
    for (const lsa of updated) {
      seen.add(toHex(lsa.subarray(3, 12)));
      lsas.set(instanceOf(lsa), lsa);
    }
    // At the end of its capture it said that its neighbour was gone.
    if (type === 1 && seen.size > 0) break;
    // Both had waited before the adjacency began (9.3), and went on with what they had said.
    if (type === 2 || (type === 1 && taken(decodeHello(body)).dr !== 0))
      while (router.role('lan0').startsWith('Waiting')) hear(hello);
    if (type === 1) hello = packet;
    hear(packet, 1);
  }
  network.run(ACKNOWLEDGED_MS);
  const sent = network.sent.map(({ payload }) => taken(decodePacket(payload)));
  return { router, sent, lsas };
}

for (const capture of CAPTURES.filter(({ name }) => name !== 'areas.txt')) {
  t.test(`${capture.name}: in the place of the one router it comes to Full with the other`, async (t) => {
    const { router, sent, lsas } = play(capture);
    t.equal(router.neighborState('2.2.2.2'), 'Full');
    const theirs = capture.packets
      .filter(({ from }) => from === OURS)
      .map(({ bytes }) => taken(decodePacket(bytes)));
    const [ours, before] = [saidIn(sent), saidIn(theirs)];
    t.strictSame(ours.described, before.described, 'it answers each Database Description, and no other');
    t.strictSame(ours.requested, before.requested, 'it asks for what the captured router did');
    t.ok(lsas.size > 0);
    for (const [instance, lsa] of lsas) {
      t.ok(ours.acknowledged.has(instance), `it acknowledges ${instance}`);
      const { type, id, router: from, sequence } = decodeLsaHeader(lsa);
      const kept = [...router.state.lsas.values()].find(
        (each) => each.type === type && each.id === id && each.router === from,
      );
      if (kept?.sequence === sequence) t.equal(toHex(kept.bytes.subarray(2)), toHex(lsa.subarray(2)));
      else t.ok(kept !== undefined && kept.sequence > sequence, `${instance}: a newer one is kept`);
    }
  });
}
