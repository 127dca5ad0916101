/**
 * A board that is not there: two slots in a directory, a slot tool that works on them, and a router that can be
 * rebooted. As on a board, the slots' files can be reached only while they are mounted.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { openSerial } from '../../drivers/serial.ts';
import { type Slot, Slots } from '../../drivers/slots.ts';
import type { ConsoleHost } from '../../firmware/console/host.ts';
import { serveSerialDevice } from '../../firmware/console/serial.ts';
import { openConsole } from '../../firmware/console/server.ts';
import { BoardSlots } from '../../firmware/push/board-slots.ts';
import { push } from '../../firmware/push/push.ts';
import { FakeHost } from '../console/fixtures/fake-router.ts';
import { Text } from '../console/fixtures/text.ts';
import { type Faults, Relay } from './relay.ts';

/** Every call is written down; a file `fails` names a command that fails. */
const TOOL = `#!/bin/sh
cd "$(dirname "$0")" || exit 1
echo "$1" >> calls
if [ -e fails ] && [ "$(cat fails)" = "$1" ]; then echo "the medium is gone" >&2; exit 1; fi
running=$(cat running)
other=b; [ "$running" = b ] && other=a
confirmed=no; [ "$running" = "$(cat chosen)" ] && confirmed=yes
case "$1" in
  status) printf 'board %s\\nrunning %s\\nchosen %s\\ntrying %s\\nconfirmed %s\\n' "$(cat board)" "$running" "$(cat chosen)" "$(cat trying)" "$confirmed" ;;
  open)
    [ -e mounted ] || { mkdir mounted && ln -s "../$running" mounted/running && ln -s "../$other" mounted/other; }
    printf 'running %s\\nother %s\\n' "$PWD/mounted/running" "$PWD/mounted/other" ;;
  close)
    rm -rf mounted
    if [ -e decaying ] && [ -e "$other/$(cat decaying)" ] && [ "$(cat decays)" -gt 0 ]; then
      printf x | dd of="$other/$(cat decaying)" bs=1 seek=7 conv=notrunc 2> /dev/null
      echo $(($(cat decays) - 1)) > decays
    fi ;;
  try) echo "$other" > trying ;;
  confirm) cp running chosen ;;
  reboot) touch rebooting ;;
  *) echo "there is no command $1" >&2; exit 2 ;;
esac
`;

export interface Image {
  text: string;
  parts: Map<string, Buffer>;
}

/** An image whose parts have these contents; a number is that many bytes of noise. */
export function imageOf(
  parts: Record<string, number | Buffer>,
  { board = 'virt', hitless = '0.1.0' } = {},
): Image {
  const made = new Map(
    Object.entries(parts).map(([name, part]) => [name, typeof part === 'number' ? randomBytes(part) : part]),
  );
  const lines = [...made].map(([name, bytes]) => `part ${name} ${bytes.length} ${sha256(bytes)}\n`);
  const facts = `board ${board}\nhitless ${hitless}\nlinux 6.1.0\nnode 24.0.0\n`;
  return { text: `${facts}${lines.join('')}input deb linux 1 ${'0'.repeat(64)}\n`, parts: made };
}

/** The image with some parts replaced. */
export function changed({ parts }: Image, others: Record<string, number | Buffer>, facts = {}): Image {
  return imageOf({ ...Object.fromEntries(parts), ...others }, { hitless: '0.2.0', ...facts });
}

/** What the board's program would put into the directory. */
export function unpackTo({ text, parts }: Image, directory: string): void {
  for (const [name, bytes] of [...parts, ['contents.txt', Buffer.from(text)] as const]) {
    mkdirSync(dirname(join(directory, name)), { recursive: true });
    writeFileSync(join(directory, name), bytes);
  }
}

export class FakeBoard {
  readonly directory = mkdtempSync(join(tmpdir(), 'hitless-board-'));
  readonly tool = join(this.directory, 'hitless-slot');

  /** Slot a runs, confirmed; slot b is empty. */
  constructor(t: Test, image: Image) {
    t.teardown(() => rmSync(this.directory, { recursive: true, force: true }));
    for (const slot of ['a', 'b']) mkdirSync(join(this.directory, slot));
    this.put({ board: 'virt', running: 'a', chosen: 'a', trying: '-' });
    writeFileSync(this.tool, TOOL);
    chmodSync(this.tool, 0o755);
    this.fill('a', image);
  }

  put(facts: Record<string, string>): void {
    for (const [name, value] of Object.entries(facts))
      writeFileSync(join(this.directory, name), `${value}\n`);
  }

  get(name: string): string {
    return existsSync(join(this.directory, name))
      ? readFileSync(join(this.directory, name), 'utf8').trim()
      : '';
  }

  fill(slot: Slot, image: Image): void {
    unpackTo(image, join(this.directory, slot));
  }

  /** What a slot holds, by name. */
  files(slot: Slot): Record<string, string> {
    const root = join(this.directory, slot);
    const names = readdirSync(root, { recursive: true }).map(String).sort();
    // A router may be at work there: what it has renamed meanwhile is left out.
    const isFile = (name: string) => statSync(join(root, name), { throwIfNoEntry: false })?.isFile();
    return Object.fromEntries(
      names.filter(isFile).flatMap((name) => {
        const bytes = contentsOf(join(root, name));
        return bytes === undefined ? [] : [[name, sha256(bytes)]];
      }),
    );
  }

