/** The commands of a board: its two boot slots. */

import { FirmwareError } from '../../errors.ts';
import { type Command, command, showing } from '../command.ts';
import type { ConsoleHost, ConsoleSlots } from '../host.ts';
import { WORK_MS } from '../patience.ts';
import { rebootText, slotsText } from '../slot-tables.ts';

export const BOARD_COMMANDS: readonly Command[] = [
  showing(
    'slots',
    'the two boot slots of a board: which one runs, which is next, what is in them',
    async ({ host }) => {
      const data = await slotsOf(host, 'show slots').view();
      return { lines: slotsText(data), data };
    },
    { silence: () => WORK_MS },
  ),
  command<undefined>({
    words: ['reboot'],
    takes: [],
    help: 'on a board: stop the router and start the board anew, into the slot that is next ("show slots")',
    read: () => undefined,
    run: async (_input, { host }) => {
      const status = await slotsOf(host, 'reboot').reboot();
      return { lines: [rebootText(status)], data: { next: status.trying ?? status.chosen, ...status } };
    },
    silence: () => WORK_MS,
  }),
];

/** @throws FirmwareError `BOARD_ONLY` */
function slotsOf({ slots }: ConsoleHost, typed: string): ConsoleSlots {
  if (slots) return slots;
  throw new FirmwareError(
    'BOARD_ONLY',
    `"${typed}" exists on a board only, whose image "hitless image" made; this router runs on a host of its own`,
  );
}
