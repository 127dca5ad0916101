/**
 * Where the router keeps bundles that were pushed: `bundles` in its state directory, one of the directories that the
 * repository looks in. What has not arrived whole is in `bundles/.incoming`, which it does not look in: a bundle is
 * listed when its hash is right, it loads, its manifest says what its name says, and it is on the disk; or not at all.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HitlessError, reasonOf, type VersionView } from '../../runtime/index.ts';
import { ConsoleError, systemCode } from '../console/errors.ts';
import {
  type BundleIntake,
  bytesOf,
  type Finish,
  LARGEST_BUNDLE,
  type Offer,
  type Part,
  type Progress,
  type Pushed,
  type PushStep,
} from './steps.ts';

/** Below the state directory. */
export const BUNDLES = 'bundles';
const INCOMING = '.incoming';
/** Bundles that may be half there; the oldest goes when another is offered. */
const MOST_INCOMING = 4;
/** As the repository finds a bundle by its name and version. */
const NAME = /^[a-z][a-z0-9_-]*-\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?\.cjs$/;

/** What the store needs of the runtime. */
export interface Library {
  /** Every bundle in the directories, and every loaded one. */
  versions(): readonly VersionView[];
  /**
   * Reads, compiles and checks a file, and keeps nothing.
   * @throws HitlessError when it is no bundle that could serve here
   */
  examine(file: string): Promise<{ ref: string; sha256: string }>;
}

export class BundleStore implements BundleIntake {
  readonly #directory: string;
  readonly #library: Library;
  /** What each hash was offered as. */
  readonly #offers = new Map<string, Offer>();
  /** One step after the other, whoever they come from. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param directory need not be there yet */
  constructor(directory: string, library: Library) {
    this.#directory = directory;
    this.#library = library;
  }

  take(step: PushStep): Promise<Progress | Pushed> {
    const done = this.#last.then(() => this.#take(step));
    this.#last = done.catch(() => {});
    return done;
  }

