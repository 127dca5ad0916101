/** Loading a compiled addon, and what to tell when it cannot be loaded. */
import { type DriverCode, DriverError, firstLine } from './errors.ts';

const ADVICE = 'As root: `apt-get install g++ make python3`, then: `hitless needs --addon`';

export interface Addon {
  name: string;
  /** As the end of a sentence about it: `opens raw sockets`. */
  purpose: string;
  /** Where it may be, for `require`, the first choice first. */
  places: readonly string[];
  /** Of the error that tells that it cannot be loaded. */
  code: DriverCode;
}

/**
 * @param load a CommonJS `require`
 * @throws DriverError with the addon's code
 */
export function loadAddon(load: NodeJS.Require, { name, purpose, places, code }: Addon): unknown {
  let present: unknown;
  let absent: unknown;
  for (const place of places) {
    try {
      return load(place);
    } catch (thrown) {
      if (isAbsent(thrown, place)) absent ??= thrown;
      else present ??= thrown;
    }
  }
  // Where an addon does not compile, npm leaves its package out altogether.
  const why =
    present === undefined
      ? 'is not compiled'
      : `is not compiled for this Node ${process.version} (${firstLine(present)})`;
  throw new DriverError(code, `the addon ${name}, which ${purpose}, ${why}. ${ADVICE}`, {
    cause: present ?? absent,
  });
}

/** A package that is there, without its compiled part, is not absent. */
function isAbsent(thrown: unknown, place: string): boolean {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  const text = firstLine(thrown);
  return code === 'MODULE_NOT_FOUND' && (text.includes(`'${place}'`) || text.includes(`"${place}"`));
}
