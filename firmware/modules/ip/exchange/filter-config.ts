/** The keys `prefix-lists` and `route-maps` of IP's section: their schema, what they contradict, and what is made of them. */
import type { BrokenRelation, JsonSchema } from 'hitless/runtime';
import { hasHostBits, parsePrefix, prefixText } from '../../prefix.ts';
import type { FilterAction, Filters, PrefixRule, RouteMapEntry } from './exchange-record.ts';

const MOST_FILTERS = 256;
const MOST_RULES = 1_000;
/** A sequence number is at most 65,535, as in FRR's route maps. */
const SEQUENCE = '^([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])$';
const NAME = '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$';
const MOST_NUMBER = 4_294_967_295;
const LONGEST = 128;
const RULE = 'permit or deny, then any or a prefix with ge and le, such as permit 10.0.0.0/8 le 24';

const NAMES: JsonSchema = {
  pattern: NAME,
  allowed: 'a name of 1 to 63 letters, digits, dots, - and _',
};
const SEQUENCES: JsonSchema = { pattern: SEQUENCE, allowed: 'a sequence number from 1 to 65535' };
const NUMBER: JsonSchema = { type: 'integer', minimum: 0, maximum: MOST_NUMBER };

const ENTRY: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['action'],
  properties: {
    action: {
      enum: ['permit', 'deny'],
      description: 'what becomes of a route that matches all of the entry',
    },
    'prefix-list': {
      type: 'string',
      unset: 'any prefix',
      description: 'a list of `prefix-lists` that permits the prefix',
    },
    tag: { ...NUMBER, unset: 'any tag, or none', description: 'the tag that the route has' },
    source: {
      type: 'string',
      pattern: '^[a-z][a-z0-9-]{0,14}$',
      allowed: 'connected, static, kernel or a protocol, such as ospf',
      unset: 'any source',
      description: 'where the route is from',
    },
    'set-metric': { ...NUMBER, unset: 'left as it is', description: 'the metric from then on' },
    'set-tag': { ...NUMBER, unset: 'left as it is', description: 'the tag from then on' },
    'set-type': {
      enum: [1, 2],
      unset: 'left to the protocol',
      description: "OSPF's type of an external metric (RFC 2328 2.3)",
    },
  },
};

/** Keys beside those of the whole module. */
export const FILTER_KEYS: Readonly<Record<string, JsonSchema>> = {
  'prefix-lists': {
    type: 'object',
    maxProperties: MOST_FILTERS,
    propertyNames: NAMES,
    additionalProperties: {
      type: 'object',
      minProperties: 1,
      maxProperties: MOST_RULES,
      propertyNames: SEQUENCES,
      additionalProperties: {
        type: 'string',
        pattern: '^ *(permit|deny) +[^ ]+( +(ge|le) +[0-9]{1,3})* *$',
        allowed: RULE,
      },
      allowed: `a mapping of sequence numbers to rules, such as 10: permit 10.0.0.0/8 le 24; at most ${MOST_RULES}`,
    },
    unset: 'none',
    description:
      'lists of prefixes by name. The first rule that has a prefix decides; what no rule has is denied. Without ge and le a rule has one length; ge alone goes up to the longest',
  },
  'route-maps': {
    type: 'object',
    maxProperties: MOST_FILTERS,
    propertyNames: NAMES,
    additionalProperties: {
      type: 'object',
      minProperties: 1,
      maxProperties: MOST_RULES,
      propertyNames: SEQUENCES,
      additionalProperties: ENTRY,
      allowed: `a mapping of sequence numbers to entries, such as 10: { action: permit }; at most ${MOST_RULES}`,
    },
    unset: 'none',
    description:
      'filters of routes by name, for redistribution, and for what a protocol learns. The first entry that a route matches decides; what no entry matches is denied',
  },
};

/** As the schema has it; in `check` whatever is wrong by itself is missing. */
export interface FilterKeys {
  'prefix-lists'?: Record<string, Record<string, string | undefined> | undefined>;
  'route-maps'?: Record<string, Record<string, EntryKeys | undefined> | undefined>;
}

interface EntryKeys {
  action?: FilterAction;
  'prefix-list'?: string;
  tag?: number;
  source?: string;
  'set-metric'?: number;
  'set-tag'?: number;
  'set-type'?: 1 | 2;
}

/** Relations that do not hold: rules that have no prefix, or cannot have any, and lists that there are not. */
export function checkFilters(keys: FilterKeys): BrokenRelation[] {
  return [...wrongRules(keys), ...unknownLists(keys)];
}

