/**
 * A whole image: what the other slot of the board has not, is sent into it; the board tries it, and what comes of that
 * is waited for. The image file is read, and proven whole, by the board's program.
 */
import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Slot } from '../../drivers/slots.ts';
import { unpackImage } from '../board-program.ts';
import { CONTENTS } from './contents.ts';
import { type Ask, type Sender, sendPieces } from './sender.ts';
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
  /** `runs`: it runs already; `sent`: it waits in its slot; `confirmed`: it was tried, and is what the board boots now. */
  outcome: 'runs' | 'sent' | 'confirmed';
}

export function imageSentence({ slot, sent, outcome }: ImagePushed): string {
  switch (outcome) {
    case 'runs':
      return `slot ${slot} runs this image already; nothing was sent`;
    case 'sent':
      return `the image is in slot ${slot}, ${sent} bytes were sent; it is not tried: push it again without --no-try for that`;
    case 'confirmed':
      return `slot ${slot} runs the image and is confirmed, ${sent} bytes were sent`;
  }
}

/**
 * @throws Refused; ConsoleError `PUSH_FILE`, `IMAGE_FELL_BACK`, `IMAGE_UNPROVEN`, `IMAGE_SILENT` and those of the line
 */
export async function pushImage(
  file: string,
  sender: Sender,
  { tries }: { tries: boolean },
): Promise<ImagePushed> {
  const folder = await mkdtemp(join(tmpdir(), 'hitless-push-'));
  try {
    await unpackImage(file, folder);
    const contents = await readFile(join(folder, CONTENTS));
    let sent = 0;
    const installed = await sender.untilDone(async (ask) => {
      const counting: Ask = (step) => {
        if ('data' in step) sent += Buffer.byteLength(String(step.data), 'base64');
        return ask(step);
      };
      return install(counting, contents, folder, sender, tries);
    });
    if ('runs' in installed) return { slot: installed.runs, sent: 0, outcome: 'runs' };
    const { slot } = installed;
    if (!installed.tried) return { slot, sent, outcome: 'sent' };
    sender.say(`slot ${slot} is tried: the board reboots`);
    await awaitTrial(sender.way, slot, (text) => sender.say(text));
    return { slot, sent, outcome: 'confirmed' };
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
): Promise<Installed | Runs> {
  const sha256 = createHash('sha256').update(contents).digest('hex');
  const offered = (await ask({ step: 'image', bytes: contents.length, sha256 })) as Progress | Runs;
  if ('runs' in offered) return offered;
  const send = (part: string, bytes: Buffer, have: number) =>
    sendPieces(ask, bytes, have, sender.follow(part), MOST_PIECE, (piece) => ({
      step: 'piece',
      sha256,
      part,
      ...piece,
    }));
  await send(CONTENTS, contents, offered.have);
  const { slot, parts } = await worked<Prepared>(ask, { step: 'prepare', sha256 }, sender);
  if (parts.length === 0) sender.say(`slot ${slot} has all parts of the image`);
  for (const { name, have } of parts) await send(name, await readFile(join(folder, name)), have);
  return worked<Installed>(ask, { step: 'install', sha256, try: tries }, sender);
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
