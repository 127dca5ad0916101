/** How long a router may be silent while it is asked something: one that hangs keeps its socket, and says nothing. */
import type { Command } from './command.ts';

/** Until what is only shown begins to come, in ms. Whatever comes begins the time anew. */
export const ANSWER_MS = 10_000;
/** For what reads and writes files or compiles, on a slow board, in ms. */
export const WORK_MS = 60_000;

/** Whether the router's preparation time says how long it may take. */
export function isPrepared({ name }: Command): boolean {
  return ['run', 'check', 'confirm', 'rollback', 'bench swap'].includes(name);
}

/** @param preparation the router's preparation time, in ms */
export function silenceOf(command: Command, preparation: number): number {
  switch (command.name) {
    case 'run': {
      const { times, every } = command.options.retry ?? { times: 0, every: 0 };
      return WORK_MS + (times + 1) * (2 * preparation + every);
    }
    case 'check':
    case 'confirm':
      return WORK_MS + preparation;
    // By force the time is granted twice.
    case 'rollback':
      return WORK_MS + 2 * preparation;
    case 'bench swap':
      return WORK_MS + command.swaps * preparation;
    case 'bench latency':
    case 'wait':
      return WORK_MS + command.duration;
    case 'load':
    case 'unload':
    case 'checkpoint':
    case 'reboot':
      return WORK_MS;
    case 'show':
      return command.view === 'slots' ? WORK_MS : ANSWER_MS;
    default:
      return ANSWER_MS;
  }
}
