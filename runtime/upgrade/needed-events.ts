/**
 * Events that a version cannot do without (`needs` in its manifest). It is refused where nobody would publish them after
 * the commit, with the module that could.
 */
import { HitlessError } from '../errors.ts';
import type { AnyManifest } from '../module/manifest.ts';
import { UNWATCHED, type Waits } from '../turn.ts';
import type { VersionRepository } from '../versions/repository.ts';
import { type Afterwards, isPublished } from './compatibility.ts';
import type { Participant } from './participant.ts';

/** Versions that are loaded to find a publisher: the newest of so many modules. */
const MOST_LOADED = 32;

/**
 * Of the members alone: the others run already, with or without.
 * @throws HitlessError `PUBLISHER_MISSING` naming the first that would wait for ever, and what to add
 */
export async function checkNeededEvents(
  members: readonly Pick<Participant, 'change' | 'manifestAfter' | 'servesAfter'>[],
  after: Afterwards,
  repository: VersionRepository,
  stall: Waits,
): Promise<void> {
  for (const { change, manifestAfter: manifest, servesAfter } of members) {
    if (manifest === undefined || !servesAfter || change === 'configure') continue;
    const event = after.needsOf(manifest)?.find((needed) => !isPublished(needed, after));
    if (event === undefined) continue;
    const { name, version } = manifest;
    const advice = await adviceOn(event, after, repository, stall);
    throw new HitlessError(
      'PUBLISHER_MISSING',
      `${name} ${version} needs the event "${event}", which nobody publishes; ${advice}`,
      { module: name },
    );
  }
}

async function adviceOn(
  event: string,
  { manifests, serving }: Afterwards,
  repository: VersionRepository,
  stall: Waits,
): Promise<string> {
  const out = [...manifests.values()].find(
    ({ name, publishes }) => publishes?.[event] !== undefined && !serving.has(name),
  );
  if (out !== undefined) return `"enable ${out.name}" first`;
  const found = await publisherOf(event, repository, stall);
  if (found === undefined)
    return `no version that is known here publishes "${event}": get one, and add its module first, or in the same transaction`;
  const { name } = found.manifest;
  const verb = manifests.has(name) ? 'replace' : 'add';
  return `"${verb} ${name} ${found.ref}" first, or in the same transaction`;
}

/** The newest version of some module that publishes an event. One that cannot be loaded is none. */
export async function publisherOf(
  event: string,
  repository: VersionRepository,
  stall: Waits = UNWATCHED,
): Promise<{ ref: string; manifest: AnyManifest } | undefined> {
  const newest = new Map(repository.list().map(({ module, bundle }) => [module.toUpperCase(), bundle]));
  for (const bundle of [...newest.values()].slice(0, MOST_LOADED)) {
    const found = await stall.wait(repository.acquire(bundle, stall).catch(() => undefined));
    if (found?.manifest.publishes?.[event] !== undefined) return found;
  }
  return undefined;
}
