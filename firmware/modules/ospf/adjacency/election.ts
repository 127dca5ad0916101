/** The election of the designated router and its backup (RFC 2328 9.4): pure. */
import { NONE } from '../constants.ts';
import type { Id } from '../state.ts';

/** A router as the election sees it: what it declares stands in its last Hello, or in our own next one. */
export interface Candidate {
  readonly id: Id;
  readonly address: Id;
  /** 0: never elected. */
  readonly priority: number;
  readonly dr: Id;
  readonly bdr: Id;
}

/** Addresses; NONE where there is none. */
export interface Elected {
  dr: Id;
  bdr: Id;
}

/**
 * @param self with the result of the election before as `dr` and `bdr`
 * @param others neighbours that are 2-Way or more
 */
export function elect(self: Candidate, others: readonly Candidate[]): Elected {
  const first = electOnce([self, ...others]);
  // Step 4: a router that has just come to be one of the two, or has ceased to be, looks again with what it declares now.
  if (roleOf(self.address, self) === roleOf(self.address, first)) return first;
  return electOnce([{ ...self, ...first }, ...others]);
}

function roleOf(address: Id, { dr, bdr }: Elected): 'dr' | 'bdr' | undefined {
  return dr === address ? 'dr' : bdr === address ? 'bdr' : undefined;
}

/** Steps 2 and 3. */
function electOnce(routers: readonly Candidate[]): Elected {
  const eligible = routers.filter(({ priority }) => priority > 0);
  // Whoever declares itself designated router is no candidate for the backup, whatever its priority.
  const forBackup = eligible.filter(({ address, dr }) => dr !== address);
  const backups = forBackup.filter(({ address, bdr }) => bdr === address);
  const bdr = highest(backups.length > 0 ? backups : forBackup)?.address ?? NONE;
  const declared = highest(eligible.filter(({ address, dr }) => dr === address));
  return { dr: declared?.address ?? bdr, bdr };
}

/** By priority, then by router id. */
function highest(routers: readonly Candidate[]): Candidate | undefined {
  let best: Candidate | undefined;
  for (const router of routers) if (best === undefined || isBefore(router, best)) best = router;
  return best;
}

function isBefore(one: Candidate, other: Candidate): boolean {
  return one.priority !== other.priority ? one.priority > other.priority : one.id > other.id;
}