  /** Of all that a slot holds. */
  bytes(slot: Slot): number {
    const root = join(this.directory, slot);
    const sizes = Object.keys(this.files(slot)).map(
      (name) => statSync(join(root, name), { throwIfNoEntry: false })?.size ?? 0,
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  /** Whether a slot holds this image and nothing else. */
  holds(slot: Slot, { text, parts }: Image): boolean {
    const wanted = [...parts, ['contents.txt', Buffer.from(text)] as const].map(([name, bytes]) => [
      name,
      sha256(bytes),
    ]);
    return JSON.stringify(this.files(slot)) === JSON.stringify(Object.fromEntries(wanted.sort()));
  }

  /** A slot without contents.txt is never booted; with it, everything that it lists must be there. */
  isSafe(slot: Slot): boolean {
    const file = join(this.directory, slot, 'contents.txt');
    if (!existsSync(file)) return true;
    const files = this.files(slot);
    return [...readFileSync(file, 'utf8').matchAll(/^part (\S+) \d+ (\w+)$/gm)].every(
      ([, name, hash]) => files[name!] === hash,
    );
  }

  /** What the loader does. */
  reboot(): void {
    rmSync(join(this.directory, 'rebooting'), { force: true });
    rmSync(join(this.directory, 'mounted'), { recursive: true, force: true });
    const trying = this.get('trying');
    this.put({ running: trying === '-' ? this.get('chosen') : trying, trying: '-' });
  }

  /** The next times that the other slot is unmounted, this file changes, where it is there. */
  decays(name: string, times: number): void {
    this.put({ decaying: name, decays: String(times) });
  }

  get calls(): string[] {
    return this.get('calls').split('\n');
  }
}

/** The router on it: its console on a socket or a line comes back after a reboot. */
export class BoardRouter {
  readonly board: FakeBoard;
  readonly host = new FakeHost() as FakeHost & Pick<ConsoleHost, 'slots' | 'images'>;
  readonly socket: string;
  /** What happens when the board has booted, before the router answers. */
  booted: () => Promise<void> | void = () => {};
  readonly #serve: (() => Promise<() => Promise<void>>)[] = [];
  #closing: (() => Promise<void>)[] = [];
  #ended = false;

  constructor(t: Test, board: FakeBoard) {
    this.board = board;
    this.socket = join(board.directory, 'console.sock');
    t.teardown(async () => {
      this.#ended = true;
      await this.#stop();
    });
    this.host.onQuit = () => void this.#reboot();
    this.#begin();
  }

  async onSocket(): Promise<this> {
    return this.#with(async () => {
      const server = await openConsole(this.host, this.socket);
      return () => server.close();
    });
  }

  async onLine(t: Test, faults: Partial<Faults> = {}): Promise<Relay> {
    const relay = await Relay.open(t, faults);
    const open = () => openSerial(relay.router, 115_200);
    await this.#with(async () => {
      const serving = await serveSerialDevice(this.host, { path: relay.router, open, tell: () => {} });
      return () => serving.close();
    });
    return relay;
  }

  async #with(serve: () => Promise<() => Promise<void>>): Promise<this> {
    this.#serve.push(serve);
    this.#closing.push(await serve());
    return this;
  }

  #begin(): void {
    const slots = new BoardSlots({
      slots: new Slots(this.board.tool),
      probation: () => this.host.runtime.probation,
      quit: () => this.host.quit(),
    });
    this.host.slots = slots;
    this.host.images = slots.images;
    this.#closing = [() => slots.close()];
  }

  async #stop(): Promise<void> {
    for (const close of this.#closing.splice(0).reverse()) await close();
  }

  async #reboot(): Promise<void> {
    await this.#stop();
    this.board.reboot();
    await new Promise((resolve) => setTimeout(resolve, 200));
    await this.booted();
    if (this.#ended) return;
    this.#begin();
    for (const serve of this.#serve) this.#closing.push(await serve());
  }
}

/** Pushes an image as the program does. */
export async function pushed(
  image: Image,
  path: string,
  more: {
    json?: boolean;
    resume?: number;
    tries?: boolean;
    patience?: number;
    errors?: Text;
    flip?: string;
  } = {},
): Promise<{ status: number; output: string; errors: string }> {
  const { flip, ...options } = more;
  const [output, errors] = [new Text(), more.errors ?? new Text()];
  const unpack = async (_image: string, directory: string) => {
    unpackTo(image, directory);
    if (flip === undefined) return;
    const bytes = readFileSync(join(directory, flip));
    bytes[bytes.length >> 1]! ^= 1;
    writeFileSync(join(directory, flip), bytes);
  };
  const status = await push('router.img', {
    path,
    resume: 0,
    tries: false,
    patience: 30_000,
    unpack,
    ...options,
    output,
    errors,
  });
  return { status, output: output.text, errors: errors.text };
}

export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function contentsOf(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}
