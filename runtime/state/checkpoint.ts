/**
 * A state in a file (paper 3.3, state storage): what a module can be started with later. The file is
 *
 *     hitless checkpoint 1\n
 *     SHA-256 of all that follows, in hexadecimal\n
 *     header, as JSON in one line\n
 *     payload: V8's serialization of the plain members, of the rows of each Table, and of the timers
 *
 * A copy that comes back equals the original, but for objects without a prototype, which get one.
 * The hash finds damage, not forgery. The file holds the state's secrets too, so only its owner may read it.
 */
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import { deserialize, serialize } from 'node:v8';
import { checkString } from '../argument.ts';
import { HitlessError, reasonOf } from '../errors.ts';
import { placeOf, replaceFile } from '../plain-file.ts';
import { copyOf, put } from './copy.ts';
import { notPlain } from './plain.ts';
import { tablesIn, withoutTables } from './state.ts';
import { Table, type TableKey } from './table.ts';

/** The head of a checkpoint. */
export interface CheckpointHeader {
  readonly module: string;
  /** Of the module that left it. */
  readonly version: string;
  readonly stateVersion: number;
  /** Wall clock, ms since 1970. */
  readonly at: number;
}

/** The content of a checkpoint's file. */
export interface CheckpointView extends CheckpointHeader {
  /** Size of the file. */
  readonly bytes: number;
  /** Absolute path of the file. */
  readonly file: string;
}

/** A timer as it was armed. */
export interface KeptTimer {
  readonly type: string;
  readonly key: string;
  /** Until it was due, in ms. */
  readonly left: number;
  readonly every: number;
  readonly body: unknown;
}

export interface StoredCheckpoint extends CheckpointView {
  readonly state: unknown;
  readonly timers: readonly KeptTimer[];
}

const MAGIC = 'hitless checkpoint 1\n';
/** In hexadecimal, with its newline. */
const HASH_BYTES = 65;
const MOST_HEADER = 4096;
const LARGEST = 1024 * 1024 * 1024;

/**
 * Takes the state as it is at the call, and writes it: the file is there as a whole, or not at all. Taking it stalls
 * the loop for as long as the state is large (about 1 µs for each value).
 * @param look calls what may be code of the state's own
 * @throws HitlessError `STATE_NOT_PLAIN` with the path, `CHECKPOINT_UNWRITABLE`, and what `look` throws
 */
export async function writeCheckpoint(
  file: string,
  header: CheckpointHeader,
  state: unknown,
  timers: readonly KeptTimer[] = [],
  look: <T>(body: () => T) => T = (body) => body(),
): Promise<CheckpointView> {
  checkString('checkpoint', 'file', file);
  const { module, version, stateVersion, at } = header;
  const payload = look(() => serialized(module, state, timers));
  const head = Buffer.from(
    `${JSON.stringify({ module, version, stateVersion, at, payload: payload.length })}\n`,
  );
  const hash = createHash('sha256').update(head).update(payload).digest('hex');
  const parts = [Buffer.from(`${MAGIC}${hash}\n`), head, payload];
  const bytes = parts.reduce((sum, part) => sum + part.length, 0);
  const problem =
    head.length > MOST_HEADER || bytes > LARGEST
      ? `${bytes} bytes are more than a checkpoint may have`
      : undefined;
  if (problem !== undefined)
    throw new HitlessError('CHECKPOINT_UNWRITABLE', `${file}: ${problem}`, { module });
  const place = placeOf(file, (what, cause) => {
    return new HitlessError('CHECKPOINT_UNWRITABLE', `${file} ${what}`, { module, cause });
  });
  try {
    await replaceFile(place, parts);
  } catch (cause) {
    throw new HitlessError(
      'CHECKPOINT_UNWRITABLE',
      `${file}: the checkpoint of ${module} cannot be written: ${reasonOf(cause)}; nothing was left there`,
      { module, cause },
    );
  }
  return { module, version, stateVersion, at, bytes, file };
}

function serialized(module: string, state: unknown, timers: readonly KeptTimer[]): Buffer {
  const tables = tablesIn(state);
  const wrong = notPlain(state, 'state', tables.keys());
  if (wrong !== undefined) {
    throw new HitlessError('STATE_NOT_PLAIN', `${module}: ${wrong}; only plain data can be kept in a file`, {
      module,
    });
  }
  try {
    return serialize({
      plain: withoutTables(state),
      tables: [...tables].map(([name, table]) => [name, [...table]]),
      timers,
    });
  } catch (cause) {
    throw new HitlessError('STATE_NOT_PLAIN', `${module}: the state cannot be kept: ${reasonOf(cause)}`, {
      module,
      cause,
    });
  }
}

