/** The commands of the session itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../config/duration.ts';
import { FirmwareError } from '../../errors.ts';
import type { Caller, SessionSettings } from '../answer.ts';
import { DURATION, MOST } from '../arguments.ts';
import { type Command, command } from '../command.ts';
import { help } from '../help.ts';
import { WORK_MS } from '../patience.ts';
import { parseDuration } from '../typed-duration.ts';
import { oneOf, parseNumber } from '../words.ts';

const SWITCH = ['on', 'off'] as const;
const isSwitch = (text: string) => oneOf(text, SWITCH, 'CHOICE_UNKNOWN', 'switch');

export const SESSION_COMMANDS: readonly Command[] = [
  command<number>({
    words: ['wait'],
    takes: [DURATION],
    harmless: true,
    waits: true,
    help: 'do nothing for a while, for scripts: wait 2s',
    read: ({ values: [text] }) => parseDuration(text!),
    run: async (duration, { caller }) => {
      await wait(duration, caller.signal);
      return { lines: [], data: { waited: duration } };
    },
    interruptible: () => true,
    silence: (duration) => WORK_MS + duration,
  }),
  command<boolean | undefined>({
    words: ['monitor'],
    takes: [{ kind: 'choice', choices: SWITCH, label: 'on|off', optional: true, check: isSwitch }],
    harmless: true,
    help: 'the live log in this session; off, errors and what its own commands do are shown',
    read: ({ values: [text] }) => (text === undefined ? undefined : isSwitch(text) === 'on'),
    run: (on, { caller }) => {
      const session = sessionOf(caller, 'monitor');
      if (on !== undefined) session.monitor = on;
      const { monitor } = session;
      return { lines: [`the live log is ${monitor ? 'on' : 'off'} in this session`], data: { monitor } };
    },
  }),
  command<number>({
    words: ['terminal', 'length'],
    takes: [{ kind: 'number', label: 'N', help: 'lines of the screen; 0 shows answers whole' }],
    harmless: true,
    help: 'show answers in pages of N lines, in this session; 0: whole',
    read: ({ values: [text] }) =>
      text === '0' ? 0 : parseNumber(text!, MOST, 'number of lines', 'or 0, which shows answers whole'),
    run: (length, { caller }) => {
      sessionOf(caller, 'terminal length').length = length;
      return {
        lines: [length === 0 ? 'answers are shown whole' : `answers are shown in pages of ${length} lines`],
        data: { length },
      };
    },
  }),
  command<string>({
    words: ['help'],
    takes: [{ kind: 'topic', label: 'COMMAND', optional: true }],
    harmless: true,
    help: 'this list, or one command',
    read: ({ values }) => values.join(' ').toLowerCase(),
    run: (topic, { host, commands }) => {
      const known = commands.filter(({ lab }) => !lab || host.runtime.faults !== undefined);
      const { lines, entries } = help(topic, known);
      return { lines, data: entries };
    },
  }),
  ...['quit', 'exit'].map((word) =>
    command<undefined>({
      words: [word],
      takes: [],
      help: "on the router's own terminal and in a script: stops the router; on a socket or serial line: ends the session only",
      read: () => undefined,
      run: (_input, { caller }) => {
        mustBeCommitted(caller);
        return {
          lines: [caller.quits === 'router' ? 'the router stops' : 'this session ends, the router goes on'],
          data: { ends: caller.quits },
          quit: true,
        };
      },
    }),
  ),
];

/** @throws FirmwareError `CONFIG_UNCOMMITTED` */
function mustBeCommitted({ editing }: Caller): void {
  if (editing === undefined || editing.uncommitted.length === 0) return;
  throw new FirmwareError(
    'CONFIG_UNCOMMITTED',
    'what "compare" shows would be lost: "commit" or "discard" first, or leave by Ctrl-D',
  );
}

/** @throws FirmwareError `SESSION_ONLY` */
function sessionOf({ session }: Caller, typed: string): SessionSettings {
  if (session !== undefined) return session;
  throw new FirmwareError(
    'SESSION_ONLY',
    `"${typed}" sets how one session is shown, and this is a request alone; open one with "hitless console"`,
  );
}

/** @throws FirmwareError `WAIT_INTERRUPTED` */
async function wait(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal ? { signal } : {});
  } catch (cause) {
    if (signal?.reason instanceof FirmwareError) throw signal.reason;
    throw new FirmwareError('WAIT_INTERRUPTED', `the wait of ${formatDuration(ms)} was broken off`, {
      cause,
    });
  }
}
