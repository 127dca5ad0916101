/** The files of a boot slot, while it is mounted. Names are compared as FAT does, in any case. */
import { createHash } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { systemCode } from '../errors.ts';
import { CONTENTS, INCOMING, LONGEST_CONTENTS, type SlotPart } from './contents.ts';
import { CHUNK, hashOf, synced, writeAll } from './incoming.ts';

/** Told of each piece of a long work, in bytes. */
export type OnBytes = (bytes: number) => void;

export class SlotFiles {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  pathOf(name: string): string {
    return join(this.root, name);
  }

  /** The text of contents.txt; undefined when there is none. */
  async contents(): Promise<string | undefined> {
    try {
      const { size } = await stat(this.pathOf(CONTENTS));
      return size > LONGEST_CONTENTS ? '' : await readFile(this.pathOf(CONTENTS), 'utf8');
    } catch (thrown) {
      if (systemCode(thrown) === 'ENOENT') return undefined;
      throw thrown;
    }
  }

  /** From now on nobody boots this slot, also after a power cut. */
  async removeContents(): Promise<void> {
    for (const name of [CONTENTS, `${CONTENTS}.new`]) await rm(this.pathOf(name), { force: true });
    await synced(this.root);
  }

  /** The last thing that is written: from now on this slot can be booted. */
  async writeContents(text: string): Promise<void> {
    const aside = this.pathOf(`${CONTENTS}.new`);
    const file = await open(aside, 'w');
    try {
      await writeAll(file, Buffer.from(text), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(aside, this.pathOf(CONTENTS));
    await synced(this.root);
  }

  /** Whether a file of this size is there. */
  async hasSize({ name, size }: Pick<SlotPart, 'name' | 'size'>): Promise<boolean> {
    const found = await stat(this.pathOf(name)).catch(() => undefined);
    return found?.isFile() === true && found.size === size;
  }

  /** Whether the part is there with these contents: it is read, not believed. */
  async has(part: SlotPart, onBytes?: OnBytes): Promise<boolean> {
    return (await this.hasSize(part)) && (await hashOf(this.pathOf(part.name), onBytes)) === part.sha256;
  }

  /** Takes a whole file from elsewhere in the slot; it is on the medium then. */
  async adopt(file: string, { name }: Pick<SlotPart, 'name'>): Promise<void> {
    const target = this.pathOf(name);
    await mkdir(dirname(target), { recursive: true });
    await synced(file);
    await rename(file, target);
    await synced(dirname(target));
    await synced(dirname(file));
  }

  /** Everything but what is told, and what is arriving. */
  async others(keep: ReadonlySet<string>): Promise<{ name: string; size: number }[]> {
    const kept = new Set([...keep].map((name) => name.toLowerCase()));
    const entries = await readdir(this.root, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => !entry.isDirectory());
    const names = files.map((entry) => relative(this.root, join(entry.parentPath, entry.name)));
    const others = names.filter(
      (name) => !kept.has(name.toLowerCase()) && name.split('/')[0]?.toLowerCase() !== INCOMING,
    );
    return Promise.all(
      others.map(async (name) => ({
        name,
        size: (await stat(this.pathOf(name)).catch(() => ({ size: 0 }))).size,
      })),
    );
  }

  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { recursive: true, force: true });
  }

  /** Bytes that fit in still, and bytes of a file's smallest unit. */
  async room(): Promise<{ free: number; unit: number }> {
    const { bavail, bsize } = await statfs(this.root);
    return { free: bavail * bsize, unit: bsize };
  }
}

/** Copies in pieces; answers the SHA-256 of what was copied. */
export async function copyHashed(from: string, to: string, onBytes: OnBytes): Promise<string> {
  const hash = createHash('sha256');
  const source = await open(from, 'r');
  try {
    const target = await open(to, 'w', 0o600);
    try {
      const buffer = Buffer.alloc(CHUNK);
      for (let at = 0; ; ) {
        const { bytesRead } = await source.read(buffer, 0, CHUNK, at);
        if (bytesRead === 0) break;
        const piece = buffer.subarray(0, bytesRead);
        hash.update(piece);
        await writeAll(target, piece, at);
        at += bytesRead;
        onBytes(bytesRead);
      }
      await target.sync();
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
  return hash.digest('hex');
}