function* wrongRules({ 'prefix-lists': lists = {} }: FilterKeys): Generator<BrokenRelation> {
  for (const [name, rules = {}] of Object.entries(lists)) {
    for (const [sequence, text] of Object.entries(rules)) {
      const rule = text === undefined ? undefined : readRule(Number(sequence), text);
      if (rule !== undefined && 'wrong' in rule)
        yield { path: ['ip', 'prefix-lists', name, sequence], text: rule.wrong };
    }
  }
}

function* unknownLists({
  'prefix-lists': lists = {},
  'route-maps': maps = {},
}: FilterKeys): Generator<BrokenRelation> {
  const known = Object.keys(lists);
  for (const [name, entries = {}] of Object.entries(maps)) {
    for (const [sequence, entry] of Object.entries(entries)) {
      const list = entry?.['prefix-list'];
      if (list === undefined || known.includes(list)) continue;
      const text =
        known.length === 0 ? 'a list of ip.prefix-lists, which there are none of' : known.join(', ');
      yield { path: ['ip', 'route-maps', name, sequence, 'prefix-list'], text };
    }
  }
}

/** The filters of keys that are right. */
export function filtersOf({ 'prefix-lists': lists = {}, 'route-maps': maps = {} }: FilterKeys): Filters {
  return {
    prefixLists: mapped(lists, (rules = {}) =>
      inSequence(rules, (sequence, text) => {
        const rule = readRule(sequence, text!);
        return 'wrong' in rule ? [] : [rule];
      }),
    ),
    routeMaps: mapped(maps, (entries = {}) =>
      inSequence(entries, (sequence, entry) => [entryOf(sequence, entry!)]),
    ),
  };
}

/** Filters as `configure` is given them; none where nothing is given. */
export function readFilters(given: Partial<Filters> | undefined): Filters {
  const { prefixLists = {}, routeMaps = {} } = given ?? {};
  return { prefixLists, routeMaps };
}

/** Reads a rule; else in words, what is allowed in its place. */
export function readRule(sequence: number, text: string): PrefixRule | { wrong: string } {
  const [action, prefix = '', ...bounds] = text.trim().split(/ +/);
  if (action !== 'permit' && action !== 'deny') return { wrong: RULE };
  const named = boundsOf(bounds);
  if (named === undefined) return { wrong: RULE };
  if (prefix === 'any') {
    const isBounded = named.ge !== undefined || named.le !== undefined;
    return isBounded
      ? { wrong: 'any without ge and le, or a prefix with them, such as 0.0.0.0/0 le 24' }
      : { sequence, action, least: 0, most: LONGEST };
  }
  const value = parsePrefix(prefix);
  if (value === undefined) return { wrong: RULE };
  const { words, length } = value;
  if (hasHostBits(value))
    return { wrong: `a prefix without bits beyond its length: ${prefixText(words, length)}` };
  const longest = 32 * words.length;
  const { ge, le } = named;
  const least = ge ?? length;
  const most = le ?? (ge === undefined ? length : longest);
  if (least < length || most < least || most > longest)
    return { wrong: `lengths with ${length} <= ge <= le <= ${longest}` };
  return { sequence, action, within: { words, length }, least, most };
}

function boundsOf(words: readonly string[]): { ge?: number; le?: number } | undefined {
  const bounds: { ge?: number; le?: number } = {};
  for (let i = 0; i < words.length; i += 2) {
    const name = words[i];
    const length = words[i + 1];
    if ((name !== 'ge' && name !== 'le') || bounds[name] !== undefined || !/^\d{1,3}$/.test(length ?? ''))
      return undefined;
    bounds[name] = Number(length);
  }
  return bounds;
}

function entryOf(sequence: number, keys: EntryKeys): RouteMapEntry {
  const { action, tag, source, 'prefix-list': prefixList } = keys;
  const { 'set-metric': setMetric, 'set-tag': setTag, 'set-type': setType } = keys;
  return {
    sequence,
    action: action ?? 'deny',
    ...(prefixList !== undefined && { prefixList }),
    ...(tag !== undefined && { tag }),
    ...(source !== undefined && { source }),
    ...(setMetric !== undefined && { setMetric }),
    ...(setTag !== undefined && { setTag }),
    ...(setType !== undefined && { setType }),
  };
}

function mapped<From, To>(record: Record<string, From>, make: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, make(value)]));
}

function inSequence<From, To>(
  record: Record<string, From>,
  make: (sequence: number, value: From) => To[],
): To[] {
  return Object.entries(record)
    .map(([sequence, value]) => [Number(sequence), value] as const)
    .sort(([one], [other]) => one - other)
    .flatMap(([sequence, value]) => make(sequence, value));
}
