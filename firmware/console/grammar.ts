/**
 * The one grammar of the console. A table says what each command is called, what it takes and what it does; the
 * parser, the help and the completion all read that table. Words and names are taken in any case, as the paper
 * writes `Replace` and `SetTimer`.
 */
import { FAULT_HOOKS, FAULT_KINDS, type FaultHook, type FaultKind } from '../../runtime/index.ts';
import { didYouMean } from '../nearest.ts';
import { parseDuration } from './duration.ts';
import { ConsoleError } from './errors.ts';
import { checkLine, splitWords, type Word } from './words.ts';

export type View =
  | 'modules'
  | 'names'
  | 'events'
  | 'versions'
  | 'queues'
  | 'upgrades'
  | 'monitors'
  | 'neighbors'
  | 'vrrp'
  | 'faults';

/** What a line asks for. Names are as typed: which modules and bundles exist is not the grammar's to know. */
export type Command =
  | { name: 'nothing' }
  | { name: 'show'; view: View }
  | { name: 'show upgrade'; id: number }
  | { name: 'replace'; pairs: { module: string; bundle: string }[] }
  | { name: 'settimer'; duration: number | undefined }
  | { name: 'load' | 'unload'; bundle: string }
  | { name: 'enable' | 'disable'; module: string }
  | {
      name: 'fault';
      module: string;
      kind: FaultKind;
      duration: number | undefined;
      hook: FaultHook | undefined;
    }
  | { name: 'wait'; duration: number }
  | { name: 'help'; topic: string }
  | { name: 'quit' };

export type ArgumentKind = 'module' | 'bundle' | 'duration' | 'upgrade' | 'fault' | 'hook' | 'topic';

export interface Argument {
  kind: ArgumentKind;
  /** As usage lines write it. */
  label: string;
  optional?: true;
  /** Whether the argument has a place at all, given the ones before it. */
  when?: (before: readonly string[]) => boolean;
}

export interface Form {
  words: readonly string[];
  takes: readonly Argument[];
  /** The arguments may be given several times over. */
  repeats?: true;
  usage: string;
  help: string;
  /** Only where the host can inject faults. */
  lab?: true;
  make(values: readonly string[]): Command;
}

const MODULE: Argument = { kind: 'module', label: 'MODULE' };
const BUNDLE: Argument = { kind: 'bundle', label: 'BUNDLE' };
const is = (value: string | undefined, ...words: string[]) => words.includes(value?.toLowerCase() ?? '');

const show = (view: View, help: string, more: { lab?: true } = {}): Form => ({
  words: ['show', view],
  takes: [],
  usage: `show ${view}`,
  help,
  ...more,
  make: () => ({ name: 'show', view }),
});

