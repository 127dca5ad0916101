/**
 * One module under test: driven by what it receives, its time in the test's hand, its outputs as values. It runs in a
 * `Runtime` as it does in a program: the same mailbox, guard, transactions and state handlers.
 */
import { checkMs, checkOptions, checkType, mustBeList, mustBeObject } from '../argument.ts';
import type {
  ModuleSource,
  PortDeclaration,
  PortResult,
  PublishOptions,
  RollbackOptions,
  RuntimeOptions,
  SendResult,
  TransactionReport,
  UpgradeOptions,
} from '../index.ts';
import { HitlessError, Log, Runtime } from '../index.ts';
import type { Backstage } from '../inside.ts';
import { FakeClock } from './fake-clock.ts';
import type {
  Asked,
  Changed,
  Closed,
  Logged,
  Opened,
  Output,
  Published,
  Sent,
  Transmitted,
} from './output.ts';
import { Recorder } from './recorder.ts';
import type { Bodied, EventsOf, MessagesOf, PortsOf, StateOf, TimerView } from './typing.ts';

/** How a module is tested; everything has a default. `development` is on by default. */
export interface KitOptions
  extends Omit<RuntimeOptions, 'clock' | 'ports' | 'portKinds' | 'publishes' | 'needs' | 'preciseTimers'> {
  /** Given to the module's `initial`. */
  config?: unknown;
  /** The time that the clock shows first, in ms; 0 by default. */
  at?: number;
  /** Of a manifest that only names its ports (api 1), by name: the keys that are open, such as `{ ospf: ['eth0'] }`. */
  ports?: Readonly<Record<string, readonly string[]>>;
  /** Of these ports, by name: as what a program opens them. One that a version of api 2 declares so stays open over a swap. */
  declarations?: Readonly<Record<string, PortDeclaration>>;
}

const KNOWN: Record<keyof KitOptions, true> = {
  config: true,
  at: true,
  ports: true,
  declarations: true,
  directories: true,
  development: true,
  preparation: true,
  warmUp: true,
  versionSet: true,
  probation: true,
  log: true,
  guard: true,
};

const PORT_OUTPUTS: readonly Output['kind'][] = ['opened', 'changed', 'closed'];

/** Turns of the event loop in which nothing comes: promises that follow each other are at rest. */
const RESTED = 3;

/** How a message is delivered. */
export interface DeliverOptions {
  /** Name of the sender; `host` by default. */
  from?: string;
  /** Of the message's protocol; by default the newest that the module accepts. */
  version?: number;
}

/**
 * Starts a module under test, with a clock that stands still.
 * @param version a class, as `defineModule` makes it or with a static `manifest`, what a bundle exports, or a bundle
 * @throws HitlessError as `Runtime.add`
 */
export async function testModule<const Version extends ModuleSource>(
  version: Version,
  options: KitOptions = {},
): Promise<ModuleKit<Version>> {
  checkOptions('testModule', options, Object.keys(KNOWN));
  const { config, at = 0, ports = {}, declarations = {}, ...rest } = options;
  checkType('testModule', 'at', at, 'number');
  mustBeObject('testModule', 'ports', ports);
  for (const [port, keys] of Object.entries(ports)) mustBeList('testModule', `ports.${port}`, keys);
  mustBeObject('testModule', 'declarations', declarations);
  const clock = new FakeClock(at);
  const log = new Log();
  let backstage!: Backstage;
  let recorder!: Recorder;
  const runtime = new Runtime(
    {
      development: true,
      ...rest,
      log,
      clock,
      ports: (_module, port) => {
        const declaration = declarations[port];
        return (ports[port] ?? []).map((key) => {
          const driver = recorder.port(port, key);
          return declaration === undefined ? [key, driver] : [key, driver, declaration];
        });
      },
    },
    {
      standIn: (given) => {
        backstage = given;
        recorder = new Recorder(given);
        return recorder;
      },
    },
  );
  log.listenPromptly(recorder.logged);
  try {
    await runtime.add(version, config, { undoable: false });
  } catch (thrown) {
    runtime.stop();
    throw thrown;
  }
  recorder.module = runtime.modules()[0]!.name;
  return new ModuleKit<Version>(runtime, clock, recorder, backstage);
}

