/**
 * The commands that edit the configuration, in the words of Junos and VyOS. A session has a candidate of its own; `commit` makes
 * it what runs, in one transaction, and `save` writes what runs to the file that the next start begins with.
 */
import type { Candidate } from '../../config/candidate.ts';
import type { Committed } from '../../config/history.ts';
import { FirmwareError } from '../../errors.ts';
import type { Answer } from '../answer.ts';
import { DURATION, FILE, MOST_ID } from '../arguments.ts';
import { type Argument, type Call, type Command, command } from '../command.ts';
import { type CommitWish, changesOf, checkCommit, commit, reload } from '../commits.ts';
import { withoutSecrets } from '../configuration-text.ts';
import { Editing } from '../editing.ts';
import { WORK_MS } from '../patience.ts';
import { type Column, cell, table } from '../tables.ts';
import { parseDuration } from '../typed-duration.ts';
import { parseNumber, shown } from '../words.ts';

const NUMBER: Argument = { kind: 'number', label: 'N', help: 'a number of show configuration history' };
const place = (edits: NonNullable<Argument['edits']>, label: string): Argument => ({
  kind: 'configuration',
  label,
  edits,
  ...(edits === 'show' && { optional: true }),
});

const numberOf = (text: string) =>
  parseNumber(text, MOST_ID, 'number of a configuration', '"show configuration history" lists them');

/** A change of the candidate, by the words behind the command's own. */
function editing(
  edits: 'set' | 'delete',
  label: string,
  help: string,
  change: (candidate: Candidate, words: readonly string[]) => void,
): Command {
  return command<readonly string[]>({
    words: [edits],
    takes: [place(edits, label)],
    ofSession: true,
    help,
    read: ({ values }) => {
      if (values.length > 0) return values;
      throw new FirmwareError('COMMAND_USAGE', `${label} is missing; usage: ${edits} ${label}`);
    },
    run: async (words, call) => {
      const candidate = await editingOf(call).candidate();
      change(candidate, words);
      return { ...uncommitted(candidate, []), lines: [] };
    },
    silence: () => WORK_MS,
  });
}

/** Elsewhere a mode is entered by it, and `conf t` is typed for it: it must not be `confirm` cut short. */
const CONFIGURE = command<undefined>({
  words: ['configure'],
  takes: [
    {
      kind: 'choice',
      choices: ['terminal'],
      label: 'terminal',
      optional: true,
      help: 'as it is typed elsewhere',
    },
  ],
  harmless: true,
  help: 'says how the configuration is edited: there is no mode to enter',
  read: ({ values: [text] }) => {
    if (text !== undefined && !'terminal'.startsWith(text.toLowerCase()))
      throw new FirmwareError(
        'COMMAND_USAGE',
        `"${shown(text)}" is one word too many; usage: configure [terminal]`,
      );
    return undefined;
  },
  run: async () => ({
    lines: [
      'there is no mode to enter: "set" and "delete" change the candidate, "compare" shows it, "commit" makes it what runs',
    ],
    data: {},
  }),
});