/** A bundle is named by module and version, `ip@2.0.0`, or is the path of a `.cjs` file. */
export const FORMS: readonly Form[] = [
  show('modules', 'every module: version, service, how much it handled'),
  show('names', 'the name table: which name leads to which module'),
  show('events', 'the event table: who publishes, who subscribes'),
  show('versions', 'the bundles on disk and in memory'),
  show('queues', 'every mailbox: waiting, buffered, refused, dropped'),
  show('upgrades', 'the transactions so far'),
  {
    words: ['show', 'upgrade'],
    takes: [{ kind: 'upgrade', label: 'N' }],
    usage: 'show upgrade N',
    help: 'transaction N: votes, phases in microseconds, log',
    make: ([id]) => ({ name: 'show upgrade', id: parseNumber(id!) }),
  },
  show('monitors', 'what the monitors see of the packets (lab)'),
  show('neighbors', "OSPF's neighbours"),
  show('vrrp', "VRRP's virtual routers"),
  show('faults', 'the faults set for the next transaction (lab)', { lab: true }),
  {
    words: ['replace'],
    takes: [MODULE, BUNDLE],
    usage: 'replace MODULE BUNDLE',
    help: 'replace a module while it runs: replace IP ip@2.0.0',
    make: (values) => ({ name: 'replace', pairs: pairsOf(values) }),
  },
  {
    words: ['syn_replace'],
    takes: [MODULE, BUNDLE],
    repeats: true,
    usage: 'syn_replace MODULE BUNDLE [MODULE BUNDLE ...]',
    help: 'replace several together, all or none: syn_replace OSPF ospf@2.0.0 IP ip@2.0.0',
    make: (values) => ({ name: 'replace', pairs: pairsOf(values) }),
  },
  {
    words: ['settimer'],
    takes: [{ kind: 'duration', label: 'DURATION', optional: true }],
    usage: 'settimer [DURATION]',
    help: 'the preparation time that a transaction is granted: settimer 2s; alone, shows it',
    make: ([text]) => ({ name: 'settimer', duration: text === undefined ? undefined : parseDuration(text) }),
  },
  {
    words: ['load'],
    takes: [BUNDLE],
    usage: 'load BUNDLE',
    help: 'read, check and compile a bundle, so that a later replace is quicker',
    make: ([bundle]) => ({ name: 'load', bundle: bundle! }),
  },
  {
    words: ['unload'],
    takes: [BUNDLE],
    usage: 'unload BUNDLE',
    help: 'drop a loaded bundle from memory; one in service is refused',
    make: ([bundle]) => ({ name: 'unload', bundle: bundle! }),
  },
  {
    words: ['enable'],
    takes: [MODULE],
    usage: 'enable MODULE',
    help: 'put a disabled module back into service',
    make: ([module]) => ({ name: 'enable', module: module! }),
  },
  {
    words: ['disable'],
    takes: [MODULE],
    usage: 'disable MODULE',
    help: 'take a module out of service; what arrives for it meanwhile is buffered',
    make: ([module]) => ({ name: 'disable', module: module! }),
  },
  {
    words: ['fault'],
    takes: [
      MODULE,
      { kind: 'fault', label: FAULT_KINDS.join('|') },
      { kind: 'duration', label: 'DURATION', when: ([, kind]) => is(kind, 'busy') },
      { kind: 'hook', label: 'HOOK', optional: true, when: ([, kind]) => is(kind, 'spin', 'throw') },
    ],
    usage: 'fault MODULE busy DURATION | spin [HOOK] | throw [HOOK] | refuse',
    help: `break a module in the next transaction (lab): fault IP busy 3s; hooks: ${FAULT_HOOKS.join(', ')}`,
    lab: true,
    make: ([module, kind, ...rest]) => {
      const fault = oneOf(kind!, FAULT_KINDS, 'FAULT_UNKNOWN', 'kind of fault');
      const [extra] = rest;
      return {
        name: 'fault',
        module: module!,
        kind: fault,
        duration: fault === 'busy' ? parseDuration(extra!) : undefined,
        hook:
          fault === 'busy' || extra === undefined
            ? undefined
            : oneOf(extra, FAULT_HOOKS, 'HOOK_UNKNOWN', 'hook'),
      };
    },
  },
  {
    words: ['wait'],
    takes: [{ kind: 'duration', label: 'DURATION' }],
    usage: 'wait DURATION',
    help: 'do nothing for a while, for scripts: wait 2s',
    make: ([text]) => ({ name: 'wait', duration: parseDuration(text!) }),
  },
  {
    words: ['help'],
    takes: [{ kind: 'topic', label: 'COMMAND', optional: true }],
    usage: 'help [COMMAND]',
    help: 'this list, or one command',
    make: (values) => ({ name: 'help', topic: values.join(' ').toLowerCase() }),
  },
  ...['quit', 'exit'].map(
    (word): Form => ({
      words: [word],
      takes: [],
      usage: word,
      help: "on the router's own terminal and in a script: stops the router; on a socket or serial line: ends the session only",
      make: () => ({ name: 'quit' }),
    }),
  ),
];

/** What a line was taken for. `text` is the line without `--json` and blanks around it. */
export type Parsed =
  | { command: Command; form: Form | undefined; json: boolean; text: string }
  | { error: ConsoleError; json: boolean; text: string };

/** Never throws: a mistake is a value that says what is wrong, what is allowed, and what is nearest. */
export function parseLine(line: string): Parsed {
  let json = false;
  let text = line.trim();
  try {
    checkLine(line);
    const words = splitWords(line);
    const options = words.filter((word) => !word.quoted && word.text.startsWith('--'));
    json = options.some((word) => word.text.toLowerCase() === '--json');
    const rest = words.filter((word) => !options.includes(word));
    text = rest.map((word) => line.slice(word.start, word.end)).join(' ');
    const strange = options.find((word) => word.text.toLowerCase() !== '--json');
    if (strange) {
      throw new ConsoleError(
        'COMMAND_USAGE',
        `there is no option "${shown(strange.text)}"; the one option is --json`,
      );
    }
    return { ...parseWords(rest), json, text };
  } catch (error) {
    if (!(error instanceof ConsoleError)) throw error;
    // Enough to know it again; a line that is refused for its length is not handed round in full.
    return { error, json, text: text.length > 200 ? `${text.slice(0, 200)}…` : text };
  }
}

