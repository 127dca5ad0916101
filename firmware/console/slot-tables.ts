/** A board's slots as text. */
import type { SlotStatus } from '../../drivers/slots.ts';
import type { SlotsView, SlotView } from './host.ts';
import { table } from './tables.ts';

export function slotsText(view: SlotsView): string[] {
  const { board, running, chosen, trying, confirmed } = view;
  const trial = `on trial: without its confirmation the next boot is slot ${chosen}`;
  const head = `${board} runs slot ${running}, ${confirmed ? 'confirmed' : trial}`;
  const next = trying === null ? [] : [`the next boot tries slot ${trying}, once`];
  const roles = ({ slot }: SlotView) => [
    slot === running && 'running',
    slot === chosen && 'chosen',
    slot === trying && 'to be tried',
  ];
  return [
    head,
    ...next,
    ...table(
      view.slots,
      [
        { title: 'SLOT', value: ({ slot }) => slot },
        { title: 'STATE', value: (each) => roles(each).filter(Boolean).join(', ') || '-' },
        { title: 'HITLESS', value: ({ hitless }) => hitless || '-' },
        { title: 'LINUX', value: ({ linux }) => linux || '-' },
        { title: 'NODE', value: ({ node }) => node || '-' },
        { title: '', value: ({ problem }) => problem },
      ],
      'no slots',
    ),
  ];
}

export function rebootText({ running, chosen, trying, confirmed }: SlotStatus): string {
  if (trying !== undefined)
    return `the board reboots and tries slot ${trying}; slot ${chosen} comes back if it fails`;
  const back = confirmed ? '' : `; slot ${running}, which was on trial, is given up`;
  return `the board reboots into slot ${chosen}${back}`;
}
