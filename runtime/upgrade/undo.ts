/**
 * What is kept of a committed change so that `rollback` can undo it, until the next transaction: the bundle that
 * ran before, and the timers that ended with it. The checkpoint of the swap is in the state store.
 */

import type { TimerRecord } from '../module/module-timers.ts';
import type { Bundle } from '../versions/bundle.ts';

export type Undo = { readonly module: string } & (
  | {
      readonly change: 'replace';
      readonly bundle: Bundle;
      /** Timers that the new version did not declare. */
      readonly timers: readonly TimerRecord[];
    }
  | { readonly change: 'remove' }
  | {
      readonly change: 'add';
      readonly bundle: Bundle;
      readonly state: unknown;
      readonly timers: readonly TimerRecord[];
      readonly disabled: boolean;
    }
  | { readonly change: 'enable' | 'disable' }
);