export const CONFIGURE_COMMANDS: readonly Command[] = [
  CONFIGURE,
  editing(
    'set',
    'PATH... VALUE',
    'change the candidate, which commit puts in service: set log level warn',
    (candidate, words) => candidate.set(words),
  ),
  editing('delete', 'PATH...', 'take a value or a whole part out of the candidate', (candidate, words) =>
    candidate.delete(words),
  ),
  command<number | 'saved' | undefined>({
    words: ['compare'],
    takes: [
      {
        kind: 'choice',
        choices: ['saved'],
        label: 'saved|N',
        optional: true,
        help: 'with the file, or with N of show configuration history, instead of what runs',
      },
    ],
    harmless: true,
    help: 'the changes of the candidate beside what runs, as set and delete take them',
    read: ({ values: [to] }) => {
      if (to === undefined) return undefined;
      return to.toLowerCase() === 'saved' ? 'saved' : numberOf(to);
    },
    run: async (to, call) => {
      const own = editingOf(call);
      const candidate = await own.candidate();
      if (to === undefined) return uncommitted(candidate, ['nothing is changed']);
      const { configuration } = own;
      const other = to === 'saved' ? configuration.saved() : (await configuration.past(to)).text;
      const { lines, differences } = changesOf(candidate.compare(other));
      return { lines: lines.length === 0 ? ['they say the same'] : lines, data: { differences } };
    },
    silence: () => WORK_MS,
  }),
  command<CommitWish>({
    words: ['commit'],
    takes: [],
    options: [
      { word: 'confirm', help: 'it goes back by itself unless it is confirmed in time', takes: [DURATION] },
      { word: 'comment', help: 'kept in the history', takes: [{ kind: 'text', label: 'TEXT' }] },
    ],
    prepared: true,
    help: 'make the candidate what runs, in one transaction; save writes it to the file',
    read: ({ given }) => {
      const [confirm] = given.get('confirm') ?? [];
      const [comment] = given.get('comment') ?? [];
      return {
        ...(confirm !== undefined && { confirm: parseDuration(confirm) }),
        ...(comment !== undefined && { comment }),
      };
    },
    run: (wish, call) => commit(wish, editingOf(call), call),
    silence: (_wish, preparation) => WORK_MS + 2 * preparation,
  }),
  command<undefined>({
    words: ['check', 'commit'],
    takes: [],
    harmless: true,
    prepared: true,
    help: 'what commit would do: nothing is changed',
    read: () => undefined,
    run: (_input, call) => checkCommit(editingOf(call), call),
    silence: (_input, preparation) => WORK_MS + preparation,
  }),
  command<undefined>({
    words: ['discard'],
    takes: [],
    ofSession: true,
    help: 'give up the changes of the candidate',
    read: () => undefined,
    run: (_input, call) => {
      const lost = editingOf(call).discard();
      return {
        lines: lost.length === 0 ? ['nothing was changed'] : ['given up:', ...changesOf(lost).lines],
        data: changesOf(lost).differences,
      };
    },
  }),
  command<string>({
    words: ['load', 'configuration'],
    takes: [{ ...FILE, help: 'a file of the router; a relative path begins at the configuration file' }],
    ofSession: true,
    help: 'take a file as the candidate; compare shows what it changes',
    read: ({ values: [file] }) => file!,
    run: async (file, call) => {
      const own = editingOf(call);
      return loaded(own, own.configuration.read(file));
    },
    silence: () => WORK_MS,
  }),
  command<number>({
    words: ['rollback', 'configuration'],
    takes: [NUMBER],
    ofSession: true,
    help: 'take a configuration of the history as the candidate; commit makes it what runs',
    read: ({ values: [text] }) => numberOf(text!),
    run: async (number, call) => {
      const own = editingOf(call);
      return loaded(own, (await own.configuration.past(number)).text);
    },
    silence: () => WORK_MS,
  }),
  command<boolean>({
    words: ['save'],
    takes: [],
    options: [{ word: 'force', help: 'also over a file that somebody has changed meanwhile', takes: [] }],
    help: 'write what runs to the configuration file, with which the next start begins',
    read: ({ given }) => given.has('force'),
    run: async (force, call) => {
      const { configuration, uncommitted: edited } = editingOf(call);
      await configuration.save({ force });
      const left = edited.length === 0 ? '' : ', without what is not committed: "commit" first, then "save"';
      return { lines: [`${configuration.path} is what runs${left}`], data: { path: configuration.path } };
    },
    silence: () => WORK_MS,
  }),
  command<undefined>({
    words: ['reload'],
    takes: [],
    prepared: true,
    help: 'read the configuration file again, and make it what runs, in one transaction',
    read: () => undefined,
    run: (_input, call) => reload(editingOf(call), call),
    silence: (_input, preparation) => WORK_MS + 2 * preparation,
  }),
  showing([], 'what runs, or a part of it, secrets hidden', async (own) => own.configuration.running),
  showing(
    ['candidate'],
    'the candidate of this session, secrets hidden',
    async (own) => (await own.candidate()).text,
  ),
  command<undefined>({
    words: ['show', 'configuration', 'saved'],
    takes: [],
    harmless: true,
    help: 'the configuration file as it is now, secrets hidden',
    read: () => undefined,
    run: (_input, call) => {
      const { configuration } = editingOf(call);
      return shownText(withoutSecrets(configuration.saved()), configuration.path);
    },
    silence: () => WORK_MS,
  }),
  command<number | undefined>({
    words: ['show', 'configuration', 'history'],
    takes: [{ ...NUMBER, optional: true }],
    harmless: true,
    help: 'the configurations that ran, with who, when and why; or one of them, secrets hidden',
    read: ({ values: [text] }) => (text === undefined ? undefined : numberOf(text)),
    run: async (number, call) => {
      const { configuration } = editingOf(call);
      if (number === undefined) return historyOf(await configuration.history());
      const { text, ...facts } = await configuration.past(number);
      const shown = shownText(withoutSecrets(text), configuration.path);
      return { ...shown, data: { ...facts, text: withoutSecrets(text) } };
    },
    silence: () => WORK_MS,
  }),
];

/** The configuration, or the part at a place. */
function showing(further: readonly string[], help: string, find: (own: Editing) => Promise<string>): Command {
  return command<readonly string[]>({
    words: ['show', 'configuration', ...further],
    takes: [place('show', 'PATH...')],
    usage: ['show configuration', ...further, '[PATH...]'].join(' '),
    harmless: true,
    help,
    read: ({ values }) => values,
    run: async (words, call) => {
      const own = editingOf(call);
      // Of a part alone nobody could tell that it is a secret.
      const text = withoutSecrets(await find(own));
      const shown = words.length === 0 ? text : (await own.read(text)).show(words);
      return shownText(shown, own.configuration.path);
    },
    silence: () => WORK_MS,
  });
}

/** A program that asks without a session has a candidate for this one command. */
function editingOf({ caller, host }: Call): Editing {
  return caller.editing ?? new Editing(host.configuration);
}

function shownText(text: string, path: string): Answer {
  return { lines: text.trimEnd().split(/\r?\n/), data: { path, text } };
}

/** @param none the lines where nothing is changed */
function uncommitted(candidate: Candidate, none: readonly string[]): Answer {
  const { lines, differences } = changesOf(candidate.compare());
  return { lines: lines.length === 0 ? [...none] : lines, data: { differences } };
}

/** A text in the candidate's place, and what it changes. */
async function loaded(own: Editing, text: string): Promise<Answer> {
  const candidate = await own.candidate();
  candidate.load(text);
  // It may name other versions.
  return uncommitted(await own.candidate(), ['it says what runs already']);
}

const HISTORY_COLUMNS: readonly Column<Omit<Committed, 'text'>>[] = [
  { title: 'N', value: ({ number }) => number },
  { title: 'SINCE', value: ({ at }) => at.slice(0, 19) },
  { title: 'BY', value: ({ by }) => cell(by) },
  { title: 'COMMENT', value: ({ comment }) => cell(comment) },
];

function historyOf(all: readonly Committed[]): Answer {
  const data = all.map(({ text: _, ...facts }) => facts);
  return { lines: table(data, HISTORY_COLUMNS, 'nothing was committed yet'), head: 1, data };
}
