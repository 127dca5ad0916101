/** The services that all proxies of one runtime share. */

import { type Clock, MACHINE } from './clock.ts';
import type { LogLine } from './inspection.ts';
import type { PortKinds } from './module/port.ts';
import { EventManager } from './services/events.ts';
import type { Guard } from './services/guard.ts';
import type { Log } from './services/log.ts';
import { type Addressee, NameService } from './services/names.ts';
import { Requests } from './services/requests.ts';
import { Scheduler } from './services/scheduler.ts';
import type { StandIn } from './services/stand-in.ts';
import { TimerQueue } from './services/timers.ts';

export interface Kernel<Module extends Addressee = Addressee> {
  readonly names: NameService<Module>;
  readonly events: EventManager;
  readonly requests: Requests;
  readonly scheduler: Scheduler;
  readonly timers: TimerQueue;
  readonly guard: Guard;
  /** The time that modules see. */
  readonly clock: Clock;
  /** In a test: takes what is meant for modules that are not there. Outputs then come in the order of the code. */
  readonly standIn: StandIn | undefined;
  /** The kinds of ports that the host knows. */
  readonly portKinds: PortKinds;
  /** Beginnings of modules, by name. */
  readonly beginnings: Map<string, Beginning>;
  /** The runtime was stopped: no transaction goes on. */
  readonly stopped: boolean;
  /** The next message's id. */
  nextId(): number;
  /** The last one. */
  lastId(): number;
  log(line: LogLine): void;
  /** The log's listeners can be kept waiting. */
  readonly listeners: Pick<Log, 'hold' | 'release'>;
}

/** The means to begin a module again after a fault. */
export interface Beginning {
  /** As it was given to `initial`. */
  readonly config: unknown;
  /** The file that its state was last kept in; undefined when there is none. */
  readonly checkpoint: string | undefined;
}

/** The sender: a proxy's current version, or the program around the runtime. */
export interface Sender {
  readonly name: string;
  readonly version: string;
}

export const HOST: Sender = { name: 'host', version: '' };

export interface KernelOptions {
  guard: Guard;
  log: Kernel['log'];
  listeners: Kernel['listeners'];
  development?: boolean | undefined;
  preciseTimers?: boolean | undefined;
  clock?: Clock | undefined;
  standIn?: StandIn | undefined;
  portKinds?: PortKinds | undefined;
  /** Events that the host publishes. */
  publishes?: readonly string[] | undefined;
}

/** Services that know of no module yet. */
export function makeKernel<Module extends Addressee>({
  guard,
  log,
  listeners,
  development,
  preciseTimers,
  clock = MACHINE,
  standIn,
  portKinds = {},
  publishes,
}: KernelOptions): Kernel<Module> & { stopped: boolean } {
  const scheduler = new Scheduler(guard, clock);
  const timers = new TimerQueue((expire) => scheduler.gather(expire), preciseTimers, clock);
  let lastId = 0;
  return {
    names: new NameService(),
    events: new EventManager(development, publishes),
    requests: new Requests(timers),
    scheduler,
    timers,
    guard,
    clock,
    standIn,
    portKinds,
    beginnings: new Map(),
    stopped: false,
    nextId: () => ++lastId,
    lastId: () => lastId,
    log,
    listeners,
  };
}