function parseWords(words: readonly Word[]): { command: Command; form: Form | undefined } {
  if (words.length === 0) return { command: { name: 'nothing' }, form: undefined };
  const typed = words.map((word) => word.text);
  const form = findForm(typed);
  return { command: form.make(takeArguments(form, typed.slice(form.words.length))), form };
}

/** @throws ConsoleError `COMMAND_UNKNOWN`, or `COMMAND_USAGE` for a first word alone that needs a second */
function findForm(typed: readonly string[]): Form {
  const first = typed[0]!.toLowerCase();
  const family = FORMS.filter((form) => form.words[0] === first);
  if (family.length === 0) {
    const known = [...new Set(FORMS.map((form) => form.words[0]!))];
    throw new ConsoleError(
      'COMMAND_UNKNOWN',
      `there is no command "${shown(typed[0]!)}"${didYouMean(first, known)}; commands: ${known.join(', ')}`,
    );
  }
  const single = family.find((form) => form.words.length === 1);
  if (single) return single;
  const seconds = family.map((form) => form.words[1]!);
  const second = typed[1]?.toLowerCase();
  const found = family.find((form) => form.words[1] === second);
  if (found) return found;
  const allowed = `${first} ${seconds.join(' | ')}`;
  if (second === undefined) throw new ConsoleError('COMMAND_USAGE', `${first} what? usage: ${allowed}`);
  throw new ConsoleError(
    'COMMAND_UNKNOWN',
    `there is no "${first} ${shown(typed[1]!)}"${didYouMean(second, seconds)}; usage: ${allowed}`,
  );
}

/** @throws ConsoleError `COMMAND_USAGE` */
function takeArguments(form: Form, given: readonly string[]): readonly string[] {
  const usage = `usage: ${form.usage}`;
  if (form.takes.some((argument) => argument.kind === 'topic')) return given;
  const rounds = form.repeats ? Math.max(1, Math.ceil(given.length / form.takes.length)) : 1;
  let at = 0;
  for (let round = 0; round < rounds; round++) {
    for (const argument of form.takes) {
      if (argument.when && !argument.when(given)) continue;
      if (at < given.length) {
        if (given[at] === '')
          throw new ConsoleError('COMMAND_USAGE', `${argument.label} may not be empty; ${usage}`);
        at++;
      } else if (!argument.optional) {
        const after = at === 0 ? '' : ` after "${shown(given[at - 1]!)}"`;
        throw new ConsoleError('COMMAND_USAGE', `${argument.label} is missing${after}; ${usage}`);
      }
    }
  }
  if (at < given.length) {
    // The kind of a fault says what may follow it, so a wrong kind is the better thing to name.
    if (form.words[0] === 'fault') oneOf(given[1]!, FAULT_KINDS, 'FAULT_UNKNOWN', 'kind of fault');
    throw new ConsoleError('COMMAND_USAGE', `"${shown(given[at]!)}" is one word too many; ${usage}`);
  }
  return given;
}

/** @throws ConsoleError `COMMAND_USAGE` when a module is named twice */
function pairsOf(values: readonly string[]): { module: string; bundle: string }[] {
  const pairs: { module: string; bundle: string }[] = [];
  for (let i = 0; i < values.length; i += 2) {
    const module = values[i]!;
    if (pairs.some((pair) => pair.module.toLowerCase() === module.toLowerCase())) {
      throw new ConsoleError(
        'COMMAND_USAGE',
        `${shown(module)} is named twice; a transaction changes a module once`,
      );
    }
    pairs.push({ module, bundle: values[i + 1]! });
  }
  return pairs;
}

function parseNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new ConsoleError(
      'NUMBER_INVALID',
      `"${shown(text)}" is no transaction's number; "show upgrades" lists them`,
    );
  }
  return Number(text);
}

function oneOf<Choice extends string>(
  text: string,
  choices: readonly Choice[],
  code: 'FAULT_UNKNOWN' | 'HOOK_UNKNOWN',
  what: string,
): Choice {
  const found = choices.find((choice) => choice.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new ConsoleError(
    code,
    `there is no ${what} "${shown(text)}"${didYouMean(text, choices)}; allowed: ${choices.join(', ')}`,
  );
}

/** A word as an error repeats it: not at any length. */
function shown(word: string): string {
  return word.length > 60 ? `${word.slice(0, 60)}…` : word;
}
