/**
 * A configuration file without a router: checked by the versions that a router on this machine would start, with all
 * mistakes at once.
 */
import { join } from 'node:path';
import { Runtime, VersionSet } from '../../runtime/index.ts';
import { nativeWatch } from '../../runtime/native/watch.ts';
import { type Config, checkConfig } from '../config/check.ts';
import { type ConfigFile, readConfigFile } from '../config/file.ts';
import type { OwnConfig } from '../config/own.ts';
import { ConfigError } from '../config/problem.ts';
import { BUNDLES } from '../push/store.ts';
import { RELEASES } from './releases.ts';
import { bundleOf, loadVersion, sectionsKnown } from './sections.ts';
import type { Past } from './start.ts';
import { type PreparedStart, prepareStart, type StartSources } from './start-modules.ts';

/**
 * @param state the directory that keeps which versions are current; undefined where there is none
 * @throws ConfigError; FirmwareError or HitlessError for a version that cannot be had
 */
export async function loadConfig(path: string, state?: string): Promise<Config> {
  return checkFile(readConfigFile(path), state);
}

/** As `loadConfig`, of a file that was read. */
export async function checkFile(file: ConfigFile, state?: string): Promise<Config> {
  return (await prepareHere(file, state)).config;
}

/** The start that a router of this machine would make. @throws as `loadConfig` */
export function prepareHere(file: ConfigFile, state?: string): Promise<PreparedStart> {
  return withVersions(file.own, state, (runtime, past, pushed) =>
    prepareFile(runtime, { file, past, pushed, strict: true }),
  );
}

/** Gives the action the versions that a router with this configuration has, and those that were current last. */
export async function withVersions<Result>(
  { router }: OwnConfig,
  state: string | undefined,
  action: (runtime: Runtime, past: Past, pushed: string | undefined) => Promise<Result>,
): Promise<Result> {
  const directory = router.state ?? state;
  const pushed = directory === undefined ? undefined : join(directory, BUNDLES);
  const runtime = new Runtime({
    directories: [...router.bundles, ...(pushed === undefined ? [] : [pushed]), RELEASES],
    ...(nativeWatch() === undefined && { guard: 'vm' as const }),
  });
  try {
    const past = directory === undefined ? undefined : await peeked(directory);
    return await action(runtime, past ?? { boot: new Map() }, pushed);
  } finally {
    runtime.stop();
  }
}

/** As `prepareStart`, but what the file says of versions may be wrong as well: its mistakes are told, as far as they are certain. */
export async function prepareFile(runtime: Runtime, from: StartSources): Promise<PreparedStart> {
  try {
    return await prepareStart(runtime, from);
  } catch (thrown) {
    if (!from.file.isSound && !(thrown instanceof ConfigError))
      await checkConfig(from.file, await newest(runtime, from.file), sectionsKnown(runtime.versions()));
    throw thrown;
  }
}

async function peeked(directory: string): Promise<Past | undefined> {
  try {
    return await VersionSet.peek(directory);
  } catch {
    // The start of a router would say so; here nothing is started.
    return undefined;
  }
}

/** The sections of the newest versions that there are. */
async function newest(runtime: Runtime, { sections }: ConfigFile) {
  const known = runtime.versions();
  const bundles = sections.map((name) => bundleOf(name, {}, known));
  const versions = await Promise.all(
    bundles.filter((bundle) => bundle !== undefined).map((bundle) => loadVersion(runtime, bundle)),
  );
  return versions.flatMap(({ section }) => section ?? []);
}
