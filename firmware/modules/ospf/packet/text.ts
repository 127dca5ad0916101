/** Packets and LSAs as people read them (`debug ospf`): fields by the names that tcpdump shows, as lines and as facts. */
import { toAddress } from '../../address.ts';
import {
  LS_EXTERNAL,
  LS_NETWORK,
  LS_NSSA,
  LS_OPAQUE_AREA,
  LS_OPAQUE_AS,
  LS_OPAQUE_LINK,
  LS_ROUTER,
  LS_SUMMARY_ASBR,
  LS_SUMMARY_NETWORK,
  OPTION_DC,
  OPTION_E,
  OPTION_MC,
  OPTION_NP,
  OPTION_O,
  PACKET_ACKNOWLEDGMENT,
  PACKET_DESCRIPTION,
  PACKET_HELLO,
  PACKET_REQUEST,
  PACKET_UPDATE,
} from '../constants.ts';
import { decodeAcknowledgment } from './acknowledgment.ts';
import { decodeDescription, FLAG_I, FLAG_M, FLAG_MS } from './description.ts';
import { decodePacket } from './header.ts';
import { decodeHello } from './hello.ts';
import { decodeLsa, type LsaBody } from './lsa.ts';
import { decodeLsaHeader, type LsaHeader } from './lsa-header.ts';
import { ROUTER_B, ROUTER_E, ROUTER_NT, ROUTER_V, type RouterLink } from './lsa-router.ts';
import { decodeRequest } from './request.ts';
import { decodeUpdate } from './update.ts';

/** LSAs of a packet, and links or neighbours in a line, that are shown; the others are counted. */
const MOST_LSAS = 16;
const MOST_IN_LINE = 8;

export interface Text {
  lines: string[];
  facts: Record<string, unknown>;
}

const PACKETS: Readonly<Record<number, string>> = {
  [PACKET_HELLO]: 'Hello',
  [PACKET_DESCRIPTION]: 'Database Description',
  [PACKET_REQUEST]: 'LS-Request',
  [PACKET_UPDATE]: 'LS-Update',
  [PACKET_ACKNOWLEDGMENT]: 'LS-Ack',
};

const LSAS: Readonly<Record<number, string>> = {
  [LS_ROUTER]: 'Router LSA',
  [LS_NETWORK]: 'Network LSA',
  [LS_SUMMARY_NETWORK]: 'Summary LSA',
  [LS_SUMMARY_ASBR]: 'ASBR Summary LSA',
  [LS_EXTERNAL]: 'AS External LSA',
  [LS_NSSA]: 'NSSA LSA',
  [LS_OPAQUE_LINK]: 'Link Local Opaque LSA',
  [LS_OPAQUE_AREA]: 'Area Local Opaque LSA',
  [LS_OPAQUE_AS]: 'AS Opaque LSA',
};

const AUTHENTICATION = ['none', 'simple', 'cryptographic'] as const;
const OPTIONS = [
  [OPTION_E, 'E'],
  [OPTION_MC, 'MC'],
  [OPTION_NP, 'NP'],
  [OPTION_DC, 'DC'],
  [OPTION_O, 'O'],
] as const;
const DESCRIPTION_FLAGS = [
  [FLAG_I, 'I'],
  [FLAG_M, 'M'],
  [FLAG_MS, 'MS'],
] as const;
const ROUTER_FLAGS = [
  [ROUTER_B, 'B'],
  [ROUTER_E, 'E'],
  [ROUTER_V, 'V'],
  [ROUTER_NT, 'Nt'],
] as const;
const LINKS: Readonly<Record<RouterLink['type'], string>> = {
  1: 'point-to-point',
  2: 'transit',
  3: 'stub',
  4: 'virtual',
};

/** A whole packet; passwords and digests are left out. The first line begins with both addresses. */
export function packetText(from: string, to: string, payload: Uint8Array): Text {
  const packet = decodePacket(payload);
  const ends = `${from} > ${to}`;
  if ('error' in packet)
    return { lines: [`${ends}: no packet of OSPF version 2, length ${payload.length}`], facts: { from, to } };
  const { type, routerId, area, auType, body, whole } = packet;
  const facts = {
    from,
    to,
    type: PACKETS[type] ?? type,
    length: whole.length,
    router: toAddress(routerId),
    area: toAddress(area),
    authentication: AUTHENTICATION[auType] ?? auType,
  };
  const name = PACKETS[type] ?? `type ${type}`;
  const first = `${ends}: ${name}, length ${whole.length}, router ${facts.router}, area ${facts.area}, authentication ${facts.authentication}`;
  const more = bodyText(type, body);
  return { lines: [first, ...more.lines.map((line) => `    ${line}`)], facts: { ...facts, ...more.facts } };
}

function bodyText(type: number, body: Uint8Array): Text {
  switch (type) {
    case PACKET_HELLO:
      return helloText(body);
    case PACKET_DESCRIPTION:
      return descriptionText(body);
    case PACKET_REQUEST: {
      const requests = decodeRequest(body);
      if ('error' in requests) return wrong();
      return lsasText(requests, (each) => ({ lines: [nameOf(each)], facts: keyOf(each) }));
    }
    case PACKET_UPDATE: {
      const lsas = decodeUpdate(body);
      return 'error' in lsas ? wrong() : lsasText(lsas, lsaText);
    }
    case PACKET_ACKNOWLEDGMENT: {
      const headers = decodeAcknowledgment(body);
      return 'error' in headers ? wrong() : lsasText(headers, headerText);
    }
    default:
      return { lines: [], facts: {} };
  }
}

