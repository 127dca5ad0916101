/** How late a timer of 1 ms is on the router's event loop while it serves, and how long a message takes to a module. */
import { environment } from './environment.ts';
import { Probe } from './probe.ts';
import { type MeasuredResult, measurementOf } from './result.ts';
import { summarize } from './statistics.ts';

/** Samples are kept in memory. */
export const LONGEST_MS = 600_000;

/** Lines of progress, at most, and the least time between two, in ms. */
const LINES = 60;
const EVERY_MS = 1_000;

const METHOD = [
  'timer: setTimeout of 1 ms, set again each time; how much later than that it came, on the event loop that serves the router.',
  'message: one with each timer, from its send to its handler, through name service, mailbox and proxy, to a module that was added for it in a runtime of its own on the same event loop.',
  'Nothing is measured beside: a board has no peer. What it serves meanwhile is part of the figure.',
];

export interface MeasureOptions {
  /** The command as it was given. */
  command: string;
  signal?: AbortSignal | undefined;
  /** Takes each line of progress. */
  say(line: string): void;
}

/**
 * Measures for so many ms, or until the signal: it returns what it has by then. The router serves meanwhile.
 * @throws HitlessError when the module cannot be added
 */
export async function measureLatency(ms: number, options: MeasureOptions): Promise<MeasuredResult> {
  const { command, signal, say } = options;
  const startedAt = new Date().toISOString();
  const before = environment({});
  const probe = await Probe.open();
  const late: number[] = [];
  const taken: number[] = [];
  try {
    const sentAt: number[] = [];
    probe.onHandled = (seq, time) => taken.push((time - sentAt[seq]!) * 1000);
    const began = performance.now();
    await new Promise<void>((resolve) => {
      const every = Math.max(EVERY_MS, ms / LINES);
      let told = 0;
      let due = began + 1;
      let from = [0, 0];
      const tick = () => {
        const now = performance.now();
        late.push((now - due) * 1000);
        sentAt[probe.sent + 1] = now;
        probe.send();
        if (now - began >= told + every) {
          told = now - began;
          say(progress(told, ms, late.slice(from[0]), taken.slice(from[1])));
          from = [late.length, taken.length];
        }
        if (now - began >= ms || signal?.aborted) {
          resolve();
          return;
        }
        due = performance.now() + 1;
        setTimeout(tick, 1);
      };
      setTimeout(tick, 1);
    });
    const seconds = Math.round(performance.now() - began) / 1000;
    const counted = await probe.counted();
    if (counted !== probe.sent) throw new Error(`${probe.sent} messages were sent, and ${counted} handled`);
    return {
      bench: 'latency',
      quick: false,
      startedAt,
      seconds,
      environment: before,
      method: METHOD,
      measurements: [
        measurementOf(late, { case: 'timer', title: 'timer of 1 ms', metric: 'lateness', messages: counted }),
        measurementOf(taken, {
          case: 'message',
          title: 'message to a module',
          metric: 'send to handler',
          messages: counted,
        }),
      ],
      absent: [],
      gates: [],
      command,
    };
  } finally {
    probe.close();
  }
}

function progress(elapsed: number, ms: number, late: number[], taken: number[]): string {
  const at = `${Math.round(elapsed / 1000)} of ${Math.round(ms / 1000)} s`;
  const said = (samples: number[]) => {
    if (samples.length === 0) return 'none';
    const { median, p99 } = summarize(samples);
    return `${Math.round(median)} µs, p99 ${Math.round(p99)}`;
  };
  return `${at}: timer late by ${said(late)}; message in ${said(taken)}`;
}
