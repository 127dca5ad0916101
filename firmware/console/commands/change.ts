/** The commands that change modules and what is known of them. */
import type { NamedChange, RunOptions } from '../../../runtime/index.ts';
import { formatDuration } from '../../config/duration.ts';
import { FirmwareError } from '../../errors.ts';
import { BUNDLE, DURATION, FILE, MODULE, MOST } from '../arguments.ts';
import {
  type Clause,
  type Command,
  command,
  type Given,
  type Option,
  optionUsage,
  type Taken,
  usageOf,
} from '../command.ts';
import { withBundles } from '../lookup.ts';
import { WORK_MS } from '../patience.ts';
import { versionsTable } from '../tables.ts';
import { cancel, checkChanges, confirm, rollback, runChanges } from '../transactions.ts';
import { parseDuration } from '../typed-duration.ts';
import { parseNumber, shown } from '../words.ts';

/** Also where a module is not quiescent at the deadline; and, of a removal or `disable`, where others need the module. */
const FORCE: Option = { word: 'force', help: 'also when a module is not idle, or others need it', takes: [] };
const forced = (given: Given) => (given.has('force') ? { force: true } : {});

const CONFIRM: Option = {
  word: 'confirm',
  help: 'it goes back by itself unless it is confirmed in time',
  takes: [DURATION],
};
const RETRY: Option = {
  word: 'retry',
  help: 'an abort is tried again',
  takes: [{ kind: 'number', label: 'N', help: 'how often' }, { kind: 'word', label: 'every' }, DURATION],
};
/** How a transaction is run, whatever it changes. */
const RUN = [CONFIRM, RETRY, FORCE];
export const RUN_USAGE = RUN.map(optionUsage).join(' ');

interface ChangeClause extends Clause {
  make(values: readonly string[], given: Given): NamedChange;
}

const CHANGES = {
  replace: {
    words: ['replace'],
    takes: [MODULE, BUNDLE],
    make: ([module, bundle]) => ({ change: 'replace', module: module!, bundle: bundle! }),
  },
  add: {
    words: ['add'],
    takes: [{ kind: 'new module', label: 'MODULE' }, BUNDLE],
    options: [{ word: 'from', help: 'with the state of a checkpoint', takes: [FILE] }],
    make: ([module, bundle], given) => {
      const checkpoint = given.get('from')?.[0];
      return {
        change: 'add',
        module: module!,
        bundle: bundle!,
        ...(checkpoint === undefined ? {} : { checkpoint }),
      };
    },
  },
  remove: {
    words: ['remove'],
    takes: [MODULE],
    options: [FORCE],
    make: ([module], given) => ({ change: 'remove', module: module!, ...forced(given) }),
  },
} satisfies Record<string, ChangeClause>;

const ALL: readonly ChangeClause[] = Object.values(CHANGES);

/** A transaction as it was typed. */
interface Wanted {
  changes: NamedChange[];
  options: RunOptions;
}

const running = {
  prepared: true,
  run: ({ changes, options }, { text, host, caller }) => runChanges(changes, options, text, host, caller),
  interruptible: ({ options }) => options.retry !== undefined,
  silence: ({ options }, preparation) => {
    const { times, every } = options.retry ?? { times: 0, every: 0 };
    return WORK_MS + (times + 1) * (2 * preparation + every);
  },
} satisfies Partial<Command<Wanted>>;

const checking = {
  harmless: true,
  prepared: true,
  run: (changes, { text, host, caller }) => checkChanges(changes, text, host, caller),
  silence: (_changes, preparation) => WORK_MS + preparation,
} satisfies Partial<Command<NamedChange[]>>;

function runOptions(given: Given, changes: readonly NamedChange[]): RunOptions {
  const confirm = given.get('confirm');
  const retry = given.get('retry');
  return {
    // A change that says it itself says it for all.
    ...(changes.some((change) => 'force' in change) ? {} : forced(given)),
    ...(confirm && { confirm: parseDuration(confirm[0]!) }),
    ...(retry && {
      retry: {
        times: parseNumber(retry[0]!, MOST, 'number of attempts', 'such as "retry 3 every 10s"'),
        every: parseDuration(retry[2]!),
      },
    }),
  };
}

