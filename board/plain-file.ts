/** Files that somebody named: read, or written, only where they are plain ones. A pipe would be waited for, a device lost. */
import { constants, lstatSync, openSync, readFileSync, realpathSync, type Stats, statSync } from 'node:fs';
import { type BoardCode, BoardError } from './errors.ts';

/** Descriptions and configurations are texts of a few hundred lines. */
const MOST_TEXT = 1 << 20;

/**
 * Opens a plain file to read it.
 * @throws BoardError of this code
 */
export function openPlainFile(path: string, code: BoardCode): number {
  let status: Stats;
  try {
    status = statSync(path);
    // Not blocking: it may have become a pipe since.
    if (status.isFile()) return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (thrown) {
    throw new BoardError(code, `${path}: it cannot be opened: ${(thrown as Error).message}`);
  }
  throw new BoardError(code, `${path} is ${kindOf(status)}; give the path of a plain file`);
}

/**
 * Reads a text.
 * @throws BoardError of this code
 */
export function readPlainText(path: string, code: BoardCode): string {
  let status: Stats;
  try {
    status = statSync(path);
    if (status.isFile() && status.size <= MOST_TEXT) return readFileSync(path, 'utf8');
  } catch (thrown) {
    throw new BoardError(code, `${path}: it cannot be read: ${(thrown as Error).message}`);
  }
  const what = status.isFile() ? `has ${status.size} bytes, more than ${MOST_TEXT}` : `is ${kindOf(status)}`;
  throw new BoardError(code, `${path} ${what}; give the path of a text file`);
}

/**
 * Where a file of this name is put by a rename: there, or where a link to a plain file leads.
 * @throws BoardError of this code when something else is there, such as a device
 */
export function placeOf(path: string, code: BoardCode): string {
  let place = path;
  let status: Stats | undefined;
  try {
    status = lstatSync(path, { throwIfNoEntry: false });
    if (status?.isSymbolicLink() === true) {
      place = realpathSync(path);
      status = statSync(place);
    }
  } catch (thrown) {
    throw new BoardError(code, `${path}: it cannot be written: ${(thrown as Error).message}`);
  }
  if (status === undefined || status.isFile()) return place;
  throw new BoardError(
    code,
    `${path} is ${kindOf(status)}, which is not written over; name a plain file, or write to a disk with "hitless flash"`,
  );
}

function kindOf(status: Stats): string {
  if (status.isDirectory()) return 'a directory';
  if (status.isFIFO()) return 'a pipe';
  if (status.isCharacterDevice()) return 'a character device';
  return status.isBlockDevice() ? 'a block device' : 'no plain file';
}
