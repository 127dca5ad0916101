/** Options of router discovery as bytes (RFC 4861 4.6, RFC 4191 2.3, RFC 8106 5.1 and 5.2). Unknown ones are passed over. */

import { addressText, lengthOf, parsePrefix, prefixText, type Words } from '../../prefix.ts';
import type { DropReason6 } from '../drop.ts';
import type {
  DnsServers,
  PrefixInformation,
  RouteInformation,
  RoutePreference,
  RouterAdvertisement6,
  SearchList,
} from './offer.ts';

const SOURCE_LINK_LAYER_ADDRESS = 1;
const PREFIX_INFORMATION = 3;
const MTU = 5;
const ROUTE_INFORMATION = 24;
const DNS_SERVERS = 25;
const SEARCH_LIST = 31;

/** Lengths are in units of so many bytes. */
const UNIT = 8;
const ON_LINK = 0x80;
const AUTONOMOUS = 0x40;
/** Bytes of names in one option: more of them go into further options, which fit into messages of their own. */
const MOST_NAMES = 512;
const LONGEST_LABEL = 63;
const LONGEST_NAME = 253;

export const PREFERENCE_BITS: Readonly<Record<RoutePreference, number>> = { medium: 0, high: 1, low: 3 };

/** Undefined for the reserved value. */
export function preferenceOf(bits: number): RoutePreference | undefined {
  return (['medium', 'high', undefined, 'low'] as const)[bits];
}

export type Option =
  | { of: 'mac'; mac: string }
  | { of: 'mtu'; mtu: number }
  | { of: 'prefix'; prefix: PrefixInformation }
  | { of: 'route'; route: RouteInformation }
  | { of: 'servers'; servers: DnsServers }
  | { of: 'search'; search: SearchList };

/** Those of an advertisement, but for the link-layer address. */
export function optionsOf({ mtu, prefixes, routes, servers, search }: RouterAdvertisement6): Option[] {
  return [
    ...(mtu === undefined ? [] : [{ of: 'mtu', mtu } as const]),
    ...prefixes.map((prefix) => ({ of: 'prefix', prefix }) as const),
    ...routes.map((route) => ({ of: 'route', route }) as const),
    ...servers.map((each) => ({ of: 'servers', servers: each }) as const),
    ...search.flatMap(portionsOf).map((each) => ({ of: 'search', search: each }) as const),
  ];
}

function portionsOf({ names, lifetime }: SearchList): SearchList[] {
  const portions: string[][] = [];
  let left = 0;
  for (const name of names) {
    const size = name.length + 2;
    if (size > left) {
      portions.push([]);
      left = MOST_NAMES;
    }
    portions.at(-1)!.push(name);
    left -= size;
  }
  return portions.map((portion) => ({ names: portion, lifetime }));
}

export function blocksOf(options: readonly Option[]): Uint8Array {
  return Buffer.concat(options.map(blockOf));
}

export function blockOf(option: Option): Uint8Array {
  switch (option.of) {
    case 'mac':
      return block(SOURCE_LINK_LAYER_ADDRESS, 2, Buffer.from(option.mac.replaceAll(':', ''), 'hex'));
    case 'mtu':
      return fields(MTU, 8, (view) => view.setUint32(4, option.mtu));
    case 'prefix':
      return prefixBlock(option.prefix);
    case 'route':
      return routeBlock(option.route);
    case 'servers': {
      const addresses = option.servers.addresses.map((text) => parsePrefix(`${text}/128`)!.words);
      const bytes = fields(DNS_SERVERS, 8 + 16 * addresses.length, (view) =>
        view.setUint32(4, option.servers.lifetime),
      );
      for (const [i, words] of addresses.entries()) putWords(bytes, 8 + 16 * i, words);
      return bytes;
    }
    case 'search':
      return searchBlock(option.search);
  }
}

function prefixBlock({ prefix, onLink, autonomous, valid, preferred }: PrefixInformation): Uint8Array {
  const bytes = fields(PREFIX_INFORMATION, 32, (view) => {
    view.setUint8(2, lengthOf(prefix));
    view.setUint8(3, (onLink ? ON_LINK : 0) | (autonomous ? AUTONOMOUS : 0));
    view.setUint32(4, valid);
    view.setUint32(8, preferred);
  });
  putWords(bytes, 16, parsePrefix(prefix)!.words);
  return bytes;
}

function routeBlock({ prefix, preference, lifetime }: RouteInformation): Uint8Array {
  const length = lengthOf(prefix);
  const size = length === 0 ? 8 : length <= 64 ? 16 : 24;
  const bytes = fields(ROUTE_INFORMATION, size, (view) => {
    view.setUint8(2, length);
    view.setUint8(3, PREFERENCE_BITS[preference] << 3);
    view.setUint32(4, lifetime);
  });
  putWords(bytes, 8, parsePrefix(prefix)!.words.slice(0, (size - 8) / 4));
  return bytes;
}

