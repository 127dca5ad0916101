/** Link state request lists (RFC 2328 10): what of a neighbour's database is newer than ours. */
import { MOST_IN_BUCKET } from '../lsdb/lsdb.ts';
import type { Neighbor, Requested, State } from '../state.ts';

/** LSAs on one list, and on all: a neighbour that describes more is believed no further. */
const MOST_REQUESTED = 100_000;
const MOST_REQUESTED_OF_ALL = 400_000;

const BUCKETS = 64;

/** How many more LSAs a neighbour may describe that we do not have. */
export function roomForRequests({ interfaces }: State, { requested }: Neighbor): number {
  let all = 0;
  for (const { neighbors } of interfaces.values())
    for (const other of neighbors.values()) all += other.requested;
  return Math.max(0, Math.min(MOST_REQUESTED - requested, MOST_REQUESTED_OF_ALL - all));
}

/** Puts an LSA on the list; it takes the place of an earlier instance there. False where its bucket is full. */
export function addRequested(state: State, neighbor: Neighbor, requested: Requested): boolean {
  const bucket = bucketOf(neighbor, requested.key);
  const rows = state.requests.get(bucket) ?? [];
  const at = rows.findIndex(({ key }) => key === requested.key);
  if (at < 0) {
    if (rows.length >= MOST_IN_BUCKET) return false;
    neighbor.requested++;
  }
  state.requests.set(bucket, at < 0 ? [...rows, requested] : rows.with(at, requested));
  return true;
}

/** The instance that is wanted of an LSA; undefined where none is. */
export function requestedOf(state: State, neighbor: Neighbor, key: string): Requested | undefined {
  if (neighbor.requested === 0) return undefined;
  return state.requests.get(bucketOf(neighbor, key))?.find((requested) => requested.key === key);
}

/** Takes an LSA off the list; false when it is not there. Whoever does puts `agenda.request` on the agenda. */
export function removeRequested(state: State, neighbor: Neighbor, key: string): boolean {
  const bucket = bucketOf(neighbor, key);
  const rows = state.requests.get(bucket) ?? [];
  const others = rows.filter((requested) => requested.key !== key);
  if (others.length === rows.length) return false;
  if (others.length === 0) state.requests.delete(bucket);
  else state.requests.set(bucket, others);
  neighbor.requested--;
  if (neighbor.asked.includes(key)) neighbor.asked = neighbor.asked.filter((asked) => asked !== key);
  return true;
}

/** Empties the list. */
export function clearRequested(state: State, neighbor: Neighbor): void {
  if (neighbor.requested > 0) for (let i = 0; i < BUCKETS; i++) state.requests.delete(`${neighbor.key} ${i}`);
  neighbor.requested = 0;
  neighbor.asked = [];
}

/** The first ones of the list are asked for from now on. */
export function askFor(state: State, neighbor: Neighbor, most: number): void {
  neighbor.asked = [];
  for (let i = 0; i < BUCKETS; i++)
    for (const { key } of state.requests.get(`${neighbor.key} ${i}`) ?? []) {
      if (neighbor.asked.length >= most) return;
      neighbor.asked.push(key);
    }
}

function bucketOf({ key: owner }: Neighbor, key: string): string {
  let hash = 0;
  for (let i = 0; i < key.length; i++) hash = (Math.imul(hash, 31) + key.charCodeAt(i)) | 0;
  return `${owner} ${(hash >>> 0) % BUCKETS}`;
}
