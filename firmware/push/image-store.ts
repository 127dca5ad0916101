/**
 * Takes a whole image into the slot that does not run. What its power may be cut at any time leaves the slot whole,
 * or without contents.txt, which makes nobody boot it; the running slot is only read:
 *
 *  1. contents.txt of the image arrives: is it for this board, and may the slot be overwritten?
 *  2. prepare: parts that the slot has already are verified. If any is missing, the slot's contents.txt is removed
 *     first; then what the image has not, which makes room; then what the running slot has is copied from there.
 *  3. the other parts arrive in `incoming`, and get their names when their hashes are right.
 *  4. install: everything is read back from the medium, and contents.txt written last.
 */
import { createHash } from 'node:crypto';
import { DriverError } from '../../drivers/errors.ts';
import { otherThan, type SlotStatus, type Slots } from '../../drivers/slots.ts';
import { reasonOf } from '../../runtime/index.ts';
import { FirmwareError, systemCode } from '../errors.ts';
import {
  CONTENTS,
  type Contents,
  INCOMING,
  LONGEST_CONTENTS,
  parseContents,
  type SlotPart,
} from './contents.ts';
import { hashOf, Incoming, isFull } from './incoming.ts';
import { copyHashed, type OnBytes, SlotFiles } from './slot-files.ts';
import {
  bytesOf,
  type ImageIntake,
  type ImageOffer,
  type ImageStep,
  type Install,
  type Installed,
  MOST_PIECE,
  type Piece,
  type Prepared,
  type Progress,
  type Runs,
  type Working,
} from './steps.ts';
import { Work } from './work.ts';

/** Written to the medium so often, in bytes: what a power cut may cost at most, 23 s of a line of 115,200 baud. */
const SYNC = 256 * 1024;
/** Slots nobody sends to are unmounted after so long, in ms. */
const IDLE_MS = 60_000;
/** Blocks for directories and for contents.txt beside the old one. */
const SPARE_BLOCKS = 16;

/** One image on its way. */
interface Arrival {
  sha256: string;
  bytes: number;
  /** Of contents.txt, as far as it came. */
  text: Buffer;
  contents: Contents | undefined;
  /** By name; undefined before the slot is prepared. */
  missing: Map<string, SlotPart> | undefined;
}

interface Mounted {
  running: SlotFiles;
  other: SlotFiles;
  incoming: Incoming;
}

export interface ImageStoreOptions {
  slots: Slots;
  /** Why the board should not reboot now, as a sentence; undefined when it may. */
  hindrance(): string | undefined;
  /** Reboots the board, when the answer has had time to go out. */
  reboot(): Promise<unknown>;
}

