/**
 * The commands of the console: one table that says what each is called, what it takes and what it does. The parser
 * (`grammar.ts`), the help and the completion all read it.
 */

import { FAULT_HOOKS, FAULT_KINDS, type NamedChange, type RunOptions } from '../../runtime/index.ts';
import { FirmwareError } from '../errors.ts';
import type { View } from './command.ts';
import { parseDuration } from './duration.ts';
import type { Argument, Clause, Form, Given, Option } from './form.ts';
import { oneOf, parseNumber, shown } from './words.ts';

const MODULE: Argument = { kind: 'module', label: 'MODULE' };
const BUNDLE: Argument = { kind: 'bundle', label: 'BUNDLE' };
const DURATION: Argument = { kind: 'duration', label: 'DURATION' };
const FILE: Argument = { kind: 'file', label: 'FILE' };
const is = (value: string | undefined, ...words: string[]) => words.includes(value?.toLowerCase() ?? '');

/** Attempts of a retry, and reports of `show upgrades`. */
const MOST = 1000;
const MOST_ID = 999_999_999;

/** Also where a module is not quiescent at the deadline; and, of a removal or `disable`, where others need the module. */
const FORCE: Option = { word: 'force', takes: [] };
const forced = (given: Given) => (given.has('force') ? { force: true } : {});

const CONFIRM: Option = { word: 'confirm', takes: [DURATION] };
const RETRY: Option = {
  word: 'retry',
  takes: [{ kind: 'number', label: 'N' }, { kind: 'word', label: 'every' }, DURATION],
};
/** How a transaction is run, whatever it changes. */
const RUN = [CONFIRM, RETRY, FORCE];
export const RUN_USAGE = '[confirm DURATION] [retry N every DURATION] [force]';

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

interface ChangeClause extends Clause<NamedChange> {
  usage: string;
}

const CHANGES = {
  replace: {
    words: ['replace'],
    takes: [MODULE, BUNDLE],
    usage: 'MODULE BUNDLE',
    make: ([module, bundle]) => ({ change: 'replace', module: module!, bundle: bundle! }),
  },
  add: {
    words: ['add'],
    takes: [{ kind: 'new module', label: 'MODULE' }, BUNDLE],
    options: [{ word: 'from', takes: [FILE] }],
    usage: 'MODULE BUNDLE [from FILE]',
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
    usage: 'MODULE [force]',
    make: ([module], given) => ({ change: 'remove', module: module!, ...forced(given) }),
  },
} satisfies Record<string, ChangeClause>;

/** A command that is one change, or several of the same kind, and the same as a dry run. */
function changing(
  words: readonly string[],
  clause: ChangeClause,
  help: string,
  more: { repeats?: true; usage?: string } = {},
): { run: Form; check: Form } {
  const { takes } = clause;
  const own = clause.options ?? [];
  const { usage = clause.usage } = more;
  const repeats = more.repeats ? { repeats: more.repeats } : {};
  const changes = (values: readonly string[], given: Given): NamedChange[] => {
    const each: NamedChange[] = [];
    for (let i = 0; i < values.length; i += takes.length) each.push(clause.make(values.slice(i), given));
    return eachOnce(each);
  };
  const name = words.join(' ');
  return {
    run: {
      words,
      takes,
      ...repeats,
      options: [...new Set([...own, ...RUN])],
      // A word of its own that is one of all is told with all.
      usage: `${name} ${usage.replace(' [force]', '')} ${RUN_USAGE}`,
      help,
      make: (values, given) => {
        const all = changes(values, given);
        return { name: 'run', changes: all, options: runOptions(given, all) };
      },
    },
    check: {
      words: ['check', ...words],
      takes,
      ...repeats,
      options: own,
      usage: `check ${name} ${usage}`,
      harmless: true,
      help: `what ${name} would do: nothing is changed`,
      make: (values, given) => ({ name: 'check', changes: changes(values, given) }),
    },
  };
}

