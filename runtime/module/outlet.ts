/**
 * All that goes out of a module, whatever version runs: messages, events, requests, data for ports, timers, lines of the log.
 * It is all that a version's context and its handlers know of the proxy behind them.
 */
import { reasonOf, shortened } from '../errors.ts';
import type { LogLevel } from '../inspection.ts';
import type { Kernel } from '../kernel.ts';
import type { Message, SendResult } from '../message.ts';
import type { PublishOptions } from '../services/events.ts';
import type { Addressee } from '../services/names.ts';
import { Absentee } from '../services/stand-in.ts';
import type { Inlet } from './inlet.ts';
import { ModulePorts } from './module-ports.ts';
import type { Port, PortFailure, PortResult } from './port.ts';

/** Different errors that are remembered as said. */
const MOST_TOLD = 100;

export class Outlet {
  readonly name: string;
  readonly #kernel: Kernel;
  /** Where timers come due, and where a new manifest takes effect. */
  readonly #inlet: Inlet;
  readonly ports = new ModulePorts();
  /** Errors that are said once. */
  readonly #told = new Set<string>();
  #strays = 0;

  /** Root request that what is sent now is caused by; 0 when none. Unknown after an `await`. */
  cause = 0;
  /** A handler runs, or its end is still to be seen to. */
  handling = false;

  readonly #driverThrew = (port: string, key: string, thrown: unknown): void => {
    this.once(`the driver of port ${port} ${key} threw ${reasonOf(thrown)}; it counts as down`);
  };

  constructor(name: string, kernel: Kernel, inlet: Inlet) {
    this.name = name;
    this.#kernel = kernel;
    this.#inlet = inlet;
  }

  /** The version in service, such as `1.0.0`. */
  get version(): string {
    return this.#inlet.manifest.version;
  }

  /** Its handlers may be promises. */
  get async(): boolean {
    return this.#inlet.manifest.async === true;
  }

  get maxHandlerMs(): number {
    return this.#inlet.maxHandlerMs;
  }

  /** The time that the module sees, in ms. */
  now(): number {
    return this.#kernel.clock.now();
  }

  /** A transaction waits for the module to become quiescent. */
  get draining(): boolean {
    return this.#inlet.service === 'draining';
  }

  /** Attempts of versions to act after they were replaced. */
  get strays(): number {
    return this.#strays;
  }

  // --- messages

  compose<Body>(
    kind: Message['kind'],
    fromVersion: string,
    type: string,
    version: number,
    body: Body,
    cause = this.cause,
  ): Message<Body> {
    return {
      kind,
      id: this.#kernel.nextId(),
      from: this.name,
      fromVersion,
      type,
      version,
      cause,
      body,
    };
  }

  dispatch(to: string, message: Message): SendResult {
    return this.#addressee(to)?.accept(message) ?? 'unknown';
  }

  reserve(to: string, message: Message): Addressee | 'full' | 'unknown' {
    const target = this.#addressee(to);
    const reserved = target?.reserveFor(message) ?? 'unknown';
    return reserved === 'queued' ? target! : reserved;
  }

  #addressee(to: string): Addressee | undefined {
    const { names, standIn, guard } = this.#kernel;
    const found = names.resolve(to);
    return found === undefined && standIn !== undefined ? new Absentee(to, standIn, guard) : found;
  }

  announce(message: Message, options: PublishOptions | undefined): number {
    const { events, standIn, guard } = this.#kernel;
    if (standIn !== undefined) guard.later(() => standIn.published(message, options));
    return events.publish(message, options);
  }

  /** How many would take an event now. */
  takers(message: Message, options: PublishOptions | undefined): number {
    return this.#kernel.events.takers(message, options);
  }

  // --- the log

  log(level: LogLevel, text: string, version = this.version): void {
    this.#kernel.log({ level, module: this.name, version, text });
  }

  /** A version that was replaced tried to act. */
  stray(): void {
    this.#strays++;
  }

  /** The module did what its manifest does not declare: said once, and not done. */
  undeclared(what: string): void {
    this.once(`${shortened(what)}, which its manifest does not declare; add it to the manifest`);
  }

  /** Logs an error the first time that it happens. */
  once(text: string): void {
    if (this.#told.has(text)) return;
    if (this.#told.size < MOST_TOLD) this.#told.add(text);
    this.log('error', text);
  }

  // --- timers

  arm(type: string, key: string, due: number, every: number, body: unknown): void {
    const { retired, manifest, timers } = this.#inlet;
    if (retired) return;
    if (manifest.timers.includes(type)) timers.arm(type, key, due, every, body);
    else this.undeclared(`arms the timer "${type}"`);
  }

  disarm(type: string, key: string): void {
    this.#inlet.timers.disarm(type, key);
  }

  dueIn(type: string, key: string): number | undefined {
    return this.#inlet.timers.dueIn(type, key);
  }

  // --- ports

  transmit(port: string, key: string, datum: unknown): PortResult {
    return this.#kernel.guard.timed ? this.#transmitLater(port, key, datum) : this.#send(port, key, datum);
  }

  /** On its own: V8 would make room for what the closure captures also where nothing is put off. */
  #transmitLater(port: string, key: string, datum: unknown): PortResult {
    this.#kernel.guard.later(() => this.#send(port, key, datum));
    return 'sent';
  }

  #send(port: string, key: string, datum: unknown): PortResult {
    return this.ports.send(port, key, datum, this.#driverThrew);
  }

  lastResult(port: string, key: string): PortResult | undefined {
    return this.ports.lastResult(port, key);
  }

  portFailure(port: string, key: string): PortFailure | undefined {
    return this.ports.failure(port, key);
  }

  portKeys(port: string): string[] {
    return this.ports.keys(port);
  }

  /** Drivers are foreign code: they run when the guard is left, and one that throws keeps nothing else from its end. */
  close(drivers: readonly Port[]): void {
    for (const driver of drivers) {
      this.#kernel.guard.later(() => {
        try {
          driver.close();
        } catch (thrown) {
          this.once(`the driver of a port threw ${reasonOf(thrown)} when it was closed`);
        }
      });
    }
  }
}
