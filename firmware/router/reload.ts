/**
 * The file read again while the router runs, as one transaction: sections that came or went add or remove modules, those
 * that changed configure them, a version that the file names anew replaces the one before. What did not change is not
 * touched, and where one module does not take its part, nothing changes.
 */
import { isDeepStrictEqual } from 'node:util';
import type { NamedChange, Runtime, TransactionReport, VersionEntry } from '../../runtime/index.ts';
import type { Config } from '../config/check.ts';
import type { ConfigFile } from '../config/file.ts';
import { FirmwareError } from '../errors.ts';
import { type LoadedVersion, loadVersion } from './sections.ts';
import { prepareReload } from './start-modules.ts';

/** The configuration by which the modules run. */
export interface Applied {
  config: Config;
  /** The modules that its file wants, also those that were removed by command. */
  modules: readonly string[];
  /** As it is written. */
  file: ConfigFile;
}

export interface Reloading extends Applied {
  /** Nothing, where no module is concerned. */
  changes: NamedChange[];
}

/**
 * The changes that make the running modules what the file says.
 * @throws ConfigError; FirmwareError `MODULE_FIXED`, `BUNDLE_MISSING`; HitlessError for a version that cannot be had
 */
export async function planReload(
  runtime: Runtime,
  file: ConfigFile,
  applied: Applied,
  pushed?: string,
): Promise<Reloading> {
  const running = await runningVersions(runtime);
  const { modules } = file.own.router;
  // A version that a command put in service stays, until the file says something else than before.
  const wanted = Object.fromEntries(
    Object.entries(modules).filter(
      ([name, version]) => !running.has(name) || version !== applied.config.router.modules[name],
    ),
  );
  const boot = new Map<string, VersionEntry | null>();
  const before = applied.file.sections;
  const isGone = (section: string) => before.includes(section) && !file.sections.includes(section);
  for (const [name, { section }] of running)
    if (section === undefined || !isGone(section.name)) boot.set(name, entryOf(runtime, name));
  for (const name of applied.modules) if (!running.has(name)) boot.set(name, null);
  const {
    config,
    changes: target,
    plan,
  } = await prepareReload(runtime, { file, past: { boot }, pushed }, wanted);
  const changes: NamedChange[] = [];
  const fixed: LoadedVersion[] = [];
  for (const [module] of running)
    if (!target.some((start) => start.module === module)) changes.push({ change: 'remove', module });
  for (const { module, bundle, config: settings } of target) {
    const version = running.get(module);
    if (version === undefined) changes.push({ change: 'add', module, bundle, config: settings });
    else if (wanted[module] !== undefined && wanted[module] !== version.bundle) {
      const next = await loadVersion(runtime, bundle);
      const given = next.isConfigurable && { config: settings };
      changes.push({ change: 'replace', module, bundle, ...given });
    } else if (await hasChanged(runtime, version, settings, applied.config)) {
      if (version.isConfigurable) changes.push({ change: 'configure', module, config: settings });
      else fixed.push(version);
    }
  }
  if (fixed.length > 0) throw await unconfigurable(runtime, fixed);
  const names = [...plan.starts, ...plan.idle].map(({ module }) => module);
  return { config, modules: names, file, changes };
}

/** The running versions, by module. */
export async function runningVersions(runtime: Runtime): Promise<Map<string, LoadedVersion>> {
  const versions = new Map<string, LoadedVersion>();
  for (const { name, version } of runtime.modules())
    versions.set(name, await loadVersion(runtime, `${name.toLowerCase()}@${version}`));
  return versions;
}

/** One line of what was done. */
export function reloadLine(changes: readonly NamedChange[], report: TransactionReport | undefined): string {
  if (report === undefined) return 'the configuration was read again: no module is concerned';
  const list = changes.map(({ change, module }) => `${change} ${module}`).join(', ');
  return report.outcome === 'committed'
    ? `the configuration was read again: ${list}`
    : `the configuration was read again, and nothing changed: ${report.reason}`;
}

function entryOf(runtime: Runtime, module: string): VersionEntry {
  const current = runtime.versions().find((view) => view.module === module && view.status === 'current');
  const { bundle, sha256, file } = current!;
  return { bundle, sha256, file };
}

/** Whether the file says something else to a module than the settings by which it runs. */
async function hasChanged(
  runtime: Runtime,
  { module, section, isConfigurable }: LoadedVersion,
  settings: unknown,
  before: Config,
): Promise<boolean> {
  if (section === undefined || isDeepStrictEqual(runtime.configOf(module), settings)) return false;
  if (isConfigurable) return true;
  // Its settings may have the form of a version before: what the file said is compared as well.
  const data = before.whole[section.name];
  return data === undefined || !isDeepStrictEqual(await section.settings(data, before.whole), settings);
}

/** Versions that take a configuration at their start only, and a way on. */
async function unconfigurable(runtime: Runtime, versions: readonly LoadedVersion[]): Promise<FirmwareError> {
  const names = versions.map(({ module, bundle }) => `${module} (${bundle})`).join(', ');
  const newer = await Promise.all(versions.map((version) => configurableOf(runtime, version)));
  const replacements = newer.flatMap((bundle, i) =>
    bundle === undefined ? [] : [`"replace ${versions[i]!.module} ${bundle}"`],
  );
  const way =
    replacements.length === versions.length
      ? `${replacements.join(' and ')} first, which is configured while it runs`
      : 'write it to the configuration file, and restart the router';
  return new FirmwareError(
    'MODULE_FIXED',
    `nothing was changed: what is wanted of ${names} has changed, which takes that at its start only; ${way}`,
  );
}

/** The newest version of a module, where it can be configured while it runs. */
async function configurableOf(runtime: Runtime, { module }: LoadedVersion): Promise<string | undefined> {
  const newest = runtime.versions().findLast((version) => version.module === module)?.bundle;
  if (newest === undefined) return undefined;
  return (await loadVersion(runtime, newest)).isConfigurable ? newest : undefined;
}
