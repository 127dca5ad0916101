/** The commands that show what the runtime tells of itself. */

import { release } from 'node:os';
import type { LogRecord } from '../../../runtime/index.ts';
import { FirmwareError } from '../../errors.ts';
import { figureLine } from '../../host/figures.ts';
import { programVersion } from '../../host/version.ts';
import type { Answer } from '../answer.ts';
import { MOST, MOST_ID } from '../arguments.ts';
import { type Command, command, showing } from '../command.ts';
import type { ConsoleHost, ConsoleRuntime } from '../host.ts';
import { systemText, systemView, upText } from '../system.ts';
import * as tables from '../tables.ts';
import { probationText, upgradesTable, upgradeText } from '../upgrade-tables.ts';
import { parseNumber } from '../words.ts';

/** Of `show log` unless told. */
const LOG_LINES = 50;

/** A command that shows a table of the runtime's, with one line of titles. */
function tabled<Data>(
  words: string,
  help: string,
  data: (runtime: ConsoleRuntime) => Data,
  lines: (data: Data) => string[],
): Command {
  return showing(words, help, ({ host }) => {
    const found = data(host.runtime);
    return { lines: lines(found), head: 1, data: found };
  });
}

export const SHOW_COMMANDS: readonly Command[] = [
  tabled(
    'modules',
    'every module: version, service, how much it handled',
    (runtime) => runtime.modules(),
    (modules) => tables.modulesTable(modules, Date.now()),
  ),
  tabled(
    'names',
    'the name table: which name leads to which module',
    (runtime) => runtime.nameTable(),
    tables.namesTable,
  ),
  tabled(
    'events',
    'the event table: who publishes, who subscribes',
    (runtime) => runtime.eventTable(),
    tables.eventsTable,
  ),
  tabled(
    'versions',
    'the bundles on disk and in memory',
    (runtime) => runtime.versions(),
    tables.versionsTable,
  ),
  tabled(
    'queues',
    'every mailbox: waiting, buffered, refused, dropped',
    (runtime) => runtime.queues(),
    tables.queuesTable,
  ),
  tabled(
    'ports',
    'every port: sent, not sent and why',
    (runtime) =>
      runtime.modules().flatMap(({ name, ports }) => ports.map((port) => ({ module: name, ...port }))),
    tables.portsTable,
  ),
  command<number | undefined>({
    words: ['show', 'upgrades'],
    takes: [{ kind: 'number', label: 'N', optional: true, help: 'how many, from the last back' }],
    harmless: true,
    help: 'the transactions so far, or the last N',
    read: ({ values: [last] }) =>
      last === undefined
        ? undefined
        : parseNumber(last, MOST, 'number of transactions', 'such as "show upgrades 10"'),
    run: (last, { host: { runtime } }) => {
      const reports = last === undefined ? runtime.history : runtime.history.slice(-last);
      // The steps are most of a report, and a thousand of them megabytes: `show upgrade N` has them.
      const data = reports.map(({ steps: _steps, ...rest }) => rest);
      return { lines: upgradesTable(reports, last), head: 1, data };
    },
  }),
  command<number>({
    words: ['show', 'upgrade'],
    takes: [{ kind: 'upgrade', label: 'N' }],
    harmless: true,
    help: 'transaction N: votes, phases in microseconds, log',
    read: ({ values: [id] }) =>
      parseNumber(id!, MOST_ID, "transaction's number", '"show upgrades" lists them'),
    run: (id, { host }) => oneUpgrade(id, host.runtime),
  }),
  showing('version', 'which hitless this is, on which Node, and the version of every module', ({ host }) => {
    const modules = host.runtime.modules().map(({ name, version }) => ({ name, version }));
    const { node, uptime } = systemView(host.runtime.guard, host.unkept);
    const data = { hitless: programVersion(), node, linux: release(), uptime, modules };
    return {
      lines: [
        `hitless ${data.hitless}, Node ${node}, Linux ${data.linux}, up ${upText(uptime)}`,
        ...modules.map(({ name, version }) => `${name} ${version}`),
      ],
      data,
    };
  }),
  command<number>({
    words: ['show', 'log'],
    takes: [{ kind: 'number', label: 'N', optional: true, help: 'how many lines, from the last back' }],
    harmless: true,
    help: `the last ${LOG_LINES} lines of the log, or the last N`,
    read: ({ values: [text = String(LOG_LINES)] }) =>
      parseNumber(text, MOST, 'number of lines', 'such as "show log 100"'),
    run: (count, { host }) => logged(count, host),
  }),
  showing('probation', 'what is being watched after a commit, and until when', ({ host }) => {
    const { probation } = host.runtime;
    return { lines: probationText(probation, Date.now()), data: probation ?? null };
  }),
  showing(
    'system',
    'the program itself: its Node, how long it runs, its memory, and how handlers are bounded',
    ({ host }) => {
      const data = systemView(host.runtime.guard, host.unkept);
      return { lines: systemText(data), data };
    },
  ),
];

/** The last records of the log, oldest first. */
function logged(count: number, { runtime, logLevel }: ConsoleHost): Answer {
  const records: LogRecord[] = [];
  const from = Math.max(0, runtime.logged - MOST);
  runtime.onLog((record) => records.push(record), { from })();
  const data = records.filter(({ level }) => logLevel === 'debug' || level !== 'debug').slice(-count);
  return {
    lines: data.map((record) => `${new Date(record.at).toISOString()} ${figureLine(record)}`),
    data,
  };
}

/** @throws FirmwareError `UPGRADE_UNKNOWN` */
function oneUpgrade(id: number, runtime: ConsoleRuntime): Answer {
  const report = runtime.history.find((each) => each.id === id);
  if (!report) {
    const kept = runtime.history.map((each) => each.id);
    const range = kept.length === 0 ? 'there was none yet' : `${kept[0]} to ${kept.at(-1)} are kept`;
    throw new FirmwareError('UPGRADE_UNKNOWN', `there is no transaction ${id}; ${range}`);
  }
  return { lines: upgradeText(report), data: report };
}