/** RFC 1035 3.1: labels with their lengths, an empty one behind each name. */
function searchBlock({ names, lifetime }: SearchList): Uint8Array {
  const labels = names.flatMap((name) => [...name.split('.'), '']);
  const parts = labels.map((label) => Buffer.from([label.length, ...Buffer.from(label, 'ascii')]));
  const bytes = block(SEARCH_LIST, 8, Buffer.concat(parts));
  new DataView(bytes.buffer, bytes.byteOffset).setUint32(4, lifetime);
  return bytes;
}

/** An option with this content from `at` on, padded with zeros. */
function block(type: number, at: number, content: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(Math.ceil((at + content.length) / UNIT) * UNIT);
  bytes[0] = type;
  bytes[1] = bytes.length / UNIT;
  bytes.set(content, at);
  return bytes;
}

function fields(type: number, size: number, fill: (view: DataView) => void): Uint8Array {
  const bytes = block(type, size, new Uint8Array(0));
  fill(new DataView(bytes.buffer));
  return bytes;
}

function putWords(bytes: Uint8Array, at: number, words: Words): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const [i, word] of words.entries()) view.setUint32(at + 4 * i, word);
}

// --- reading

export type ReadOptions = Pick<
  RouterAdvertisement6,
  'mac' | 'mtu' | 'prefixes' | 'routes' | 'servers' | 'search'
>;

/** Options that are no longer or shorter than they may be; one that is wrong in itself is passed over. */
export function readOptions(bytes: Uint8Array, from: number): ReadOptions | { error: DropReason6 } {
  const read: ReadOptions = { prefixes: [], routes: [], servers: [], search: [] };
  for (let at = from; at < bytes.length; ) {
    const size = (bytes[at + 1] ?? 0) * UNIT;
    if (size === 0 || at + size > bytes.length) return { error: 'optionLength' };
    readOption(read, bytes.subarray(at, at + size));
    at += size;
  }
  return read;
}

function readOption(read: ReadOptions, bytes: Uint8Array): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const size = bytes.length;
  switch (bytes[0]) {
    case SOURCE_LINK_LAYER_ADDRESS:
      read.mac ??= Buffer.from(bytes.subarray(2, 8))
        .toString('hex')
        .replace(/..(?!$)/g, '$&:');
      break;
    case MTU:
      if (size === 8) read.mtu = view.getUint32(4);
      break;
    case PREFIX_INFORMATION:
      if (size === 32 && bytes[2]! <= 128) read.prefixes.push(prefixOf(bytes, view));
      break;
    case ROUTE_INFORMATION: {
      const route = routeOf(bytes, view);
      if (route !== undefined) read.routes.push(route);
      break;
    }
    case DNS_SERVERS:
      if (size >= 24 && size % 16 === 8) read.servers.push(serversOf(view));
      break;
    case SEARCH_LIST: {
      const names = namesOf(bytes.subarray(8));
      if (names !== undefined) read.search.push({ names, lifetime: view.getUint32(4) });
      break;
    }
  }
}

function prefixOf(bytes: Uint8Array, view: DataView): PrefixInformation {
  return {
    prefix: prefixText(wordsAt(view, 16, 4), bytes[2]!),
    onLink: (bytes[3]! & ON_LINK) !== 0,
    autonomous: (bytes[3]! & AUTONOMOUS) !== 0,
    valid: view.getUint32(4),
    preferred: view.getUint32(8),
  };
}

/** RFC 4191 2.3: undefined where it is too short for its prefix, or has the reserved preference. */
function routeOf(bytes: Uint8Array, view: DataView): RouteInformation | undefined {
  const length = bytes[2]!;
  const preference = preferenceOf((bytes[3]! >> 3) & 3);
  const room = (bytes.length - 8) * 8;
  if (preference === undefined || bytes.length > 24 || length > room) return undefined;
  const words = [...wordsAt(view, 8, room / 32), 0, 0, 0, 0].slice(0, 4);
  return { prefix: prefixText(words, length), preference, lifetime: view.getUint32(4) };
}

function serversOf(view: DataView): DnsServers {
  const count = (view.byteLength - 8) / 16;
  const addresses = Array.from({ length: count }, (_, i) => addressText(wordsAt(view, 8 + 16 * i, 4)));
  return { addresses, lifetime: view.getUint32(4) };
}

/** Undefined where they are no names, or none. */
function namesOf(bytes: Uint8Array): string[] | undefined {
  const names: string[] = [];
  for (let at = 0; at < bytes.length && bytes[at] !== 0; ) {
    const labels: string[] = [];
    for (;;) {
      const size = bytes[at] ?? LONGEST_LABEL + 1;
      if (size > LONGEST_LABEL || at + 1 + size > bytes.length) return undefined;
      at += 1 + size;
      if (size === 0) break;
      labels.push(Buffer.from(bytes.subarray(at - size, at)).toString('latin1'));
    }
    const name = labels.join('.');
    if (name.length > LONGEST_NAME) return undefined;
    names.push(name);
  }
  return names.length === 0 ? undefined : names;
}

function wordsAt(view: DataView, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => view.getUint32(at + 4 * i));
}