  async #take(step: PushStep): Promise<Progress | Pushed> {
    try {
      switch (step.step) {
        case 'offer':
          return await this.#offer(step);
        case 'part':
          return await this.#part(step);
        case 'finish':
          return await this.#finish(step);
      }
    } catch (thrown) {
      if (thrown instanceof ConsoleError || thrown instanceof HitlessError) throw thrown;
      throw this.#unwritable(thrown);
    }
  }

  async #offer(offer: Offer): Promise<Progress> {
    const { name, bytes, sha256 } = offer;
    if (bytes === 0 || bytes > LARGEST_BUNDLE) {
      throw new ConsoleError(
        'PUSH_FILE',
        `${name} has ${bytes} bytes; a bundle has at least one, and at most ${LARGEST_BUNDLE}`,
      );
    }
    if (NAME.test(name)) this.#mustBeFree(refOfFile(name), sha256);
    const whole = this.#same(sha256);
    if (whole !== undefined) {
      this.#offers.set(sha256, offer);
      return { have: bytes };
    }
    await mkdir(join(this.#directory, INCOMING), { recursive: true, mode: 0o700 });
    const have = await this.#have(sha256, bytes);
    await this.#makeRoom(sha256);
    const { bavail, bsize } = await statfs(this.#directory);
    if (bytes - have > bavail * bsize) throw this.#full(`${bytes - have} more bytes do not fit`);
    this.#offers.set(sha256, offer);
    return { have };
  }

  async #part(part: Part): Promise<Progress> {
    const { bytes } = this.#offered(part.sha256);
    const data = bytesOf(part);
    const have = await this.#have(part.sha256, bytes);
    // Sent twice, or ahead of what is missing: the host goes on from what is there.
    if (part.offset !== have) return { have };
    if (have + data.length > bytes) {
      throw new ConsoleError(
        'PUSH_DAMAGED',
        `the part at ${part.offset} goes beyond the ${bytes} bytes offered`,
      );
    }
    const file = await open(this.#incoming(part.sha256), 'a', 0o600);
    try {
      await writeAll(file, data, have);
    } catch (thrown) {
      // Half a part would be taken for the beginning of the next, and a full disk has no room for half a bundle.
      await file.truncate(isFull(thrown) ? 0 : have).catch(() => {});
      if (isFull(thrown)) await rm(this.#incoming(part.sha256), { force: true });
      throw thrown;
    } finally {
      await file.close();
    }
    return { have: have + data.length };
  }

  async #finish({ sha256 }: Finish): Promise<Pushed> {
    const { name, bytes } = this.#offered(sha256);
    const there = this.#same(sha256);
    if (there !== undefined) {
      this.#offers.delete(sha256);
      return pushed(there, true);
    }
    const file = this.#incoming(sha256);
    const have = await this.#have(sha256, bytes);
    if (have < bytes) {
      throw new ConsoleError(
        'PUSH_DAMAGED',
        `${name}: only ${have} of ${bytes} bytes are there; send the rest`,
      );
    }
    try {
      const found = await hashOf(file);
      if (found !== sha256) {
        throw new ConsoleError(
          'PUSH_DAMAGED',
          `${name}: what arrived has the SHA-256 ${found}, announced was ${sha256}; it was deleted, push it again`,
        );
      }
      return await this.#admit(file, name, sha256, bytes);
    } catch (thrown) {
      // Sent again it would be no better, or would begin anew.
      await rm(file, { force: true });
      this.#offers.delete(sha256);
      throw thrown instanceof HitlessError ? renamed(thrown, file, name) : thrown;
    }
  }

  /** Whole and undamaged: now it must be a bundle, and the one that it says it is. */
  async #admit(file: string, name: string, sha256: string, bytes: number): Promise<Pushed> {
    const { ref, sha256: examined } = await this.#library.examine(file);
    if (examined !== sha256) {
      throw new ConsoleError('PUSH_DAMAGED', `${name}: it changed while it was examined; push it again`);
    }
    if (NAME.test(name) && refOfFile(name) !== ref) {
      throw new HitlessError(
        'BUNDLE_MISMATCH',
        `${name}: its manifest says ${ref}; name the file after that`,
      );
    }
    this.#mustBeFree(ref, sha256);
    const target = join(this.#directory, `${ref.replace('@', '-')}.cjs`);
    await synced(file);
    await rename(file, target);
    await synced(dirname(target));
    this.#offers.delete(sha256);
    return { bundle: ref, sha256, bytes, file: target, already: false };
  }

  /** The file in the directories that has these contents. */
  #same(sha256: string): VersionView | undefined {
    return this.#library.versions().find((version) => version.sha256 === sha256);
  }

  /** @throws ConsoleError `PUSH_EXISTS`: a name and version stands for one content only */
  #mustBeFree(ref: string, sha256: string): void {
    const other = this.#library.versions().find((version) => version.bundle === ref);
    if (other === undefined || other.sha256 === sha256) return;
    throw new ConsoleError(
      'PUSH_EXISTS',
      `${ref} is there already with other contents (${other.file}, SHA-256 ${other.sha256}); give yours another version`,
    );
  }

  /** @throws ConsoleError `PUSH_UNKNOWN` */
  #offered(sha256: string): Offer {
    const offer = this.#offers.get(sha256);
    if (offer !== undefined) return offer;
    throw new ConsoleError(
      'PUSH_UNKNOWN',
      `no bundle with the SHA-256 ${sha256} was offered; offer it first`,
    );
  }

  #incoming(sha256: string): string {
    return join(this.#directory, INCOMING, sha256);
  }

  /** Bytes that are there. More than were offered are none of these. */
  async #have(sha256: string, bytes: number): Promise<number> {
    const file = this.#incoming(sha256);
    const { size } = await stat(file).catch(() => ({ size: 0 }));
    if (size <= bytes) return size;
    await rm(file, { force: true });
    return 0;
  }

  async #makeRoom(sha256: string): Promise<void> {
    const directory = join(this.#directory, INCOMING);
    const others = (await readdir(directory)).filter((name) => name !== sha256);
    const dated = await Promise.all(
      others.map(async (name) => ({ name, at: (await stat(join(directory, name))).mtimeMs })),
    );
    dated.sort((a, b) => b.at - a.at);
    for (const { name } of dated.slice(MOST_INCOMING - 1)) {
      await rm(join(directory, name), { force: true });
      this.#offers.delete(name);
    }
  }

  #full(what: string): ConsoleError {
    return new ConsoleError(
      'PUSH_DISK',
      `${this.#directory}: the router's disk is full: ${what}; nothing was changed, make room and push again`,
    );
  }

  #unwritable(thrown: unknown): ConsoleError {
    if (isFull(thrown)) return this.#full(systemCode(thrown));
    return new ConsoleError(
      'PUSH_DISK',
      `${this.#directory}: the bundle cannot be kept there: ${reasonOf(thrown)}`,
      { cause: thrown },
    );
  }
}

function isFull(thrown: unknown): boolean {
  return ['ENOSPC', 'EDQUOT', 'EFBIG'].includes(systemCode(thrown));
}

function refOfFile(name: string): string {
  const [, module, version] = /^(.*?)-(\d+\.\d+\.\d+.*)\.cjs$/.exec(name)!;
  return `${module}@${version}`;
}

function pushed({ bundle, sha256, bytes, file }: VersionView, already: boolean): Pushed {
  return { bundle, sha256, bytes, file, already };
}

/** The runtime names the file; the one who pushed knows it by another name. */
function renamed(error: HitlessError, file: string, name: string): HitlessError {
  return new HitlessError(error.code, error.message.replaceAll(file, name), { cause: error });
}

async function writeAll(file: FileHandle, data: Uint8Array, at: number): Promise<void> {
  let done = 0;
  while (done < data.length) {
    const { bytesWritten } = await file.write(data, done, data.length - done, at + done);
    done += bytesWritten;
  }
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** On the disk, and not only on its way: a file, or what names a directory has. */
async function synced(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
