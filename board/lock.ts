/**
 * The lock of inputs, `inputs.lock`: name, version and SHA-256 of every package that an image was made of. A build
 * takes exactly these as long as they can be had; one that took others says so, and `--lock` writes them down.
 *
 * One line an input: source, architecture, name, version, SHA-256, sorted. Boards of one architecture share lines.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { BoardError } from './errors.ts';

export interface Input {
  /** A Debian release, such as `bookworm`, or `npm`. */
  source: string;
  architecture: string;
  name: string;
  version: string;
  sha256: string;
}

const LINE = /^([a-z]+) (\S+) (\S+) (\S+) ([0-9a-f]{64})$/;
const HEAD =
  '# What images are made of: source, architecture, name, version, SHA-256. "hitless image --lock" writes it.\n';

export class Lock {
  readonly #path: string;
  readonly #locked = new Map<string, Input>();
  readonly #taken = new Map<string, Input>();

  /**
   * @param path a file that need not exist yet
   * @throws BoardError `LOCK_INVALID`
   */
  constructor(path: string) {
    this.#path = path;
    if (!existsSync(path)) return;
    for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
      if (line === '' || line.startsWith('#')) continue;
      const [, source, architecture, name, version, sha256] = LINE.exec(line) ?? [];
      if (source === undefined)
        throw new BoardError(
          'LOCK_INVALID',
          `${path}:${index + 1}: "${line}" is no line of source, architecture, name, version and SHA-256; take the file of the release, or write it anew with --lock`,
        );
      const input = { source, architecture, name, version, sha256 } as Input;
      this.#locked.set(key(input), input);
    }
  }

  /** What the lock says of an input; undefined when it says nothing. */
  find(wanted: Pick<Input, 'source' | 'architecture' | 'name'>): Input | undefined {
    return this.#locked.get(key(wanted));
  }

  /**
   * Notes that an input was used.
   * @throws BoardError `PACKAGE_CHANGED` for the same version with other bytes, which is never right
   */
  take(input: Input): void {
    const locked = this.find(input);
    if (locked?.version === input.version && locked.sha256 !== input.sha256)
      throw new BoardError(
        'PACKAGE_CHANGED',
        `${input.name} ${input.version} (${input.architecture}) has SHA-256 ${input.sha256}, but ${this.#path} says ${locked.sha256}: the same version never changes. Do not use it before you know why`,
      );
    this.#taken.set(key(input), input);
  }

  /** What was used, sorted. */
  get taken(): Input[] {
    return [...this.#taken.values()].sort(byKey);
  }

  /** In which of the inputs used the lock is different, as sentences. */
  differences(): string[] {
    return this.taken.flatMap((input) => {
      const locked = this.find(input);
      const what = `${input.name} ${input.version} (${input.architecture})`;
      if (locked === undefined) return [`${what} is not in the lock`];
      return locked.version === input.version ? [] : [`${what} instead of ${locked.version}`];
    });
  }

  /** Writes down what was used, and keeps the lines of other boards. */
  write(): void {
    const all = new Map([...this.#locked, ...this.#taken]);
    writeFileSync(this.#path, HEAD + [...all.values()].sort(byKey).map(line).join(''));
  }
}

/** An input as a line of the lock, and of an image's list of contents. */
export function line(input: Input): string {
  return `${input.source} ${input.architecture} ${input.name} ${input.version} ${input.sha256}\n`;
}

function key({ source, architecture, name }: Pick<Input, 'source' | 'architecture' | 'name'>): string {
  return `${source} ${architecture} ${name}`;
}

function byKey(a: Input, b: Input): number {
  return key(a) < key(b) ? -1 : 1;
}
