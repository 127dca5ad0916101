/** `bench`: the router measures itself while it serves. */

import { FirmwareError } from '../errors.ts';
import { LONGEST_MS, type MeasureOptions, measureLatency } from '../measure/latency.ts';
import type { MeasuredResult } from '../measure/result.ts';
import { measureSwaps } from '../measure/swaps.ts';
import type { Answer, Caller } from './answer.ts';
import type { Command } from './command.ts';
import type { ConsoleHost } from './host.ts';
import { table } from './tables.ts';

type BenchCommand = Extract<Command, { name: 'bench latency' | 'bench swap' }>;

/** Two at once would measure each other. */
const measuring = new WeakSet<ConsoleHost>();

/** @throws FirmwareError `BENCH_BUSY`, `BENCH_TOO_LONG` */
export async function bench(
  command: BenchCommand,
  text: string,
  host: ConsoleHost,
  { signal, say = () => {} }: Caller,
): Promise<Answer> {
  if (measuring.has(host)) {
    throw new FirmwareError('BENCH_BUSY', 'the router measures for another console already; try again later');
  }
  if (command.name === 'bench latency' && command.duration > LONGEST_MS) {
    throw new FirmwareError(
      'BENCH_TOO_LONG',
      `"${text}" has more samples than the router keeps; at most ${LONGEST_MS / 60_000}m can be measured`,
    );
  }
  measuring.add(host);
  try {
    const options: MeasureOptions = { command: text, signal, say };
    const result = await (command.name === 'bench swap'
      ? measureSwaps(command.swaps, options)
      : measureLatency(command.duration, options));
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
