/** The console's help, made from the grammar's table. */

import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';
import { entry } from '../host/command-help.ts';
import { type Command, usageOf } from './command.ts';
import { CHANGE_NOTES, RUN_USAGE } from './commands/change.ts';
import { table } from './tables.ts';

const NOTES = [
  '',
  'MODULE and BUNDLE are taken in any case; a BUNDLE is name@version, or the path of a .cjs file ("in quotes" with blanks).',
  ...CHANGE_NOTES,
  'confirm DURATION: it goes back by itself unless confirmed in time. retry N every DURATION: an abort is tried again.',
  'force: a module that is not quiescent at the deadline is cut, and it goes on; show upgrade N says what was cut.',
  'A name that is a word of the command too goes in quotes: remove "force".',
  'DURATION: 2s, 500ms, or a plain number of seconds. --json, anywhere in the line, answers as one line of JSON.',
  'On a terminal, Tab completes, the arrow keys bring back earlier lines, and Ctrl-D on an empty line is quit.',
  'On a serial line a line with noise in it is refused; the echo shows what arrived.',
  'A bundle comes to a router that has no network with: hitless push name-2.0.0.cjs --console /dev/ttyUSB0',
  'Ctrl-] leaves an attached console (hitless console) even when the router does not answer.',
];

export interface HelpEntry {
  usage: string;
  help: string;
}

/**
 * @param known the commands that are told of
 * @throws FirmwareError `COMMAND_UNKNOWN` for a topic that is no command
 */
export function help(topic: string, known: readonly Command[]): { lines: string[]; entries: HelpEntry[] } {
  const about = known.filter((each) => isAbout(each, topic));
  if (about.length === 0) {
    const words = known.map((each) => each.words.join(' '));
    throw new FirmwareError(
      'COMMAND_UNKNOWN',
      `there is no command "${topic.slice(0, 60)}"${didYouMean(topic, words)}; "help" alone lists them all`,
    );
  }
  const entries = about.map((each) => ({ usage: usageOf(each), help: each.help }));
  if (topic !== '') return { lines: about.flatMap(described), entries };
  const columns = [
    // The part that most of them share would make the whole list too wide.
    { title: 'COMMAND', value: ({ usage }: HelpEntry) => usage.replace(RUN_USAGE, '[HOW]') },
    { title: 'WHAT IT DOES', value: (entry: HelpEntry) => entry.help },
  ];
  return { lines: [...table(entries, columns, ''), ...NOTES], entries };
}

/** One command within 80 columns: how it is typed, and below that what it does. */
function described(about: Command): string[] {
  const start = about.words.join(' ');
  const usage = usageOf(about);
  const rest = usage.slice(start.length + 1);
  return [...(rest === '' ? [usage] : entry(`${start} `, rest)), ...entry('    ', about.help)];
}

/** `help show` tells of every `show`, `help show modules` of that one. */
function isAbout(about: Command, topic: string): boolean {
  const words = about.words.join(' ');
  if (about.alias !== undefined) return words === topic;
  return topic === '' || words === topic || words.startsWith(`${topic} `);
}
