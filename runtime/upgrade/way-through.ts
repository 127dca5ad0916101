/**
 * The way from one version's state to another's where no handlers of these two lead there. A version takes over from few
 * earlier shapes of its state, and older ones get there through the versions between.
 */
import { HitlessError } from '../errors.ts';
import { chainBetween } from '../state/handler-chain.ts';
import type { Waits } from '../turn.ts';
import type { Bundle } from '../versions/bundle.ts';
import type { VersionRepository } from '../versions/repository.ts';

/** Versions of a module that are loaded to find the way, the newest first. */
const MOST_LOADED = 32;

/**
 * The fewest versions to go through, in their order; undefined where those that are known do not lead there.
 */
export async function wayThrough(
  repository: VersionRepository,
  from: Bundle,
  to: Bundle,
  stall: Waits,
): Promise<string[] | undefined> {
  const between = await versionsOf(repository, to, stall);
  const left = new Set(between);
  // Grows while it is walked through: what is found first has the shortest way.
  const ways: { at: Bundle; through: string[] }[] = [{ at: from, through: [] }];
  for (const { at, through } of ways) {
    if (through.length > 0 && leads(at, to)) return through;
    for (const next of left) {
      if (!leads(at, next)) continue;
      left.delete(next);
      ways.push({ at: next, through: [...through, next.ref] });
    }
  }
  return undefined;
}

/** The newest first. One that cannot be loaded is no way. */
async function versionsOf(
  repository: VersionRepository,
  { manifest: { name } }: Bundle,
  stall: Waits,
): Promise<Bundle[]> {
  const views = repository.list().filter(({ module }) => module.toUpperCase() === name.toUpperCase());
  const bundles: Bundle[] = [];
  for (const { bundle } of views.reverse().slice(0, MOST_LOADED)) {
    const one = await stall.wait(repository.acquire(bundle, stall).catch(() => undefined));
    if (one !== undefined) bundles.push(one);
  }
  return bundles;
}

function leads(from: Bundle, to: Bundle): boolean {
  try {
    chainBetween(from, to);
    return true;
  } catch (thrown) {
    if (thrown instanceof HitlessError && thrown.code === 'STATE_NO_HANDLER') return false;
    throw thrown;
  }
}

/** The error of two versions between which no handlers lead, with what to do about it. */
export async function withWayThrough(
  error: HitlessError,
  repository: VersionRepository,
  from: Bundle,
  to: Bundle,
  stall: Waits,
): Promise<HitlessError> {
  const way = await wayThrough(repository, from, to, stall);
  const advice =
    way === undefined
      ? 'no versions that are known here lead from one to the other; get those between, and replace it by each in turn'
      : `replace it by ${[...way, to.ref].join(', then by ')}`;
  return new HitlessError('STATE_NO_HANDLER', `${error.message}; ${advice}`, { module: to.manifest.name });
}
