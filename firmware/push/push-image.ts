/**
 * A whole image: what the other slot of the board has not, is sent into it; the board tries it, and what comes of that
 * is waited for. The image file is read, and proven whole, by the board's program.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Slot } from '../../drivers/slots.ts';
import { unpackImage } from '../host/board-program.ts';
import { CONTENTS } from './contents.ts';
import { type Ask, failureOf, type Sender, sendPieces } from './sender.ts';
import {
  type Installed,
  MOST_PIECE,
  type Prepared,
  type Progress,
  type Runs,
  type Working,
} from './steps.ts';
import { awaitTrial } from './trial.ts';

export interface ImagePushed {
  slot: Slot;
  /** Bytes that went over the line, without what was there before. */
  sent: number;
  /** `runs`, `on trial`: it runs already; `sent`: it waits in its slot; `confirmed`: it was tried, and is what the board boots now. */
  outcome: 'runs' | 'on trial' | 'sent' | 'confirmed';
  /** Names of the parts that were sent. */
  parts: string[];
}

/** The router was asked to try it, and the line was cut before it answered. */
interface Unanswered {
  slot: Slot;
}

export interface ImagePushOptions {
  tries?: boolean;
  patience?: number;
  unpack?: typeof unpackImage;
}

export function imageSentence({ slot, sent, outcome, parts }: ImagePushed): string {
  const what = parts.length === 0 ? 'nothing had to be sent' : `${parts.join(', ')}: ${sent} bytes were sent`;
  switch (outcome) {
    case 'runs':
      return `slot ${slot} runs this image already; nothing was sent`;
    case 'on trial':
      return `slot ${slot} runs this image already, on trial: "show slots" tells when it is confirmed; nothing was sent`;
    case 'sent':
      return `the image is in slot ${slot} (${what}), and is not tried: push it again without --no-try for that`;
    case 'confirmed':
      return `slot ${slot} runs the image and is confirmed (${what})`;
  }
}

/**
 * @throws Refused; FirmwareError `PUSH_FILE`, `IMAGE_FELL_BACK`, `IMAGE_UNPROVEN`, `IMAGE_SILENT` and those of the line
 */
export async function pushImage(
  file: string,
  sender: Sender,
  { tries = true, patience, unpack = unpackImage }: ImagePushOptions,
): Promise<ImagePushed> {
  const folder = await mkdtemp(join(tmpdir(), 'hitless-push-'));
  try {
    await unpack(file, folder);
    const contents = await readFile(join(folder, CONTENTS));
    let sent = 0;
    const names = new Set<string>();
    const installed = await sender.untilDone(async (ask) => {
      const counting: Ask = (step) => {
        if ('part' in step && 'data' in step && step.part !== CONTENTS) {
          names.add(String(step.part));
          sent += Buffer.byteLength(String(step.data), 'base64');
        }
        return ask(step);
      };
      return install(counting, contents, folder, sender, tries);
    });
    const parts = [...names];
    if ('runs' in installed)
      return { slot: installed.runs, sent, outcome: installed.confirmed ? 'runs' : 'on trial', parts };
    const { slot } = installed;
    if (!tries) return { slot, sent, outcome: 'sent', parts };
    const sure = 'tried' in installed;
    sender.say(`slot ${slot} is tried: the board reboots`);
    await awaitTrial(sender.way, slot, { say: (text) => sender.say(text), sure, patience });
    return { slot, sent, outcome: 'confirmed', parts };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function install(
  ask: Ask,
  contents: Buffer,
  folder: string,
  sender: Sender,
  tries: boolean,
): Promise<Installed | Unanswered | Runs> {
  const sha256 = createHash('sha256').update(contents).digest('hex');
  const offered = (await ask({ step: 'image', bytes: contents.length, sha256 })) as Progress | Runs;
  if ('runs' in offered) return offered;
  const send = (part: string, bytes: Buffer, have: number, show: (have: number) => void) =>
    sendPieces(ask, bytes, have, show, MOST_PIECE, (piece) => ({ step: 'piece', sha256, part, ...piece }));
  await send(CONTENTS, contents, offered.have, () => {});
  const { slot, parts } = await worked<Prepared>(ask, { step: 'prepare', sha256 }, sender);
  if (parts.length === 0) sender.say(`slot ${slot} has all parts of the image`);
  const all = parts.reduce((sum, { size }) => sum + size, 0);
  let before = 0;
  for (const { name, size, have } of parts) {
    const progress = sender.follow(name);
    const done = before;
    const show = (now: number) => {
      const percent = Math.floor((100 * (done + now)) / all);
      progress.show(now, size, parts.length > 1 ? `; in all ${percent} %` : '');
    };
    await send(name, await readFile(join(folder, name)), have, show);
    before += size;
  }
  try {
    return await worked<Installed>(ask, { step: 'install', sha256, try: tries }, sender);
  } catch (thrown) {
    // The router goes on with it, and the board reboots: nobody is there to be asked again, but perhaps a loader.
    if (tries && failureOf(thrown).code === 'CONSOLE_LOST') return { slot };
    throw thrown;
  }
}

/** Asks until the router has done it, and shows what it is at. */
async function worked<Result extends object>(ask: Ask, step: object, sender: Sender): Promise<Result> {
  let doing: string | undefined;
  let progress = sender.follow('router');
  for (;;) {
    const answer = (await ask(step)) as Working | Result;
    if (!('doing' in answer)) return answer;
    if (answer.doing !== doing) progress = sender.follow(`router, ${answer.doing}`);
    doing = answer.doing;
    progress.show(answer.done, answer.bytes);
  }
}
