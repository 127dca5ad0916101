/** Adjacencies of FRR and BIRD, as they were captured: the packets of fixtures/ospf/, each once. */
import { readdirSync, readFileSync } from 'node:fs';
import type { KeyAlgorithm } from '../../firmware/modules/ospf/config-record.ts';
import { type Accepted, bytesOf } from '../../firmware/modules/ospf/packet/authentication.ts';
import { decodePacket, type Received } from '../../firmware/modules/ospf/packet/header.ts';
import { decodeUpdate } from '../../firmware/modules/ospf/packet/update.ts';
import { fromHex } from './bytes.ts';

const FOLDER = new URL('./fixtures/ospf/', import.meta.url);
const KEY_ID = 7;

interface Captured {
  from: string;
  to: string;
  /** All that followed the IP header. */
  bytes: Uint8Array;
}

export interface Capture {
  name: string;
  algorithm: KeyAlgorithm | 'none' | 'simple';
  secret: Uint8Array;
  /** With this its packets are accepted. */
  accepted: Accepted;
  packets: Captured[];
}

export const CAPTURES: readonly Capture[] = readdirSync(FOLDER).map(read);

/** All packets, decoded. */
export function receivedOf({ packets }: Capture): Received[] {
  return packets.map(({ bytes }) => {
    const packet = decodePacket(bytes);
    if ('error' in packet) throw new Error(packet.error);
    return packet;
  });
}

/** All LSAs of all Updates. */
export function lsasOf(capture: Capture): Uint8Array[] {
  return receivedOf(capture).flatMap(({ type, body }) => {
    const lsas = type === 4 ? decodeUpdate(body) : [];
    if ('error' in lsas) throw new Error(lsas.error);
    return lsas;
  });
}

function read(name: string): Capture {
  const lines = readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n');
  const how = /# authentication: ([a-z0-9-]+)(?:, key 7, secret: (.*))?$/.exec(lines[1]!)!;
  const algorithm = how[1] as Capture['algorithm'];
  const secret = bytesOf(how[2] ?? '');
  const packets = lines.slice(2).map((line) => {
    const [from, to, hex] = line.split(' ') as [string, string, string];
    return { from, to, bytes: fromHex(hex) };
  });
  return { name, algorithm, secret, accepted: acceptedBy(algorithm, secret), packets };
}

function acceptedBy(algorithm: Capture['algorithm'], secret: Uint8Array): Accepted {
  if (algorithm === 'none') return { type: 0 };
  if (algorithm === 'simple') return { type: 1, password: secret };
  return {
    type: 2,
    keyOf: (id) => (id === KEY_ID ? { algorithm, secret } : { error: 'keyUnknown' }),
  };
}