/** A command that is one change, or several of the same kind, and the same as a dry run. */
function changing(
  words: readonly string[],
  clause: ChangeClause,
  help: string,
  more: { repeats?: true; usage?: string } = {},
): [run: Command, check: Command] {
  const { takes } = clause;
  const own = clause.options ?? [];
  const { usage, ...repeats } = more;
  const changes = ({ values, given }: Taken): NamedChange[] => {
    const each: NamedChange[] = [];
    for (let i = 0; i < values.length; i += takes.length) each.push(clause.make(values.slice(i), given));
    return eachOnce(each);
  };
  const name = words.join(' ');
  return [
    command<Wanted>({
      words,
      takes,
      ...repeats,
      options: [...own.filter((option) => !RUN.includes(option)), ...RUN],
      ...(usage && { usage: `${name} ${usage} ${RUN_USAGE}` }),
      help,
      ...running,
      read: (taken) => {
        const all = changes(taken);
        return { changes: all, options: runOptions(taken.given, all) };
      },
    }),
    command<NamedChange[]>({
      words: ['check', ...words],
      takes,
      ...repeats,
      options: own,
      ...(usage && { usage: `check ${name} ${usage}` }),
      help: `what ${name} would do: nothing is changed`,
      ...checking,
      read: changes,
    }),
  ];
}

/** @throws FirmwareError `COMMAND_USAGE` when a module is named twice */
function eachOnce(changes: NamedChange[]): NamedChange[] {
  const names = changes.map(({ module }) => module.toLowerCase());
  const twice = changes.find((_change, i) => names.indexOf(names[i]!) !== i);
  if (twice) {
    throw new FirmwareError(
      'COMMAND_USAGE',
      `${shown(twice.module)} is named twice; a transaction changes a module once`,
    );
  }
  return changes;
}

function listed({ parts }: Taken): NamedChange[] {
  return eachOnce(
    parts.map(({ word, values, given }) => ALL.find(({ words }) => words[0] === word)!.make(values, given)),
  );
}

const [REPLACE, CHECK_REPLACE] = changing(
  ['replace'],
  CHANGES.replace,
  'replace a module while it runs: replace MODULE name@2.0.0',
);
const [SYN_REPLACE, CHECK_SYN_REPLACE] = changing(
  ['syn_replace'],
  CHANGES.replace,
  'replace several together, all or none: syn_replace A a@2.0.0 B b@2.0.0',
  { repeats: true, usage: 'MODULE BUNDLE [MODULE BUNDLE ...]' },
);
const [ADD, CHECK_ADD] = changing(
  ['add'],
  CHANGES.add,
  'bring a module in while the others run: add MODULE name@2.0.0; from FILE: with the state of a checkpoint',
);
const [REMOVE, CHECK_REMOVE] = changing(
  ['remove'],
  CHANGES.remove,
  'take a module out; refused while others send to it or need its events, unless force is said',
);

