/** A runtime as the project's own parts have it, which programs do not: what warms it, the test kit. */
import type { Kernel } from './kernel.ts';
import type { SendResult } from './message.ts';
import type { Guard } from './services/guard.ts';
import type { Answer } from './services/requests.ts';
import type { StandIn } from './services/stand-in.ts';
import { copyOf } from './state/copy.ts';

export interface Inside {
  /** Of the runtime whose transactions this one warms. */
  guard?: Guard | undefined;
  /** Makes what stands for the modules that are not there. */
  standIn?: (backstage: Backstage) => StandIn;
}

/** The means of a stand-in. */
export interface Backstage {
  /** Sends as a module that is not there. */
  send(from: string, to: string, type: string, body: unknown, version: number): SendResult;
  /** Ends a request that came to the stand-in. */
  answer(id: number, answer: Answer): void;
  /** Whether a transaction runs. */
  busy(): boolean;
  /** A copy of plain data. @throws HitlessError `STATE_NOT_PLAIN` */
  copy<T>(value: T): T;
}

/** @param parts the runtime's, which is not whole yet */
export function backstageOf(parts: () => { kernel: Kernel; busy: boolean }): Backstage {
  return {
    send(from, to, type, body, version) {
      const { names, nextId } = parts().kernel;
      const message = {
        kind: 'message',
        id: nextId(),
        from,
        fromVersion: '',
        type,
        version,
        cause: 0,
        body,
      } as const;
      return names.resolve(to)?.accept(message) ?? 'unknown';
    },
    answer: (id, answer) => parts().kernel.requests.close(id, answer),
    busy: () => parts().busy,
    copy: copyOf,
  };
}
