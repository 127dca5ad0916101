/**
 * Unpacking an image: the files of its slot a into a folder, for who sends them to a router. Each is checked before
 * the first one is written, and again while it is written; `contents.txt` comes last, so that where it is all is.
 */
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { CONTENTS, type Contents } from './contents.ts';
import { BoardError } from './errors.ts';
import { ImageFile } from './image-file.ts';
import { placeOf } from './plain-file.ts';

/**
 * @param folder is made where it is not there; what it has under the same names is replaced
 * @throws BoardError `IMAGE_MISSING`, `IMAGE_FOREIGN`, `IMAGE_DAMAGED`, `FAT_INVALID`, `CONTENTS_INVALID`,
 * `FOLDER_UNUSABLE`; the folder has then what it had before, or no list
 */
export function unpackImage(path: string, folder: string): Contents {
  const image = new ImageFile(path);
  const partial = (name: string) => join(folder, `${name}.partial`);
  const written: string[] = [];
  try {
    const slot = image.slot('a');
    slot.check();
    const { parts } = slot.contents;
    attempt(folder, () => mkdirSync(folder, { recursive: true }));
    for (const { name } of [...parts, { name: CONTENTS }]) placeOf(join(folder, name), 'FOLDER_UNUSABLE');
    const files = [
      ...parts.map((part) => [part.name, slot.pieces(part)] as const),
      [CONTENTS, [slot.list]] as const,
    ];
    for (const [name, pieces] of files) {
      write(folder, partial(name), pieces);
      written.push(name);
    }
    // A list of another image does not stay beside the parts of this one, if this is cut off here.
    attempt(folder, () => rmSync(join(folder, CONTENTS), { force: true }));
    for (const name of written) attempt(folder, () => renameSync(partial(name), join(folder, name)));
    return slot.contents;
  } catch (thrown) {
    for (const name of written) rmSync(partial(name), { force: true });
    throw thrown;
  } finally {
    image.close();
  }
}

function write(folder: string, path: string, pieces: Iterable<Buffer>): void {
  attempt(folder, () => rmSync(path, { force: true }));
  const file = attempt(folder, () => openSync(path, 'wx'));
  try {
    for (const piece of pieces) attempt(folder, () => writeWhole(file, piece));
    attempt(folder, () => fsyncSync(file));
  } catch (thrown) {
    rmSync(path, { force: true });
    throw thrown;
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done);
}

function attempt<T>(folder: string, act: () => T): T {
  try {
    return act();
  } catch (thrown) {
    throw new BoardError(
      'FOLDER_UNUSABLE',
      `--into ${folder}: ${(thrown as Error).message}; give a folder that can be written`,
    );
  }
}
