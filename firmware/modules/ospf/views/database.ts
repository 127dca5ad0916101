/** `show ip ospf database [TYPE] [LINK-ID | self-originate | adv-router ID]` in the form of FRR. */
import type { ManifestView } from 'hitless/runtime';
import { toAddress } from '../../address.ts';
import { inOrder, type RowSteps, Rows } from '../../rows.ts';
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
import { ageOf, lsasOf, scopesOf } from '../lsdb/lsdb.ts';
import { decodeLsa, type LsaBody, type RouterLink } from '../packet/lsa.ts';
import { FROM_BEFORE, type Id, type Lsa, type Scope, type State } from '../state.ts';
import { optionsText } from './neighbor.ts';
import { type NotShown, readId, type Typed } from './typed.ts';

/** By the word for it: its LS type, and FRR's words in the heading. */
const TYPES = {
  router: [LS_ROUTER, 'Router Link States'],
  network: [LS_NETWORK, 'Net Link States'],
  summary: [LS_SUMMARY_NETWORK, 'Summary Link States'],
  'asbr-summary': [LS_SUMMARY_ASBR, 'ASBR-Summary Link States'],
  external: [LS_EXTERNAL, 'AS External Link States'],
  'nssa-external': [LS_NSSA, 'NSSA-external Link States'],
  'opaque-link': [LS_OPAQUE_LINK, 'Link-Local Opaque-LSA'],
  'opaque-area': [LS_OPAQUE_AREA, 'Area-Local Opaque-LSA'],
  'opaque-as': [LS_OPAQUE_AS, 'AS-External Opaque-LSA'],
} as const;

type TypeWord = keyof typeof TYPES;

const SELF = 'self-originate';
const ROUTER = 'adv-router';
const OFFERS = [...Object.keys(TYPES), SELF, ROUTER];

export const databaseViews = {
  database: {
    words: 'ip ospf database',
    aliases: ['ospf database'],
    description: 'the link state database: all of it in short, or LSAs of a type in full',
    takes: [
      { name: 'which', description: 'a type, self-originate, or adv-router', optional: true, offers: OFFERS },
      {
        name: 'and',
        description: 'a link state id, self-originate, or adv-router',
        optional: true,
        offers: [SELF, ROUTER],
      },
      { name: 'of', description: 'a router id after adv-router, or a further wish', optional: true },
      { name: 'router', description: 'a router id after adv-router', optional: true },
    ],
    request: 'showDatabase',
    lines: 'lines',
    none: 'no such LSAs',
  },
} satisfies Record<string, ManifestView>;

/** All of it must hold. */
interface Query {
  word?: TypeWord;
  id?: Id;
  router?: Id;
}

export function databaseRows(state: State, body: Typed, now: number): Rows | NotShown {
  const query = readQuery(state, body);
  return 'refused' in query ? query : new Rows((rows) => rowsOf(state, query, now, rows));
}

function readQuery(state: State, body: Typed): Query | NotShown {
  const words = ['which', 'and', 'of', 'router'].flatMap((name) => body?.[name] ?? []);
  const query: Query = {};
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!.toLowerCase();
    const id = readId(word);
    if (id !== undefined) {
      if (query.word === undefined)
        return { refused: `a type is missing before "${word}"; known: ${Object.keys(TYPES).join(', ')}` };
      query.id = id;
      continue;
    }
    const meant = OFFERS.includes(word) ? [word] : OFFERS.filter((each) => each.startsWith(word));
    const [one] = meant;
    if (one === undefined)
      return { refused: `"${word}" is no type of LSA and no id; known: ${OFFERS.join(', ')}` };
    if (meant.length > 1) return { refused: `"${word}" may be ${meant.join(', ')}; type more of it` };
    if (one === SELF) query.router = state.routerId;
    else if (one === ROUTER) {
      const router = readId(words[++at] ?? '');
      if (router === undefined)
        return { refused: `a router id is missing after ${ROUTER}, such as 10.0.1.1` };
      query.router = router;
    } else query.word = one as TypeWord;
  }
  return query;
}

function* rowsOf(state: State, query: Query, now: number, rows: Rows): RowSteps {
  yield { lines: ['', `       OSPF Router with ID (${toAddress(state.routerId)})`] };
  const words = query.word === undefined ? (Object.keys(TYPES) as TypeWord[]) : [query.word];
  for (const scope of scopesOf(state)) {
    for (const word of words) {
      const [type] = TYPES[word];
      const found = yield* inOrder(lsasOf(state, scope, type), (lsa) =>
        (query.id ?? lsa.id) === lsa.id && (query.router ?? lsa.router) === lsa.router
          ? hex32(lsa.id) + hex32(lsa.router)
          : undefined,
      );
      rows.size += found.length;
      let heading = headingOf(word, scope, query.word !== undefined);
      for (const lsa of found) {
        yield viewOf(word, lsa, query.word !== undefined, now, heading);
        heading = [];
      }
    }
  }
}

