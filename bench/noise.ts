/** The machine's own noise, without anything of ours: one and the same piece of work, again and again. */
import { loadavg } from 'node:os';
import { type Summary, summarize } from './statistics.ts';

/** Long enough to be interrupted, short enough to be many. */
const STEPS = 50_000;

/** Works for so many ms; gives what each piece took, in µs. */
export function measureNoise(ms: number): Summary {
  const end = performance.now() + ms;
  // The first pieces are compiled while they run.
  for (let i = 0; i < 20; i++) work();
  const samples: number[] = [];
  do {
    const began = performance.now();
    work();
    samples.push((performance.now() - began) * 1000);
  } while (performance.now() < end);
  return summarize(samples);
}

let kept = 1;

function work(): void {
  let x = kept;
  for (let i = 0; i < STEPS; i++) x = (x * 1664525 + 1013904223) >>> 0;
  kept = x;
}

/** Processes that wanted a processor, averaged over the last minute. */
export function load(): number {
  return Math.round((loadavg()[0] ?? 0) * 100) / 100;
}
