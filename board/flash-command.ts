/**
 * `flash IMAGE [TARGET]`: checks the image, finds the target, asks, and writes. Whatever is refused is refused before
 * the target is opened.
 */
import { existsSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import type { Contents } from './contents.ts';
import {
  type Disk,
  describe,
  disks,
  isRemovable,
  isSameDisk,
  refusal,
  shortName,
  type Wanted,
} from './disks.ts';
import { BoardError } from './errors.ts';
import { flash } from './flash.ts';
import { ImageFile } from './image-file.ts';
import { type Medium, OpenMedium } from './medium.ts';
import { findTarget, type Target } from './target.ts';

export interface FlashRequest {
  image: string;
  /** Asked for on a terminal when absent. */
  target?: string;
  /** The question was answered beforehand. */
  yes: boolean;
  notRemovable: boolean;
  json: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Where it is asked and told; what is found out goes to standard output. */
const terminal = process.stderr;

/** @throws BoardError */
export async function flashCommand(request: FlashRequest): Promise<number> {
  const image = new ImageFile(request.image);
  try {
    const contents = image.check();
    const { board, hitless, linux, node } = contents;
    terminal.write(
      `${image.path}: hitless ${hitless} for ${board}, Linux ${linux}, Node ${node}; all parts are whole\n`,
    );
    const wanted = { size: image.size, notRemovable: request.notRemovable };
    const target =
      request.target === undefined ? await choose(image, wanted) : findTarget(request.target, disks);
    check(target, image, wanted);
    if (!request.yes) await confirm(target, image);
    await carryOut(image, contents, target, request);
    return 0;
  } finally {
    image.close();
  }
}

async function carryOut(
  image: ImageFile,
  { board, hitless }: Contents,
  target: Target,
  { json, notRemovable }: FlashRequest,
): Promise<void> {
  const interrupt = new AbortController();
  let first = Number.POSITIVE_INFINITY;
  const stop = () => {
    // A medium that hangs hears nothing: asked again, it is left as it is. One Ctrl-C can arrive twice, from the
    // terminal and from the program that started this one.
    if (performance.now() - first > 1000) {
      terminal.write(`\nhitless: FLASH_INTERRUPTED: ${pathOf(target)} is not bootable: flash it again\n`);
      process.exit(2);
    }
    first = Math.min(first, performance.now());
    interrupt.abort();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  const began = performance.now();
  const medium = await open(target, { size: image.size, notRemovable });
  try {
    const sha256 = await flash(image, medium, { output: terminal, signal: interrupt.signal });
    const facts = {
      target: medium.path,
      bytes: image.size,
      sha256,
      ms: Math.round(performance.now() - began),
    };
    process.stdout.write(
      json
        ? `${JSON.stringify({ ...facts, board, hitless })}\n`
        : `${medium.path}: written, read back and equal\nsha256 ${sha256}\n`,
    );
  } finally {
    await medium.close();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

/** Between the question and the answer the medium may have been changed for another one. */
async function open(target: Target, wanted: Wanted): Promise<Medium> {
  if ('file' in target) return OpenMedium.file(target.file, wanted.size);
  const now = disks().find((disk) => isSameDisk(disk, target.disk));
  if (now === undefined)
    throw new BoardError(
      'TARGET_MISSING',
      `${target.disk.path} is not the disk any more that was asked about`,
    );
  const refused = refusal(now, wanted);
  if (refused !== undefined) throw refused;
  return OpenMedium.disk(now.path);
}

function check(target: Target, image: ImageFile, wanted: Wanted): void {
  if ('disk' in target) {
    const refused = refusal(target.disk, wanted);
    if (refused !== undefined) throw refused;
  } else if (existsSync(target.file) && image.isSame(statSync(target.file)))
    throw new BoardError('TARGET_UNSUITABLE', `${target.file} is the image itself`);
}

/** Lists the removable disks and asks for one. */
async function choose(image: ImageFile, wanted: Wanted): Promise<Target> {
  const found = disks().filter(isRemovable);
  const usable = found.filter((disk) => refusal(disk, wanted) === undefined);
  const list = found.map((disk) => line(disk, wanted)).join('\n');
  if (usable.length === 0)
    throw new BoardError(
      'TARGET_MISSING',
      found.length === 0
        ? 'there is no removable disk; plug one in, or name a disk or a file to write to'
        : `no removable disk can be taken:\n${list}`,
    );
  const typed = `hitless flash ${image.path} ${usable[0]!.path} --yes`;
  if (!isInteractive())
    throw new BoardError('TARGET_MISSING', `name the disk; there are\n${list}\nType, for example: ${typed}`);
  terminal.write(`Removable disks:\n${list}\n`);
  const answer = await ask('Which one shall be overwritten? ');
  const chosen = found.find((disk) => names(disk).includes(answer));
  if (chosen === undefined)
    throw new BoardError('FLASH_UNCONFIRMED', `there is no "${answer}" in the list; nothing was written`);
  return { disk: chosen };
}

function line(disk: Disk, wanted: Wanted): string {
  const refused = refusal(disk, wanted);
  return `  ${shortName(disk).padEnd(8)} ${describe(disk)}${refused === undefined ? '' : `  (not possible: ${refused.message})`}`;
}

function names(disk: Disk): string[] {
  return [shortName(disk), disk.path];
}

/** @throws BoardError `FLASH_UNCONFIRMED` */
async function confirm(target: Target, image: ImageFile): Promise<void> {
  const path = pathOf(target);
  const options = 'disk' in target && !isRemovable(target.disk) ? ' --not-removable' : '';
  const typed = `hitless flash ${image.path} ${path}${options} --yes`;
  if (!isInteractive())
    throw new BoardError(
      'FLASH_UNCONFIRMED',
      `${path} would be overwritten, and there is no terminal to ask on. If that is meant, type: ${typed}`,
    );
  const what = 'disk' in target ? describe(target.disk) : path;
  // A word that answers every question is not enough for a disk that is built in.
  const accepted = 'disk' in target ? names(target.disk) : [path];
  const word = options === '' ? '"yes" or its name' : `its name, ${path}`;
  const answer = await ask(`All that is on ${what} will be lost. Type ${word} to go on: `);
  if ((options === '' && answer.toLowerCase() === 'yes') || accepted.includes(answer)) return;
  throw new BoardError('FLASH_UNCONFIRMED', `"${answer}" is neither; nothing was written`);
}

function pathOf(target: Target): string {
  return 'disk' in target ? target.disk.path : target.file;
}

function isInteractive(): boolean {
  return process.stdin.isTTY === true && terminal.isTTY === true;
}

/** @throws BoardError `FLASH_UNCONFIRMED` when the terminal was closed, or Ctrl-C typed */
async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: terminal });
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('close', () => {
        terminal.write('\n');
        reject(new BoardError('FLASH_UNCONFIRMED', 'no answer was given; nothing was written'));
      });
      lines.question(question).then((answer) => resolve(answer.trim()), reject);
    });
  } finally {
    lines.removeAllListeners('close');
    lines.close();
  }
}
