/** Debian's `cyclictest` (package rt-tests): a thread in C that sleeps on the same clock, and nothing else. */
import { BenchError } from '../errors.ts';

/** µs; what is later counts as so late. */
const MOST = 200_000;

export function cyclictest(period: number, count: number, priority: number | undefined): string[] {
  const policy = priority === undefined ? [] : ['-m', '-p', String(priority)];
  const command = ['cyclictest', '-q', '-t1', '-i', String(period * 1000), '-l', String(count)];
  return [...command, '-h', String(MOST), ...policy];
}

/**
 * Its histogram as samples, in µs.
 * @throws BenchError `MEASURED_NOTHING`
 */
export function readHistogram(printed: string): { samples: number[]; cycles: number } {
  const samples: number[] = [];
  for (const [, us, times] of printed.matchAll(/^(\d+) (\d+)$/gm))
    for (let i = 0; i < Number(times); i++) samples.push(Number(us));
  const overflows = Number(/^# Histogram Overflows: (\d+)/m.exec(printed)?.[1]);
  const inHistogram = Number(/^# Total: (\d+)/m.exec(printed)?.[1]);
  if (!Number.isInteger(overflows) || inHistogram !== samples.length)
    throw new BenchError(
      'MEASURED_NOTHING',
      `cyclictest printed no histogram that is sound: it says ${inHistogram}, and ${samples.length} were read`,
    );
  for (let i = 0; i < overflows; i++) samples.push(MOST);
  return { samples, cycles: samples.length };
}
