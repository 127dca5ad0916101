/**
 * The processes that a lab was started through (npm, its shell, a script): if one of them is killed, nobody
 * tells the lab, so the lab looks. Only ancestors of the same process group count: they are one job to the
 * terminal. A shell that a person types into, or whoever detached the lab, is in another.
 */
import { readFileSync } from 'node:fs';

interface Process {
  parent: number;
  group: number;
}

/** From /proc/PID/stat (proc(5)); undefined when there is no such process. */
export function processOf(pid: number): Process | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything, also parentheses and spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { parent: Number(fields[1]), group: Number(fields[2]) };
  } catch {
    return undefined;
  }
}

/** This process and its ancestors up to the last one of the same process group, each with its parent. */
export function ancestors(pid = process.pid): { pid: number; parent: number }[] {
  const line: { pid: number; parent: number }[] = [];
  const group = processOf(pid)?.group;
  for (let at = pid; at > 0; ) {
    const found = processOf(at);
    if (found === undefined || found.group !== group) break;
    line.push({ pid: at, parent: found.parent });
    at = found.parent;
  }
  return line;
}

const LOOK_EVERY_MS = 200;

/**
 * Calls `lost` once when an ancestor has ended. A process whose parent ends gets another parent at once, so
 * that is what is compared: a process id that is used again misleads nobody.
 * @returns stops looking.
 */
export function watchAncestors(lost: () => void): () => void {
  const line = ancestors();
  // The last one's parent is not part of the job, and may end.
  const kept = line.slice(0, -1);
  const timer = setInterval(() => {
    if (kept.every(({ pid, parent }) => processOf(pid)?.parent === parent)) return;
    clearInterval(timer);
    lost();
  }, LOOK_EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
