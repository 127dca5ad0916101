/** A medium whose power is off: which slot its loader takes, and other bytes in its slots than a build would put there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { scriptImage } from '../../board/boot/u-boot.ts';
import { padded } from '../../board/initramfs.ts';
import { mtools } from './machine.ts';

type Slot = 'a' | 'b';

/** As many bytes for others; what is shorter is filled with spaces. */
export type Change = [from: string, to: string];

/**
 * In the app layer: a slot or a version proves itself by what it does, and not by how fast an emulated board on a busy
 * machine is. A swap that nobody confirms is on probation for a minute.
 */
export const PATIENT: readonly Change[] = [
  ['var LATE_MS = 500;', 'var LATE_MS = 6e5;'],
  ['  lag: 500,', '  lag: 6e5,'],
  ['  duration: 5e3,\n  every: 100,', '  duration: 6e4,\n  every: 100,'],
];

/** Before a script: U-Boot's header, and the lengths of all scripts. */
const SCRIPT_AT = 72;

export class Slots {
  readonly #medium: string;
  readonly #folder: string;

  /** @param folder for what is taken out of the medium and put there */
  constructor(medium: string, folder: string) {
    this.#medium = medium;
    this.#folder = folder;
  }

  /** What the next start tries, as the router marks it. */
  markTry(slot: Slot): void {
    this.put('boot', 'try', `slot=${slot}\n`);
  }

  take(from: 'boot' | Slot, name: string): Buffer {
    const to = join(this.#folder, 'taken');
    mtools(this.#medium, from, 'mcopy', '-o', `::${name}`, to);
    return readFileSync(to);
  }

  put(into: 'boot' | Slot, name: string, body: Buffer | string): void {
    const from = join(this.#folder, 'put');
    writeFileSync(from, body);
    mtools(this.#medium, into, 'mcopy', '-o', from, `::${name}`);
  }

  /** Other times in U-Boot's script: a loader or a kernel that waits takes as much of a core as one that works. */
  changeScript(...changes: Change[]): void {
    const script = this.take('boot', 'boot.scr').subarray(SCRIPT_AT).toString();
    this.put('boot', 'boot.scr', scriptImage(replaced(script, changes)));
  }

  /** Other bytes in the app layer of a slot, which its list does not know of. Returns the layer of before. */
  changeApp(slot: Slot, ...changes: Change[]): Buffer {
    const app = this.take(slot, 'app');
    const archive = replaced(decompressed(app).toString('latin1'), changes);
    const input = Buffer.from(archive, 'latin1');
    this.put(slot, 'app', padded(execFileSync('zstd', ['-cq'], { input, maxBuffer: 1 << 28 })));
    return app;
  }

  /** Another app layer in both slots, and in their lists: as an image that was built with it has them. */
  rebuildApp(...changes: Change[]): void {
    for (const slot of ['a', 'b'] as const) {
      this.changeApp(slot, ...changes);
      const app = this.take(slot, 'app');
      const part = `part app ${app.length} ${createHash('sha256').update(app).digest('hex')}`;
      const list = this.take(slot, 'contents.txt').toString();
      this.put(slot, 'contents.txt', list.replace(/^part app .*$/m, part));
    }
  }
}

function replaced(text: string, changes: readonly Change[]): string {
  let now = text;
  for (const [from, to] of changes) {
    if (!now.includes(from) || to.length > from.length) throw new Error(`no place for ${to} at ${from}`);
    now = now.replaceAll(from, to.padEnd(from.length));
  }
  return now;
}

/** A layer ends on a multiple of four bytes; what was added for that is no part of it. */
function decompressed(layer: Buffer): Buffer {
  for (let padding = 0; padding < 4; padding++) {
    const input = layer.subarray(0, layer.length - padding);
    const { status, stdout } = spawnSync('zstd', ['-dcq'], { input, maxBuffer: 1 << 28 });
    if (status === 0) return stdout;
  }
  throw new Error('the layer is not what zstd understands');
}
