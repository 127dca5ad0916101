/** What all proxies of one runtime share. */
import type { EventManager } from './events.ts';
import type { Guard } from './guard.ts';
import type { LogLevel } from './module.ts';
import type { NameService } from './names.ts';
import type { Requests } from './requests.ts';
import type { Scheduler } from './scheduler.ts';
import type { TimerQueue } from './timers.ts';

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
