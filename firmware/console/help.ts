/** The console's help, made from the grammar's table. */

import { didYouMean } from '../../runtime/nearest.ts';
import { FirmwareError } from '../errors.ts';
import { entry } from '../host/command-help.ts';
import type { Form } from './form.ts';
import { FORMS, RUN_USAGE } from './forms.ts';
import { table } from './tables.ts';

const NOTES = [
  '',
  'MODULE and BUNDLE are taken in any case; a BUNDLE is name@version, or the path of a .cjs file ("in quotes" with blanks).',
  'A CHANGE is: replace MODULE BUNDLE | add MODULE BUNDLE [from FILE] | remove MODULE [force].',
  `HOW: ${RUN_USAGE}, in any order.`,
  'confirm DURATION: it goes back by itself unless confirmed in time. retry N every DURATION: an abort is tried again.',
  'force: a module that is not quiescent at the deadline is cut, and it goes on; show upgrade N says what was cut.',
  'A name that is a word of the command too goes in quotes: remove "force".',
  'DURATION: 2s, 500ms, or a plain number of seconds. --json, anywhere in the line, answers as one line of JSON.',
  'On a terminal, Tab completes, the arrow keys bring back earlier lines, and Ctrl-D on an empty line is quit.',
  'On a serial line a line with noise in it is refused; the echo shows what arrived.',
  'A bundle comes to a router that has no network with: hitless push ip-2.0.0.cjs --console /dev/ttyUSB0',
  'Ctrl-] leaves an attached console (hitless console) even when the router does not answer.',
];

export interface HelpEntry {
  usage: string;
  help: string;
}

/**
 * @param lab whether commands of the lab are told of
 * @throws FirmwareError `COMMAND_UNKNOWN` for a topic that is no command
 */
export function help(topic: string, lab: boolean): { lines: string[]; entries: HelpEntry[] } {
  const known = FORMS.filter((form) => lab || !form.lab);
  const forms = known.filter((form) => topic === '' || isAbout(form, topic));
  if (forms.length === 0) {
    const words = known.map((form) => form.words.join(' '));
    throw new FirmwareError(
      'COMMAND_UNKNOWN',
      `there is no command "${topic.slice(0, 60)}"${didYouMean(topic, words)}; "help" alone lists them all`,
    );
  }
  const entries = forms.map(({ usage, help: text }) => ({ usage, help: text }));
  if (topic !== '') return { lines: forms.flatMap(described), entries };
  const columns = [
    // The part that most of them share would make the whole list too wide.
    { title: 'COMMAND', value: ({ usage }: HelpEntry) => usage.replace(RUN_USAGE, '[HOW]') },
    { title: 'WHAT IT DOES', value: (entry: HelpEntry) => entry.help },
  ];
  return { lines: [...table(entries, columns, ''), ...NOTES], entries };
}

/** One command within 80 columns: how it is typed, and below that what it does. */
function described({ words, usage, help: text }: Form): string[] {
  const start = words.join(' ');
  const rest = usage.slice(start.length + 1);
  return [...(rest === '' ? [usage] : entry(`${start} `, rest)), ...entry('    ', text)];
}

/** `help show` tells of every `show`, `help show modules` of that one. */
function isAbout(form: Form, topic: string): boolean {
  const words = form.words.join(' ');
  return words === topic || words.startsWith(`${topic} `);
}
