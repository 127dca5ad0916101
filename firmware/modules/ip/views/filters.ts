/** `show ip prefix-list` and `show route-map`: the filters of the configuration, in the form of FRR. */
import type { ManifestView } from 'hitless/runtime';
import { prefixText } from '../../prefix.ts';
import { type RowSteps, Rows } from '../../rows.ts';
import type { FilterAction, PrefixRule, RouteMapEntry } from '../exchange/exchange-record.ts';
import { named } from '../exchange/route-map.ts';
import type { State } from '../state.ts';
import type { NotShown } from './query.ts';

const takes = (what: string) => [
  { name: 'name', description: `the name of a ${what}; all without it`, optional: true },
];

export const filterViews = {
  prefixLists: {
    words: 'ip prefix-list',
    aliases: ['ipv6 prefix-list'],
    description: 'prefix lists with their rules of both families, all or one',
    takes: takes('list'),
    request: 'showPrefixLists',
    lines: 'lines',
    none: 'no prefix list is configured',
  },
  routeMaps: {
    words: 'route-map',
    description: 'route maps: what each entry matches and sets, of all or one',
    takes: takes('map'),
    request: 'showRouteMaps',
    lines: 'lines',
    none: 'no route map is configured',
  },
} satisfies Record<string, ManifestView>;

/** A rule as the answer to `showPrefixLists`, version 1, shows it; `lines` is for people. */
export interface PrefixRuleView {
  list: string;
  sequence: number;
  action: FilterAction;
  /** `any` is of both families. */
  prefix: string;
  /** The least length; absent where it is the prefix's own. */
  ge?: number;
  /** The greatest length; absent where it is the prefix's own, and beside `ge`, where it is the longest of the family. */
  le?: number;
  lines: string[];
}

/** An entry as the answer to `showRouteMaps`, version 1, shows it; what it neither matches nor sets is absent. */
export interface RouteMapView extends RouteMapEntry {
  map: string;
  lines: string[];
}

export function prefixListRows({ config }: State, body: unknown): Rows | NotShown {
  return rowsOf(config.filters.prefixLists, body, 'prefix list', filterViews.prefixLists, ruleView);
}

export function routeMapRows({ config }: State, body: unknown): Rows | NotShown {
  return rowsOf(config.filters.routeMaps, body, 'route map', filterViews.routeMaps, entryView);
}

/** A row for each rule or entry, by name and sequence. */
function rowsOf<Part>(
  filters: Readonly<Record<string, readonly Part[]>>,
  body: unknown,
  what: string,
  { words }: Pick<ManifestView, 'words'>,
  view: (name: string, part: Part, parts: readonly Part[]) => object,
): Rows | NotShown {
  const { name: only } = (body ?? {}) as { name?: string };
  const all = Object.keys(filters).sort();
  if (only !== undefined && named(filters, only) === undefined)
    return { refused: `there is no ${what} "${only}"; ${known(all, words)}` };
  const names = only === undefined ? all : [only];
  return new Rows((rows) => parts(filters, names, rows, view));
}

/** At most so many names in an answer. */
const MOST_KNOWN = 16;

function known(all: readonly string[], words: string): string {
  return all.length > MOST_KNOWN ? `"show ${words}" lists them` : `known: ${all.join(', ') || 'none'}`;
}

function* parts<Part>(
  filters: Readonly<Record<string, readonly Part[]>>,
  names: readonly string[],
  rows: Rows,
  view: (name: string, part: Part, parts: readonly Part[]) => object,
): RowSteps {
  rows.size = names.reduce((sum, name) => sum + filters[name]!.length, 0);
  for (const name of names) for (const part of filters[name]!) yield view(name, part, filters[name]!);
}

// --- prefix lists

/** The first rule has the line of its list above it; FRR says `1 entries`, too. */
function ruleView(list: string, rule: PrefixRule, rules: readonly PrefixRule[]): PrefixRuleView {
  const { sequence, action } = rule;
  const bounds = boundsOf(rule);
  const prefix = rule.within === undefined ? 'any' : prefixText(rule.within.words, rule.within.length);
  const words = Object.entries(bounds).map(([name, length]) => ` ${name} ${length}`);
  const title = `ip prefix-list ${list}: ${rules.length} entries`;
  return {
    list,
    sequence,
    action,
    prefix,
    ...bounds,
    lines: [...(rule === rules[0] ? [title] : []), `   seq ${sequence} ${action} ${prefix}${words.join('')}`],
  };
}

/** The shortest words for the lengths, as the configuration takes them. */
function boundsOf({ within, least, most }: PrefixRule): Pick<PrefixRuleView, 'ge' | 'le'> {
  if (within === undefined) return {};
  const { words, length } = within;
  const isOpen = least > length && most === 32 * words.length;
  return {
    ...(least > length && { ge: least }),
    ...(most > length && !isOpen && { le: most }),
  };
}

// --- route maps

function entryView(map: string, entry: RouteMapEntry): RouteMapView {
  return { map, ...entry, lines: entryLines(map, entry) };
}

function entryLines(map: string, entry: RouteMapEntry): string[] {
  const { sequence, action, prefixList, tag, source, setMetric, setTag, setType } = entry;
  const clause = (words: string, value: string | number | undefined) =>
    value === undefined ? [] : [`    ${words}${value}`];
  return [
    `route-map ${map}, ${action}, sequence ${sequence}`,
    '  Match clauses:',
    ...clause('ip address prefix-list ', prefixList),
    ...clause('tag ', tag),
    ...clause('source-protocol ', source),
    '  Set clauses:',
    ...clause('metric ', setMetric),
    ...clause('tag ', setTag),
    ...clause('metric-type type-', setType),
  ];
}
