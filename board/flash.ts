/**
 * Writing an image to a medium, and reading it back. The first piece, with the partition table, is blank until all the
 * others are on the medium, and is made blank again when anything goes wrong: a medium that is not wholly written, also
 * after a power cut, looks like none that can be booted.
 */
import { createHash } from 'node:crypto';
import { type BoardCode, BoardError } from './errors.ts';
import type { Medium } from './medium.ts';
import { type Output, Progress } from './progress.ts';

/** What is written; an `ImageFile` is one. */
export interface Source {
  readonly path: string;
  readonly size: number;
  read(at: number, length: number): Buffer;
}

export interface FlashOptions {
  /** Takes the progress. */
  output: Output;
  /** Gives it up between two pieces. */
  signal: AbortSignal;
}

/** Written and read at once, in bytes: large enough that cards need not erase a block twice. */
const PIECE = 4 << 20;
const ZEROS = Buffer.alloc(PIECE);

/** These say already what the medium is now. */
const OWN: readonly BoardCode[] = ['FLASH_INTERRUPTED', 'FLASH_DIFFERS'];

/**
 * Writes and verifies.
 * @returns the SHA-256 that both have, in hexadecimal
 * @throws BoardError `FLASH_INTERRUPTED`, `FLASH_FAILED`, `FLASH_DIFFERS`; the medium is then not bootable
 */
export async function flash(source: Source, medium: Medium, options: FlashOptions): Promise<string> {
  try {
    const written = await write(source, medium, options);
    const read = await verify(source, medium, options);
    // Pieces were compared with the image as it is now; it may have changed meanwhile.
    if (written === read) return read;
    throw failed('FLASH_DIFFERS', medium, `${source.path} has changed while it was written`);
  } catch (thrown) {
    // A medium that takes nothing any more does not take this either: the error says what to do with it.
    await blank(source, medium).catch(() => {});
    if (thrown instanceof BoardError && OWN.includes(thrown.code)) throw thrown;
    throw failed('FLASH_FAILED', medium, (thrown as Error).message);
  }
}

async function blank({ size }: Source, medium: Medium): Promise<void> {
  await medium.write(ZEROS.subarray(0, size), 0);
  await medium.flush();
}

async function write(source: Source, medium: Medium, { output, signal }: FlashOptions): Promise<string> {
  const progress = new Progress('writing', source.size, output);
  const hash = createHash('sha256');
  try {
    const first = source.read(0, Math.min(PIECE, source.size));
    hash.update(first);
    await blank(source, medium);
    for (let at = first.length; at < source.size; at += PIECE) {
      goOn(signal, medium, `${percent(at, source)} were written`);
      const bytes = source.read(at, Math.min(PIECE, source.size - at));
      hash.update(bytes);
      // On a medium that was used before zeros must be written too: in the place of a hole old data would stay.
      if (at < medium.blankFrom || !bytes.equals(ZEROS.subarray(0, bytes.length)))
        await medium.write(bytes, at);
      progress.show(at + bytes.length - first.length);
    }
    await medium.flush();
    goOn(signal, medium, 'all but its beginning was written');
    await medium.write(first, 0);
    await medium.flush();
    progress.show(source.size);
  } finally {
    progress.end();
  }
  return hash.digest('hex');
}

async function verify(source: Source, medium: Medium, { output, signal }: FlashOptions): Promise<string> {
  const progress = new Progress('verifying', source.size, output);
  const hash = createHash('sha256');
  try {
    for (let at = 0; at < source.size; at += PIECE) {
      goOn(signal, medium, 'it was written, but not verified');
      const length = Math.min(PIECE, source.size - at);
      const found = await medium.read(at, length);
      if (!found.equals(source.read(at, length)))
        throw failed(
          'FLASH_DIFFERS',
          medium,
          `it does not give back what was written, first between byte ${at} and ${at + length}; it may be worn out, or smaller than it says: take another one`,
        );
      hash.update(found);
      progress.show(at + length);
    }
  } finally {
    progress.end();
  }
  return hash.digest('hex');
}

function goOn(signal: AbortSignal, medium: Medium, sofar: string): void {
  if (signal.aborted) throw failed('FLASH_INTERRUPTED', medium, `it was interrupted, ${sofar}`);
}

function failed(code: BoardCode, { path }: Medium, problem: string): BoardError {
  return new BoardError(code, `${path} is not bootable: ${problem}. Flash it again before it is used`);
}

function percent(at: number, { size }: Source): string {
  return `${Math.floor((100 * at) / size)} %`;
}
