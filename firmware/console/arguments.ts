/** Arguments that several commands take. */
import type { Argument } from './command.ts';

export const MODULE: Argument = { kind: 'module', label: 'MODULE' };
export const BUNDLE: Argument = { kind: 'bundle', label: 'BUNDLE' };
export const DURATION: Argument = { kind: 'duration', label: 'DURATION' };
export const FILE: Argument = { kind: 'file', label: 'FILE' };

/** Attempts of a retry, reports of `show upgrades`, swaps of a bench. */
export const MOST = 1000;

/** Transactions and configurations are counted. */
export const MOST_ID = 999_999_999;