function headingOf(word: TypeWord, scope: Scope, isFull: boolean): string[] {
  const [, title] = TYPES[word];
  const of =
    scope === 'as'
      ? ''
      : scope.startsWith('area ')
        ? ` (Area ${toAddress(Number(scope.slice(5)))})`
        : ` (${scope})`;
  const further =
    { router: ' Link count', summary: ' Route', external: ' Route', 'nssa-external': ' Route' }[
      word as string
    ] ?? '';
  const columns = isFull
    ? []
    : [`Link ID         ADV Router      Age  Seq#       CkSum ${further}`.trimEnd()];
  return ['', `                ${title}${of}`, '', ...columns];
}

function viewOf(
  word: TypeWord,
  lsa: Readonly<Lsa>,
  isFull: boolean,
  now: number,
  heading: readonly string[],
): object {
  const body = decodeLsa(lsa.bytes);
  const age = ageOf(lsa, now);
  const row = {
    scope: lsa.scope.startsWith('area ') ? `area ${toAddress(Number(lsa.scope.slice(5)))}` : lsa.scope,
    type: word,
    id: toAddress(lsa.id),
    router: toAddress(lsa.router),
    age,
    sequence: sequenceText(lsa.sequence),
    checksum: checksumText(lsa.checksum),
    options: lsa.options,
    length: lsa.bytes.length,
    ...senderView(lsa),
    installed: Math.round(now - lsa.installed),
    ...('error' in body ? { damage: body.error } : bodyView(lsa, body)),
  };
  const lines = isFull ? fullLines(lsa, body, age, now) : [shortLine(lsa, body, age)];
  return { ...row, lines: [...heading, ...lines] };
}

function sequenceText(sequence: number): string {
  return `0x${hex32(sequence >>> 0)}`;
}

function checksumText(checksum: number): string {
  return `0x${checksum.toString(16).padStart(4, '0')}`;
}

/** Where an LSA came from, as far as that is known. */
function senderView({ from }: Readonly<Lsa>): { neighbor?: string; interface?: string } {
  if (from === '' || from === FROM_BEFORE) return {};
  // An interface's key may have a stroke, a neighbour's name has none.
  const at = from.lastIndexOf('/');
  return { neighbor: from.slice(at + 1), interface: from.slice(0, at) };
}

function originText(lsa: Readonly<Lsa>): string {
  if (lsa.from === '') return 'Made here';
  const { neighbor, interface: name } = senderView(lsa);
  return neighbor === undefined ? 'Installed' : `Received from ${neighbor} on ${name}`;
}

type Decoded = LsaBody | { error: string };

function shortLine(lsa: Readonly<Lsa>, body: Decoded, age: number): string {
  const further = 'error' in body ? body.error : furtherOf(lsa, body);
  return `${toAddress(lsa.id).padEnd(15)} ${toAddress(lsa.router).padEnd(15)} ${String(age).padStart(4)} ${sequenceText(lsa.sequence)} ${checksumText(lsa.checksum)} ${further}`.trimEnd();
}

function furtherOf({ id }: Readonly<Lsa>, body: LsaBody): string {
  if (body.kind === 'router') return String(body.links.length);
  if (body.kind === 'summary') return body.mask === 0 && id !== 0 ? '' : prefixText(id, body.mask);
  if (body.kind === 'external')
    return `E${body.type} ${prefixText(id, body.mask)} [0x${body.tag.toString(16)}]`;
  return '';
}

/** An id may have bits of the host in it (appendix E). */
function prefixText(id: Id, mask: Id): string {
  return `${toAddress((id & mask) >>> 0)}/${lengthOf(mask)}`;
}

function lengthOf(mask: Id): number {
  return mask === 0 ? 0 : 32 - Math.log2(2 ** 32 - mask);
}

