/**
 * Starts the modules, in one transaction. A version that cannot be loaded or started makes room for another of its
 * module, and the log says so: a router that routes is better than none, above all where nobody is near it.
 */
import {
  HitlessError,
  type LogLine,
  type Runtime,
  reasonOf,
  type VersionSet,
  type VersionView,
} from '../../runtime/index.ts';
import type { Config } from '../config/check.ts';
import type { ConfigFile } from '../config/file.ts';
import { type Mistake, withNearest } from '../config/validation.ts';
import { FirmwareError } from '../errors.ts';
import { publisherAmong, unmetNeed } from './needed-modules.ts';
import {
  configured,
  forOthers,
  hasDefault,
  inStartOrder,
  type LoadedVersion,
  loadVersion,
  sectionsKnown,
} from './sections.ts';
import {
  type Past,
  planStart,
  releasedOf,
  removalsOf,
  type SectionOf,
  type StartPlan,
  sectionByName,
} from './start.ts';

export interface StartSources {
  file: ConfigFile;
  /** The versions that were current when the program ended. */
  past: Past;
  /** The directory of bundles that were pushed. */
  pushed: string | undefined;
  /** A version that cannot be loaded makes room for no other: it is an error. */
  strict?: true;
}

/** All that can be done before anything is opened: versions in memory, and a configuration that they take. */
export interface PreparedStart {
  config: Config;
  changes: { change: 'add'; module: string; bundle: string; config: unknown }[];
  notices: LogLine[];
  /** The sources of it, without the versions that can never be started. */
  sound: Sound;
  plan: StartPlan;
}

interface Sound extends StartSources {
  /** Of the file's `router.modules`, those that can be loaded. */
  modules: Readonly<Record<string, string>>;
  known: readonly VersionView[];
}

/**
 * Chooses and loads the versions to start with, and checks the configuration by what they say.
 * @throws ConfigError; FirmwareError `BUNDLE_MISSING`; HitlessError
 */
export async function prepareStart(runtime: Runtime, from: StartSources): Promise<PreparedStart> {
  return prepared(runtime, { ...from, modules: from.file.own.router.modules, known: runtime.versions() });
}

/**
 * The same for a router that runs, whose versions are the past; a version that cannot be had is an error.
 * @param modules versions that the file names
 */
export async function prepareReload(
  runtime: Runtime,
  from: StartSources,
  modules: Readonly<Record<string, string>>,
): Promise<PreparedStart> {
  return prepared(runtime, { ...from, modules, known: runtime.versions(), strict: true });
}

async function prepared(runtime: Runtime, from: Sound): Promise<PreparedStart> {
  let sound = from;
  let lasting = from;
  const left: { module: string; problem: string }[] = [];
  const needed = new Map<string, string>();
  const loaded = new Map<string, LoadedVersion>();
  for (;;) {
    const wishes = { sections: sound.file.sections, modules: sound.modules, needed };
    const sectionOf = sectionsIn(loaded, sectionByName(wishes));
    const plan = planStart(wishes, sound.past, sound.known, sectionOf, sound.pushed);
    const missing = [...plan.starts, ...plan.idle].filter(
      ({ module, bundle }) => loaded.get(module)?.bundle !== bundle,
    );
    const broken =
      (await firstBroken(runtime, missing, loaded)) ??
      // A version that is in memory now may not take the section that its name promised.
      (missing.length > 0 ? 'again' : undefined) ??
      (await supplied(runtime, sound, plan, loaded, needed)) ??
      (await tried(runtime, sound, plan, loaded, needed));
    if (broken === 'again') continue;
    if ('changes' in broken)
      return { ...broken, sound: lasting, notices: [...insteadOf(left, plan), ...plan.notices] };
    const { module, bundle, error } = broken;
    const named = sound.modules[module] === bundle;
    // A version that is nowhere is a mistake in the file, to be mended by whoever wrote it.
    if (sound.strict || (named && error.code === 'BUNDLE_NOT_FOUND')) throw error;
    left.push({ module, problem: `${error.code}: ${error.message}` });
    loaded.delete(module);
    needed.clear();
    sound = withoutVersion(sound, module, bundle, named);
    // Beside other versions somebody may publish what it needs.
    if (error.code !== 'PUBLISHER_MISSING') lasting = withoutVersion(lasting, module, bundle, named);
  }
}

interface Broken {
  module: string;
  bundle: string;
  error: HitlessError;
}

/** Loads the versions; returns the first that cannot be loaded. */
async function firstBroken(
  runtime: Runtime,
  missing: StartPlan['starts'],
  loaded: Map<string, LoadedVersion>,
): Promise<Broken | undefined> {
  for (const { module, bundle } of missing) {
    try {
      loaded.set(module, await loadVersion(runtime, bundle));
    } catch (error) {
      if (!(error instanceof HitlessError)) throw error;
      return { module, bundle, error };
    }
  }
  return undefined;
}

/**
 * Looks for who publishes what a version cannot do without: it starts as well.
 * @param needed modules that start for others' sake, each with why; one is put there where 'again' is returned
 * @returns the first version that nobody can be found for
 */
