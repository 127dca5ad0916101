/**
 * The modules that the router starts with. For each module of the configuration, the first of these that there is: the version
 * that the configuration names, the one that was current when the program ended, the newest release. A module that
 * was removed by command stays out, whatever the configuration says, until it is added by command.
 */
import { createHash } from 'node:crypto';
import { dirname } from 'node:path';
import type { LogLevel, LogLine, VersionEntry, Versions, VersionView } from '../../runtime/index.ts';
import { MOST_BUNDLE_BYTES, readPlainFileSync } from '../../runtime/plain-file.ts';
import { COMPAT_SECTIONS } from '../compat/sections.ts';
import { FirmwareError } from '../errors.ts';
import { hasDefault, sectionNameOf } from './sections.ts';

export interface StartPlan {
  /** The versions that are meant, in the order in which the modules were found. */
  starts: { module: string; bundle: string }[];
  /** Those that were removed by command, whose sections are checked all the same. */
  idle: { module: string; bundle: string }[];
  /** Lines for the log. */
  notices: LogLine[];
  /** Modules whose version the set of versions says. */
  remembered: string[];
}

/** The words of a configuration file about modules, before any of them is in memory. */
export interface Wishes {
  /** Keys at the top of the file that are sections of modules. */
  readonly sections: readonly string[];
  /** The versions that it names, by module. */
  readonly modules: Readonly<Record<string, string>>;
  /** Modules that others cannot do without, each with who that is and why. */
  readonly needed?: ReadonlyMap<string, string>;
}

/** The knowledge of the time before: nothing, where no set of versions is kept. */
export interface Past {
  boot: Versions;
  interrupted?: Versions | undefined;
}

/** A module's section, as the version has it that would start; undefined where that takes none. */
export type SectionOf = (module: string) => { name: string; hasDefault: boolean } | undefined;

/** As far as it can be told before a version is in memory: a section has the name of its module. */
export function sectionByName({ sections }: Wishes): SectionOf {
  return (module) => {
    const name = sectionNameOf(module);
    const compat = COMPAT_SECTIONS.find((section) => section.module === module);
    if (compat !== undefined) return { name, hasDefault: hasDefault(compat) };
    return sections.includes(name) ? { name, hasDefault: false } : undefined;
  };
}

/**
 * The modules that may have to start: those that the file has a section for or names a version of, those of before, and
 * those that others need.
 */
export function candidates(wishes: Wishes, past: Past, known: readonly VersionView[]): string[] {
  const modules = new Set([
    ...COMPAT_SECTIONS.map(({ module }) => module),
    ...known.map(({ module }) => module),
  ]);
  const named = [...Object.keys(wishes.modules), ...past.boot.keys()];
  const bySection = wishes.sections.flatMap((name) => {
    const own = named.filter((module) => sectionNameOf(module) === name);
    return own.length > 0 ? own : [...modules].filter((module) => sectionNameOf(module) === name);
  });
  return [...new Set([...bySection, ...named, ...(wishes.needed?.keys() ?? [])])];
}

/**
 * @param known every bundle in the directories, by module and version
 * @param sectionOf of the versions that were loaded; by name, where none is yet
 * @param pushed the directory of bundles that were pushed: nobody has asked yet that they run
 * @throws FirmwareError `BUNDLE_MISSING`
 */
export function planStart(
  wishes: Wishes,
  past: Past,
  known: readonly VersionView[],
  sectionOf: SectionOf,
  pushed?: string,
): StartPlan {
  const released = releasedOf(known, pushed);
  const plan: StartPlan = { starts: [], idle: [], notices: interruption(past), remembered: [] };
  const say = (level: LogLevel, text: string) => plan.notices.push({ level, text });
  const recall = (module: string, entry: VersionEntry, instead: () => string): string | undefined => {
    const found = locate(entry, known);
    if ('bundle' in found) {
      plan.remembered.push(module);
      return found.bundle;
    }
    say('error', `${module} was ${entry.bundle}, but ${found.problem}; ${instead()}`);
    return undefined;
  };
  /** A module that the file speaks of, or that another needs. */
  const begin = (module: string, given: string | undefined, entry: VersionEntry | undefined) => {
    if (given !== undefined) {
      if (entry !== undefined && given !== entry.bundle) say('warn', overruled(module, entry, given));
      return given;
    }
    const latest = () => newest(module, released);
    const recalled = entry && recall(module, entry, () => `it starts as ${latest()}, the newest release`);
    return recalled ?? latest();
  };
  for (const module of candidates(wishes, past, known)) {
    const entry = past.boot.get(module);
    const given = wishes.modules[module];
    const section = sectionOf(module);
    const why = wishes.needed?.get(module);
    const isNamed = given !== undefined || (entry !== undefined && entry !== null);
    const isWanted =
      (section !== undefined && wishes.sections.includes(section.name)) ||
      (section?.hasDefault !== false && isNamed);
    if (why !== undefined && (entry === null || !isWanted)) {
      const bundle = begin(module, given, entry ?? undefined);
      plan.starts.push({ module, bundle });
      say(...forOthers(module, bundle, why, entry === null));
    } else if (entry === null) {
      if (!isWanted || section === undefined) continue;
      const bundle = given ?? newest(module, released);
      plan.idle.push({ module, bundle });
      say('warn', removed(module, bundle));
    } else if (!isWanted) {
      if (entry !== undefined) say('warn', sectionless(module, entry));
    } else {
      const bundle =
        section === undefined && given === undefined
          ? recall(module, entry!, () => 'it is not started: put the file back, or add another')
          : begin(module, given, entry);
      if (bundle !== undefined) plan.starts.push({ module, bundle });
    }
  }
  if (plan.remembered.length > 0) say('info', asBefore(plan));
  return plan;
}

/** Without those that were pushed. */
export function releasedOf(known: readonly VersionView[], pushed: string | undefined): VersionView[] {
  return known.filter(({ file }) => dirname(file) !== pushed);
}

function asBefore({ starts, remembered }: StartPlan): string {
  const list = starts
    .filter(({ module }) => remembered.includes(module))
    .sort((a, b) => a.module.localeCompare(b.module));
  return `as before: ${list.map(({ module, bundle }) => `${module} ${bundle}`).join(', ')}`;
}

function forOthers(module: string, bundle: string, why: string, wasRemoved: boolean): [LogLevel, string] {
  return wasRemoved
    ? ['warn', `${module} was removed by command; it is started all the same as ${bundle}: ${why}`]
    : ['info', `${module} is started as ${bundle}: ${why}`];
}

function sectionless(module: string, { bundle }: VersionEntry): string {
  return `${module} was ${bundle}; it is not started: the configuration has no section for it`;
}

function overruled(module: string, { bundle }: VersionEntry, given: string): string {
  const instead = `delete router.modules.${module} from it to start what was current last`;
  return `${module} was ${bundle}; it starts as ${given}: the configuration says so; ${instead}`;
}

function removed(module: string, bundle: string): string {
  return `${module} is not started: it was removed by command; "add ${module} ${bundle}" brings it back`;
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
