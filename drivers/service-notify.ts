/**
 * Telling a service manager that this program is ready, alive, or ending (sd_notify(3)). Node has no datagram sockets
 * of the Unix family, so one small shell is kept that hands each line on with `systemd-notify`: the program itself
 * starts no process for a beat.
 */
import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { startChild } from './child.ts';

/** It ends with its input, and so with this program, however that ends. */
const RELAY = 'while IFS= read -r line; do systemd-notify "$line"; done';

/** Without a watchdog to feed, how often a beat is of use, in ms. */
const UNWATCHED = 10_000;

type Environment = Record<string, string | undefined>;

/** Does nothing where no service manager asked to be told (`NOTIFY_SOCKET`). */
export class ServiceNotify {
  /** Between two beats, in ms: a third of the time after which the service manager acts. */
  readonly every: number;
  readonly #told: boolean;
  readonly #watched: boolean;
  #relay: ChildProcess | undefined;
  /** By key, the lines that still hold: a new relay hands them on again, for the one before may have lost them. */
  readonly #holding = new Map<string, string>();

  /** @param environment as the service manager made it: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID` */
  constructor(environment: Environment = process.env) {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
    this.#told = Boolean(NOTIFY_SOCKET);
    const usec = Number(WATCHDOG_USEC);
    const mine = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
    this.#watched = this.#told && mine && usec > 0;
    this.every = this.#watched ? Math.max(1, Math.floor(usec / 3000)) : UNWATCHED;
  }

  ready(): void {
    this.#tell('READY=1');
  }

  /** The program is alive. To be called from its event loop, so that one that hangs is silent. */
  beat(): void {
    if (this.#watched) this.#tell('WATCHDOG=1');
    else if (this.#relay === undefined && this.#holding.size > 0) this.#write([...this.#holding.values()]);
  }

  /** What it is doing, in one line for a person. What was told last is not told again. */
  status(text: string): void {
    const line = `STATUS=${text.replaceAll(/\p{Cc}/gu, ' ')}`;
    if (this.#holding.get('STATUS') !== line) this.#tell(line);
  }

  stopping(): void {
    this.#tell('STOPPING=1');
  }

  /** What was told is still handed on. */
  close(): void {
    this.#relay?.stdin?.end();
    this.#relay = undefined;
  }

  #tell(line: string): void {
    if (!this.#told) return;
    const [key = ''] = line.split('=', 1);
    if (key !== 'WATCHDOG') this.#holding.set(key, line);
    // One that was killed is replaced by the next line, before the watchdog acts.
    const isNew = this.#relay === undefined;
    const held = isNew ? [...this.#holding.values()].filter((other) => other !== line) : [];
    this.#write([...held, line]);
  }

  #write(lines: readonly string[]): void {
    this.#relay ??= this.#start();
    this.#relay.stdin?.write(lines.map((line) => `${line}\n`).join(''));
  }

  #start(): ChildProcess {
    const relay = startChild('/bin/sh', ['-c', RELAY], { input: 'pipe', output: 'ignore' });
    const ended = () => {
      if (this.#relay === relay) this.#relay = undefined;
    };
    relay.on('error', ended).on('exit', ended);
    relay.stdin?.on('error', ended);
    relay.unref();
    (relay.stdin as Socket | null)?.unref();
    return relay;
  }
}
