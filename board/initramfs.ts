/**
 * An initramfs as the kernel unpacks it (Linux, Documentation/driver-api/early-userspace/buffer-format.rst): "newc"
 * cpio archives, each compressed or not, one after the other. Written here and not by a program, so that device
 * nodes need no root and equal trees give equal bytes: sorted paths, one owner, one time, counted inodes.
 */
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The time of every file in an image, in s since 1970: 2026-01-01. Its own would make no two builds alike. */
export const EPOCH = 1_767_225_600;

const DIRECTORY = 0o040000;
const FILE = 0o100000;
const LINK = 0o120000;
const CHARACTER = 0o020000;

interface Entry {
  mode: number;
  body: Buffer;
  device: readonly [major: number, minor: number];
}

export class Initramfs {
  readonly #entries = new Map<string, Entry>();

  /** The paths of all entries, sorted; without a leading slash, as they are in the archive. */
  get paths(): string[] {
    return [...this.#entries.keys()].sort();
  }

  directory(path: string): this {
    if (path === '.' || this.#entries.has(path)) return this;
    this.directory(dirname(path));
    return this.#set(path, DIRECTORY | 0o755);
  }

  file(path: string, body: Buffer | string, mode = 0o644): this {
    return this.directory(dirname(path)).#set(path, FILE | mode, Buffer.from(body));
  }

  link(path: string, to: string): this {
    return this.directory(dirname(path)).#set(path, LINK | 0o777, Buffer.from(to));
  }

  characterDevice(path: string, major: number, minor: number): this {
    return this.directory(dirname(path)).#set(path, CHARACTER | 0o600, undefined, [major, minor]);
  }

  /** A folder of this machine with all that is in it. @param keep decides by the path below that folder */
  tree(path: string, from: string, keep: (path: string) => boolean = () => true): this {
    for (const name of readdirSync(from, { recursive: true, encoding: 'utf8' }).sort()) {
      const status = lstatSync(join(from, name));
      if (status.isDirectory() || !keep(name)) continue;
      if (status.isSymbolicLink()) this.link(join(path, name), readlinkSync(join(from, name)));
      else this.file(join(path, name), readFileSync(join(from, name)), status.mode & 0o111 ? 0o755 : 0o644);
    }
    return this;
  }

  /** The archive, not compressed. */
  archive(): Buffer {
    const parts: Buffer[] = [];
    let inode = 0;
    for (const path of this.paths) parts.push(...record(path, this.#entries.get(path)!, ++inode));
    const end: Entry = { mode: 0, body: Buffer.alloc(0), device: [0, 0] };
    parts.push(...record('TRAILER!!!', end, 0, 0));
    return Buffer.concat(parts);
  }

  #set(path: string, mode: number, body = Buffer.alloc(0), device: Entry['device'] = [0, 0]): this {
    this.#entries.set(path, { mode, body, device });
    return this;
  }
}

function record(path: string, { mode, body, device }: Entry, inode: number, time = EPOCH): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const links = (mode & 0o170000) === DIRECTORY ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, time, body.length, 0, 0, ...device, name.length, 0];
  const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}`;
  return [padded(Buffer.concat([Buffer.from(head), name])), padded(body)];
}

/** Names and bodies end on a multiple of 4 bytes, and so does what is put one after the other. */
export function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % 4;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - rest)]);
}
