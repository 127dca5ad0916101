/**
 * A disk that forgets what was not synced. It watches the calls of `node:fs` below one directory, knows which names and
 * which contents have reached the medium, and makes the directories that a power cut may leave (POSIX: fsync of a file
 * keeps its contents, fsync of its directory keeps its name).
 *
 *     const disk = new LossyDisk(t, root);          // all that is below `root` now is on the medium
 *     const cuts = await disk.during(() => work()); // what a cut may leave, before each step of the work and after it
 *     const after = disk.cut();                     // what a cut may leave now
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import type { Test } from 'tap';

/** What a power cut left: a directory, and the step before which the power went. */
export interface Cut {
  readonly step: string;
  readonly directory: string;
}

/** An inode: a number comes again, its birth does not. */
type Node = string;

type Entries = ReadonlyMap<string, Node>;

/**
 * How much of what was not synced a cut leaves. Names reach the medium in the order in which they were made, so that a
 * cut at an earlier step stands for each part of them.
 */
const LOSSES = ['nothing', 'names', 'contents', 'half'] as const;
type Loss = (typeof LOSSES)[number];

type Call = (...args: never[]) => unknown;

const promises = fs.promises as unknown as Record<string, Call>;
const synchronous = fs as unknown as Record<string, Call>;
/** The first argument is a path; for `rename` and `link` the second is where it goes. */
const CHANGES = [
  'rename',
  'link',
  'unlink',
  'rm',
  'mkdir',
  'writeFile',
  'appendFile',
  'truncate',
  'copyFile',
];
const WRITES = ['write', 'writev', 'writeFile', 'appendFile', 'truncate'];

export class LossyDisk {
  readonly #root: string;
  readonly #images = fs.mkdtempSync(join(tmpdir(), 'hitless-cut-'));
  readonly #names = new Map<Node, Entries>();
  readonly #contents = new Map<Node, Buffer>();
  readonly #undo: (() => void)[] = [];
  /** Images by what they hold: most steps leave what the one before had left. */
  #cuts = new Map<string, Cut>();
  #watching = false;
  #made = 0;

