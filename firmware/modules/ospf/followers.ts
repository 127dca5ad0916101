/**
 * Those who follow what happens here (`debug ospf`): each has notes of its own, for as long as it asks for them. They are no part
 * of the state, and after a swap there are none until somebody asks. While nobody follows, a note costs one look.
 */
import type { Interface, State } from './state.ts';

export type Happening = 'packet' | 'neighbor' | 'spf' | 'flooding';

/** A note as it is shown: lines for people, and the same as facts for programs. */
export interface Said {
  readonly lines: readonly string[];
  readonly facts: Readonly<Record<string, unknown>>;
}

/** The interface that a note is about, or keys of several, or names of links; undefined: none. */
type About = Pick<Interface, 'key' | 'link'> | readonly string[] | undefined;

export interface Note {
  /** One higher than that of the note before it. */
  readonly number: number;
  /** Wall-clock time, in ms. */
  readonly at: number;
  readonly of: Happening;
  /** Made of what cannot change any more, when somebody wants it. */
  readonly say: () => Said;
  readonly bytes: number;
}

interface Follower {
  readonly of: Happening | undefined;
  /** Of a link, or the key of an interface. */
  readonly iface: string | undefined;
  notes: Note[];
  /** The number of the last note. */
  latest: number;
  bytes: number;
  askedAt: number;
}

export const MOST_FOLLOWERS = 8;
/** Notes that wait for one of them, and bytes that these hold; the oldest make room. */
export const MOST_NOTES = 512;
export const MOST_NOTE_BYTES = 1_048_576;
/** One that has not asked for so long has gone, in ms. */
export const GONE_MS = 5_000;

const ALL = new WeakMap<State, Map<string, Follower>>();

/**
 * Takes a note for those who follow this.
 * @param say makes its text of what cannot change any more
 * @param bytes that it holds until then
 */
export function note(state: State, of: Happening, iface: About, say: () => Said, bytes = 0): void {
  const followers = ALL.get(state);
  if (followers === undefined) return;
  const at = Date.now();
  for (const [name, follower] of followers) {
    if (isGone(follower, at)) {
      followers.delete(name);
      if (followers.size === 0) ALL.delete(state);
    } else if (isWanted(follower, of, iface)) keep(follower, { at, of, say, bytes });
  }
}

/** Whether somebody follows it: for what is dear to prepare. */
export function isFollowed(state: State): boolean {
  return ALL.has(state);
}

/**
 * The notes that one who follows does not have yet; from now on more are taken for it.
 * @param name of whoever asks
 * @param after the number of the last that it has
 * @returns undefined where too many follow already
 */
export function notesFor(
  state: State,
  name: string,
  after: number,
  wanted: Pick<Follower, 'of' | 'iface'>,
): readonly Note[] | undefined {
  const now = Date.now();
  const followers = ALL.get(state) ?? new Map<string, Follower>();
  for (const [other, follower] of followers) if (isGone(follower, now)) followers.delete(other);
  let follower = followers.get(name);
  if (follower === undefined) {
    if (followers.size >= MOST_FOLLOWERS) return undefined;
    follower = { ...wanted, notes: [], latest: after, bytes: 0, askedAt: now };
    followers.set(name, follower);
    ALL.set(state, followers);
  }
  follower.askedAt = now;
  follower.notes = follower.notes.filter(({ number }) => number > after);
  follower.bytes = follower.notes.reduce((sum, { bytes }) => sum + bytes, 0);
  return [...follower.notes];
}

function keep(follower: Follower, given: Omit<Note, 'number'>): void {
  const { notes } = follower;
  notes.push({ ...given, number: ++follower.latest });
  follower.bytes += given.bytes;
  while (notes.length > MOST_NOTES || (follower.bytes > MOST_NOTE_BYTES && notes.length > 1))
    follower.bytes -= notes.shift()!.bytes;
}

function isWanted({ of, iface }: Follower, what: Happening, about: About): boolean {
  if (of !== undefined && of !== what) return false;
  if (iface === undefined) return true;
  if (about === undefined) return false;
  return 'key' in about ? about.key === iface || about.link === iface : about.includes(iface);
}

/** The clock may have been set meanwhile. */
function isGone({ askedAt }: Follower, now: number): boolean {
  return Math.abs(now - askedAt) > GONE_MS;
}
