/**
 * Which of the lines that packets and peers cause are written. Whoever sends packets decides how often such a
 * line is due, so each kind has a rate, and each source of it waits longer from line to line.
 *
 * - The first line of a source is written while its kind has lines to spare; a few more where the caller says so.
 * - Later ones wait FIRST_WAIT_MS, then twice as long each time, up to LONGEST_WAIT_MS; each says how many were left out.
 * - A source that was well for as long as its next line would have waited begins anew, if its kind has lines to spare.
 * - Only sources that were told are kept: made-up ones cost a counter.
 *
 * It is plain data and part of a module's state, so that a swap says nothing twice.
 */

/** Lines about new sources that a kind may write at once, and how long it takes until one more may be written. */
export const MOST_LINES_AT_ONCE = 16;
export const LINE_EVERY_MS = 30_000;
/** Sources that are kept for each kind; the one told longest ago makes room. */
export const MOST_SOURCES = 64;
export const FIRST_WAIT_MS = 10_000;
export const LONGEST_WAIT_MS = 3_600_000;

/** By kind. Kinds are words of the code, never what a packet holds: nothing else bounds their number. */
export type LimitedLog = Map<string, Kind>;

interface Kind {
  /** By source, the one told longest ago first. */
  told: Map<string, Told>;
  /** Lines about new sources that may be written now, as of `at`. */
  spare: number;
  at: number;
  /** Of sources that are not kept, since the last line of this kind. */
  leftOut: number;
}

interface Told {
  /** When the last line was written. */
  at: number;
  /** Milliseconds from then until the next may be. */
  wait: number;
  /** Lines that need not wait. */
  atOnce: number;
  /** Since the last line. */
  leftOut: number;
  /** Since when it is well; absent while it is not. */
  well?: number;
}

/** A line is to be written. */
export interface Due {
  /** How often the same happened since its last line, without one. */
  again: number;
  /** How often it happened to other sources since the last line of this kind, without a line. */
  others: number;
}

/**
 * Takes note that something happened, and returns whether a line about it is due.
 * @param source whom the line is about, such as an interface and an address
 * @param now the monotonic clock, in ms
 * @param atOnce lines that a source may write before it has to wait
 */
export function lineDue(
  log: LimitedLog,
  kind: string,
  source: string,
  now: number,
  atOnce = 1,
): Due | undefined {
  const record = kindOf(log, kind, now);
  const told = record.told.get(source);
  if (record.spare >= 1 && (told === undefined || beginsAnew(told, now))) {
    record.spare--;
    return tell(record, source, { at: now, wait: FIRST_WAIT_MS, atOnce: atOnce - 1, leftOut: 0 });
  }
  if (told === undefined) {
    record.leftOut++;
    return undefined;
  }
  delete told.well;
  if (told.atOnce > 0) return tell(record, source, { ...told, at: now, atOnce: told.atOnce - 1, leftOut: 0 });
  if (now - told.at < told.wait) {
    told.leftOut++;
    return undefined;
  }
  const wait = Math.min(2 * told.wait, LONGEST_WAIT_MS);
  return tell(record, source, { at: now, wait, atOnce: 0, leftOut: 0 });
}

/** Takes note that what a kind is about is well again at this source. */
export function noteWell(log: LimitedLog, kind: string, source: string, now: number): void {
  const told = log.get(kind)?.told.get(source);
  if (told !== undefined) told.well ??= now;
}

/** The same for all kinds. */
export function noteAllWell(log: LimitedLog, source: string, now: number): void {
  for (const kind of log.keys()) noteWell(log, kind, source, now);
}

/**
 * Forgets sources of what is configured no more. Should it come back, the first line about it is that of a new one.
 * @param name such as that of an interface: it is a source, and sources may begin with it and a space
 */
export function forgetSources(log: LimitedLog, name: string): void {
  for (const { told } of log.values())
    for (const source of told.keys())
      if (source === name || source.startsWith(`${name} `)) told.delete(source);
}

/** The end of a line, about those left out; empty when there are none. */
export function leftOutText({ again, others }: Due): string {
  const parts = [
    ...(again > 0 ? [`${again} more since the last line`] : []),
    ...(others > 0 ? [`${others} of other sources left out`] : []),
  ];
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

/** The record of a kind, with the lines that time has given it. */
function kindOf(log: LimitedLog, kind: string, now: number): Kind {
  let record = log.get(kind);
  if (record === undefined) {
    record = { told: new Map(), spare: MOST_LINES_AT_ONCE, at: now, leftOut: 0 };
    log.set(kind, record);
  }
  // A state from a file may be of another boot, whose clock began elsewhere.
  const passed = Math.max(0, now - record.at);
  record.spare = Math.min(MOST_LINES_AT_ONCE, record.spare + passed / LINE_EVERY_MS);
  record.at = now;
  return record;
}

function beginsAnew({ at, wait, well }: Told, now: number): boolean {
  return now < at || (well !== undefined && now - well >= wait);
}

function tell(record: Kind, source: string, told: Told): Due {
  const due: Due = { again: record.told.get(source)?.leftOut ?? 0, others: record.leftOut };
  record.leftOut = 0;
  record.told.delete(source);
  record.told.set(source, told);
  if (record.told.size > MOST_SOURCES) {
    const [longestAgo = ''] = record.told.keys();
    record.told.delete(longestAgo);
  }
  return due;
}