function bodyView({ id }: Readonly<Lsa>, body: LsaBody): object {
  switch (body.kind) {
    case 'router':
      return { flags: body.flags, links: body.links.map(linkView) };
    case 'network':
      return { prefix: prefixText(id, body.mask), routers: body.routers.map(toAddress) };
    case 'summary':
      return { prefix: prefixText(id, body.mask), metric: body.metric };
    case 'external': {
      const { type, metric, forwarding, tag } = body;
      return {
        prefix: prefixText(id, body.mask),
        metricType: type,
        metric,
        forwarding: toAddress(forwarding),
        tag,
      };
    }
    case 'opaque':
      return { opaqueType: id >>> 24, data: hex(body.data) };
  }
}

/** Texts of one length, so that they compare as the numbers do. */
function hex32(number: number): string {
  return number.toString(16).padStart(8, '0');
}

function hex(data: Uint8Array): string {
  return Array.from(data, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const LINK_WORDS: Readonly<Record<number, readonly [kind: string, text: string, id: string, data: string]>> =
  {
    1: [
      'point-to-point',
      'another Router (point-to-point)',
      'Neighboring Router ID',
      'Router Interface address',
    ],
    2: ['transit', 'a Transit Network', 'Designated Router address', 'Router Interface address'],
    3: ['stub', 'Stub Network', 'Net', 'Network Mask'],
    4: ['virtual', 'a Virtual Link', 'Neighboring Router ID', 'Router Interface address'],
  };

function linkView({ type, id, data, metric }: RouterLink): object {
  return { type: LINK_WORDS[type]?.[0] ?? type, id: toAddress(id), data: toAddress(data), metric };
}

function fullLines(lsa: Readonly<Lsa>, body: Decoded, age: number, now: number): string[] {
  return [
    `  LS age: ${age}`,
    `  Options: ${optionsText(lsa.options)}`,
    `  LS Type: ${lsa.type}`,
    `  Link State ID: ${toAddress(lsa.id)}`,
    `  Advertising Router: ${toAddress(lsa.router)}`,
    `  LS Seq Number: ${sequenceText(lsa.sequence).slice(2)}`,
    `  Checksum: ${checksumText(lsa.checksum)}`,
    `  Length: ${lsa.bytes.length}`,
    `  ${originText(lsa)} ${Math.floor((now - lsa.installed) / 1000)} s ago`,
    ...('error' in body ? [`  It cannot be read: ${body.error}`] : bodyLines(lsa, body)),
    '',
  ];
}

const FLAGS: readonly (readonly [bit: number, name: string])[] = [
  [0x01, 'ABR'],
  [0x02, 'ASBR'],
  [0x04, 'VL-endpoint'],
  [0x10, 'NSSA translator'],
];

function bodyLines({ id }: Readonly<Lsa>, body: LsaBody): string[] {
  switch (body.kind) {
    case 'router': {
      const roles = FLAGS.flatMap(([bit, name]) => ((body.flags & bit) === 0 ? [] : [name]));
      return [
        `  Flags: 0x${body.flags.toString(16)}${roles.length === 0 ? '' : ` : ${roles.join(' ')}`}`,
        `  Number of Links: ${body.links.length}`,
        ...body.links.flatMap(linkLines),
      ];
    }
    case 'network':
      return [
        `  Network Mask: /${lengthOf(body.mask)}`,
        ...body.routers.map((router) => `        Attached Router: ${toAddress(router)}`),
      ];
    case 'summary':
      return [`  Network Mask: /${lengthOf(body.mask)}`, `        TOS: 0  Metric: ${body.metric}`];
    case 'external':
      return [
        `  Network Mask: /${lengthOf(body.mask)}`,
        `        Metric Type: ${body.type}${body.type === 2 ? ' (Larger than any link state path)' : ''}`,
        '        TOS: 0',
        `        Metric: ${body.metric}`,
        `        Forward Address: ${toAddress(body.forwarding)}`,
        `        External Route Tag: ${body.tag}`,
      ];
    case 'opaque':
      return [
        `  Opaque-Type ${id >>> 24}`,
        `  Opaque-ID   0x${(id & 0xffffff).toString(16)}`,
        `  Opaque-Info: ${body.data.length} octets of data: ${hex(body.data)}`,
      ];
  }
}

function linkLines({ type, id, data, metric }: RouterLink): string[] {
  const [, text, idText, dataText] = LINK_WORDS[type] ?? ['', `type ${type}`, 'Link ID', 'Link Data'];
  return [
    '',
    `    Link connected to: ${text}`,
    `     (Link ID) ${idText}: ${toAddress(id)}`,
    `     (Link Data) ${dataText}: ${toAddress(data)}`,
    '      Number of TOS metrics: 0',
    `       TOS 0 Metric: ${metric}`,
  ];
}