export class ModuleKit<Version> {
  /** The runtime around the module, for all that the kit has no member for. */
  readonly runtime: Runtime;
  readonly #clock: FakeClock;
  readonly #recorder: Recorder;
  readonly #backstage: Backstage;

  constructor(runtime: Runtime, clock: FakeClock, recorder: Recorder, backstage: Backstage) {
    this.runtime = runtime;
    this.#clock = clock;
    this.#recorder = recorder;
    this.#backstage = backstage;
  }

  // --- what it receives

  /**
   * Delivers a message, and runs what follows from it.
   * @returns `full` when its mailbox has no room
   * @throws HitlessError `ARGUMENT_INVALID` when the module accepts no such message
   */
  deliver<Type extends keyof MessagesOf<Version> & string>(
    type: Type,
    ...[body, options = {}]: Bodied<MessagesOf<Version>[Type], [options?: DeliverOptions]>
  ): SendResult {
    checkOptions('deliver', options, ['from', 'version'] satisfies (keyof DeliverOptions)[]);
    const { accepts } = this.#proxy.manifest;
    const { from = 'host', version = newest(this.#declared('accepts', type, accepts)) } = options;
    const result = this.#backstage.send(from, this.name, type, body, version);
    this.#clock.settle();
    return result;
  }

  /**
   * Sends a request, and runs what follows from it; resolves with the answer.
   * @throws HitlessError as `Runtime.ask`, and `ARGUMENT_INVALID` when the module accepts no such message
   */
  ask<Answer = unknown, Type extends keyof MessagesOf<Version> & string = keyof MessagesOf<Version> & string>(
    type: Type,
    ...[body, options = {}]: Bodied<
      MessagesOf<Version>[Type],
      [options?: { timeout?: number; version?: number }]
    >
  ): Promise<Answer> {
    const { accepts } = this.#proxy.manifest;
    const { version = newest(this.#declared('accepts', type, accepts)) } = options;
    const answer = this.runtime.ask<Answer>(this.name, type, body, { ...options, version });
    this.#clock.settle();
    return answer;
  }

  /**
   * Publishes an event to it, and runs what follows from it.
   * @throws HitlessError `ARGUMENT_INVALID` when the module does not subscribe to it
   */
  publish<Event extends keyof EventsOf<Version> & string>(
    event: Event,
    ...[body, options = {}]: Bodied<
      EventsOf<Version>[Event],
      [options?: PublishOptions & { version?: number }]
    >
  ): void {
    const { subscribes } = this.#proxy.manifest;
    const { version = newest(this.#declared('subscribes', event, subscribes)) } = options;
    this.runtime.publish(event, body, { ...options, version });
    this.#clock.settle();
  }

  /**
   * A port receives a datum; what follows from it is run.
   * @throws HitlessError `ARGUMENT_INVALID` when no such port is open
   */
  receive<Port extends keyof PortsOf<Version> & string>(
    port: Port,
    key: string,
    datum: PortsOf<Version>[Port],
  ): void {
    this.#recorder.receive(port, key, datum);
    this.#clock.settle();
  }

  /**
   * Lets time pass: each timer comes when it is due, in order, and what follows from it is done before the next.
   * @param ms from 0
   * @throws HitlessError `NOT_QUIESCENT` when a module sets timers for now without end
   */
  advance(ms: number): void {
    checkMs('advance', 'ms', ms, 0);
    this.#clock.settle();
    this.#clock.advance(ms);
  }

  /**
   * Answers the oldest request of this type that is open, and runs what follows from it.
   * @throws HitlessError `ARGUMENT_INVALID` when there is none
   */
  answer(type: string, value?: unknown): void {
    this.#recorder.answer(type, { value });
    this.#clock.settle();
  }

  /** As `answer`, but the request fails: with `ASK_FAILED` by default. */
  fail(type: string, error = new HitlessError('ASK_FAILED', `"${type}" fails in this test`)): void {
    this.#recorder.answer(type, { error });
    this.#clock.settle();
  }

  /** From now on messages to this module have this result: `full` for one that is behind, `unknown` for none. */
  mailbox(to: string, result: SendResult): void {
    this.#recorder.mailbox(to, result);
  }

  /** From now on data for this port have this result. */
  link(port: string, key: string, result: PortResult): void {
    this.#recorder.link(port, key, result);
  }

  /**
   * Resolves when promises of an `async: true` module, and transactions that nobody awaits, such as a version's way back,
   * have come to rest.
   */
  async settled(): Promise<void> {
    do {
      this.#clock.settle();
      for (let i = 0; i < RESTED; i++) await new Promise((resolve) => setImmediate(resolve));
    } while (this.#clock.waiting || this.#backstage.busy());
  }

  // --- what it does

  /** Every output since the start, or since `take`. */
  get outputs(): readonly Output[] {
    return this.#recorder.outputs;
  }

  /** The outputs until now; `outputs` begins anew. */
  take(): Output[] {
    return this.#recorder.outputs.splice(0);
  }

  /** Of the outputs, messages to other modules. */
  get sent(): Sent[] {
    return this.#of('sent');
  }

  /** Of the outputs, requests. */
  get asked(): Asked[] {
    return this.#of('asked');
  }

  /** Of the outputs, events. */
  get published(): Published[] {
    return this.#of('published');
  }

  /** Of the outputs, data for ports. */
  get transmitted(): Transmitted[] {
    return this.#of('transmitted');
  }

  /** Of the outputs, ports that were opened, had their settings changed, or were closed. */
  get ports(): (Opened | Changed | Closed)[] {
    return this.outputs.filter((output) => PORT_OUTPUTS.includes(output.kind)) as (
      | Opened
      | Changed
      | Closed
    )[];
  }

  /** Of the outputs, lines of the log. */
  get logged(): Logged[] {
    return this.#of('logged');
  }

  #of<Kind extends Output['kind']>(kind: Kind): Extract<Output, { kind: Kind }>[] {
    return this.#recorder.outputs.filter(
      (output): output is Extract<Output, { kind: Kind }> => output.kind === kind,
    );
  }

  // --- what it is

  /** Name of the module. */
  get name(): string {
    return this.#recorder.module;
  }

  /** The version in service. */
  get version(): string {
    return this.#proxy.version;
  }

  /** The live object. */
  get state(): StateOf<Version> {
    return this.#proxy.state as StateOf<Version>;
  }

  /** The module's time, in ms. */
  get now(): number {
    return this.#clock.now();
  }

  /** Its timers, the next one first. */
  get timers(): TimerView[] {
    const { timers } = this.#proxy.view();
    return timers.toSorted((a, b) => a.dueIn - b.dueIn);
  }

  // --- its versions

  /**
   * Replaces its version, as a program does: state is carried over, inputs wait, outputs of `start` are held.
   * @throws HitlessError as `Runtime.replace`: an `AbortedError` has the `report` with the reason
   */
  replace(version: ModuleSource, options?: UpgradeOptions): Promise<TransactionReport> {
    return this.#rested(this.runtime.replace(version, options));
  }

  /** Undoes the last replacement. @throws HitlessError as `Runtime.rollback` */
  rollback(options?: RollbackOptions): Promise<TransactionReport> {
    return this.#rested(this.runtime.rollback(options));
  }

  /** Ends the module, with its `stop`. */
  stop(): void {
    this.runtime.stop();
  }

  /** Handles the messages that a transaction let in, before it resolves. */
  async #rested(done: Promise<TransactionReport>): Promise<TransactionReport> {
    try {
      return await done;
    } finally {
      this.#clock.settle();
    }
  }

  get #proxy() {
    const proxy = this.runtime.names.resolve(this.name);
    if (proxy !== undefined) return proxy;
    throw new HitlessError('MODULE_UNKNOWN', `${this.name} was removed, or its kit was stopped`);
  }

  #declared(what: 'accepts' | 'subscribes', type: string, declared: Record<string, readonly number[]>) {
    const versions = declared[type];
    if (versions !== undefined) return versions;
    const verb = what === 'accepts' ? 'accepts no' : 'does not subscribe to';
    const there = Object.keys(declared).join(', ') || 'nothing';
    throw new HitlessError(
      'ARGUMENT_INVALID',
      `${this.name} ${this.version} ${verb} "${type}"; its manifest ${what} ${there}`,
    );
  }
}

function newest(versions: readonly number[]): number {
  return Math.max(...versions);
}
