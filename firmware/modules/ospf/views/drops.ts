/** `show ip ospf drops`: packets and LSAs that were not taken, by reason. */
import type { ManifestView } from 'hitless/runtime';
import { type RowSteps, Rows } from '../../rows.ts';
import { DROP_REASONS, type DropReason } from '../drop.ts';
import type { State } from '../state.ts';

export const dropViews = {
  drops: {
    words: 'ip ospf drops',
    aliases: ['ospf drops'],
    description: 'packets and LSAs that were dropped, by reason, and of whom the log told last',
    request: 'showDrops',
    columns: [
      { key: 'reason', title: 'REASON' },
      { key: 'count', title: 'COUNT' },
      { key: 'source', title: 'LAST TOLD OF' },
      { key: 'meaning', title: 'MEANING' },
    ],
    none: 'nothing was dropped',
  },
} satisfies Record<string, ManifestView>;

const REASONS = Object.keys(DROP_REASONS) as DropReason[];

export function dropRows(state: State): Rows {
  return new Rows(() => rows(state));
}

/** In the order of the checks. */
function* rows({ counters, drops }: State): RowSteps {
  for (const reason of REASONS) {
    const count = counters[reason];
    if (count === undefined) continue;
    // An interface's link and an address; none of those that nobody is told of.
    const source = [...(drops.get(reason)?.told.keys() ?? [])].at(-1) ?? '-';
    yield { reason, count, source, meaning: DROP_REASONS[reason] };
  }
}
