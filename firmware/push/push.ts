/** `hitless push`: sends a bundle to a router over its console, and goes on where it was after a cut. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import type { Way } from '../console/channel.ts';
import { jsonOf } from '../console/commands.ts';
import { ConsoleError, systemCode } from '../console/errors.ts';
import { printable } from '../console/printable.ts';
import { ProgressLine } from './progress.ts';
import { converse, failureOf, sendRest, untilDone } from './sending.ts';
import { LARGEST_BUNDLE, MOST_PART, type Progress, type Pushed } from './steps.ts';

export interface PushOptions extends Way {
  json?: boolean;
  /** What came of it; with `--json` one line of JSON, also for errors. */
  output: Writable;
  /** Where progress goes, and the error when it is not JSON. */
  errors: Writable & { isTTY?: boolean };
  /** How long a line that was cut may be away, in ms; a minute when absent. */
  resume?: number;
}

/** 0: the router has it and lists it; 1: refused, by the router or here; 2: no router was reached, or it was lost. */
export type PushStatus = 0 | 1 | 2;

/** Sends one bundle. Never rejects. */
export async function push(file: string, options: PushOptions): Promise<PushStatus> {
  return told(file, options, async () => {
    const data = await sendBundle(file, options);
    return { data, sentence: sentence(data) };
  });
}

/** Tells what came of a push, as JSON or text, and answers the exit code. */
export async function told(
  file: string,
  { output, errors, json }: PushOptions,
  work: () => Promise<{ data: unknown; sentence: string }>,
): Promise<PushStatus> {
  const command = `push ${file}`;
  try {
    const { data, sentence } = await work();
    output.write(json ? `${jsonOf({ ok: true, command, data })}\n` : `${printable(sentence)}\n`);
    return 0;
  } catch (thrown) {
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

/** @throws ConsoleError `PUSH_FILE` */
async function contentsOf(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > LARGEST_BUNDLE) {
      throw new ConsoleError(
        'PUSH_FILE',
        `${file} has ${size} bytes; a bundle has at most ${LARGEST_BUNDLE}`,
      );
    }
    return await readFile(file);
  } catch (cause) {
    if (cause instanceof ConsoleError) throw cause;
    throw new ConsoleError(
      'PUSH_FILE',
      `${file} cannot be read (${systemCode(cause) || String(cause)}); name the file of a bundle`,
      { cause },
    );
  }
}

async function sendBundle(file: string, options: PushOptions): Promise<Pushed> {
  const name = basename(file);
  const bytes = await contentsOf(file);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const progress = new ProgressLine(name, options.errors);
  const sending = {
    bytes: bytes.length,
    most: MOST_PART,
    read: (offset: number, length: number) => bytes.subarray(offset, offset + length),
    step: { step: 'part', sha256 },
    show: (have: number) => progress.show(have, bytes.length),
  };
  const attempt = (heard: () => void) =>
    converse(options, heard, async (ask) => {
      const offer = { step: 'offer', name, bytes: bytes.length, sha256 };
      const { have } = (await ask(offer)) as Progress;
      await sendRest(ask, sending, have);
      return (await ask({ step: 'finish', sha256 })) as Pushed;
    });
  try {
    return await untilDone(attempt, { ...options, cut: () => progress.cut() });
  } finally {
    progress.end();
  }
}
