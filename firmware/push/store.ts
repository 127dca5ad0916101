/**
 * Where the router keeps bundles that were pushed: `bundles` in its state directory, one of the directories that the
 * repository looks in. What has not arrived whole is in `bundles/.incoming`, which it does not look in: a bundle is
 * listed when its hash is right, it loads, its manifest says what its name says, and it is on the disk; or not at all.
 */
import { rename, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HitlessError, reasonOf, type VersionView } from '../../runtime/index.ts';
import { FirmwareError, systemCode } from '../errors.ts';
import { hashOf, Incoming, isFull, synced } from './incoming.ts';
import {
  type BundleIntake,
  type BundleStep,
  bytesOf,
  type Finish,
  LARGEST_BUNDLE,
  type Offer,
  type Part,
  type Progress,
  type Pushed,
} from './steps.ts';

/** Below the state directory. */
export const BUNDLES = 'bundles';
const INCOMING = '.incoming';
/** Bundles that may be half there; the oldest goes when another is offered. */
const MOST_INCOMING = 4;
/** As the repository finds a bundle by its name and version. */
const NAME = /^[a-z][a-z0-9_-]*-\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?\.cjs$/;

/** The store's needs of the runtime. */
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
  readonly #incoming: Incoming;
  /** The name under which each hash was offered. */
  readonly #offers = new Map<string, Offer>();
  /** One step after the other, whoever they come from. */
  #last: Promise<unknown> = Promise.resolve();

  /** @param directory need not be there yet */
  constructor(directory: string, library: Library) {
    this.#directory = directory;
    this.#library = library;
    this.#incoming = new Incoming(join(directory, INCOMING));
  }

  take(step: BundleStep): Promise<Progress | Pushed> {
    const done = this.#last.then(() => this.#take(step));
    this.#last = done.catch(() => {});
    return done;
  }

  async #take(step: BundleStep): Promise<Progress | Pushed> {
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
      if (thrown instanceof FirmwareError || thrown instanceof HitlessError) throw thrown;
      throw this.#unwritable(thrown);
    }
  }

  async #offer(offer: Offer): Promise<Progress> {
    const { name, bytes, sha256 } = offer;
    if (bytes === 0 || bytes > LARGEST_BUNDLE) {
      throw new FirmwareError(
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
    await this.#incoming.prepare();
    const have = await this.#incoming.have(sha256, bytes);
    await this.#makeRoom(sha256);
    const { bavail, bsize } = await statfs(this.#directory);
    if (bytes - have > bavail * bsize) throw this.#full(`${bytes - have} more bytes do not fit`);
    this.#offers.set(sha256, offer);
    return { have };
  }

  async #part(part: Part): Promise<Progress> {
    const { bytes } = this.#offered(part.sha256);
    return { have: await this.#incoming.append(part.sha256, bytes, part.offset, bytesOf(part)) };
  }

  async #finish({ sha256 }: Finish): Promise<Pushed> {
    const { name, bytes } = this.#offered(sha256);
    const there = this.#same(sha256);
    if (there !== undefined) {
      this.#offers.delete(sha256);
      return pushed(there, true);
    }
    const file = this.#incoming.pathOf(sha256);
    const have = await this.#incoming.have(sha256, bytes);
    if (have < bytes) {
      throw new FirmwareError(
        'PUSH_DAMAGED',
        `${name}: only ${have} of ${bytes} bytes are there; send the rest`,
      );
    }
    try {
      const found = await hashOf(file);
      if (found !== sha256) {
        throw new FirmwareError(
          'PUSH_DAMAGED',
          `${name}: what arrived has the SHA-256 ${found}, announced was ${sha256}; it was deleted, push it again`,
        );
      }
      return await this.#admit(file, name, sha256, bytes);
    } catch (thrown) {
      // Sent again it would be no better, or would begin anew.
      await this.#incoming.remove(sha256);
      this.#offers.delete(sha256);
      throw thrown instanceof HitlessError ? renamed(thrown, file, name) : thrown;
    }
  }

  /** Whole and undamaged: now it must be a bundle, and the one that it says it is. */
  async #admit(file: string, name: string, sha256: string, bytes: number): Promise<Pushed> {
    const { ref, sha256: examined } = await this.#library.examine(file);
    if (examined !== sha256) {
      throw new FirmwareError('PUSH_DAMAGED', `${name}: it changed while it was examined; push it again`);
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

  /** @throws FirmwareError `PUSH_EXISTS`: a name and version stands for one content only */
  #mustBeFree(ref: string, sha256: string): void {
    const other = this.#library.versions().find((version) => version.bundle === ref);
    if (other === undefined || other.sha256 === sha256) return;
    throw new FirmwareError(
      'PUSH_EXISTS',
      `${ref} is there already with other contents (${other.file}, SHA-256 ${other.sha256}); give yours another version`,
    );
  }

  /** @throws FirmwareError `PUSH_UNKNOWN` */
  #offered(sha256: string): Offer {
    const offer = this.#offers.get(sha256);
    if (offer !== undefined) return offer;
    throw new FirmwareError(
      'PUSH_UNKNOWN',
      `no bundle with the SHA-256 ${sha256} was offered; offer it first`,
    );
  }

  async #makeRoom(sha256: string): Promise<void> {
    const others = (await this.#incoming.kept()).filter((name) => name !== sha256);
    for (const name of others.slice(MOST_INCOMING - 1)) {
      await this.#incoming.remove(name);
      this.#offers.delete(name);
    }
  }

  #full(what: string): FirmwareError {
    return new FirmwareError(
      'PUSH_DISK',
      `${this.#directory}: the router's disk is full: ${what}; nothing was changed, make room and push again`,
    );
  }

  #unwritable(thrown: unknown): FirmwareError {
    if (isFull(thrown)) return this.#full(systemCode(thrown));
    return new FirmwareError(
      'PUSH_DISK',
      `${this.#directory}: the bundle cannot be kept there: ${reasonOf(thrown)}`,
      { cause: thrown },
    );
  }
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
