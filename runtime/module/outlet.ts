/**
 * All that goes out of a module, whatever version runs: messages, events, requests, data for ports, timers, lines of the log.
 * It is all that a version's context and its handlers know of the proxy behind them.
 */
import { reasonOf, shortened } from '../errors.ts';
import type { LogLevel } from '../inspection.ts';
import type { Kernel } from '../kernel.ts';
import type { Message, Packet, SendResult } from '../message.ts';
import type { PublishOptions } from '../services/events.ts';
import type { Addressee } from '../services/names.ts';
import { Absentee } from '../services/stand-in.ts';
import type { Inlet } from './inlet.ts';
import {
  type Attached,
  followsDeclaration,
  followsSettings,
  ModulePorts,
  type PortUse,
} from './module-ports.ts';
import type { Port, PortFailure, PortKind, PortResult } from './port.ts';

/** Different errors that are remembered as said. */
const MOST_TOLD = 100;
/** Ports that the versions of one module may have open. */
const MOST_PORTS = 4_096;

export class Outlet {
  readonly name: string;
  readonly #kernel: Kernel;
  /** Where timers come due, and where a new manifest takes effect. */
  readonly #inlet: Inlet;
  readonly ports = new ModulePorts();
  /** Errors that are said once. */
  readonly #told = new Set<string>();
  #lateActs = 0;

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
  get lateActs(): number {
    return this.#lateActs;
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
  actedLate(): void {
    this.#lateActs++;
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
    return this.#kernel.guard.timed
      ? this.#transmitLater(port, key, datum)
      : this.ports.send(port, key, datum, this.#driverThrew);
  }

  /** On its own: V8 would make room for what the closure captures also where nothing is put off. */
  #transmitLater(port: string, key: string, datum: unknown): PortResult {
    const attached = this.ports.get(port, key);
    this.#kernel.guard.later(() => this.ports.send(port, key, datum, this.#driverThrew, attached));
    return 'sent';
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

  /** Whether the version in service declares this port by kind. */
  declares(port: string): boolean {
    return this.#inlet.manifest.declaredPorts[port] !== undefined;
  }

  /** A sentence what is wrong with settings of a declared port; undefined when nothing is. */
  wrongSettings(port: string, settings: unknown): string | undefined {
    const declaration = this.#inlet.manifest.declaredPorts[port];
    return declaration && this.kindOf(declaration.kind)?.check?.(declaration, settings);
  }

  /** The host's own of this name; undefined for a kind that it does not know. */
  kindOf(kind: string): PortKind | undefined {
    const { portKinds, standIn } = this.#kernel;
    return standIn?.portKind ?? (Object.hasOwn(portKinds, kind) ? portKinds[kind] : undefined);
  }

  /**
   * A version says that it uses a port with these settings: it is the module's from now on.
   * @param saidBy the version's context
   */
  openPort(saidBy: object, port: string, key: string, settings: unknown): void {
    const { retired, manifest } = this.#inlet;
    const declaration = manifest.declaredPorts[port];
    if (retired || declaration === undefined) return;
    if (this.ports.get(port, key) === undefined && this.ports.size >= MOST_PORTS) {
      this.once(`has ${MOST_PORTS} ports open, the most that a module may have; further ones are not opened`);
      return;
    }
    this.usePort(port, key, { declaration, settings, saidBy });
  }

  /** A port is to be so: its driver follows when the guard is left. */
  usePort(port: string, key: string, use: PortUse): void {
    if (this.ports.use(port, key, use)) return;
    this.#kernel.guard.later(() => this.#follow(port, key));
  }

  /** A port that the host attached stays. */
  closePort(port: string, key: string): void {
    const driver = this.ports.drop(port, key);
    if (driver !== undefined) this.close([driver]);
  }

  /** Opens a port, or changes its settings, so that it is as its version has said last. */
  #follow(port: string, key: string): void {
    const attached = this.ports.get(port, key);
    // It was closed meanwhile.
    if (attached?.use === undefined) return;
    const follows = followsDeclaration(attached);
    if (follows && followsSettings(attached)) return;
    try {
      if (follows && attached.driver?.change !== undefined) attached.driver.change(attached.use.settings);
      else this.#make(port, key, attached);
      attached.followed = attached.use;
      attached.trouble = '';
    } catch (thrown) {
      attached.trouble = reasonOf(thrown);
      this.once(
        `the port ${port} ${key} could not be ${follows ? 'changed' : 'opened'}: ${attached.trouble}`,
      );
      if (!follows) this.#replaceDriver(attached, undefined);
    }
  }

  /** The new one receives before the old one ends. */
  #make(port: string, key: string, attached: Attached): void {
    const { declaration, settings } = attached.use!;
    const kind = this.kindOf(declaration.kind)!;
    const driver = kind.make({ module: this.name, port, key, declaration, settings });
    this.receiveFrom(port, key, driver);
    this.#replaceDriver(attached, driver);
  }

  #replaceDriver(attached: Attached, driver: Port | undefined): void {
    const before = attached.driver;
    attached.driver = driver;
    if (before !== undefined) this.close([before]);
  }

  /** Opens a driver, which may throw: what it receives comes to the module. */
  receiveFrom(port: string, key: string, driver: Port): void {
    const { scheduler, clock } = this.#kernel;
    driver.open((datum) => {
      const packet: Packet = { kind: 'packet', type: port, key, at: clock.now(), datum };
      scheduler.gather(() => this.#inlet.accept(packet));
    });
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