/**
 * Reads a checkpoint, and checks all of it.
 * @param module whose state it has to be
 * @throws HitlessError `CHECKPOINT_UNREADABLE`, `CHECKPOINT_CORRUPT`, `CHECKPOINT_MISMATCH`
 */
export async function readCheckpoint(file: string, module: string): Promise<StoredCheckpoint> {
  const bytes = await contentOf(file);
  const end = bytes.indexOf('\n', MAGIC.length + HASH_BYTES);
  const header = end < 0 ? undefined : headerOf(bytes.subarray(MAGIC.length + HASH_BYTES, end));
  const hash = bytes.toString('latin1', MAGIC.length, MAGIC.length + HASH_BYTES);
  const found = createHash('sha256')
    .update(bytes.subarray(MAGIC.length + HASH_BYTES))
    .digest('hex');
  if (header === undefined || hash !== `${found}\n` || bytes.length !== end + 1 + header.payload) {
    const missing = header === undefined ? 0 : end + 1 + header.payload - bytes.length;
    throw new HitlessError(
      'CHECKPOINT_CORRUPT',
      `${file}: is damaged: ${missing > 0 ? `${missing} bytes of it are missing` : 'its content does not have the hash that it says'}; take another checkpoint`,
      { module },
    );
  }
  if (header.module !== module) {
    throw new HitlessError(
      'CHECKPOINT_MISMATCH',
      `${file}: is a checkpoint of ${header.module} ${header.version}, not of ${module}`,
      { module },
    );
  }
  const { version, stateVersion, at } = header;
  const kept = contentsOf(file, module, bytes.subarray(end + 1));
  return { module, version, stateVersion, at, bytes: bytes.length, file, ...kept };
}

async function contentOf(file: string): Promise<Buffer> {
  const unreadable = (what: string, cause?: unknown) =>
    new HitlessError('CHECKPOINT_UNREADABLE', `${file}: ${what}`, { cause });
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(file)).isFile()) throw unreadable('is no file');
    // Not blocking: opening a pipe would wait for its writer.
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const status = await handle.stat();
    if (!status.isFile()) throw unreadable('is no file');
    const start = Buffer.alloc(MAGIC.length);
    await handle.read(start, 0, start.length, 0);
    if (start.toString('latin1') !== MAGIC)
      throw unreadable('is not a checkpoint, or one of another format; `checkpoint MODULE FILE` makes one');
    if (status.size > LARGEST)
      throw unreadable(`${status.size} bytes are more than a checkpoint may have (${LARGEST})`);
    return await handle.readFile();
  } catch (error) {
    throw error instanceof HitlessError ? error : unreadable(`cannot be read: ${reasonOf(error)}`, error);
  } finally {
    await handle?.close();
  }
}

function headerOf(line: Buffer): (CheckpointHeader & { payload: number }) | undefined {
  if (line.length > MOST_HEADER) return undefined;
  try {
    const { module, version, stateVersion, at, payload } = JSON.parse(line.toString('utf8'));
    const good =
      typeof module === 'string' &&
      typeof version === 'string' &&
      [stateVersion, at, payload].every((number) => typeof number === 'number');
    return good ? { module, version, stateVersion, at, payload } : undefined;
  } catch {
    return undefined;
  }
}

function contentsOf(
  file: string,
  module: string,
  payload: Buffer,
): { state: unknown; timers: readonly KeptTimer[] } {
  try {
    // A copy: what was read shares the file's memory, which would be kept as long as one byte of it.
    const { plain, tables, timers } = copyOf(
      deserialize(payload) as {
        plain: unknown;
        tables: [string, [TableKey, unknown][]][];
        timers: KeptTimer[];
      },
    );
    for (const [name, rows] of tables) put(plain as object, name, new Table(rows));
    return { state: plain, timers };
  } catch (cause) {
    throw new HitlessError(
      'CHECKPOINT_UNREADABLE',
      `${file}: was written by another version of Node, and this one (${process.version}) cannot read it: ${reasonOf(cause)}`,
      { module, cause },
    );
  }
}
