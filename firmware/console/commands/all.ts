/** All commands. */
import type { Command } from '../command.ts';
import type { ConsoleHost } from '../host.ts';
import { BENCH_COMMANDS } from './bench.ts';
import { BOARD_COMMANDS } from './board.ts';
import { CHANGE_COMMANDS } from './change.ts';
import { CONFIGURE_COMMANDS } from './configure.ts';
import { LAB_COMMANDS } from './lab.ts';
import { NETWORK_ALIASES, NETWORK_COMMANDS } from './network.ts';
import { SESSION_COMMANDS } from './session.ts';
import { SHOW_COMMANDS } from './show.ts';
import { STATE_COMMANDS } from './state.ts';
import { viewCommands } from './views.ts';

/** The commands that every router has. */
export const COMMANDS: readonly Command[] = [
  ...SHOW_COMMANDS,
  ...STATE_COMMANDS,
  ...CHANGE_COMMANDS,
  ...CONFIGURE_COMMANDS,
  ...BOARD_COMMANDS,
  ...LAB_COMMANDS,
  ...NETWORK_COMMANDS,
  ...BENCH_COMMANDS,
  ...SESSION_COMMANDS,
];

/** Other words for some of them; a view of a module in the same words goes before. */
const ALIASES: readonly Command[] = Object.entries(NETWORK_ALIASES).map(([words, alias]) => ({
  ...COMMANDS.find((each) => each.words.join(' ') === alias)!,
  words: words.split(' '),
  alias,
}));

const same = (a: readonly string[], b: readonly string[]) => a.join(' ') === b.join(' ');

/** The commands that there are on this router now: with the views of the versions in service. */
export function commandsOf({ runtime }: ConsoleHost): readonly Command[] {
  const all = [...COMMANDS, ...viewCommands(runtime, COMMANDS)];
  return [...all, ...ALIASES.filter(({ words }) => !all.some((each) => same(each.words, words)))];
}
