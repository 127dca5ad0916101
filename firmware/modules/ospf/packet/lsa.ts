/** LSAs as bytes and as values (RFC 2328 A.4; RFC 3101 for type 7; RFC 5250 for types 9 to 11). */

import type { ExternalType } from '../config-record.ts';
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
} from '../constants.ts';
import type { DropReason } from '../drop.ts';
import type { Id } from '../state.ts';
import { read16, read24, read32, write24, write32 } from './bytes.ts';
import { putChecksum } from './fletcher.ts';
import { LSA_HEADER, type LsaHeader, putLsaHeader } from './lsa-header.ts';
import { decodeRouterLsa, putRouterLsa, type RouterBody, sizeOfRouterLsa } from './lsa-router.ts';

export { checksumIsGood } from './fletcher.ts';
export type { RouterBody, RouterLink } from './lsa-router.ts';

const SUMMARY = LSA_HEADER + 8;
const EXTERNAL = LSA_HEADER + 16;
/** Bytes of each further type of service. */
const SUMMARY_TOS = 4;
const EXTERNAL_TOS = 12;
const E_BIT = 0x80;

export interface NetworkBody {
  kind: 'network';
  mask: Id;
  routers: Id[];
}

/** Types 3 and 4. */
export interface SummaryBody {
  kind: 'summary';
  mask: Id;
  metric: number;
}

/** Types 5 and 7. */
export interface ExternalBody {
  kind: 'external';
  mask: Id;
  type: ExternalType;
  metric: number;
  forwarding: Id;
  tag: number;
}

export interface OpaqueBody {
  kind: 'opaque';
  data: Uint8Array;
}

export type LsaBody = RouterBody | NetworkBody | SummaryBody | ExternalBody | OpaqueBody;

/**
 * Takes one whole LSA. Never throws; checks lengths, not the checksum. Metrics of other types of service are passed over.
 * The data of an opaque one is a part of the given bytes.
 */
export function decodeLsa(lsa: Uint8Array): LsaBody | { error: DropReason } {
  if (lsa.length < LSA_HEADER || read16(lsa, 18) !== lsa.length) return { error: 'lsaLength' };
  const type = lsa[3]!;
  if (!isKnownType(type)) return { error: 'lsaType' };
  return bodyOf(type, lsa) ?? { error: 'lsaLength' };
}

/** True for types that are kept and flooded; others are dropped (13 (2)). */
export function isKnownType(type: number): boolean {
  return (
    (type >= LS_ROUTER && type <= LS_EXTERNAL) ||
    type === LS_NSSA ||
    (type >= LS_OPAQUE_LINK && type <= LS_OPAQUE_AS)
  );
}

/** A whole LSA: its length and checksum are set. */
export function encodeLsa(header: Omit<LsaHeader, 'checksum' | 'length'>, body: LsaBody): Uint8Array {
  const lsa = new Uint8Array(sizeOf(body));
  putLsaHeader(lsa, 0, { ...header, checksum: 0, length: lsa.length });
  putBody(lsa, body);
  putChecksum(lsa);
  return lsa;
}

/** Undefined where its length is none of its type. */
function bodyOf(type: number, lsa: Uint8Array): LsaBody | undefined {
  switch (type) {
    case LS_ROUTER:
      return decodeRouterLsa(lsa);
    case LS_NETWORK:
      return networkOf(lsa);
    case LS_SUMMARY_NETWORK:
    case LS_SUMMARY_ASBR:
      return fits(lsa, SUMMARY, SUMMARY_TOS)
        ? { kind: 'summary', mask: read32(lsa, LSA_HEADER), metric: read24(lsa, LSA_HEADER + 5) }
        : undefined;
    case LS_EXTERNAL:
    case LS_NSSA:
      return externalOf(lsa);
    case LS_OPAQUE_LINK:
    case LS_OPAQUE_AREA:
    case LS_OPAQUE_AS:
      return { kind: 'opaque', data: lsa.subarray(LSA_HEADER) };
    default:
      return undefined;
  }
}

function networkOf(lsa: Uint8Array): NetworkBody | undefined {
  if (!fits(lsa, LSA_HEADER + 4, 4)) return undefined;
  const routers: Id[] = [];
  for (let at = LSA_HEADER + 4; at < lsa.length; at += 4) routers.push(read32(lsa, at));
  return { kind: 'network', mask: read32(lsa, LSA_HEADER), routers };
}

function externalOf(lsa: Uint8Array): ExternalBody | undefined {
  if (!fits(lsa, EXTERNAL, EXTERNAL_TOS)) return undefined;
  return {
    kind: 'external',
    mask: read32(lsa, LSA_HEADER),
    type: (lsa[LSA_HEADER + 4]! & E_BIT) === 0 ? 1 : 2,
    metric: read24(lsa, LSA_HEADER + 5),
    forwarding: read32(lsa, LSA_HEADER + 8),
    tag: read32(lsa, LSA_HEADER + 12),
  };
}

/** Whether a length is `least` and so many steps more. */
function fits({ length }: Uint8Array, least: number, step: number): boolean {
  return length >= least && (length - least) % step === 0;
}

function sizeOf(body: LsaBody): number {
  switch (body.kind) {
    case 'router':
      return sizeOfRouterLsa(body);
    case 'network':
      return LSA_HEADER + 4 + body.routers.length * 4;
    case 'summary':
      return SUMMARY;
    case 'external':
      return EXTERNAL;
    case 'opaque':
      return LSA_HEADER + body.data.length;
  }
}

function putBody(lsa: Uint8Array, body: LsaBody): void {
  switch (body.kind) {
    case 'router':
      putRouterLsa(lsa, body);
      return;
    case 'network':
      write32(lsa, LSA_HEADER, body.mask);
      for (const [i, router] of body.routers.entries()) write32(lsa, LSA_HEADER + 4 + i * 4, router);
      return;
    case 'summary':
      write32(lsa, LSA_HEADER, body.mask);
      write24(lsa, LSA_HEADER + 5, body.metric);
      return;
    case 'external':
      write32(lsa, LSA_HEADER, body.mask);
      lsa[LSA_HEADER + 4] = body.type === 2 ? E_BIT : 0;
      write24(lsa, LSA_HEADER + 5, body.metric);
      write32(lsa, LSA_HEADER + 8, body.forwarding);
      write32(lsa, LSA_HEADER + 12, body.tag);
      return;
    case 'opaque':
      lsa.set(body.data, LSA_HEADER);
  }
}
