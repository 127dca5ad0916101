/**
 * `boot IMAGE`: the image in an emulator on this machine, with its console on this terminal and its network cards on LANs of
 * this machine. The image stays as it is unless `--keep` is said.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Board, readBoard } from './board.ts';
import { type EmulationOptions, emulation, emulatorOf } from './emulator.ts';
import { BoardError } from './errors.ts';
import { ImageFile } from './image-file.ts';
import { type Lan, openLan } from './lan.ts';

export interface BootRequest {
  image: string;
  /** The path of a description, in place of the one that is here under the image's name. */
  described?: string | undefined;
  lans: readonly Lan[];
  /** A console for other programs, also where this one has a terminal. */
  pty: boolean;
  /** Whether the board's writes stay in the image. */
  keep: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Boots it, and waits for its end. Returns the exit code. @throws BoardError */
export async function bootCommand({ image, described, lans, pty, keep }: BootRequest): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-boot-'));
  const ends: (() => void)[] = [() => rmSync(folder, { recursive: true, force: true })];
  try {
    const { board, chained } = boardIn(image, described, folder);
    for (const lan of lans) ends.push(openLan(lan));
    const onTerminal = !pty && process.stdin.isTTY === true && process.stdout.isTTY === true;
    const { program, args } = emulation(board, {
      image,
      console: onTerminal ? 'terminal' : {},
      untouched: !keep,
      taps: lans.map(({ name }) => name),
      outward: true,
      ...(chained && { chained }),
    });
    process.stderr.write(`${about(board, lans, keep)}${onTerminal ? '; Ctrl-A X switches it off' : ''}\n`);
    // It does not outlive this program, whatever becomes of it.
    const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], {
      stdio: onTerminal ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    });
    if (!onTerminal) tellConsole(child);
    return await endOf(child, program);
  } finally {
    for (const end of ends.reverse()) end();
  }
}

/** The board that an image is for, and what the board's own firmware would load of it. */
function boardIn(
  path: string,
  described: string | undefined,
  folder: string,
): { board: Board; chained?: EmulationOptions['chained'] } {
  const image = new ImageFile(path);
  try {
    const board = boardOf(image, described);
    emulatorOf(board);
    if (board.boot.scheme !== 'u-boot' || board.boot.chain === undefined) return { board };
    const file = (name: string) => {
      writeFileSync(join(folder, name), image.bootFile(name));
      return join(folder, name);
    };
    return { board, chained: { loader: file('u-boot.bin'), deviceTree: file('board.dtb') } };
  } finally {
    image.close();
  }
}

/** The board that an image is for. @throws BoardError */
export function boardOfImage(path: string, described?: string): Board {
  const image = new ImageFile(path);
  try {
    return boardOf(image, described);
  } finally {
    image.close();
  }
}

/** @throws BoardError; `BOARD_INVALID` where the description is of another board */
function boardOf(image: ImageFile, described: string | undefined): Board {
  const { board: name, path } = image;
  const board = readBoard(described ?? name);
  if (board.name === name) return board;
  throw new BoardError(
    'BOARD_INVALID',
    `${path} is for the board ${name}, and ${described} describes ${board.name}`,
  );
}

function about({ description }: Board, lans: readonly Lan[], keep: boolean): string {
  const cards =
    lans.map(({ name }, i) => `eth${i} on ${name}`).join(', ') || "eth0 on the emulator's network";
  return `${description} is on: ${cards}; the image ${keep ? 'is written to' : 'stays as it is'}`;
}

/** QEMU names the pty on one of its outputs; what else it says is an error. */
function tellConsole(child: ChildProcess): void {
  for (const stream of [child.stdout!, child.stderr!])
    stream.setEncoding('utf8').on('data', (text: string) => {
      const path = /redirected to (\/dev\/pts\/\d+)/.exec(text)?.[1];
      if (path === undefined) process.stderr.write(text);
      else
        process.stdout.write(
          `${path} is its console: hitless console ${path}; hitless push FILE --console ${path}\n`,
        );
    });
}

/** @throws BoardError `EMULATOR_FAILED` */
async function endOf(child: ChildProcess, program: string): Promise<number> {
  let asked = false;
  const pass = () => {
    asked = true;
    child.kill('SIGTERM');
  };
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', resolve);
    });
    if (asked || code === 0) return 0;
    throw new BoardError('EMULATOR_FAILED', `${program} ended with ${code}`);
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
  }
}
