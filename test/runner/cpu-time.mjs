/**
 * The processor time of children, from what Linux adds up for a process when it waits for one: what that one used, and
 * what those used that it waited for itself. Node tells of its own time only. A process that was left behind counts nowhere.
 */
import { readFileSync } from 'node:fs';

/** Linux tells processes' times in hundredths of a second, whatever it counts in (`USER_HZ`, proc(5)). */
const MS_A_TICK = 10;
/** After the command's name, which may hold anything: `cutime` and `cstime`, fields 16 and 17 of proc(5). */
const [CUTIME, CSTIME] = [13, 14];

let before = ofAllChildren();

/**
 * Processor time of the child whose end is told now. It is to be asked at the end of every child; of two that ended in
 * the same instant, the first one is told for both.
 * @returns {number | undefined} in ms; undefined where there is no `/proc`
 */
export function cpuTimeOfEnded() {
  const now = ofAllChildren();
  const ms = now === undefined || before === undefined ? undefined : now - before;
  before = now;
  return ms;
}

/** Of all children that ended, in ms; undefined where there is no `/proc`. */
export function ofAllChildren() {
  try {
    const text = readFileSync('/proc/self/stat', 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return (Number(fields[CUTIME]) + Number(fields[CSTIME])) * MS_A_TICK;
  } catch {
    return undefined;
  }
}
