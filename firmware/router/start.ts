/**
 * The modules that the router starts with. For each module of the configuration, the first of these that there is: the version
 * that the configuration names, the one that was current when the program ended, the newest release. A module that
 * was removed by command stays out, whatever the configuration says, until it is added by command.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { LogLevel, LogLine, VersionEntry, Versions, VersionView } from '../../runtime/index.ts';
import { MOST_BUNDLE_BYTES, readPlainFileSync } from '../../runtime/plain-file.ts';
import { moduleStarts } from '../config/modules.ts';
import type { Config } from '../config/schema.ts';
import { FirmwareError } from '../errors.ts';

export interface StartPlan {
  changes: { change: 'add'; module: string; bundle: string; config: unknown }[];
  /** Lines for the log. */
  notices: LogLine[];
  /** Modules whose version the set of versions says. */
  remembered: string[];
}

/** The knowledge of the time before: nothing, where no set of versions is kept. */
export interface Past {
  boot: Versions;
  interrupted?: Versions | undefined;
}

/** The modules that a configuration has sections for; any other can only have been added by command. */
const CONFIGURABLE = ['TIMER', 'IP', 'OSPF', 'VRRP'];

/**
 * @param known every bundle in the directories, by module and version
 * @param pushed the directory of bundles that were pushed: nobody has asked yet that they run
 * @throws FirmwareError `BUNDLE_MISSING`
 */
export function planStart(
  config: Config,
  past: Past,
  known: readonly VersionView[],
  pushed?: string,
): StartPlan {
  const released = known.filter(({ file }) => dirname(file) !== pushed);
  const plan: StartPlan = { changes: [], notices: interruption(past), remembered: [] };
  const say = (level: LogLevel, text: string) => plan.notices.push({ level, text });
  const add = (module: string, bundle: string, settings: unknown) =>
    plan.changes.push({ change: 'add', module, bundle, config: settings });
  const recall = (module: string, entry: VersionEntry, instead: string): string | undefined => {
    const found = locate(entry, known);
    if ('bundle' in found) {
      plan.remembered.push(module);
      return found.bundle;
    }
    say('error', `${module} was ${entry.bundle}, but ${found.problem}; ${instead}`);
    return undefined;
  };

  const starts = moduleStarts(config);
  const named = starts.map(({ module }) => module as string);
  for (const [module, entry] of past.boot) {
    if (entry === null || named.includes(module)) continue;
    if (CONFIGURABLE.includes(module)) {
      say(
        'warn',
        `${module} was ${entry.bundle}; it is not started: the configuration has no section for it`,
      );
      continue;
    }
    const bundle = recall(module, entry, `it is not started: put the file back, or add another`);
    if (bundle !== undefined) add(module, bundle, undefined);
  }
  for (const { module, bundle: given, config: settings } of starts) {
    const entry = past.boot.get(module);
    if (entry === null) {
      const back = `"add ${module} ${given ?? newest(module, released)}" brings it back`;
      say('warn', `${module} is not started: it was removed by command; ${back}`);
      continue;
    }
    if (given !== undefined && entry !== undefined && given !== entry.bundle) {
      const instead = `delete router.modules.${module} from it to start what was current last`;
      say(
        'warn',
        `${module} was ${entry.bundle}; it starts as ${given}: the configuration says so; ${instead}`,
      );
    }
    const recalled = (entry: VersionEntry) =>
      recall(module, entry, `it starts as ${newest(module, released)}, the newest release`);
    add(
      module,
      given ?? (entry === undefined ? undefined : recalled(entry)) ?? newest(module, released),
      settings,
    );
  }
  if (plan.remembered.length > 0) {
    const list = plan.changes.filter(({ module }) => plan.remembered.includes(module));
    say('info', `as before: ${list.map(({ module, bundle }) => `${module} ${bundle}`).join(', ')}`);
  }
  return plan;
}

/** The rest of the past when its versions could not be started: what was removed stays so. */
export function removalsOf(past: Past): Past {
  return { boot: new Map([...past.boot].filter(([, entry]) => entry === null)) };
}

function interruption({ boot, interrupted }: Past): LogLine[] {
  const name = (entry: VersionEntry | null | undefined) => entry?.bundle ?? 'removed';
  const trials = [...(interrupted ?? [])].filter(([module, entry]) => !isSame(entry, boot.get(module)));
  if (trials.length === 0) return [];
  const tried = trials.map(([module, entry]) => `${module} ${name(entry)}`).join(', ');
  const text = `on probation when the program ended: ${tried}; what was before is started. "show upgrades" does not know them any more; look why it ended before you try them again`;
  return [{ level: 'warn', text }];
}

function isSame(a: VersionEntry | null, b: VersionEntry | null | undefined): boolean {
  return a === b || (a !== null && b?.bundle === a.bundle && b.sha256 === a.sha256);
}

/** How the runtime finds exactly this bundle: by its name, or by its file where the name means another. */
function locate(
  { bundle, sha256, file }: VersionEntry,
  known: readonly VersionView[],
): { bundle: string } | { problem: string } {
  const namesake = known.find((version) => version.bundle === bundle);
  if (namesake?.sha256 === sha256) return { bundle };
  const found = hashOf(file);
  if (found === sha256) return { bundle: file };
  const other = namesake?.sha256 ?? found;
  if (other === undefined) return { problem: `${file} is not there any more` };
  const where = namesake?.file ?? file;
  return { problem: `${where} is another file now (SHA-256 ${other}, it was ${sha256})` };
}

function hashOf(file: string): string | undefined {
  try {
    return createHash('sha256')
      .update(readPlainFileSync(file, MOST_BUNDLE_BYTES, (what) => new Error(what)))
      .digest('hex');
  } catch {
    return undefined;
  }
}

function newest(module: string, known: readonly VersionView[]): string {
  const latest = known.findLast((version) => version.module === module);
  if (latest === undefined) {
    throw new FirmwareError(
      'BUNDLE_MISSING',
      `no bundle of ${module} comes with the program; give a directory that has one as router.bundles`,
    );
  }
  return latest.bundle;
}
