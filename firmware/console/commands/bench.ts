/** `bench`: the router measures itself while it serves. */

import { FirmwareError } from '../../errors.ts';
import { LONGEST_MS, type MeasureOptions, measureLatency } from '../../measure/latency.ts';
import type { MeasuredResult } from '../../measure/result.ts';
import { measureSwaps } from '../../measure/swaps.ts';
import type { Answer } from '../answer.ts';
import { DURATION, MOST } from '../arguments.ts';
import { type Call, type Command, command } from '../command.ts';
import type { ConsoleHost } from '../host.ts';
import { WORK_MS } from '../patience.ts';
import { table } from '../tables.ts';
import { parseDuration } from '../typed-duration.ts';
import { parseNumber } from '../words.ts';

/** The extent of `bench` unless told. */
const BENCH_LATENCY = '60s';
const BENCH_SWAPS = '100';

/** Two at once would measure each other. */
const measuring = new WeakSet<ConsoleHost>();

export const BENCH_COMMANDS: readonly Command[] = [
  command<number>({
    words: ['bench', 'latency'],
    takes: [{ ...DURATION, optional: true }],
    harmless: true,
    help: 'how late the event loop is while it serves, and how long a message takes: bench latency 60s',
    read: ({ values: [text = BENCH_LATENCY] }) => parseDuration(text),
    run: (duration, call) => {
      if (duration > LONGEST_MS) {
        throw new FirmwareError(
          'BENCH_TOO_LONG',
          `"${call.text}" has more samples than the router keeps; at most ${LONGEST_MS / 60_000}m can be measured`,
        );
      }
      return measured(call, (options) => measureLatency(duration, options));
    },
    interruptible: () => true,
    silence: (duration) => WORK_MS + duration,
  }),
  command<number>({
    words: ['bench', 'swap'],
    takes: [{ kind: 'number', label: 'N', optional: true, help: 'how many swaps' }],
    help: 'N swaps of a module that is added for it and removed after: blackout, gaps under a stream; Ctrl-C ends it',
    prepared: true,
    read: ({ values: [text = BENCH_SWAPS] }) =>
      parseNumber(text, MOST, 'number of swaps', 'such as "bench swap 100"'),
    run: (swaps, call) => measured(call, (options) => measureSwaps(swaps, options)),
    interruptible: () => true,
    silence: (swaps, preparation) => WORK_MS + swaps * preparation,
  }),
];

/** @throws FirmwareError `BENCH_BUSY` */
async function measured(
  { host, text, caller: { signal, say = () => {} } }: Call,
  measure: (options: MeasureOptions) => Promise<MeasuredResult>,
): Promise<Answer> {
  if (measuring.has(host)) {
    throw new FirmwareError('BENCH_BUSY', 'the router measures for another console already; try again later');
  }
  measuring.add(host);
  try {
    const result = await measure({ command: text, signal, say });
    return { lines: linesOf(result), data: result };
  } finally {
    measuring.delete(host);
  }
}

function linesOf({ measurements, seconds }: MeasuredResult): string[] {
  const tenths = (value: number) => Math.round(value * 10) / 10;
  const lines = table(
    measurements,
    [
      { title: 'FIGURE', value: ({ title, metric }) => `${title}: ${metric}` },
      { title: 'MEDIAN µs', value: ({ median }) => tenths(median) },
      { title: 'P99 µs', value: ({ p99 }) => tenths(p99) },
      { title: 'SAMPLES', value: ({ samples }) => samples },
    ],
    '',
  );
  return [...lines, `${seconds} s`];
}
