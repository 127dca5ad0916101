/** A program of somebody else that runs beside the router: its process, its log file, and waiting until it works. */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { FirmwareError } from '../errors.ts';
import { exitCodeOf, hasEnded, sleep, systemEnvironment } from './tool.ts';
import type { Place } from './topology.ts';

export interface PeerCommand {
  /** As a person calls it, such as `FRR ospfd`. */
  name: string;
  place: Place;
  program: string;
  args: string[];
  /** Takes all that the program prints. */
  log: string;
}

/** How much of a log is shown when a peer fails. */
const TAIL_LINES = 12;
const LOOK_EVERY_MS = 50;

export class Peer {
  readonly name: string;
  readonly log: string;
  readonly #child: ChildProcess;

  constructor(command: PeerCommand, onDeath: (text: string) => void) {
    this.name = command.name;
    this.log = command.log;
    const log = openSync(command.log, 'a');
    // In a session of its own: Ctrl-C at the terminal is for the router, the peers end after it.
    this.#child = spawn('ip', ['netns', 'exec', command.place, command.program, ...command.args], {
      cwd: '/',
      detached: true,
      env: systemEnvironment(),
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    this.#child.once('error', (error) => onDeath(`${this.name} could not be started: ${error.message}`));
    this.#child.once('exit', (code, signal) => {
      onDeath(`${this.name} ended with ${signal ?? exitCodeOf(code, signal)}, its log is ${this.log}`);
    });
  }

  /**
   * Waits until `works` says so.
   * @throws FirmwareError `LAB_PEER` with the last lines of the log when the peer ends before, or `patience` ms pass.
   */
  async until(works: () => boolean | Promise<boolean>, patience: number): Promise<void> {
    const giveUp = performance.now() + patience;
    for (;;) {
      if (hasEnded(this.#child)) throw this.#failure('ended before it was ready');
      if (await works()) return;
      if (performance.now() > giveUp) throw this.#failure(`was not ready after ${patience / 1_000} s`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  logText(): string {
    try {
      return readFileSync(this.log, 'utf8');
    } catch {
      return '';
    }
  }

  #failure(what: string): FirmwareError {
    const tail = this.logText().trimEnd().split('\n').slice(-TAIL_LINES);
    return new FirmwareError('LAB_PEER', `${this.name} ${what}. The end of its log:\n  ${tail.join('\n  ')}`);
  }
}
