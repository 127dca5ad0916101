/** `hitless push x.img`: sends what differs of an image into the slot that does not run, and has the board try it. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Slot } from '../../drivers/slots.ts';
import { ConsoleError } from '../console/errors.ts';
import { CONTENTS } from './contents.ts';
import { type Unpack, UnpackedImage } from './image-file.ts';
import { ProgressLine } from './progress.ts';
import { type PushOptions, type PushStatus, told } from './push.ts';
import { type Ask, converse, failureOf, sendRest, untilDone } from './sending.ts';
import {
  type Installed,
  MOST_PIECE,
  type Prepared,
  type Progress,
  type Runs,
  type Working,
} from './steps.ts';
import { awaitVerdict } from './verdict.ts';

export interface ImagePushOptions extends PushOptions {
  /** Have the board boot it, on trial, and wait for what comes of it. */
  try: boolean;
  unpack: Unpack;
  /** How long the board may take to come back, and to be confirmed, in ms; some minutes when absent. */
  wait?: number;
}

/** What came of it, as `--json` has it. */
export interface PushedImage {
  board: string;
  slot: Slot;
  hitless: string;
  linux: string;
  node: string;
  /** Names of the parts that went over the line, and their bytes. */
  parts: string[];
  sent: number;
  outcome: 'sent' | 'confirmed' | 'runs already' | 'runs on trial';
}

/** The router was asked to install and try it, and the line was cut before it answered. */
interface Unanswered {
  slot: Slot;
}

/** Sends one image. Never rejects. */
export async function pushImage(file: string, options: ImagePushOptions): Promise<PushStatus> {
  return told(file, options, async () => {
    const image = await UnpackedImage.open(file, options.unpack);
    try {
      const data = await new ImagePush(file, image, options).run();
      return { data, sentence: sentence(data) };
    } finally {
      await image.close();
    }
  });
}

function sentence({ slot, hitless, linux, node, parts, sent, outcome }: PushedImage): string {
  const what = `hitless ${hitless}, Linux ${linux}, Node ${node}`;
  const how = parts.length === 0 ? 'nothing had to be sent' : `${parts.join(', ')} sent, ${sent} bytes`;
  switch (outcome) {
    case 'sent':
      return `slot ${slot} has the image (${what}; ${how}); push it again without --no-try to have it tried`;
    case 'confirmed':
      return `the board runs slot ${slot}, confirmed (${what}; ${how})`;
    case 'runs already':
      return `the board runs this image already, in slot ${slot} (${what}); nothing was sent`;
    case 'runs on trial':
      return `the board runs this image already, in slot ${slot}, on trial (${what}); "show slots" tells when it is confirmed`;
  }
}

class ImagePush {
  readonly #name: string;
  readonly #image: UnpackedImage;
  readonly #options: ImagePushOptions;
  readonly #sha256: string;
  readonly #sent = new Set<string>();
  #bytes = 0;
  #progress: ProgressLine;

  constructor(file: string, image: UnpackedImage, options: ImagePushOptions) {
    this.#name = basename(file);
    this.#image = image;
    this.#options = options;
    this.#sha256 = createHash('sha256').update(image.text).digest('hex');
    this.#progress = new ProgressLine(this.#name, options.errors);
  }

  /** @throws ConsoleError `IMAGE_…` among others */
  async run(): Promise<PushedImage> {
    const { board, hitless, linux, node } = this.#image.contents;
    const facts = { board, hitless, linux, node };
    const cut = () => this.#progress.cut();
    const attempt = (heard: () => void) => converse(this.#options, heard, (ask) => this.#attempt(ask));
    try {
      const result = await untilDone(attempt, { ...this.#options, cut });
      this.#progress.end();
      const sent = { ...facts, parts: [...this.#sent], sent: this.#bytes };
      if ('runs' in result) {
        const outcome = result.confirmed ? 'runs already' : 'runs on trial';
        return { ...sent, slot: result.runs, outcome };
      }
      const { slot } = result;
      if (!this.#options.try) return { ...sent, slot, outcome: 'sent' };
      await awaitVerdict(this.#options, slot, { ...this.#options, sure: 'tried' in result });
      return { ...sent, slot, outcome: 'confirmed' };
    } finally {
      this.#progress.end();
    }
  }

  async #attempt(ask: Ask): Promise<Installed | Unanswered | Runs> {
    const sha256 = this.#sha256;
    const { text, contents } = this.#image;
    const offered = (await ask({ step: 'image', bytes: text.length, sha256 })) as Progress | Runs;
    if ('runs' in offered) return offered;
    const list = {
      bytes: text.length,
      most: MOST_PIECE,
      read: (offset: number, length: number) => text.subarray(offset, offset + length),
      step: { step: 'piece', sha256, part: CONTENTS },
      show: () => {},
    };
    await sendRest(ask, list, offered.have);
    const { slot, parts } = await this.#finished<Prepared>(ask, { step: 'prepare', sha256 });
    const all = contents.parts.reduce((sum, { size }) => sum + size, 0);
    let there = all - parts.reduce((sum, { size, have }) => sum + size - have, 0);
    for (const { name, size, have } of parts) {
      this.#progress.end();
      const progress = new ProgressLine(name, this.#options.errors);
      this.#progress = progress;
      this.#sent.add(name);
      let before = have;
      const show = (now: number) => {
        there += now - before;
        this.#bytes += Math.max(0, now - before);
        before = now;
        progress.show(now, size, `; in all ${Math.floor((100 * there) / all)} %`);
      };
      const read = (offset: number, length: number) => this.#read(name, offset, length);
      await sendRest(
        ask,
        { bytes: size, most: MOST_PIECE, read, step: { step: 'piece', sha256, part: name }, show },
        have,
      );
    }
    this.#progress.end();
    this.#progress = new ProgressLine(this.#name, this.#options.errors);
    try {
      return await this.#finished<Installed>(ask, { step: 'install', sha256, try: this.#options.try });
    } catch (thrown) {
      // The router goes on with it, and the board reboots: nobody is there to be asked again.
      if (this.#options.try && failureOf(thrown).code === 'CONSOLE_LOST') return { slot };
      throw thrown;
    }
  }

  async #read(part: string, offset: number, length: number): Promise<Uint8Array> {
    const data = await this.#image.read(part, offset, length);
    if (data.length === length) return data;
    throw new ConsoleError('PUSH_FILE', `${this.#name}: the part ${part} ends at ${offset + data.length}`);
  }

  /** Asks until the router is done. */
  async #finished<T extends object>(ask: Ask, step: object): Promise<T> {
    for (;;) {
      const answer = (await ask(step)) as Working | T;
      if (!('doing' in answer)) return answer;
      this.#progress.working(answer.doing, answer.done, answer.bytes);
    }
  }
}