/** A bundle is named by module and version, `name@2.0.0`, or is the path of a `.cjs` file. */
export const CHANGE_COMMANDS: readonly Command[] = [
  REPLACE,
  SYN_REPLACE,
  ADD,
  REMOVE,
  command<Wanted>({
    words: ['upgrade'],
    takes: [],
    list: ALL,
    options: RUN,
    usage: `upgrade CHANGE, CHANGE ... ${RUN_USAGE}`,
    help: 'several changes of any kind, all or none, started as listed: upgrade replace A a@2.0.0, remove B',
    ...running,
    read: (taken) => {
      const changes = listed(taken);
      return { changes, options: runOptions(taken.given, changes) };
    },
  }),
  CHECK_REPLACE,
  CHECK_SYN_REPLACE,
  CHECK_ADD,
  CHECK_REMOVE,
  command<NamedChange[]>({
    words: ['check', 'upgrade'],
    takes: [],
    list: ALL,
    usage: 'check upgrade CHANGE, CHANGE ...',
    help: 'what upgrade would do: nothing is changed',
    ...checking,
    read: listed,
  }),
  command<undefined>({
    words: ['confirm'],
    takes: [],
    prepared: true,
    help: 'keep what the last transaction changed: ends its probation',
    read: () => undefined,
    run: (_input, { host, text, caller }) => confirm(host.runtime, text, caller),
    silence: (_input, preparation) => WORK_MS + preparation,
  }),
  command<{ checkpoint?: boolean; force?: boolean }>({
    words: ['rollback'],
    takes: [],
    options: [
      { word: 'checkpoint', help: 'where a state cannot be carried back, that of before', takes: [] },
      FORCE,
    ],
    prepared: true,
    help: 'undo the last transaction; checkpoint: where a state cannot be carried back, take the one of before',
    read: ({ given }) => ({ ...(given.has('checkpoint') && { checkpoint: true }), ...forced(given) }),
    run: (options, { host, text, caller }) => rollback(host.runtime, options, text, caller),
    // By force the time is granted twice.
    silence: (_options, preparation) => WORK_MS + 2 * preparation,
  }),
  command<undefined>({
    words: ['cancel'],
    takes: [],
    help: 'give up a retry that waits; on the terminal that typed it, Ctrl-C does the same',
    read: () => undefined,
    run: (_input, { host, text, caller }) => cancel(host.runtime, text, caller),
  }),
  command<number | undefined>({
    words: ['settimer'],
    takes: [{ ...DURATION, optional: true }],
    help: 'the preparation time that a transaction is granted: settimer 2s; alone, shows it',
    read: ({ values: [text] }) => (text === undefined ? undefined : parseDuration(text)),
    run: (duration, { host: { runtime } }) => {
      if (duration !== undefined) runtime.preparation = duration;
      const { preparation } = runtime;
      return { lines: [`preparation time ${formatDuration(preparation)}`], data: { preparation } };
    },
  }),
  command<string>({
    words: ['load'],
    takes: [BUNDLE],
    help: 'read, check and compile a bundle, so that a later replace is quicker',
    read: ({ values: [bundle] }) => bundle!,
    run: async (bundle, { host: { runtime } }) => {
      const loaded = await withBundles([bundle], runtime, ([ref]) => runtime.repository.load(ref!));
      return { lines: versionsTable([loaded]), data: loaded };
    },
    silence: () => WORK_MS,
  }),
  command<string>({
    words: ['unload'],
    takes: [BUNDLE],
    help: 'drop a loaded bundle from memory; one in service is refused',
    read: ({ values: [typed] }) => typed!,
    run: async (typed, { host: { runtime } }) => {
      const bundle = await withBundles([typed], runtime, async ([ref]) => {
        runtime.repository.unload(ref!);
        return ref!;
      });
      return { lines: [`${bundle} is unloaded`], data: { bundle } };
    },
    silence: () => WORK_MS,
  }),
  command<Wanted>({
    words: ['enable'],
    takes: [MODULE],
    help: 'put a disabled module back into service',
    ...running,
    read: ({ values: [module] }) => ({ changes: [{ change: 'enable', module: module! }], options: {} }),
  }),
  command<Wanted>({
    words: ['disable'],
    takes: [MODULE],
    options: [FORCE],
    help: 'take a module out of service; what arrives for it meanwhile is buffered',
    ...running,
    read: ({ values: [module], given }) => ({
      changes: [{ change: 'disable', module: module!, ...forced(given) }],
      options: {},
    }),
  }),
];

/** The lines of `help` on words that many commands share. */
export const CHANGE_NOTES: readonly string[] = [
  `A CHANGE is: ${ALL.map((clause) => usageOf(clause)).join(' | ')}.`,
  `HOW: ${RUN_USAGE}, in any order.`,
];
