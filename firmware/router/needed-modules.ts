/** Modules that start because others cannot do without an event of theirs. */
import { HitlessError, type Runtime, type VersionView } from '../../runtime/index.ts';
import { forOthers, hasDefault, type LoadedVersion, loadVersion } from './sections.ts';

/** Events that the router itself publishes. */
export const HOST_EVENTS: readonly string[] = ['link'];

/** The first of these versions that needs an event which none of them publishes, with the event. */
export function unmetNeed(
  versions: readonly LoadedVersion[],
): { version: LoadedVersion; event: string } | undefined {
  const published = new Set([...HOST_EVENTS, ...versions.flatMap(({ publishes }) => publishes)]);
  for (const version of versions) {
    const event = version.needs.find((need) => !published.has(need));
    if (event !== undefined) return { version, event };
  }
  return undefined;
}

/**
 * A module that starts as well, since its newest version publishes the event; or a sentence with what the file has to say so
 * that one does. A version that cannot be loaded is none.
 * @param known the newest of each module last
 * @param others versions that start anyway, and do not publish it
 */
export async function publisherAmong(
  runtime: Runtime,
  known: readonly VersionView[],
  event: string,
  others: readonly LoadedVersion[],
): Promise<{ module: string } | { remedy: string }> {
  const newest = new Map(known.map(({ module, bundle }) => [module, bundle]));
  let remedy = 'give a directory that has a version which does as router.bundles';
  for (const bundle of newest.values()) {
    try {
      const { module, publishes, section } = forOthers(await loadVersion(runtime, bundle));
      if (!publishes.includes(event)) continue;
      const before = others.find((other) => other.module === module)?.bundle;
      if (before !== undefined) remedy = `${bundle} does, and not ${before}: name it in router.modules`;
      else if (section === undefined || hasDefault(section)) return { module };
      else remedy = `${bundle} does: give the file a section "${section.name}"`;
    } catch (thrown) {
      if (!(thrown instanceof HitlessError)) throw thrown;
    }
  }
  return { remedy };
}
