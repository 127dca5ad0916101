/** Counts what a monitor saw of each sender, and where packets were missing. No clock and no socket in here. */
import type { MonitorSource } from '../console/monitor-report.ts';

/** A silence longer than this many intervals is a gap. */
export const GAP_FACTOR = 1.5;

interface Sender extends MonitorSource {
  seenAt: number;
  /** The silence that lasts is counted as a gap already. */
  silent: boolean;
}

export class Tally {
  readonly #senders = new Map<string, Sender>();
  readonly #gap: number;

  /** @param interval Between two packets of a sender, in ms. */
  constructor(interval: number) {
    this.#gap = interval * GAP_FACTOR;
  }

  /**
   * @param at The monotonic clock, in ms.
   * @returns lines worth telling: a new sender, new words, the end of a silence.
   */
  saw(from: string, says: string, at: number): string[] {
    const sender = this.#senders.get(from);
    if (sender === undefined) {
      this.#senders.set(from, {
        from,
        packets: 1,
        gaps: 0,
        longest: 0,
        last: says,
        seenAt: at,
        silent: false,
      });
      return [`${from} ${says}`];
    }
    const lines: string[] = [];
    const silence = at - sender.seenAt;
    sender.longest = Math.max(sender.longest, silence);
    if (silence > this.#gap) {
      if (!sender.silent) sender.gaps += 1;
      lines.push(`${from} is back after ${seconds(silence)}`);
    }
    if (sender.last !== says) lines.push(`${from} ${says}`);
    Object.assign(sender, { packets: sender.packets + 1, last: says, seenAt: at, silent: false });
    return lines;
  }

  /** Looks for senders that have fallen silent; a silence counts once, however long it gets. */
  look(at: number): string[] {
    const lines: string[] = [];
    for (const sender of this.#senders.values()) {
      const silence = at - sender.seenAt;
      if (silence <= this.#gap) continue;
      sender.longest = Math.max(sender.longest, silence);
      if (sender.silent) continue;
      sender.gaps += 1;
      sender.silent = true;
      lines.push(`nothing from ${sender.from} for ${seconds(silence)}`);
    }
    return lines;
  }

  sources(): MonitorSource[] {
    return [...this.#senders.values()].map(({ from, packets, gaps, longest, last }) => ({
      from,
      packets,
      gaps,
      longest: Math.round(longest),
      last,
    }));
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