const UPGRADE_USAGE = 'CHANGE, CHANGE ...';
const ALL: readonly Clause<NamedChange>[] = Object.values(CHANGES);

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

const REPLACE = changing(['replace'], CHANGES.replace, 'replace a module while it runs: replace IP ip@2.0.0');
const SYN_REPLACE = changing(
  ['syn_replace'],
  CHANGES.replace,
  'replace several together, all or none: syn_replace OSPF ospf@2.0.0 IP ip@2.0.0',
  { repeats: true, usage: 'MODULE BUNDLE [MODULE BUNDLE ...]' },
);
const ADD = changing(
  ['add'],
  CHANGES.add,
  'bring a module in while the others run: add VRRP vrrp@2.0.0; from FILE: with the state of a checkpoint',
);
const REMOVE = changing(
  ['remove'],
  CHANGES.remove,
  'take a module out; refused while others send to it or need its events, unless force is said',
);

const show = (view: View, help: string, more: { lab?: true } = {}): Form => ({
  words: ['show', view],
  takes: [],
  usage: `show ${view}`,
  harmless: true,
  help,
  ...more,
  make: () => ({ name: 'show', view }),
});

/** The extent of `bench` unless told. */
const BENCH_LATENCY = '60s';
const BENCH_SWAPS = '100';

