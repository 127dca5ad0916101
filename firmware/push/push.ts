/** `hitless push`: sends a bundle or an image to a router over its console, and goes on where it was after a cut. */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { readPlainFile } from '../../runtime/plain-file.ts';
import type { Way } from '../console/channel.ts';
import { jsonOf } from '../console/execute.ts';
import { FirmwareError, systemCode } from '../errors.ts';
import type { unpackImage } from '../host/board-program.ts';
import { printable } from '../host/printable.ts';
import { type ImagePushed, imageSentence, pushImage } from './push-image.ts';
import { failureOf, Sender, sendPieces } from './sender.ts';
import { LARGEST_BUNDLE, MOST_PART, type Progress, type Pushed } from './steps.ts';

export interface PushOptions extends Way {
  json?: boolean;
  /** The result; with `--json` one line of JSON, also for errors. */
  output: Writable;
  /** Where progress goes, and the error when it is not JSON. */
  errors: Writable & { isTTY?: boolean };
  /** How long a line that was cut may be away, in ms; a minute when absent. */
  resume?: number;
  /** How long a router may say nothing to a step, in ms; a minute when absent. */
  silence?: number;
  /** Has the board try an image at once, and waits for what comes of it; true when absent. */
  tries?: boolean;
  /** How long the board may take for that, in ms; some minutes when absent. */
  patience?: number;
  /** The program that takes an image file apart; the board's program when absent. */
  unpack?: typeof unpackImage;
}

/** 0: the router has it, or runs it; 1: refused, by the router or here; 2: no router was reached, or it was lost. */
export type PushStatus = 0 | 1 | 2;

/** Sends one file: an image if its name ends on `.img`, else a bundle. Never rejects. */
export async function push(file: string, options: PushOptions): Promise<PushStatus> {
  const { output, errors, json } = options;
  const command = `push ${file}`;
  const sender = new Sender(options, errors);
  try {
    let data: Pushed | ImagePushed;
    let text: string;
    if (file.toLowerCase().endsWith('.img')) {
      data = await pushImage(file, sender, options);
      text = imageSentence(data);
    } else {
      data = await send(file, await contentsOf(file), sender);
      text = sentence(data);
    }
    sender.end();
    output.write(`${json ? jsonOf({ ok: true, command, data }) : printable(text)}\n`);
    return 0;
  } catch (thrown) {
    sender.end();
    const { code, message } = failureOf(thrown);
    if (json) output.write(`${jsonOf({ ok: false, command, error: { code, message } })}\n`);
    else errors.write(`${printable(`${code}: ${message}`)}\n`);
    return /^(CONSOLE|SERIAL)_|^IMAGE_SILENT$/.test(code) ? 2 : 1;
  }
}

function sentence({ bundle, bytes, sha256, already }: Pushed): string {
  const what = already ? 'was on the router already' : `is on the router, ${bytes} bytes`;
  return `${bundle} ${what}, SHA-256 ${sha256}`;
}

/** @throws FirmwareError `PUSH_FILE` */
function contentsOf(file: string): Promise<Buffer> {
  return readPlainFile(file, LARGEST_BUNDLE, (what, cause) => {
    const why = systemCode(cause);
    const text = why === '' ? what : `cannot be read (${why}); name the file of a bundle`;
    return new FirmwareError('PUSH_FILE', `${file} ${text}`, { cause });
  });
}

async function send(file: string, bytes: Buffer, sender: Sender): Promise<Pushed> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const progress = sender.follow(basename(file));
  const show = (have: number) => progress.show(have, bytes.length);
  return sender.untilDone(async (ask) => {
    const offer = { step: 'offer', name: basename(file), bytes: bytes.length, sha256 };
    const { have } = (await ask(offer)) as Progress;
    await sendPieces(ask, bytes, have, show, MOST_PART, (piece) => ({ step: 'part', sha256, ...piece }));
    return (await ask({ step: 'finish', sha256 })) as Pushed;
  });
}
