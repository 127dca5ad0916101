/** Swaps on the router's own event loop, of a module that was added for it: blackouts, and gaps under a stream. */
import { setTimeout as sleep } from 'node:timers/promises';
import { environment } from './environment.ts';
import type { MeasureOptions } from './latency.ts';
import { Probe } from './probe.ts';
import { type MeasuredResult, measurementOf, type Timeline } from './result.ts';
import { summarize } from './statistics.ts';

/** Messages per second, where there is a stream, and how long it is observed each time, in ms. */
const RATE = 10_000;
const OBSERVE_MS = 10;
const LEAD_MS = 4;
/** Swaps before those that are measured. */
const WARMUP = 5;
/** Left to the router between two swaps, in ms. */
const PAUSE_MS = 5;
/** A message that takes longer, in ms, is lost. */
const PATIENCE_MS = 30_000;
const EVERY_MS = 1_000;

const METHOD = [
  'window: the blackout that the swap reports, from the disable to the first message that the new version handles; a message comes while the module is out of service. Every version is code that nobody has run.',
  `largest gap: between two messages handled, from the command until at least ${OBSERVE_MS} ms later, under a stream of ${RATE.toLocaleString('en')} messages a second; "no swap" is the control, with the same stream observed as long.`,
  'The module is added for it in a runtime of its own, on the event loop that serves the router, and is gone afterwards. Nothing is measured beside: a board has no peer.',
];

/**
 * Measures so many swaps in quiet and as many under a stream, or until the signal: it returns what it has by then.
 * @throws HitlessError when a version cannot be put in service
 */
export async function measureSwaps(swaps: number, options: MeasureOptions): Promise<MeasuredResult> {
  const { command, signal, say } = options;
  const startedAt = new Date().toISOString();
  const before = environment({});
  const began = performance.now();
  const probe = await Probe.open();
  const windows: number[] = [];
  const gaps: number[] = [];
  const control: number[] = [];
  const timelines: { gap: number; timeline: Timeline }[] = [];
  try {
    const observer = new Observer(probe);
    let told = performance.now();
    for (let swap = 1; swap <= swaps + WARMUP && !(signal?.aborted && windows.length > 0); swap++) {
      const window = await observer.inQuiet();
      const quiet = await observer.underStream(false);
      const swapped = await observer.underStream(true);
      if (swap > WARMUP) {
        windows.push(window * 1000);
        control.push(quiet.gap * 1000);
        gaps.push(swapped.gap * 1000);
        timelines.push(swapped);
        if (performance.now() - told >= EVERY_MS) {
          told = performance.now();
          const { median, p99 } = summarize(windows);
          say(
            `${windows.length} of ${swaps} swaps: blackout ${Math.round(median)} µs, p99 ${Math.round(p99)}`,
          );
        }
      }
      await sleep(PAUSE_MS);
    }
    // Of all swaps, the one whose largest gap is the middle one.
    const middle = timelines.toSorted((a, b) => a.gap - b.gap)[timelines.length >> 1]!;
    const counted = await probe.counted();
    if (counted !== probe.sent) throw new Error(`${probe.sent} messages were sent, and ${counted} handled`);
    const of = (name: string, title: string, metric: string, samples: number[]) =>
      measurementOf(samples, { case: name, title, metric, messages: counted });
    return {
      bench: 'swap',
      quick: false,
      startedAt,
      seconds: Math.round(performance.now() - began) / 1000,
      environment: before,
      method: METHOD,
      measurements: [
        of('single', 'one module, fresh code', 'window', windows),
        of('gap-none', 'stream of 10k/s, no swap', 'largest gap', control),
        of('gap-single', 'stream of 10k/s, one module', 'largest gap', gaps),
      ],
      absent: [],
      gates: [],
      command,
      timelines: [middle.timeline],
    };
  } finally {
    probe.close();
  }
}

class Observer {
  readonly #probe: Probe;
  #times: number[] = [];

  constructor(probe: Probe) {
    this.#probe = probe;
    probe.onHandled = (_seq, time) => this.#times.push(time);
  }

  /** One swap, with a message that has to wait for the new version; returns its blackout in ms. */
  async inQuiet(): Promise<number> {
    await this.#probe.prepare();
    this.#probe.onDraining = () => this.#probe.send();
    const blackout = await this.#probe.swap();
    this.#probe.onDraining = () => {};
    await this.#settled();
    return blackout;
  }

  /** The largest gap between two messages, in ms. */
  async underStream(swapping: boolean): Promise<{ gap: number; timeline: Timeline }> {
    if (swapping) await this.#probe.prepare();
    this.#times = [];
    let on = true;
    let due = performance.now();
    const pace = () => {
      if (!on) return;
      for (const time = performance.now(); due <= time; due += 1000 / RATE) this.#probe.send();
      setImmediate(pace);
    };
    try {
      pace();
      await turnFor(LEAD_MS);
      const from = performance.now();
      if (swapping) await this.#probe.swap();
      const ended = performance.now();
      await turnFor(Math.max(2, from + OBSERVE_MS - ended));
      const until = performance.now();
      on = false;
      await this.#settled();
      return { gap: largestGap(this.#times, from, until), timeline: timelineOf(this.#times, from, ended) };
    } finally {
      on = false;
    }
  }

  async #settled(): Promise<void> {
    const end = performance.now() + PATIENCE_MS;
    while (this.#probe.handled < this.#probe.sent) {
      if (performance.now() > end) throw new Error(`a message was not handled within ${PATIENCE_MS} ms`);
      await turn();
    }
  }
}

function largestGap(times: readonly number[], from: number, until: number): number {
  let largest = 0;
  for (const [i, time] of times.entries()) {
    const last = times[i - 1];
    if (last !== undefined && time >= from && last < until) largest = Math.max(largest, time - last);
  }
  return largest;
}

function timelineOf(times: readonly number[], from: number, ended: number): Timeline {
  const since = (time: number) => Math.round((time - from) * 1000) / 1000;
  const title = 'stream of 10k/s, one module';
  return { case: 'gap-single', title, side: 'hitless', handled: times.map(since), ended: since(ended) };
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

async function turnFor(ms: number): Promise<void> {
  for (const end = performance.now() + ms; performance.now() < end; ) await turn();
}