async function supplied(
  runtime: Runtime,
  { known, pushed }: Sound,
  { starts }: StartPlan,
  loaded: ReadonlyMap<string, LoadedVersion>,
  needed: Map<string, string>,
): Promise<Broken | 'again' | undefined> {
  const versions = starts.map(({ module }) => loaded.get(module)!);
  // The file names a version of another module: `tried` tells that, and nobody would be found for what it lacks.
  if (starts.some(({ module }) => loaded.get(module)!.module !== module)) return undefined;
  const want = unmetNeed(versions);
  if (want === undefined) return undefined;
  const { version, event } = want;
  const { module, bundle } = version;
  const publisher = await publisherAmong(runtime, releasedOf(known, pushed), event, versions);
  if ('remedy' in publisher) {
    const text = `${bundle} needs the event "${event}", which nobody publishes; ${publisher.remedy}`;
    return { module, bundle, error: new HitlessError('PUBLISHER_MISSING', text, { module }) };
  }
  needed.set(publisher.module, `${module} ${bundle} needs its event "${event}"`);
  return 'again';
}

/** Sections as the loaded versions have them. */
function sectionsIn(loaded: ReadonlyMap<string, LoadedVersion>, byName: SectionOf): SectionOf {
  return (module) => {
    const version = loaded.get(module);
    if (version === undefined) return byName(module);
    return version.section && { name: version.section.name, hasDefault: hasDefault(version.section) };
  };
}

/** The start with these versions, or the one of them that cannot say what its section is. @throws ConfigError */
async function tried(
  runtime: Runtime,
  sound: Sound,
  plan: StartPlan,
  loaded: ReadonlyMap<string, LoadedVersion>,
  needed: ReadonlyMap<string, string>,
): Promise<PreparedStart | Broken> {
  const versionOf = (module: string) => {
    const version = loaded.get(module)!;
    return needed.has(module) ? forOthers(version) : version;
  };
  const versionsOf = (starts: StartPlan['starts']) => starts.map(({ module }) => versionOf(module));
  const versions = versionsOf(plan.starts);
  try {
    const { config, settings } = await configured(sound.file, [...versions, ...versionsOf(plan.idle)], {
      known: sectionsKnown(runtime.versions()),
      mistakes: misnamed(sound, loaded),
    });
    const changes = inStartOrder(versions).map((version) => ({
      change: 'add' as const,
      module: version.module,
      bundle: version.bundle,
      config: settings.get(version.module),
    }));
    return { config, changes, notices: [], sound, plan };
  } catch (error) {
    const start = [...plan.starts, ...plan.idle].find(
      ({ module }) => error instanceof HitlessError && loaded.get(module)?.module === error.module,
    );
    if (start === undefined) throw error;
    return { ...start, error: error as HitlessError };
  }
}

/** Modules that the file names otherwise than their versions do. */
function misnamed({ modules }: Sound, loaded: ReadonlyMap<string, LoadedVersion>): Mistake[] {
  return Object.keys(modules).flatMap((name) => {
    const { module } = loaded.get(name) ?? { module: name };
    if (module === name) return [];
    const key = { found: `the unknown key "${name}"` };
    return [{ path: ['router', 'modules', name], allowed: withNearest(name, [module]), key }];
  });
}

function insteadOf(left: readonly { module: string; problem: string }[], plan: StartPlan): LogLine[] {
  return left.map(({ module, problem }): LogLine => {
    const instead = plan.starts.find((start) => start.module === module)?.bundle ?? 'nothing';
    return { level: 'error', text: `${problem}; ${module} starts as ${instead} instead` };
  });
}

/** Without what the configuration, or else the time before, says that the module runs. */
function withoutVersion(from: Sound, module: string, bundle: string, named: boolean): Sound {
  const known = from.known.filter((version) => version.bundle !== bundle && version.file !== bundle);
  if (named) {
    const modules = Object.fromEntries(Object.entries(from.modules).filter(([name]) => name !== module));
    return { ...from, known, modules };
  }
  const boot = new Map([...from.past.boot].filter(([name]) => name !== module));
  return { ...from, known, past: { ...from.past, boot } };
}

/**
 * Adds the modules, with the versions of before if that can be done. Returns what is to be told of it.
 * @throws FirmwareError or HitlessError
 */
export async function startModules(
  runtime: Runtime,
  start: PreparedStart,
  set: VersionSet | undefined,
): Promise<LogLine[]> {
  const notices = [...start.notices, ...(await forgetInterrupted(set))];
  try {
    await addAll(runtime, start);
  } catch (thrown) {
    if (start.plan.remembered.length === 0) throw thrown;
    const { sound } = start;
    const without = await prepared(runtime, { ...sound, past: removalsOf(sound.past) });
    await addAll(runtime, without);
    const started = without.changes.map(({ module, bundle }) => `${module} ${bundle}`).join(', ');
    const text = `the versions of before could not be started (${reasonOf(thrown)}); instead there run ${started}`;
    notices.push(...without.notices.filter(({ level }) => level === 'error'), { level: 'error', text });
  }
  return notices;
}

/** All modules in one transaction: the router starts whole, or says why not. */
async function addAll(runtime: Runtime, { changes }: PreparedStart): Promise<void> {
  if (changes.length === 0) return;
  const report = await runtime.run(
    changes,
    { command: 'start', by: 'configuration' },
    { remember: false, undoable: false },
  );
  if (report.outcome === 'aborted') {
    throw new FirmwareError('START_ABORTED', `the modules were not started: ${report.reason}`);
  }
}

/** Versions on probation are told of once. */
async function forgetInterrupted(set: VersionSet | undefined): Promise<LogLine[]> {
  try {
    if (set?.interrupted !== undefined) await set.revert();
    return [];
  } catch (thrown) {
    if (!(thrown instanceof HitlessError)) throw thrown;
    return [{ level: 'error', text: `${thrown.code}: ${thrown.message}` }];
  }
}
