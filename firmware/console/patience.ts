/** How long a router may be silent while it is asked something: one that hangs keeps its socket, and says nothing. */
import type { Command } from './command.ts';

/** Until what is only shown begins to come, in ms. Whatever comes begins the time anew. */
export const ANSWER_MS = 10_000;
/** For what reads and writes files or compiles, on a slow board, in ms. */
export const WORK_MS = 60_000;

/** @param preparation the router's preparation time, in ms */
export function silenceOf(
  { command, input }: { command: Command; input: unknown },
  preparation: number,
): number {
  return command.silence?.(input, preparation) ?? ANSWER_MS;
}
