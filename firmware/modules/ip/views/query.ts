/** The words behind `show ip route` and `show ip rib`: which prefixes, of which table, from which source. */
import { canonicalPrefix, coversPrefix, familyOf, parseAddress, parsePrefix } from '../../prefix.ts';
import { longestMatch } from '../rib/rib.ts';
import { MAIN_TABLE, prefixKey, prefixOfKey, type Source, type State } from '../state.ts';
import type { Selection } from './prefixes.ts';

/** The letters of FRR, by source. */
export const CODES: Readonly<Record<Source, string>> = {
  kernel: 'K',
  connected: 'C',
  static: 'S',
  rip: 'R',
  ospf: 'O',
  isis: 'I',
  bgp: 'B',
  babel: 'A',
};
/** Words that begin a wish, and take one more. */
const LONGER = 'longer-prefixes';
const TABLES = ['table', 'vrf'] as const;
/** Of each argument of the view, in their order. */
export const NAMES = ['which', 'value', 'and', 'of'] as const;
export const OFFERS: readonly string[] = ['connected', 'static', 'kernel', 'ospf', LONGER, ...TABLES];

const TABLE_NUMBER = /^[1-9]\d{0,9}$/;

/** The prefixes that are asked for. `keys` are the only prefixes then. */
export interface Query extends Selection {
  source?: Source;
  keys?: readonly string[];
}

/** Why it is not shown; the console says it. */
export interface NotShown {
  refused: string;
}

/** Reads what was typed; wishes may stand in any order, and all must hold. */
export function readQuery(state: State, family: 4 | 6, body: unknown): Query | NotShown {
  const typed = NAMES.flatMap((name) => (body as Record<string, string> | undefined)?.[name] ?? []);
  const wish: Wish = { family, table: MAIN_TABLE };
  for (let at = 0; at < typed.length; ) {
    const word = typed[at]!;
    const taken =
      word.includes('/') || parseAddress(word) ? place(wish, typed, at) : named(state, wish, typed, at);
    if (typeof taken !== 'number') return taken;
    at += taken;
  }
  return queryOf(state, wish);
}

interface Wish {
  family: 4 | 6;
  /** Undefined: all. */
  table: number | undefined;
  place?: string;
  isLonger?: true;
  from?: Source;
}

/** @returns how many words were taken */
function place(wish: Wish, typed: readonly string[], at: number): number | NotShown {
  const word = typed[at]!;
  const what = wish.family === 4 ? 'IPv4' : 'IPv6';
  const example = wish.family === 4 ? '10.0.0.0/8 or 10.0.0.1' : '2001:db8::/32 or 2001:db8::1';
  if (!word.includes('/') ? parseAddress(word) === undefined : parsePrefix(word) === undefined)
    return { refused: `"${word}" is no prefix; write ${example}` };
  if (familyOf(word) !== wish.family) return { refused: `"${word}" is not of ${what}; write ${example}` };
  if (wish.place !== undefined) return { refused: `"${word}" is a second prefix; only one can be asked for` };
  wish.place = word;
  return 1;
}

function named(state: State, wish: Wish, typed: readonly string[], at: number): number | NotShown {
  const word = typed[at]!.toLowerCase();
  const known = [...Object.keys(CODES), LONGER, ...TABLES];
  const meant = known.includes(word) ? [word] : known.filter((each) => each.startsWith(word));
  if ('summary'.startsWith(word)) return { refused: '"summary" stands in the place of all other words' };
  if (meant.length > 1) return { refused: `"${word}" may be ${meant.join(', ')}; type more of it` };
  const [one] = meant;
  if (one === undefined)
    return { refused: `"${word}" is no prefix, address or source; known: ${known.join(', ')}, summary` };
  if (one === LONGER) {
    wish.isLonger = true;
    return 1;
  }
  if (one === 'table' || one === 'vrf') return table(state, wish, one, typed[at + 1]);
  if (wish.from !== undefined) return { refused: `"${word}" is a second source; only one can be asked for` };
  wish.from = one;
  return 1;
}

function table({ config }: State, wish: Wish, word: string, name: string | undefined): number | NotShown {
  const names = Object.keys(config.tables);
  const known = `known: ${['main', ...names, 'all'].join(', ')}`;
  if (name === undefined) return { refused: `a table is missing after "${word}"; ${known}` };
  const number = config.tables[name]?.number ?? (name === 'main' ? MAIN_TABLE : undefined);
  const isKnown = Object.values(config.tables).some((each) => each.number === Number(name));
  if (name === 'all') wish.table = undefined;
  else if (number !== undefined) wish.table = number;
  else if (TABLE_NUMBER.test(name) && (isKnown || Number(name) === MAIN_TABLE)) wish.table = Number(name);
  else return { refused: `there is no table "${name}"; ${known}` };
  return 2;
}

function queryOf(
  state: State,
  { family, table, place: word, isLonger, from: source }: Wish,
): Query | NotShown {
  const query: Query = {
    family,
    ...(table !== undefined && { table }),
    ...(source !== undefined && { source }),
  };
  if (word === undefined) return isLonger ? { refused: `a prefix is missing beside "${LONGER}"` } : query;
  const prefix = canonicalPrefix(word);
  if (isLonger) {
    const value = prefix === undefined ? undefined : parsePrefix(prefix);
    if (value === undefined) return { refused: `"${word}" is an address; ${LONGER} takes a prefix` };
    const isIn = (key: string) => coversPrefix(value, parsePrefix(prefixOfKey(key))!);
    return { ...query, takes: isIn };
  }
  const tables = table === undefined ? tablesOf(state) : [table];
  const keys = tables.flatMap((each) => {
    if (prefix !== undefined) return state.rib.has(prefixKey(each, prefix)) ? [prefixKey(each, prefix)] : [];
    return longestMatch(state, each, parseAddress(word)!)?.key ?? [];
  });
  return { ...query, keys };
}

function tablesOf({ config }: State): number[] {
  return [MAIN_TABLE, ...Object.values(config.tables).map(({ number }) => number)];
}
