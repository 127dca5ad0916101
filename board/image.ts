/**
 * The image of a board: one file, to be written to a medium as it is. What it is made of comes from packages that
 * `inputs.lock` names; the same inputs give the same bytes. Needs no root, no loop device and no mount.
 *
 *     sector 0      partition table, and a BIOS's first step
 *     boot          the loader's script, and which slot to boot
 *     a, b          a slot each: kernel, base, app, contents.txt, and what the loader wants
 *     data          empty; filled at the first boot
 */
import { createHash } from 'node:crypto';
import {
  closeSync,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Board } from './board.ts';
import { grub } from './boot/grub.ts';
import { raspberryPi } from './boot/raspberry-pi.ts';
import type { BootContext, BootFiles } from './boot/scheme.ts';
import { uBoot } from './boot/u-boot.ts';
import { makeExt4, makeFat } from './filesystems.ts';
import { padded } from './initramfs.ts';
import { fetchKernel, type Kernel } from './kernel.ts';
import { appLayer, baseLayer, compressed, fetchNode, type LayerContext, NODE_VERSION } from './layers.ts';
import { type Lock, line } from './lock.ts';
import { DebianPackages, type PackageOptions } from './packages.ts';
import { IMAGE_SIZE, masterBootRecord, PARTITIONS, type Partition, partition, SECTOR } from './partitions.ts';
import { placeOf } from './plain-file.ts';
import { projectDirectory } from './project.ts';

export interface ImageOptions {
  board: Board;
  /** The configuration for the first boot, as text. */
  config: string;
  /** The file to make; one that is there is replaced when the new one is whole. */
  out: string;
  lock: Lock;
  cache: string;
  mirror?: string;
  bootFiles?: string;
  say(line: string): void;
}

export interface Layer {
  name: string;
  size: number;
  sha256: string;
}

export interface Built {
  out: string;
  sha256: string;
  /** What a slot is made of, with sizes as on the medium. */
  layers: Layer[];
}

const SCHEMES: Record<Board['boot']['scheme'], (context: BootContext) => BootFiles> = {
  'u-boot': uBoot,
  grub,
  'raspberry-pi': raspberryPi,
};

/** @throws BoardError */
export function buildImage(options: ImageOptions): Built {
  // Found out now, and not when all is built.
  const place = placeOf(options.out, 'IMAGE_UNWRITABLE');
  const work = mkdtempSync(join(tmpdir(), 'hitless-image-'));
  try {
    return build(options, place, work);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function build(options: ImageOptions, place: string, work: string): Built {
  const { board, out, lock, cache, say } = options;
  const packages: PackageOptions = { cache, lock, say, ...(options.mirror && { mirror: options.mirror }) };
  const debian = new DebianPackages(board, packages);
  const context: LayerContext = { board, debian, packages, work };
  const kernel = fetchKernel(board, debian, work);
  const node = fetchNode(context);
  say(`making the layers: Linux ${kernel.version}, Node ${NODE_VERSION}`);
  const base = pack(baseLayer(context, kernel, node).archive(), cache);
  const app = pack(appLayer(context, node, options.config).archive(), cache);
  const { bootFiles } = options;
  const boot = SCHEMES[board.boot.scheme]({ board, kernel, debian, work, ...(bootFiles && { bootFiles }) });
  const parts = new Map([...slotParts(kernel, base, app), ...boot.slot]);
  const layers = [...parts].map(([name, bytes]) => ({ name, size: bytes.length, sha256: sha256(bytes) }));
  const contents = Buffer.from(contentsOf(board, kernel, layers, lock));

  say('writing the partitions');
  const slot = new Map([...parts, ['contents.txt', contents] as const]);
  const at = (name: string) => join(work, `${name}.partition`);
  makeFat(at('boot'), partition('boot').size, 'boot', boot.boot);
  for (const name of ['a', 'b'] as const) makeFat(at(name), partition(name).size, name, slot);
  makeExt4(at('data'), partition('data').size);
  assemble(`${place}.partial`, boot, (one) => at(one.name));
  renameSync(`${place}.partial`, place);
  return { out, sha256: sha256OfImage(out), layers };
}

/** Compressed under its content's name, and of a size that another layer can follow. */
function pack(archive: Buffer, cache: string): Buffer {
  return padded(compressed(archive, sha256(archive), cache));
}

function slotParts({ image, deviceTree }: Kernel, base: Buffer, app: Buffer): Map<string, Buffer> {
  const parts = new Map([
    ['kernel', image],
    ['base', base],
    ['app', app],
  ]);
  if (deviceTree !== undefined) parts.set('board.dtb', deviceTree);
  return parts;
}

/** The list that every slot carries: what it is, its other files by hash, and what they were made of. */
function contentsOf(board: Board, kernel: Kernel, layers: readonly Layer[], lock: Lock): string {
  const { version } = JSON.parse(readFileSync(join(projectDirectory(), 'package.json'), 'utf8'));
  const made = `board ${board.name}\nhitless ${version}\nlinux ${kernel.version}\nnode ${NODE_VERSION}\n`;
  const parts = layers.map(({ name, size, sha256 }) => `part ${name} ${size} ${sha256}\n`);
  return made + parts.join('') + lock.taken.map((input) => `input ${line(input)}`).join('');
}

function assemble(out: string, { sectors }: BootFiles, pathOf: (one: Partition) => string): void {
  // What a build that was killed left there, or a link: it is made anew, never written through.
  rmSync(out, { force: true });
  const image = openSync(out, 'wx');
  try {
    ftruncateSync(image, IMAGE_SIZE);
    writeSync(image, masterBootRecord(sectors?.first), 0, SECTOR, 0);
    if (sectors !== undefined) writeSync(image, sectors.following, 0, sectors.following.length, SECTOR);
    for (const one of PARTITIONS) copy(pathOf(one), image, one.start);
  } finally {
    closeSync(image);
  }
}

const BLOCK = 1 << 16;
const ZEROS = Buffer.alloc(BLOCK);

/** Leaves holes where there are only zeros, so that the file takes no more room than it has to. */
function copy(from: string, to: number, offset: number): void {
  const file = openSync(from, 'r');
  try {
    const block = Buffer.alloc(BLOCK);
    for (let at = 0; ; ) {
      const length = readSync(file, block, 0, BLOCK, at);
      if (length === 0) return;
      if (!block.subarray(0, length).equals(ZEROS.subarray(0, length)))
        writeSync(to, block, 0, length, offset + at);
      at += length;
    }
  } finally {
    closeSync(file);
  }
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function sha256OfImage(path: string): string {
  return sha256(readFileSync(path));
}