/** A bundle is named by module and version, `ip@2.0.0`, or is the path of a `.cjs` file. */
export const FORMS: readonly Form[] = [
  show('modules', 'every module: version, service, how much it handled'),
  show('names', 'the name table: which name leads to which module'),
  show('events', 'the event table: who publishes, who subscribes'),
  show('versions', 'the bundles on disk and in memory'),
  show('queues', 'every mailbox: waiting, buffered, refused, dropped'),
  show('ports', 'every port: sent, not sent and why'),
  {
    words: ['show', 'upgrades'],
    takes: [{ kind: 'number', label: 'N', optional: true }],
    usage: 'show upgrades [N]',
    harmless: true,
    help: 'the transactions so far, or the last N',
    make: ([last]) => ({
      name: 'show',
      view: 'upgrades',
      ...(last === undefined
        ? {}
        : { last: parseNumber(last, MOST, 'number of transactions', 'such as "show upgrades 10"') }),
    }),
  },
  {
    words: ['show', 'upgrade'],
    takes: [{ kind: 'upgrade', label: 'N' }],
    usage: 'show upgrade N',
    harmless: true,
    help: 'transaction N: votes, phases in microseconds, log',
    make: ([id]) => ({
      name: 'show upgrade',
      id: parseNumber(id!, MOST_ID, "transaction's number", '"show upgrades" lists them'),
    }),
  },
  show('probation', 'what is being watched after a commit, and until when'),
  {
    words: ['show', 'state'],
    takes: [MODULE, { kind: 'path', label: 'PATH', optional: true }],
    usage: 'show state MODULE [PATH]',
    harmless: true,
    help: "a module's state, or a part of it, secrets hidden: show state OSPF interfaces.eth0",
    make: ([module, path]) => ({ name: 'show state', module: module!, path }),
  },
  show('monitors', 'what the monitors see of the packets (lab)'),
  show('neighbors', "OSPF's neighbours"),
  show('vrrp', "VRRP's virtual routers"),
  show('system', 'the program itself: its Node, how long it runs, its memory, and how handlers are bounded'),
  show('slots', 'the two boot slots of a board: which one runs, which is next, what is in them'),
  show('faults', 'the faults set for the next transaction (lab)', { lab: true }),
  REPLACE.run,
  SYN_REPLACE.run,
  ADD.run,
  REMOVE.run,
  {
    words: ['upgrade'],
    list: ALL,
    options: RUN,
    usage: `upgrade ${UPGRADE_USAGE} ${RUN_USAGE}`,
    help: 'several changes of any kind, all or none, started as listed: upgrade replace IP ip@2.0.0, remove VRRP',
    make: (changes, given) => ({
      name: 'run',
      changes: eachOnce(changes),
      options: runOptions(given, changes),
    }),
  },
  REPLACE.check,
  SYN_REPLACE.check,
  ADD.check,
  REMOVE.check,
  {
    words: ['check', 'upgrade'],
    list: ALL,
    options: [],
    usage: `check upgrade ${UPGRADE_USAGE}`,
    harmless: true,
    help: 'what upgrade would do: nothing is changed',
    make: (changes) => ({ name: 'check', changes: eachOnce(changes) }),
  },
  {
    words: ['confirm'],
    takes: [],
    usage: 'confirm',
    help: 'keep what the last transaction changed: ends its probation',
    make: () => ({ name: 'confirm' }),
  },
  {
    words: ['rollback'],
    takes: [],
    options: [{ word: 'checkpoint', takes: [] }, FORCE],
    usage: 'rollback [checkpoint] [force]',
    help: 'undo the last transaction; checkpoint: where a state cannot be carried back, take the one of before',
    make: (_values, given) => ({
      name: 'rollback',
      options: { ...(given.has('checkpoint') && { checkpoint: true }), ...forced(given) },
    }),
  },
  {
    words: ['cancel'],
    takes: [],
    usage: 'cancel',
    help: 'give up a retry that waits; on the terminal that typed it, Ctrl-C does the same',
    make: () => ({ name: 'cancel' }),
  },
  {
    words: ['checkpoint'],
    takes: [MODULE, FILE],
    usage: 'checkpoint MODULE FILE',
    help: "write a module's state to a file of the router, for add ... from FILE",
    make: ([module, file]) => ({ name: 'checkpoint', module: module!, file: file! }),
  },
  {
    words: ['settimer'],
    takes: [{ ...DURATION, optional: true }],
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
    make: ([module]) => ({ name: 'run', changes: [{ change: 'enable', module: module! }], options: {} }),
  },
  {
    words: ['disable'],
    takes: [MODULE],
    options: [FORCE],
    usage: 'disable MODULE [force]',
    help: 'take a module out of service; what arrives for it meanwhile is buffered',
    make: ([module], given) => ({
      name: 'run',
      changes: [{ change: 'disable', module: module!, ...forced(given) }],
      options: {},
    }),
  },
  {
    words: ['fault'],
    takes: [
      MODULE,
      { kind: 'fault', label: FAULT_KINDS.join('|') },
      { ...DURATION, when: ([, kind]) => is(kind, 'busy') },
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
    words: ['reboot'],
    takes: [],
    usage: 'reboot',
    help: 'on a board: stop the router and start the board anew, into the slot that is next ("show slots")',
    make: () => ({ name: 'reboot' }),
  },
  {
    words: ['wait'],
    takes: [DURATION],
    usage: 'wait DURATION',
    harmless: true,
    help: 'do nothing for a while, for scripts: wait 2s',
    make: ([text]) => ({ name: 'wait', duration: parseDuration(text!) }),
  },
  {
    words: ['bench', 'latency'],
    takes: [{ ...DURATION, optional: true }],
    usage: 'bench latency [DURATION]',
    harmless: true,
    help: 'how late the event loop is while it serves, and how long a message takes: bench latency 60s',
    make: ([text = BENCH_LATENCY]) => ({ name: 'bench latency', duration: parseDuration(text) }),
  },
  {
    words: ['bench', 'swap'],
    takes: [{ kind: 'number', label: 'N', optional: true }],
    usage: 'bench swap [N]',
    help: 'N swaps of a module that is added for it and removed after: blackout, gaps under a stream; Ctrl-C ends it',
    make: ([text = BENCH_SWAPS]) => ({
      name: 'bench swap',
      swaps: parseNumber(text, MOST, 'number of swaps', 'such as "bench swap 100"'),
    }),
  },
  {
    words: ['help'],
    takes: [{ kind: 'topic', label: 'COMMAND', optional: true }],
    usage: 'help [COMMAND]',
    harmless: true,
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
