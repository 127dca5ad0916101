/**
 * Which rows of the kernel were seen last in which list. A row moves behind all others when it is seen, so after a list
 * those that it did not have stand in front: what is gone is found without looking at what is there.
 */
import type { State } from '../state.ts';

/** Kinds of rows: links, addresses, neighbours, and the kernel's own routes over a link. Of others it stands in the RIB. */
export type SeenKind = 'link' | 'address' | 'neighbor' | 'linkRoute';

/** Takes note of a row: it is told in the list that is under way, or after the last one. */
export function saw({ seen, kernel }: State, kind: SeenKind, key: string | number): void {
  const id = `${kind} ${key}`;
  if (seen.get(id) === kernel.lists) return;
  seen.delete(id);
  seen.set(id, kernel.lists);
}

/** The row is gone. */
export function unsee({ seen }: State, kind: SeenKind, key: string | number): void {
  seen.delete(`${kind} ${key}`);
}

/** Rows that the last whole list did not have, and that nobody saw since. Each is to be unseen before the next is asked for. */
export function* unseen({ seen, kernel }: State): Generator<readonly [kind: SeenKind, key: string]> {
  for (const [id, list] of seen) {
    if (list >= kernel.whole) return;
    const space = id.indexOf(' ');
    yield [id.slice(0, space) as SeenKind, id.slice(space + 1)];
  }
}