  constructor(t: Test, root: string) {
    this.#root = resolve(root);
    this.#keepAll(this.#root);
    this.#patch();
    t.teardown(() => {
      for (const undo of this.#undo) undo();
      syncBuiltinESMExports();
      fs.rmSync(this.#images, { recursive: true, force: true });
    });
  }

  /** Does the work; returns what a cut before each of its steps, and after the last one, may leave. */
  async during(work: () => Promise<unknown>): Promise<Cut[]> {
    this.#cuts = new Map();
    this.#watching = true;
    try {
      await work();
    } finally {
      this.#watching = false;
    }
    this.#take('the end');
    return [...this.#cuts.values()];
  }

  /** What a cut may leave now. */
  cut(): Cut[] {
    this.#cuts = new Map();
    this.#take('now');
    return [...this.#cuts.values()];
  }

  // --- what reaches the medium

  #keepAll(path: string): void {
    const names = entriesOf(path);
    this.#names.set(nodeOf(path), names);
    for (const name of names.keys()) {
      const below = join(path, name);
      const status = fs.lstatSync(below);
      if (status.isDirectory()) this.#keepAll(below);
      else if (status.isFile()) this.#contents.set(nodeOf(below), fs.readFileSync(below));
    }
  }

  #synced(path: string | undefined): void {
    if (path === undefined || !this.#holds(path)) return;
    if (fs.statSync(path).isDirectory()) this.#names.set(nodeOf(path), entriesOf(path));
    else this.#contents.set(nodeOf(path), fs.readFileSync(path));
  }

  // --- what a cut leaves

  #before(step: string, path: string): void {
    if (this.#watching && this.#holds(path)) this.#take(`${step} ${relative(this.#root, path)}`);
  }

  #take(step: string): void {
    for (const loss of LOSSES) {
      const directory = join(this.#images, String(++this.#made));
      this.#make(directory, nodeOf(this.#root), loss, this.#present());
      const holds = digestOf(directory);
      if (this.#cuts.has(holds)) fs.rmSync(directory, { recursive: true });
      else this.#cuts.set(holds, { step: `before ${step}, of what was not synced: ${loss}`, directory });
    }
  }

  /** Every inode below the root that has a name now, with one of its paths. */
  #present(): Map<Node, string> {
    const found = new Map<Node, string>();
    const look = (path: string) => {
      found.set(nodeOf(path), path);
      if (fs.lstatSync(path).isDirectory()) for (const name of entriesOf(path).keys()) look(join(path, name));
    };
    look(this.#root);
    return found;
  }

  #make(target: string, node: Node, loss: Loss, present: ReadonlyMap<Node, string>): void {
    const path = present.get(node);
    const kept = this.#names.get(node);
    const isDirectory = kept !== undefined || (path !== undefined && fs.lstatSync(path).isDirectory());
    if (!isDirectory) {
      fs.writeFileSync(target, this.#bytesOf(node, path, loss));
      return;
    }
    fs.mkdirSync(target);
    const all = (loss === 'names' || loss === 'half') && path !== undefined;
    const entries = all ? entriesOf(path) : (kept ?? new Map<string, Node>());
    for (const [name, child] of entries) this.#make(join(target, name), child, loss, present);
  }

  #bytesOf(node: Node, path: string | undefined, loss: Loss): Buffer {
    const kept = this.#contents.get(node) ?? Buffer.alloc(0);
    if (path === undefined || loss === 'nothing' || loss === 'names') return kept;
    const now = fs.readFileSync(path);
    if (loss === 'contents' || now.equals(kept)) return now;
    return now.subarray(0, now.length >> 1);
  }

  #holds(path: string): boolean {
    return path === this.#root || path.startsWith(`${this.#root}/`);
  }

  // --- the calls

  #patch(): void {
    for (const name of CHANGES) {
      const before = (path: string) => this.#before(name, path);
      this.#replace(promises, name, (call) => (...args) => {
        before(changed(name, args));
        return call(...args);
      });
      this.#replace(synchronous, `${name}Sync`, (call) => (...args) => {
        before(changed(name, args));
        return call(...args);
      });
    }
    for (const name of ['fsyncSync', 'fdatasyncSync']) {
      this.#replace(synchronous, name, (call) => (...args) => {
        const path = pathOf(args[0] as unknown as number);
        if (path !== undefined) this.#before(name, path);
        call(...args);
        this.#synced(path);
      });
    }
    this.#patchHandles();
    syncBuiltinESMExports();
  }

  /** Handles share a class that `node:fs` does not export: the first one that is opened leads to it. */
  #patchHandles(): void {
    const seen = new Set<object>();
    this.#replace(promises, 'open', (call) => async (...args) => {
      this.#before('open', resolve(String(args[0])));
      const handle = (await call(...args)) as fs.promises.FileHandle;
      const shared = Object.getPrototypeOf(handle) as Record<string, Call>;
      if (!seen.has(shared)) {
        seen.add(shared);
        this.#patchHandle(shared);
      }
      return handle;
    });
  }

  #patchHandle(shared: Record<string, Call>): void {
    const cutBefore = (step: string, fd: number) => {
      const path = pathOf(fd);
      if (path !== undefined) this.#before(step, path);
    };
    const syncedAt = (fd: number) => this.#synced(pathOf(fd));
    for (const name of WRITES) {
      this.#replace(
        shared,
        name,
        (call) =>
          function (this: fs.promises.FileHandle, ...args) {
            cutBefore(name, this.fd);
            return call.apply(this, args as never);
          },
      );
    }
    for (const name of ['sync', 'datasync']) {
      this.#replace(
        shared,
        name,
        (call) =>
          async function (this: fs.promises.FileHandle, ...args) {
            cutBefore(name, this.fd);
            await call.apply(this, args as never);
            syncedAt(this.fd);
          },
      );
    }
  }

  #replace(
    object: Record<string, Call>,
    name: string,
    wrap: (call: (...args: unknown[]) => unknown) => (this: never, ...args: unknown[]) => unknown,
  ): void {
    const call = object[name]!;
    object[name] = wrap(call as (...args: unknown[]) => unknown) as Call;
    this.#undo.push(() => {
      object[name] = call;
    });
  }
}

/** The path whose directory the call changes. */
function changed(name: string, args: readonly unknown[]): string {
  return resolve(String(name === 'rename' || name === 'link' || name === 'copyFile' ? args[1] : args[0]));
}

/** The path behind a descriptor; undefined when its file has lost its name. */
function pathOf(fd: number): string | undefined {
  const path = fs.readlinkSync(`/proc/self/fd/${fd}`);
  return fs.existsSync(path) ? path : undefined;
}

function nodeOf(path: string): Node {
  const { ino, birthtimeNs } = fs.lstatSync(path, { bigint: true });
  return `${ino}-${birthtimeNs}`;
}

function entriesOf(path: string): Entries {
  return new Map(fs.readdirSync(path).map((name) => [name, nodeOf(join(path, name))]));
}

function digestOf(directory: string): string {
  const hash = createHash('sha256');
  for (const name of fs.readdirSync(directory, { recursive: true }).map(String).sort()) {
    const path = join(directory, name);
    hash.update(`${name}\0`);
    if (fs.statSync(path).isFile()) hash.update(fs.readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
