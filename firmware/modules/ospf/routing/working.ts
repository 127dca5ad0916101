/**
 * All that routing works with, a private field of the module: never state, made anew after a swap. Without it the next change
 * has all trees computed.
 */
import type { Routes } from '../../messages/routes.ts';
import type { OspfAgenda } from '../agenda.ts';
import type { Id } from '../state.ts';
import type { LeafIndex } from './leaves.ts';
import type { PathInput } from './paths.ts';
import { type PrefixKey, prefixText } from './prefix.ts';
import type { AreaTree } from './spf.ts';
import type { RouteTable } from './table.ts';

export interface Working {
  /** The trees as they were computed last, by area. */
  byArea: Map<Id, AreaTree>;
  /** LSAs of type 3, 4, 5 and 7 by destination. */
  index?: LeafIndex;
  /** Of the last whole calculation: other leaves are computed with it. */
  result?: { input: PathInput; table: RouteTable; discards: Set<PrefixKey> };
  /** A calculation under way: each step is some work. */
  calculation?: Generator<undefined, void, undefined>;
  /** Of the turn that goes on with it. */
  agenda?: OspfAgenda;
  /** Routes that are still to be told to IP in a whole set; `held` had no room in the message before. */
  whole?: {
    rest: Iterator<string>;
    held?: string;
    begun: boolean;
    message?: Pick<Routes, 'whole' | 'filter' | 'changes'>;
  };
  /** Rows that are still to be looked at after a whole set of IP's. */
  sweep?: Iterator<string>;
  /** Prefixes as text, as they were needed. */
  texts: Map<PrefixKey, string>;
}

export function newWorking(): Working {
  return { byArea: new Map(), texts: new Map() };
}

/** More texts than this are made again. */
const MOST_TEXTS = 200_000;

export function textOf({ texts }: Working, key: PrefixKey): string {
  let text = texts.get(key);
  if (text === undefined) {
    text = prefixText(key);
    if (texts.size >= MOST_TEXTS) texts.clear();
    texts.set(key, text);
  }
  return text;
}
