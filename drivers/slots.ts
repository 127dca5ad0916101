/**
 * The two boot slots of a board, through the board's slot tool: which one runs, which one the loader boots next, and
 * their files while they are mounted. The running slot is mounted read-only.
 */
import { existsSync } from 'node:fs';
import { startChild } from './child.ts';
import { DriverError, firstLine } from './errors.ts';

export type Slot = 'a' | 'b';

export interface SlotStatus {
  board: string;
  running: Slot;
  /** What the loader boots next, unless one is tried. */
  chosen: Slot;
  /** What the loader boots next, once. */
  trying: Slot | undefined;
  /** The running slot is the chosen one. */
  confirmed: boolean;
}

/** Where the slots' files are. */
export interface SlotPaths {
  running: string;
  other: string;
}

/** On a board. */
export const SLOT_TOOL = '/usr/sbin/hitless-slot';

/** A tool that does not end in this time, in ms, hangs; it may have to write back what was copied. */
const PATIENCE = 120_000;
const LARGEST_OUTPUT = 64 * 1024;

export class Slots {
  readonly #tool: string;
  /** Mounting and unmounting, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #holders = 0;

  constructor(tool = SLOT_TOOL) {
    this.#tool = tool;
  }

  /** Whether this is a board with slots. */
  get present(): boolean {
    return existsSync(this.#tool);
  }

  /** @throws DriverError `SLOTS_…`, as every other method does */
  async status(): Promise<SlotStatus> {
    const facts = await this.#facts('status');
    const board = facts.get('board');
    const running = slotOf(facts.get('running'));
    const chosen = slotOf(facts.get('chosen'));
    const trying = facts.get('trying');
    const confirmed = facts.get('confirmed');
    const good = trying === '-' || slotOf(trying) !== undefined;
    if (!board || !running || !chosen || !good || !/^(yes|no)$/.test(confirmed ?? ''))
      throw this.#unreadable('status', facts);
    return { board, running, chosen, trying: slotOf(trying), confirmed: confirmed === 'yes' };
  }

  /** Mounts both slots for as long as somebody holds them. Every `hold` needs one `release`. */
  hold(): Promise<SlotPaths> {
    return this.#inTurn(async () => {
      const paths = await this.#open();
      this.#holders++;
      return paths;
    });
  }

  release(): Promise<void> {
    return this.#inTurn(async () => {
      if (--this.#holders === 0) await this.#run('close');
    });
  }

  /** Unmounts and mounts again: what is read then comes from the medium, and not from memory. */
  remount(): Promise<SlotPaths> {
    return this.#inTurn(async () => {
      await this.#run('close');
      return this.#open();
    });
  }

  /** Has a short look at the files. */
  peek<T>(look: (paths: SlotPaths) => Promise<T>): Promise<T> {
    return this.#inTurn(async () => {
      const paths = await this.#open();
      try {
        return await look(paths);
      } finally {
        if (this.#holders === 0) await this.#run('close');
      }
    });
  }

  /** Has the loader boot the other slot, once. */
  async try(): Promise<void> {
    await this.#run('try');
  }

  /** Has the loader boot the running slot from now on. */
  async confirm(): Promise<void> {
    await this.#run('confirm');
  }

  /** Has the board reboot as soon as this program has ended. */
  async reboot(): Promise<void> {
    await this.#run('reboot');
  }

  async #open(): Promise<SlotPaths> {
    const facts = await this.#facts('open');
    const [running, other] = [facts.get('running'), facts.get('other')];
    if (!running || !other || running === other) throw this.#unreadable('open', facts);
    return { running, other };
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const done = this.#last.then(action);
    this.#last = done.catch(() => {});
    return done;
  }

  async #facts(command: string): Promise<Map<string, string>> {
    const output = await this.#run(command);
    const lines = output.split('\n').filter((line) => line.includes(' '));
    return new Map(
      lines.map((line) => [line.slice(0, line.indexOf(' ')), line.slice(line.indexOf(' ') + 1)]),
    );
  }

  #run(command: string): Promise<string> {
    if (!this.present) {
      throw new DriverError(
        'SLOTS_TOOL_MISSING',
        `${this.#tool} is missing: only a board made by "hitless image" has slots`,
      );
    }
    return new Promise((resolve, reject) => {
      const failed = (why: string, cause?: unknown) =>
        reject(new DriverError('SLOTS_FAILED', `${this.#tool} ${command}: ${why}`, { cause }));
      const child = startChild(this.#tool, [command], { output: 'pipe' });
      const said = { output: '', complaint: '' };
      child.stdout?.on('data', (chunk: Buffer) => {
        said.output = `${said.output}${chunk}`.slice(0, LARGEST_OUTPUT);
      });
      child.stderr?.on('data', (chunk: Buffer) => {
        said.complaint = `${said.complaint}${chunk}`.slice(0, LARGEST_OUTPUT);
      });
      const late = setTimeout(() => child.kill('SIGKILL'), PATIENCE);
      child.once('error', (error) => {
        clearTimeout(late);
        failed(firstLine(error), error);
      });
      child.once('close', (code, signal) => {
        clearTimeout(late);
        if (code === 0) resolve(said.output);
        else if (signal === 'SIGKILL') failed(`it did not end in ${PATIENCE / 1000} s, or was killed`);
        else failed(firstLine(said.complaint.trim()) || `it ended with ${code ?? signal}`);
      });
    });
  }

  #unreadable(command: string, facts: ReadonlyMap<string, string>): DriverError {
    const said = [...facts].map(([key, value]) => `${key} ${value}`).join(', ');
    return new DriverError(
      'SLOTS_UNREADABLE',
      `${this.#tool} ${command} printed "${said.slice(0, 200)}"; is it of another version than this program?`,
    );
  }
}

/** The one that is not this. */
export function otherThan(slot: Slot): Slot {
  return slot === 'a' ? 'b' : 'a';
}

function slotOf(text: string | undefined): Slot | undefined {
  return text === 'a' || text === 'b' ? text : undefined;
}