function wrong(): Text {
  return { lines: ['its body has another length than its type'], facts: {} };
}

function helloText(body: Uint8Array): Text {
  const hello = decodeHello(body);
  if ('error' in hello) return wrong();
  const { helloInterval, deadInterval, priority } = hello;
  const neighbors = hello.neighbors.map(toAddress);
  const facts = {
    mask: toAddress(hello.mask),
    helloInterval,
    deadInterval,
    priority,
    options: flagsText(hello.options, OPTIONS),
    dr: toAddress(hello.dr),
    bdr: toAddress(hello.bdr),
    neighbors,
  };
  const line = `mask ${facts.mask}, hello ${helloInterval} s, dead ${deadInterval} s, priority ${priority}, options ${facts.options}, DR ${facts.dr}, BDR ${facts.bdr}`;
  return { lines: [line, `neighbors ${some(neighbors)}`], facts };
}

function descriptionText(body: Uint8Array): Text {
  const description = decodeDescription(body);
  if ('error' in description) return wrong();
  const { mtu, sequence, headers } = description;
  const facts = {
    mtu,
    options: flagsText(description.options, OPTIONS),
    flags: flagsText(description.flags, DESCRIPTION_FLAGS),
    sequence: hex(sequence),
  };
  const line = `MTU ${mtu}, options ${facts.options}, flags ${facts.flags}, sequence ${facts.sequence}`;
  const { lines, facts: lsas } = lsasText(headers, headerText);
  return { lines: [line, ...lines], facts: { ...facts, ...lsas } };
}

function lsasText<Item>(items: readonly Item[], textOf: (item: Item) => Text): Text {
  const texts = items.slice(0, MOST_LSAS).map(textOf);
  const more = items.length - texts.length;
  return {
    lines: [...texts.flatMap(({ lines }) => lines), ...(more > 0 ? [`… ${more} more LSAs`] : [])],
    facts: { lsas: texts.map(({ facts }) => facts), count: items.length },
  };
}

/** A whole LSA: its header, and a line on what is in it. */
function lsaText(lsa: Uint8Array): Text {
  const { lines, facts } = headerText(decodeLsaHeader(lsa));
  const body = decodeLsa(lsa);
  if ('error' in body) return { lines: [...lines, '  its body is none of its type'], facts };
  const holds = holdsText(body);
  return { lines: [...lines, `  ${holds}`], facts: { ...facts, holds } };
}

function headerText(header: LsaHeader): Text {
  const { age, sequence, checksum, length } = header;
  return {
    lines: [`${lsaHeaderText(header)}, checksum ${hex(checksum, 4)}, length ${length}`],
    facts: { ...keyOf(header), age, sequence: hex(sequence), checksum: hex(checksum, 4), length },
  };
}

/** As `Router LSA, id 10.0.0.2, router 10.0.0.2, sequence 0x80000003, age 1 s`. */
export function lsaHeaderText(
  header: Pick<LsaHeader, 'type' | 'id' | 'router' | 'sequence' | 'age'>,
): string {
  return `${nameOf(header)}, sequence ${hex(header.sequence)}, age ${header.age} s`;
}

type Key = Pick<LsaHeader, 'type' | 'id' | 'router'>;

function nameOf({ type, id, router }: Key): string {
  return `${LSAS[type] ?? `LSA of type ${type}`}, id ${toAddress(id)}, router ${toAddress(router)}`;
}

export function keyOf({ type, id, router }: Key): { lsType: number; id: string; advertisingRouter: string } {
  return { lsType: type, id: toAddress(id), advertisingRouter: toAddress(router) };
}

function holdsText(body: LsaBody): string {
  switch (body.kind) {
    case 'router': {
      const links = body.links.map(
        ({ type, id, data, metric }) => `${LINKS[type]} ${toAddress(id)} ${toAddress(data)} metric ${metric}`,
      );
      return `flags ${flagsText(body.flags, ROUTER_FLAGS)}, links: ${some(links, '; ')}`;
    }
    case 'network':
      return `mask ${toAddress(body.mask)}, routers ${some(body.routers.map(toAddress))}`;
    case 'summary':
      return `mask ${toAddress(body.mask)}, metric ${body.metric}`;
    case 'external': {
      const { mask, type, metric, forwarding, tag } = body;
      return `mask ${toAddress(mask)}, metric type ${type}, metric ${metric}, forwarding ${toAddress(forwarding)}, tag ${tag}`;
    }
    case 'opaque':
      return `${body.data.length} bytes`;
  }
}

function some(texts: readonly string[], between = ', '): string {
  if (texts.length === 0) return 'none';
  const more = texts.length - MOST_IN_LINE;
  return [...texts.slice(0, MOST_IN_LINE), ...(more > 0 ? [`… ${more} more`] : [])].join(between);
}

/** `0x42 (E|O)` */
function flagsText(flags: number, names: readonly (readonly [number, string])[]): string {
  const set = names.filter(([bit]) => (flags & bit) !== 0).map(([, name]) => name);
  return `${hex(flags, 2)} (${set.join('|') || 'none'})`;
}

/** @param digits at least */
export function hex(number: number, digits = 8): string {
  return `0x${(number >>> 0).toString(16).padStart(digits, '0')}`;
}
