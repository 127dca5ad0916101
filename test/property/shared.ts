/** Things that cases have in common, because it costs as much as a transaction to make anew. */

import { Guard } from '../../runtime/services/guard.ts';
import type { Bundle } from '../../runtime/versions/bundle.ts';
import type { VersionRepository } from '../../runtime/versions/repository.ts';
import { versionOf } from './family.ts';

/** One for all runtimes, which come one after the other: to prove that a guard cuts costs as much as a whole transaction. */
export const guard = new Guard();

const shared = new Map<string, Promise<Bundle>>();

/**
 * Makes a repository take bundles that another case has loaded: one of the family is the same for all cases but for its
 * mailbox.
 */
export function shareBundles(
  repository: VersionRepository,
  directory: string,
  mailboxOf: (name: string, state: number) => number,
): void {
  const load = repository.acquire.bind(repository);
  repository.acquire = (source) => {
    const ref = String(source);
    const [name = '', version = ''] = ref.split('@');
    const id = `${directory} ${ref} ${mailboxOf(name.toUpperCase(), versionOf(version).state)}`;
    let bundle = shared.get(id);
    if (bundle === undefined) {
      bundle = load(ref);
      shared.set(id, bundle);
      bundle.catch(() => shared.delete(id));
    }
    return bundle;
  };
}
