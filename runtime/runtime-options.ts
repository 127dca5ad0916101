/** How a runtime works, as the program around it says it. */

import {
  checkOptions,
  checkString,
  checkType,
  kindOf,
  mustBeList,
  mustBeObject,
  mustHave,
} from './argument.ts';
import type { Clock } from './clock.ts';
import { HitlessError } from './errors.ts';
import type { PortKinds, PortProvider } from './module/port.ts';
import { Log } from './services/log.ts';
import { PROBATION, type ProbationOptions } from './upgrade/probation.ts';
import { DEFAULT_PREPARATION_MS, type UpgraderOptions } from './upgrade/upgrader.ts';
import type { VersionSet } from './upgrade/version-set.ts';

/** How a `Runtime` works; everything has a default. */
export interface RuntimeOptions {
  /** Where bundles are looked up by name and version, first to last. */
  directories?: readonly string[];
  /** Proves against a copy that prepare writes no state, and refuses state that is not plain data. Costs time. */
  development?: boolean;
  /** Preparation time of a transaction, in ms; 2,000 unless told. */
  preparation?: number;
  /** Runs a new version's code on a throw-away instance before it serves; true unless told. */
  warmUp?: boolean;
  /** The ports of modules whose manifest only names them (api 1): asked when such a version comes into service. */
  ports?: PortProvider;
  /** Events that the program publishes: modules may need them before the first comes. Any that it has published counts too. */
  publishes?: readonly string[];
  /** The events that modules cannot do without whose manifest has no word for it (api 1); undefined where nobody knows. */
  needs?: (module: string, version: string) => readonly string[] | undefined;
  /** The kinds of ports that manifests of api 2 may declare, by name; none unless told. */
  portKinds?: PortKinds;
  /** Where the set of current versions is kept across restarts; none unless told. */
  versionSet?: VersionSet;
  /** How new versions are watched after a commit; false for not at all. */
  probation?: Partial<ProbationOptions> | false;
  /** Where it logs; a log of its own unless told. A program that has to say something before makes the log itself. */
  log?: Log;
  /**
   * Modules' timers come some µs after they are due, instead of up to a ms or so. The runtime sleeps until 1.5 to
   * 2.5 ms before, and then turns the event loop. That keeps a processor busy for so long at every timer. False unless told.
   */
  preciseTimers?: boolean;
  /**
   * `vm` bounds handlers by `vm` time-outs, which is in transactions alone. By default the native watch bounds them in every
   * turn. Where its addon is not compiled, `vm` time-outs do it, and a warning says so once (`HITLESS_GUARD_VM`).
   */
  guard?: 'vm';
  /** The time that modules live in, for tests and simulations; the machine's by default. */
  clock?: Clock;
}

const OPTIONS = [
  'directories',
  'development',
  'preparation',
  'warmUp',
  'ports',
  'portKinds',
  'publishes',
  'needs',
  'versionSet',
  'probation',
  'preciseTimers',
  'log',
  'clock',
  'guard',
] as const satisfies (keyof RuntimeOptions)[];

/** @throws HitlessError `ARGUMENT_INVALID` */
export function checkRuntimeOptions(options: RuntimeOptions): void {
  const call = 'new Runtime';
  checkOptions(call, options, OPTIONS);
  const { directories, probation, portKinds, publishes, versionSet, clock, preciseTimers } = options;
  if (directories !== undefined) mustBeList(call, 'directories', directories);
  for (const directory of directories ?? []) checkType(call, 'a directory', directory ?? '', 'string');
  if (publishes !== undefined) mustBeList(call, 'publishes', publishes);
  for (const event of publishes ?? []) checkString(call, 'an event', event);
  for (const name of ['development', 'warmUp', 'preciseTimers'] as const)
    checkType(call, name, options[name], 'boolean');
  for (const name of ['ports', 'needs'] as const) checkType(call, name, options[name], 'function');
  if (portKinds !== undefined) mustBeObject(call, 'portKinds', portKinds);
  for (const [name, kind] of Object.entries(portKinds ?? {}))
    mustHave(`${call}: portKinds`, name, kind, ['make']);
  if (options.guard !== undefined && options.guard !== 'vm')
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: guard must be 'vm', or be left out for the native watch, not ${kindOf(options.guard)}`,
    );
  if (options.log !== undefined && !(options.log instanceof Log))
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: log must be a Log, as new Log() makes it, not ${kindOf(options.log)}`,
    );
  if (versionSet !== undefined) mustBeObject(call, 'versionSet', versionSet);
  if (clock !== undefined) {
    mustHave(call, 'clock', clock, ['now', 'wait', 'soon']);
    if (preciseTimers)
      throw new HitlessError('ARGUMENT_INVALID', `${call}: preciseTimers are for the machine's clock alone`);
  }
  if (probation === undefined || probation === false) return;
  checkOptions(`${call}: probation`, probation, Object.keys(PROBATION));
  for (const [name, value] of Object.entries(probation)) {
    if (value === undefined || (typeof value === 'number' && value >= 0)) continue;
    const found = typeof value === 'number' ? value : kindOf(value);
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${call}: probation.${name} must be a number from 0, not ${found}`,
    );
  }
}

/** The part of them that is for transactions. */
export function upgraderOptionsOf(options: RuntimeOptions): UpgraderOptions {
  const {
    development = false,
    preparation = DEFAULT_PREPARATION_MS,
    warmUp = true,
    probation = {},
  } = options;
  return {
    development,
    preparation,
    warmUp,
    ports: options.ports,
    needs: options.needs,
    probation: probation === false ? undefined : { ...PROBATION, ...probation },
    versionSet: options.versionSet,
  };
}
