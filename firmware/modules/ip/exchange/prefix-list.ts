/**
 * Prefix lists, as users of FRR know them: the first rule in the order of the sequence that has the prefix decides. What no
 * rule has is denied, and so is all by a list that there is not.
 */

import { covers, type PrefixValue } from '../../prefix.ts';
import type { PrefixRule } from './exchange-record.ts';

/** @param rules in the order of their sequence; undefined for a list that there is not */
export function listPermits(rules: readonly PrefixRule[] | undefined, prefix: PrefixValue): boolean {
  return rules?.find((rule) => hasPrefix(rule, prefix))?.action === 'permit';
}

/** Whether the rule is about this prefix. */
function hasPrefix({ within, least, most }: PrefixRule, prefix: PrefixValue): boolean {
  if (prefix.length < least || prefix.length > most) return false;
  return within === undefined || covers(within, prefix.words);
}
