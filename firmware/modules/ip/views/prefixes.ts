/** Prefixes of the RIB in their order, for views. */

import { familyOf, parsePrefix } from '../../prefix.ts';
import { inOrder } from '../../rows.ts';
import { prefixOfKey, type State, tableOfKey } from '../state.ts';

/** Which prefixes: of a table, or of all, of a family, perhaps only some. */
export interface Selection {
  family: 4 | 6;
  table?: number;
  takes?: (key: string) => boolean;
}

/** Keys of the prefixes in their order: tables, then addresses, then lengths. */
export function keysInOrder(
  { rib }: Pick<State, 'rib'>,
  { family, table, takes }: Selection,
): Generator<undefined, string[], undefined> {
  const begin = table === undefined ? '' : `${table} `;
  return inOrder(rib.keys(), (key) => {
    if (!key.startsWith(begin) || familyOf(key) !== family || takes?.(key) === false) return undefined;
    return orderOf(key);
  });
}

/** Texts of one length, so that they compare as the numbers do. */
function orderOf(key: string): string {
  const { words = [], length = 0 } = parsePrefix(prefixOfKey(key)) ?? {};
  const address = words.map((word) => word.toString(16).padStart(8, '0')).join('');
  return `${String(tableOfKey(key)).padStart(10, '0')} ${address} ${String(length).padStart(3, '0')}`;
}
