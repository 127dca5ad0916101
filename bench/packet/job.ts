/** What the tester does, whatever it is written in. */

/** For experiments (RFC 3692). */
export const PROTOCOL = 253;

export interface PacketJob {
  /** Single packets before those that are measured. */
  warmup: number;
  /** One packet at a time. */
  singles: number;
  /** Bursts of `size` packets, of which `window` are under way. */
  bursts: number;
  size: number;
  window: number;
}

/** The tester's words, after the address that it sends to. */
export function wordsOf({ warmup, singles, bursts, size, window }: PacketJob): string[] {
  return [warmup, singles, bursts, size, window].map(String);
}

export function packetsOf({ warmup, singles, bursts, size }: PacketJob): number {
  return warmup + singles + bursts * size;
}
