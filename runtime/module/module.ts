/**
 * The part that a module's author writes (the paper's `ModuleImp`, section 4). A class derived from
 * `Module` has one handler for each declared input, and acts by its `Context`.
 */
import type { LogLevel } from '../inspection.ts';
import type { SendResult } from '../message.ts';
import type { PublishOptions } from '../services/events.ts';
import type { Ask, AskOptions } from './ask.ts';
import type { PortFailure, PortResult } from './port.ts';
import type { Protocol, Talking } from './protocol.ts';

/**
 * Why a version starts: first of all, in place of another, back after a failed upgrade, or back in service. The last is so
 * after its `stop` (after `disable`, or a `remove` that is undone), and from a checkpoint.
 */
export type StartReason = 'cold' | 'upgrade' | 'rollback' | 'resume';

/** Why a module's service ends: it was disabled, it was removed, or the whole runtime stops. */
export type StopReason = 'disable' | 'remove' | 'shutdown';

/**
 * All that a module can do to the world. It is revoked at the switch: a revoked context does nothing and counts
 * the attempt. Outputs of `start`, of `stop`, and of handlers while a transaction runs, are held until they returned.
 */
export interface Context {
  /** The module's name. */
  readonly name: string;
  /** The running version, such as `1.0.0`. */
  readonly version: string;
  /** True while the module should start nothing new because a transaction waits for it to become quiescent. */
  readonly draining: boolean;
  /** The monotonic clock, in ms with fractions. */
  now(): number;
  /** Sends a message; `version` is the manifest's for that type unless told. */
  send(to: string, type: string, body?: unknown): SendResult;
  /** A request, sent when yielded: `const answer = yield* this.ctx.ask<Answer>('OSPF', 'neighbors')`. */
  ask<Answer = unknown>(to: string, type: string, body?: unknown, options?: AskOptions): Ask<Answer>;
  /** Publishes an event to its subscribers; returns how many take it. With a key it is state: see `PublishOptions`. */
  publish(event: string, body?: unknown, options?: PublishOptions): number;
  /** Arms (or re-arms) the timer of this name and key, in `after` ms and then every `every` ms, if given. */
  setTimer(name: string, key: string, after: number, options?: { body?: unknown; every?: number }): void;
  /** Disarms the timer of this name and key; nothing happens when it is not armed. */
  cancelTimer(name: string, key?: string): void;
  /**
   * Milliseconds until the timer is due, or undefined when it is not armed. It is 0 where its expiry waits to be handled, which
   * arming it anew would take back.
   */
  timerDue(name: string, key?: string): number | undefined;
  /**
   * Hands a datum to the port attached under this name and key; it leaves when the handler has returned. The result is
   * what became of the datum before it, `down` also when there is no such port.
   */
  transmit(port: string, key: string, datum: unknown): PortResult;
  /**
   * Why the last datum handed to this port was not sent; undefined when it was.
   */
  portFailure(port: string, key: string): PortFailure | undefined;
  /** Keys of the ports under this name: those that the host attached, and those that the module uses. */
  ports(port: string): string[];
  /**
   * Says that the module uses a port that its manifest declares by kind, with these settings: it is opened, or has its settings
   * changed. It stays open over a swap when the new version declares the same and says so again in `start`. What a version
   * does not say is closed after the commit. A driver that fails is told in the log, and by `portFailure`.
   * @param key such as the name of an interface
   * @param settings as the kind understands them; plain data
   * @throws HitlessError `PORT_INVALID` when the kind does not take these settings
   */
  openPort(port: string, key: string, settings?: unknown): void;
  /** Closes a port that the module uses. What it received before is handled still. */
  closePort(port: string, key: string): void;
  /** Writes a line to the runtime's log. */
  log(level: LogLevel, text: string): void;
}

/** The context of a module that says in its protocol to whom it sends, and what it publishes: other outputs do not compile. */
export interface TypedContext<P extends Protocol> extends Omit<Context, keyof Talking<P>>, Talking<P> {}

/** The context of a module with this protocol; one without a protocol may send what it likes. */
export type ContextOf<P extends Protocol> = Protocol extends P ? Context : TypedContext<P>;

/** The base class of every module: a bundle's default export derives from it. */
export abstract class Module<State = unknown, P extends Protocol = Protocol> {
  /** Given before any other method is called. */
  declare readonly ctx: ContextOf<P>;
  /** The proxy's state: plain data, adopted or migrated from the version before. */
  declare state: State;

  /** The first state, when no version ran before. */
  abstract initial(config: unknown): State;

  /**
   * Rebuilds what is derived from the state, which it may only read unless it starts `cold`: the swap can still be
   * put back. Outputs are held until every member of the transaction has started.
   */
  start(_why: StartReason): void {}

  /**
   * Returns what a new configuration would change while the module runs: a plan for `apply`, or a sentence why it cannot be.
   * It only reads, for others of the transaction may say no. It may keep the configuration.
   */
  configure(_config: unknown): unknown {
    return 'it cannot be configured while it runs; remove it and add it again';
  }

  /**
   * Does what `configure` has planned, after the decision: writes the state, and what is derived from it. Outputs are held
   * until every member of the transaction has done so; when one fails, state and outputs are as they were.
   */
  apply(_plan: unknown): void {}

  /**
   * The module's last word, once, when its service ends: never at a swap, nor when nothing comes of a removal. Its
   * ports are open still, and close when its outputs are out. It may write the state, for a later `start('resume')`.
   * Nobody handles what it sends to other modules at `shutdown`. It has 100 ms, and cannot hinder the end: when it
   * throws or does not return, its outputs are dropped.
   */
  stop(_why: StopReason): void {}

  /** `true`, or a sentence why this is no moment to swap. It may not write the state. */
  isQuiescent(): true | string {
    return true;
  }

  /** `true`, or a sentence what is wrong. Asked while a new version is on probation. */
  isHealthy(): true | string {
    return true;
  }
}
