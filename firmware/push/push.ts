/**
 * `hitless push`: sends a bundle, a configuration or an image to a router over its console, and goes on where it was after a
 * cut. A bundle may replace its module at once; a configuration is made what runs, or only checked.
 */
import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { formatDuration } from '../config/duration.ts';
import type { Way } from '../console/channel.ts';
import type { unpackImage } from '../host/board-program.ts';
import { jsonLine, printable } from '../host/printable.ts';
import { type CarriedOut, carryOut } from './carry-out.ts';
import { pushConfig } from './push-config.ts';
import { type ImagePushed, imageSentence, pushImage } from './push-image.ts';
import { failureOf, Refused, Sender, sendPieces } from './sender.ts';
import { sentFile } from './sent-file.ts';
import { LARGEST_BUNDLE, MOST_PART, type Progress, type Pushed } from './steps.ts';

export interface PushOptions extends Way {
  json?: boolean;
  /** The result; with `--json` one line of JSON, also for errors. */
  output: Writable;
  /** Where progress goes, and the error when it is not JSON. */
  errors: Writable & { isTTY?: boolean };
  /** Replaces the module of the bundle by it. */
  replace?: boolean;
  /** Says what would happen to what runs, and changes nothing of it. */
  dry?: boolean;
  /** The transaction is undone unless it is confirmed within so many ms. */
  confirm?: number | undefined;
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

/** 0: the router has it, or runs it; 1: refused, undone, or not sent at all; 2: no router was reached, or it was lost. */
export type PushStatus = 0 | 1 | 2;

type Kind = 'bundle' | 'configuration' | 'image';

/** By its name. */
function kindOf(file: string): Kind {
  if (/\.img$/i.test(file)) return 'image';
  return /\.ya?ml$/i.test(file) ? 'configuration' : 'bundle';
}

/** A sentence about an option that says nothing to such a file; undefined when all do. */
export function unfit(
  file: string,
  { replace, dry, confirm, tries }: Pick<PushOptions, 'replace' | 'dry' | 'confirm' | 'tries'>,
): string | undefined {
  const kind = kindOf(file);
  const given = (name: string, value: unknown, isFit: boolean) => value !== undefined && !isFit && name;
  const changes = kind === 'configuration' || (kind === 'bundle' && replace === true);
  const strange =
    given('--replace', replace, kind === 'bundle') ||
    given('--no-try', tries, kind === 'image') ||
    given('--check', dry, changes) ||
    given('--confirm', confirm, changes);
  if (strange) {
    const without = kind === 'bundle' && strange !== '--no-try' ? ' without --replace' : '';
    return `push takes no ${strange} for ${kind === 'image' ? 'an' : 'a'} ${kind}${without}`;
  }
  return dry === true && confirm !== undefined
    ? 'push --check changes nothing that could be confirmed'
    : undefined;
}

/** Sends one file. Never rejects. */
export async function push(file: string, options: PushOptions): Promise<PushStatus> {
  const { output, errors, json } = options;
  const command = `push ${file}`;
  const sender = new Sender(options, errors);
  try {
    const { data, text } = await SENDING[kindOf(file)](file, sender, options);
    sender.end();
    if (json) output.write(`${jsonLine({ ok: true, command, data })}\n`);
    else if (text !== '') output.write(`${printable(text)}\n`);
    return 0;
  } catch (thrown) {
    sender.end();
    const error = failureOf(thrown);
    const { code, message } = error;
    const facts = thrown instanceof Refused && thrown.data !== undefined && { data: thrown.data };
    if (json) output.write(`${jsonLine({ ok: false, command, error: { code, message }, ...facts })}\n`);
    // Mistakes of a configuration are a line each.
    else for (const line of `${code}: ${message}`.split('\n')) errors.write(`${printable(line)}\n`);
    return /^(CONSOLE|SERIAL)_|^(IMAGE_SILENT|ROUTER_RESTARTED)$/.test(code) ? 2 : 1;
  }
}

/** The facts, and what is told of them besides what was shown meanwhile. */
interface Sent {
  data: unknown;
  text: string;
}

const SENDING: Record<Kind, (file: string, sender: Sender, options: PushOptions) => Promise<Sent>> = {
  image: async (file, sender, options) => {
    const data: ImagePushed = await pushImage(file, sender, options);
    return { data, text: imageSentence(data) };
  },
  configuration: async (file, sender, options) => {
    const { dry = false, confirm } = options;
    const done = await pushConfig(file, sender, { ...carriedOut(options), dry, confirm });
    return { data: factsOf(done), text: '' };
  },
  bundle: async (file, sender, options) => {
    const data = await send(file, await sentFile(file, LARGEST_BUNDLE, 'a bundle'), sender);
    if (options.replace !== true) return { data, text: sentence(data) };
    if (options.json !== true) options.output.write(`${printable(sentence(data))}\n`);
    const command = replacing(data, options);
    try {
      const done = await carryOut(sender, { command }, async () => {}, carriedOut(options));
      return { data: { ...data, replaced: factsOf(done) }, text: '' };
    } catch (thrown) {
      // As after a push that was lost before it told.
      if (!(thrown instanceof Refused) || thrown.code !== 'TRANSACTION_EMPTY') throw thrown;
      return { data: { ...data, replaced: null }, text: thrown.message };
    }
  },
};

/** A confirmation comes by a command that is still to be typed. */
function carriedOut({ json = false, confirm, output }: PushOptions) {
  const show = (line: string) => void output.write(`${printable(line)}\n`);
  return { json, wait: confirm === undefined, show };
}

function factsOf({ answer, probation }: CarriedOut): object {
  return { ...(answer.data as object | undefined), ...(probation && { probation }) };
}

/** The command that puts the bundle in its module's place. */
function replacing({ bundle }: Pushed, { dry, confirm }: PushOptions): string {
  const [module] = bundle.split('@');
  const last = confirm === undefined ? '' : ` confirm ${formatDuration(confirm)}`;
  return `${dry ? 'check ' : ''}replace ${module} ${bundle}${last}`;
}

function sentence({ bundle, bytes, sha256, already }: Pushed): string {
  const what = already ? 'was on the router already' : `is on the router, ${bytes} bytes`;
  return `${bundle} ${what}, SHA-256 ${sha256}`;
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
