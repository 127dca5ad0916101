/** The commands of the session itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatDuration } from '../../config/duration.ts';
import { FirmwareError } from '../../errors.ts';
import { DURATION } from '../arguments.ts';
import { type Command, command } from '../command.ts';
import { parseDuration } from '../duration.ts';
import { help } from '../help.ts';
import { WORK_MS } from '../patience.ts';

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
      run: (_input, { caller }) => ({
        lines: [caller.quits === 'router' ? 'the router stops' : 'this session ends, the router goes on'],
        data: { ends: caller.quits },
        quit: true,
      }),
    }),
  ),
];

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
