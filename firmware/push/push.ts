/** `hitless push`: sends a bundle to a router over its console, and goes on where it was after a cut. */
import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { openChannel, type Way } from '../console/channel.ts';
import { jsonOf } from '../console/commands.ts';
import { Conversation } from '../console/conversation.ts';
import { ConsoleError, describeError, systemCode } from '../console/errors.ts';
import { printable } from '../console/printable.ts';
import type { ConsoleAnswer } from '../console/requests.ts';
import { ProgressLine } from './progress.ts';
import { checkOf, LARGEST_BUNDLE, MOST_PART, type Progress, type Pushed } from './steps.ts';

/** Parts on their way: while the router writes one, the line carries the next. */
const AHEAD = 3;
/** How long a line that was cut may be away, in ms, and how often it is looked for. */
const RESUME_MS = 60_000;
const RETRY_MS = 1000;

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
  const { output, errors, json } = options;
  const command = `push ${file}`;
  const progress = new ProgressLine(basename(file), errors);
  try {
    const bytes = await contentsOf(file);
    const data = await sendUntilDone(basename(file), bytes, options, progress);
    progress.end();
    if (json) output.write(`${jsonOf({ ok: true, command, data })}\n`);
    else output.write(`${printable(sentence(data))}\n`);
    return 0;
  } catch (thrown) {
    progress.end();
    const error = thrown instanceof Refused ? thrown : describeError(thrown);
    const { code, message } = error;
    if (json) output.write(`${jsonOf({ ok: false, command, error: { code, message } })}\n`);
    else errors.write(`${printable(`${code}: ${message}`)}\n`);
    return /^(CONSOLE|SERIAL)_/.test(code) ? 2 : 1;
  }
}

function sentence({ bundle, bytes, sha256, already }: Pushed): string {
  const what = already ? 'was on the router already' : `is on the router, ${bytes} bytes`;
  return `${bundle} ${what}, SHA-256 ${sha256}`;
}

/** What the router answered instead of taking it. */
class Refused extends Error {
  readonly code: string;

  constructor({ code = 'INTERNAL', message = 'the router gave no reason' }: ConsoleAnswer) {
    super(message);
    this.code = code;
  }
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

/** Each attempt begins with what the router has by now. */
async function sendUntilDone(
  name: string,
  bytes: Buffer,
  options: PushOptions,
  progress: ProgressLine,
): Promise<Pushed> {
  const { resume = RESUME_MS } = options;
  let cutAt: number | undefined;
  let begunAnew = false;
  for (;;) {
    try {
      return await send(name, bytes, options, progress, () => {
        cutAt = undefined;
      });
    } catch (thrown) {
      const { code } = thrown instanceof Refused ? thrown : describeError(thrown);
      // What was left of an earlier attempt was not what it should be; the router has deleted it.
      if (code === 'PUSH_DAMAGED' && !begunAnew) {
        begunAnew = true;
        continue;
      }
      // Before anything was reached, a wrong path or speed is likelier than a cut.
      const hopeless = !progress.begun || !/^(CONSOLE_(LOST|UNREACHABLE)|SERIAL_OPEN)$/.test(code);
      cutAt ??= performance.now();
      if (hopeless || performance.now() - cutAt > resume) throw thrown;
      progress.cut();
      await sleep(RETRY_MS);
    }
  }
}

async function send(
  name: string,
  bytes: Buffer,
  way: Way,
  progress: ProgressLine,
  alive: () => void,
): Promise<Pushed> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const channel = await openChannel(way);
  try {
    const conversation = new Conversation(channel);
    const ask = async (push: object): Promise<unknown> => {
      const answer = await conversation.ask({ push, json: true });
      if (!answer.ok) throw new Refused(answer);
      alive();
      return answer.data;
    };
    let { have } = (await ask({ step: 'offer', name, bytes: bytes.length, sha256 })) as Progress;
    progress.show(have, bytes.length);
    while (have < bytes.length) {
      const parts: Promise<unknown>[] = [];
      for (let offset = have; offset < bytes.length && parts.length < AHEAD; offset += MOST_PART) {
        const data = bytes.subarray(offset, offset + MOST_PART);
        const part = { step: 'part', sha256, offset, data: data.toString('base64'), check: checkOf(data) };
        parts.push(
          ask(part).then((answer) => {
            ({ have } = answer as Progress);
            progress.show(have, bytes.length);
          }),
        );
      }
      const done = await Promise.allSettled(parts);
      const failed = done.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    }
    return (await ask({ step: 'finish', sha256 })) as Pushed;
  } finally {
    await channel.close();
  }
}