export class ImageStore implements ImageIntake {
  readonly #options: ImageStoreOptions;
  readonly #slots: Slots;
  #arrival: Arrival | undefined;
  #work: Work | undefined;
  /** Where the slots are mounted; undefined while they are not. */
  #files: Mounted | undefined;
  #idle: NodeJS.Timeout | undefined;
  #closing = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ImageStoreOptions) {
    this.#options = options;
    this.#slots = options.slots;
  }

  take(step: ImageStep): Promise<Progress | Runs | Working | Prepared | Installed> {
    const done = this.#last.then(() => this.#take(step));
    this.#last = done.catch(() => {});
    return done;
  }

  /** Gives up what is under way, which a later push goes on with, and unmounts. */
  async close(): Promise<void> {
    this.#closing = true;
    await this.#last;
    await this.#work?.ended;
    await this.#release();
  }

  async #take(step: ImageStep): Promise<Progress | Runs | Working | Prepared | Installed> {
    try {
      const busy = this.#work?.hinders(step.sha256, step.step);
      if (busy !== undefined) {
        throw new FirmwareError(
          'IMAGE_BUSY',
          `the router is still ${busy}, for an image that was pushed; push again when it is done`,
        );
      }
      return await this.#carryOut(step);
    } catch (thrown) {
      throw this.#explained(thrown);
    } finally {
      this.#idle?.refresh();
    }
  }

  #carryOut(step: ImageStep): Promise<Progress | Runs | Working | Prepared | Installed> {
    switch (step.step) {
      case 'image':
        return this.#offer(step);
      case 'piece':
        return this.#piece(step);
      case 'prepare':
        return this.#answer('prepare', step.sha256, (working) => this.#prepare(step.sha256, working));
      case 'install':
        return this.#answer('install', step.sha256, (working) => this.#install(step, working));
    }
  }

  /** Begins the work, or joins it; returns how far it is when that takes long. */
  async #answer(
    step: 'prepare' | 'install',
    sha256: string,
    begin: (working: Working) => Promise<Prepared | Installed>,
  ): Promise<Working | Prepared | Installed> {
    if (this.#work?.isOf(sha256, step) !== true) this.#work = new Work(sha256, step, begin);
    const work = this.#work!;
    try {
      const answer = await work.answer();
      if (!('doing' in answer)) this.#work = undefined;
      return answer;
    } catch (thrown) {
      this.#work = undefined;
      throw thrown;
    }
  }

  async #offer({ bytes, sha256 }: ImageOffer): Promise<Progress | Runs> {
    if (bytes === 0 || bytes > LONGEST_CONTENTS) {
      throw new FirmwareError(
        'IMAGE_INVALID',
        `${CONTENTS} has ${bytes} bytes; it has at least one, and at most ${LONGEST_CONTENTS}`,
      );
    }
    const status = await this.#slots.status();
    const runs = await this.#slots.peek(({ running }) => new SlotFiles(running).contents());
    if (runs !== undefined && sha256Of(runs) === sha256) {
      return { runs: status.running, confirmed: status.confirmed };
    }
    mayOverwrite(status);
    if (this.#arrival?.sha256 !== sha256 || this.#arrival.bytes !== bytes)
      this.#arrival = { sha256, bytes, text: Buffer.alloc(0), contents: undefined, missing: undefined };
    return { have: this.#arrival.text.length };
  }

  async #piece(piece: Piece): Promise<Progress> {
    const arrival = this.#arrived(piece.sha256);
    const data = bytesOf(piece, MOST_PIECE);
    if (piece.part === CONTENTS) return this.#contents(arrival, piece.offset, data);
    const { contents, missing } = arrival;
    if (contents === undefined || missing === undefined)
      throw new FirmwareError('PUSH_UNKNOWN', `a piece of ${piece.part} came before the slot was prepared`);
    const part = contents.parts.find(({ name }) => name === piece.part);
    if (part === undefined)
      throw new FirmwareError('PUSH_UNKNOWN', `the image has no part ${piece.part.slice(0, 100)}`);
    if (!missing.has(part.name)) return { have: part.size };
    const { other, incoming } = await this.#mounted();
    const have = await incoming.append(part.sha256, part.size, piece.offset, data);
    if (have === part.size) {
      await this.#settle(part, other, incoming);
      missing.delete(part.name);
    }
    return { have };
  }

  #contents(arrival: Arrival, offset: number, data: Uint8Array): Progress {
    const { text, bytes, sha256 } = arrival;
    if (offset !== text.length) return { have: text.length };
    const now = Buffer.concat([text, data]);
    if (now.length > bytes || (now.length === bytes && sha256Of(now) !== sha256)) {
      this.#arrival = undefined;
      throw new FirmwareError('PUSH_DAMAGED', `${CONTENTS} is not what was announced; push the image again`);
    }
    arrival.text = now;
    return { have: now.length };
  }

  /** A part that is whole gets its name, if its hash is right. */
  async #settle(part: SlotPart, other: SlotFiles, incoming: Incoming): Promise<void> {
    const file = incoming.pathOf(part.sha256);
    const found = await hashOf(file);
    if (found !== part.sha256) {
      await incoming.remove(part.sha256);
      throw new FirmwareError(
        'PUSH_DAMAGED',
        `${part.name}: what arrived has the SHA-256 ${found}, ${CONTENTS} says ${part.sha256}; it was deleted, push the image again`,
      );
    }
    await other.adopt(file, part);
  }

  async #prepare(sha256: string, working: Working): Promise<Prepared> {
    const arrival = this.#arrived(sha256);
    if (arrival.text.length < arrival.bytes)
      throw new FirmwareError('PUSH_UNKNOWN', `${CONTENTS} has not come whole; send the rest`);
    const status = await this.#slots.status();
    mayOverwrite(status);
    const text = arrival.text.toString('utf8');
    const contents = parseContents(text, `the image's ${CONTENTS}`);
    if (contents.board !== status.board) {
      throw new FirmwareError(
        'IMAGE_OTHER_BOARD',
        `the image is for the board ${contents.board}, this is ${status.board}: build one with --board ${status.board}`,
      );
    }
    arrival.contents = contents;
    const { other, incoming } = await this.#mounted();
    arrival.missing ??= await this.#makeReady(text, contents, working);
    await incoming.prepare();
    const parts = [];
    for (const { name, size, sha256: hash } of arrival.missing.values())
      parts.push({ name, size, have: await incoming.have(hash, size) });
    for (const part of [...arrival.missing.values()]) {
      // The last piece came, and the router was killed before it was named.
      const whole = parts.find(({ name, size, have }) => name === part.name && have === size);
      if (whole === undefined) continue;
      if (part.size === 0) await incoming.create(part.sha256);
      await this.#settle(part, other, incoming);
      arrival.missing.delete(part.name);
    }
    return { slot: otherThan(status.running), parts: parts.filter(({ name }) => arrival.missing?.has(name)) };
  }

  /** Returns what is missing, when the rest is in its place and there is room for it. */
  async #makeReady(text: string, contents: Contents, working: Working): Promise<Map<string, SlotPart>> {
    const { running, other, incoming } = await this.#mounted();
    const tell = this.#teller(working);
    working.bytes = contents.parts.reduce((sum, { size }) => sum + size, 0);
    const missing = new Map<string, SlotPart>();
    for (const part of contents.parts) {
      working.doing = `looking whether ${part.name} is there`;
      if (!(await other.has(part, tell))) missing.set(part.name, part);
    }
    await this.#mustFit(contents, missing);
    if (missing.size > 0 || (await other.contents()) !== text) await other.removeContents();
    const there = contents.parts.filter(({ name }) => !missing.has(name)).map(({ name }) => name);
    for (const { name } of await other.others(new Set([...there, CONTENTS]))) await other.remove(name);
    for (const kept of await incoming.kept())
      if (![...missing.values()].some(({ sha256 }) => sha256 === kept)) await incoming.remove(kept);
    await incoming.prepare();

    const local = (await localParts(running)).filter(({ size }) => size > 0);
    for (const part of [...missing.values()]) {
      const source = local.find(({ size, sha256 }) => size === part.size && sha256 === part.sha256);
      if (source === undefined || !(await running.hasSize(source))) continue;
      working.doing = `copying ${part.name} from the running slot`;
      working.bytes += part.size;
      const copy = incoming.pathOf(part.sha256);
      if ((await copyHashed(running.pathOf(source.name), copy, tell)) === part.sha256) {
        await other.adopt(copy, part);
        missing.delete(part.name);
      } else await incoming.remove(part.sha256);
    }
    return missing;
  }

  /** @throws FirmwareError `PUSH_DISK`, before anything is removed */
  async #mustFit(contents: Contents, missing: ReadonlyMap<string, SlotPart>): Promise<void> {
    const { other, incoming } = await this.#mounted();
    const { free, unit } = await other.room();
    const whole = (size: number) => Math.ceil(size / unit) * unit;
    const there = contents.parts.filter(({ name }) => !missing.has(name)).map(({ name }) => name);
    const goes = await other.others(new Set(there));
    let arriving = 0;
    for (const name of await incoming.kept()) arriving += await incoming.size(name);
    const freed = goes.reduce((sum, { size }) => sum + whole(size), 0) + whole(arriving);
    const needed = [...missing.values()].reduce((sum, { size }) => sum + whole(size), SPARE_BLOCKS * unit);
    if (needed > free + freed) {
      throw new FirmwareError(
        'PUSH_DISK',
        `the image does not fit into the other slot: it needs ${needed} bytes, there is room for ${free + freed}; nothing was changed`,
      );
    }
  }

  async #install(step: Install, working: Working): Promise<Installed> {
    const arrival = this.#arrived(step.sha256);
    const { contents, missing } = arrival;
    if (contents === undefined || missing === undefined)
      throw new FirmwareError('PUSH_UNKNOWN', 'the slot was not prepared for this image');
    const [open] = missing.values();
    if (open !== undefined)
      throw new FirmwareError('PUSH_DAMAGED', `${open.name} has not come whole; push the image again`);
    const hindrance = step.try ? this.#options.hindrance() : undefined;
    if (hindrance !== undefined) throw new FirmwareError('IMAGE_PROBATION', hindrance);
    const status = await this.#slots.status();
    mayOverwrite(status);
    const slot = otherThan(status.running);
    const text = arrival.text.toString('utf8');
    await this.#verify(arrival, working);
    await (await this.#mounted()).other.remove(INCOMING);
    if ((await (await this.#mounted()).other.contents()) !== text) {
      working.doing = `writing ${CONTENTS}`;
      await (await this.#mounted()).other.writeContents(text);
      await this.#remount();
      const { other } = await this.#mounted();
      if ((await other.contents()) !== text) {
        await other.removeContents();
        throw new FirmwareError(
          'PUSH_DISK',
          `${CONTENTS} of slot ${slot} reads otherwise than it was written; the medium may be failing`,
        );
      }
    }
    this.#arrival = undefined;
    await this.#release();
    if (step.try) {
      await this.#slots.try();
      await this.#options.reboot();
    }
    const { board, hitless, linux, node } = contents;
    return { slot, board, hitless, linux, node, tried: step.try };
  }

  /** Reads back every part; what is not right is missing again. */
  async #verify({ contents, missing }: Arrival, working: Working): Promise<void> {
    await this.#remount();
    const { other } = await this.#mounted();
    const tell = this.#teller(working);
    working.bytes = contents!.parts.reduce((sum, { size }) => sum + size, 0);
    for (const part of contents!.parts) {
      working.doing = `reading ${part.name} back`;
      if (await other.has(part, tell)) continue;
      await other.removeContents();
      await other.remove(part.name);
      missing!.set(part.name, part);
      throw new FirmwareError(
        'PUSH_DAMAGED',
        `${part.name} reads otherwise than it was written; it was deleted, push the image again, and if that does not help, the medium is failing`,
      );
    }
  }

  #teller(working: Working): OnBytes {
    return (bytes) => {
      working.done += bytes;
      if (this.#closing) throw new FirmwareError('CONSOLE_LOST', 'the router stops; push again');
    };
  }

  /** @throws FirmwareError `PUSH_UNKNOWN` */
  #arrived(sha256: string): Arrival {
    if (this.#arrival?.sha256 === sha256) return this.#arrival;
    throw new FirmwareError(
      'PUSH_UNKNOWN',
      'no image with this contents.txt was announced; announce it first',
    );
  }

  async #mounted(): Promise<Mounted> {
    if (this.#files === undefined) {
      const { running, other } = await this.#slots.hold();
      this.#files = filesAt(running, other);
      this.#idle = setTimeout(() => void this.#whenIdle(), IDLE_MS).unref();
    }
    return this.#files;
  }

  async #remount(): Promise<void> {
    await this.#mounted();
    const { running, other } = await this.#slots.remount();
    this.#files = filesAt(running, other);
  }

  async #whenIdle(): Promise<void> {
    if (this.#work?.over === false) {
      this.#idle?.refresh();
      return;
    }
    // A slot that is mounted again may have been changed meanwhile.
    const done = this.#last.then(() => this.#release());
    this.#last = done.catch(() => {});
  }

  async #release(): Promise<void> {
    clearTimeout(this.#idle);
    if (this.#files === undefined) return;
    this.#files = undefined;
    if (this.#arrival !== undefined) this.#arrival.missing = undefined;
    await this.#slots.release();
  }

  #explained(thrown: unknown): unknown {
    if (thrown instanceof FirmwareError || thrown instanceof DriverError || systemCode(thrown) === '')
      return thrown;
    return new FirmwareError(
      'PUSH_DISK',
      isFull(thrown)
        ? 'the other slot is full: the image does not fit'
        : `the other slot cannot be written: ${reasonOf(thrown)}`,
      { cause: thrown },
    );
  }
}

/** @throws FirmwareError `IMAGE_UNCONFIRMED`, `IMAGE_PENDING` */
function mayOverwrite({ running, chosen, trying, confirmed }: SlotStatus): void {
  if (!confirmed) {
    throw new FirmwareError(
      'IMAGE_UNCONFIRMED',
      `slot ${running} runs on trial; slot ${chosen} is what the board goes back to, and stays as it is until slot ${running} has proven itself ("show slots")`,
    );
  }
  if (trying !== undefined) {
    throw new FirmwareError(
      'IMAGE_PENDING',
      `slot ${trying} is about to be tried; type "reboot", and push again when that is over`,
    );
  }
}

function filesAt(running: string, other: string): Mounted {
  const files = new SlotFiles(other);
  return {
    running: new SlotFiles(running),
    other: files,
    incoming: new Incoming(files.pathOf(INCOMING), { sync: SYNC }),
  };
}

/** The running slot's list of what it has; one without a list that can be read has nothing to copy. */
async function localParts(running: SlotFiles): Promise<SlotPart[]> {
  const text = await running.contents();
  try {
    return parseContents(text ?? '', CONTENTS).parts;
  } catch {
    return [];
  }
}

function sha256Of(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}
