/** All commands. */
import type { Command } from '../command.ts';
import type { ConsoleHost } from '../host.ts';
import { BENCH_COMMANDS } from './bench.ts';
import { BOARD_COMMANDS } from './board.ts';
import { CHANGE_COMMANDS } from './change.ts';
import { LAB_COMMANDS } from './lab.ts';
import { SESSION_COMMANDS } from './session.ts';
import { SHOW_COMMANDS } from './show.ts';
import { STATE_COMMANDS } from './state.ts';
import { viewCommands } from './views.ts';

/** The commands that every router has. */
export const COMMANDS: readonly Command[] = [
  ...SHOW_COMMANDS,
  ...STATE_COMMANDS,
  ...CHANGE_COMMANDS,
  ...BOARD_COMMANDS,
  ...LAB_COMMANDS,
  ...BENCH_COMMANDS,
  ...SESSION_COMMANDS,
];

/** The commands that there are on this router now: with the views of the versions in service. */
export function commandsOf({ runtime }: ConsoleHost): readonly Command[] {
  return [...COMMANDS, ...viewCommands(runtime, COMMANDS)];
}
