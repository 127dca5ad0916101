/** One module's change in a command, as a program says it, and as a transaction is planned with it. */
import type { TimerRecord } from '../module/module-timers.ts';
import type { KeptState } from '../state/state.ts';
import type { Bundle, ModuleSource } from '../versions/bundle.ts';

/**
 * One module's change in a command. A bundle is given as `ip@2.0.0`, as a path, or as a class of the program. It says
 * itself whose version it is, and is refused where `module` is told and is another.
 */
export type Change =
  /** `config` is for a module whose new version wants another one: see `configure`. */
  | { change: 'replace'; module?: string; bundle: ModuleSource; config?: unknown }
  /** `checkpoint` is a file: the module starts with the state in it. */
  | { change: 'add'; module?: string; bundle: ModuleSource; config?: unknown; checkpoint?: string }
  /** `force` also removes a module that others send to, or whose events they subscribe to. */
  | { change: 'remove'; module: string; force?: boolean }
  /** `force` also disables the only publisher of what others subscribe to. */
  | { change: 'disable'; module: string; force?: boolean }
  | { change: 'enable'; module: string }
  /** The whole new configuration, as `initial` would be given it: plain data. */
  | { change: 'configure'; module: string; config: unknown };

/** A change that says whose it is, of a bundle that has a name or a path: as a console has it. */
export type NamedChange = Change & { module: string; bundle?: string };

/** A module's rest, for it to come back with. */
export interface Kept {
  /** Timers that ended when it went. */
  readonly timers: readonly TimerRecord[];
  /** Taken instead of what the change would make of the state. */
  readonly state: KeptState | undefined;
  /** It was out of service, and is so again. */
  readonly disabled: boolean;
}

/**
 * A change with its bundle in memory. The undo of a change is one with what was `kept`, and by force: whoever needs what
 * was added or replaced did without it before.
 */
export type LoadedChange = { readonly module: string; readonly force?: boolean; readonly kept?: Kept } & (
  | { readonly change: 'replace'; readonly bundle: Bundle; readonly config?: unknown }
  | { readonly change: 'add'; readonly bundle: Bundle; readonly config?: unknown }
  | { readonly change: 'configure'; readonly config: unknown }
  | { readonly change: 'remove' | 'enable' | 'disable' }
);
