/**
 * What is kept of a committed change so that `rollback` can undo it, until the next transaction: the bundle that
 * ran before, the checkpoint of the swap, and the timers that ended with it.
 */
import type { Bundle } from './bundle.ts';
import type { TimerRecord } from './module-timers.ts';

/** The state as the swap found it. */
export interface Retained {
  /** A state to go on with; costs as much as its tables are large. */
  restore(): unknown;
  /** Gives back the memory of what only `restore` needs, in slices. */
  forget(): void;
}

export type Undo = { readonly module: string } & (
  | {
      readonly change: 'replace';
      readonly bundle: Bundle;
      /** Absent when the state was adopted: it is handed back as it is then. */
      readonly checkpoint: Retained | undefined;
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
