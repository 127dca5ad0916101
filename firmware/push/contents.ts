/** `contents.txt`: the list that every boot slot carries, of what it is and of every other file in it. */
import { FirmwareError } from '../errors.ts';

export const CONTENTS = 'contents.txt';

/** Bytes of the list. */
export const LONGEST_CONTENTS = 256 * 1024;
const MOST_PARTS = 256;
/** Bytes of a part: no slot holds more. */
export const LARGEST_PART = 128 * 1024 * 1024;

export interface SlotPart {
  /** A path in the slot, with slashes. */
  name: string;
  size: number;
  sha256: string;
}

export interface Contents {
  board: string;
  hitless: string;
  linux: string;
  node: string;
  parts: SlotPart[];
}

const FACTS = ['board', 'hitless', 'linux', 'node'] as const;
const PART = /^part (\S+) (\d{1,12}) ([0-9a-f]{64})$/;
/** Names that FAT can hold, on any board: no leading or trailing dot, so neither `.` nor `..`. */
const NAME = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;
/** The files that a push keeps in the slot beside the parts. */
export const INCOMING = 'incoming';

/**
 * Lines of other kinds are passed over: what an image was made of, and what later images may tell.
 * @param where as errors name it
 * @throws FirmwareError `IMAGE_INVALID`
 */
export function parseContents(text: string, where: string): Contents {
  const wrong = (what: string): never => {
    throw new FirmwareError('IMAGE_INVALID', `${where}: ${what}; build the image again`);
  };
  const lines = text.split('\n');
  const fact = (key: string): string => {
    const found = lines.filter((line) => line.startsWith(`${key} `));
    const value = found[0]?.slice(key.length + 1);
    return found.length === 1 && value ? value : wrong(`it must have one line "${key} …"`);
  };
  const [board, hitless, linux, node] = FACTS.map(fact);
  const parts = lines
    .filter((line) => line.startsWith('part '))
    .map((line): SlotPart => {
      const [, name, size, sha256] = PART.exec(line) ?? wrong(`"${line.slice(0, 100)}" is no part`);
      return { name: name!, size: Number(size), sha256: sha256! };
    });
  if (parts.length === 0 || parts.length > MOST_PARTS)
    wrong(`it has ${parts.length} parts; there must be 1 to ${MOST_PARTS}`);
  const names = new Set<string>();
  for (const { name, size } of parts) {
    const key = name.toLowerCase();
    const bad = !name.split('/').every((each) => NAME.test(each)) || name.length > 200;
    if (bad || isReserved(key)) wrong(`no part can be named "${name.slice(0, 100)}"`);
    // FAT does not tell them apart.
    if (names.has(key)) wrong(`the part ${name} is listed twice`);
    if (size > LARGEST_PART) wrong(`the part ${name} has ${size} bytes; it has at most ${LARGEST_PART}`);
    names.add(key);
  }
  return { board: board!, hitless: hitless!, linux: linux!, node: node!, parts };
}

function isReserved(name: string): boolean {
  return name === CONTENTS || name === `${CONTENTS}.new` || name.split('/')[0] === INCOMING;
}
