/** What all proxies of one runtime share. */

import type { LogLevel } from './module/module.ts';
import type { EventManager } from './services/events.ts';
import type { Guard } from './services/guard.ts';
import type { NameService } from './services/names.ts';
import type { Requests } from './services/requests.ts';
import type { Scheduler } from './services/scheduler.ts';
import type { TimerQueue } from './services/timers.ts';

export interface Kernel {
  readonly names: NameService;
  readonly events: EventManager;
  readonly requests: Requests;
  readonly scheduler: Scheduler;
  readonly timers: TimerQueue;
  readonly guard: Guard;
  /** The runtime was stopped: no transaction goes on. */
  readonly stopped: boolean;
  /** The next message's id. */
  nextId(): number;
  log(
    level: LogLevel,
    module: string,
    version: string,
    text: string,
    transaction?: number,
    data?: unknown,
  ): void;
}

/** Who sends: a proxy's current version, or the program around the runtime. */
export interface Sender {
  readonly name: string;
  readonly version: string;
}

export const HOST: Sender = { name: 'host', version: '' };
