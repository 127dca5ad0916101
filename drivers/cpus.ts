/** CPUs by number, in the list form of Linux (cpuset(7), "List format"): `0`, `0-3`, `0,2-3`. */
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** NR_CPUS of the largest Linux kernels is 8192. */
export const LAST_CPU = 8191;

/** The CPUs of a list, sorted and each once; undefined for a text that is no list, or names one beyond `LAST_CPU`. */
export function parseCpuList(text: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of text.trim().split(',')) {
    const match = /^(\d{1,4})(?:-(\d{1,4}))?$/.exec(part.trim());
    if (match === null) return undefined;
    const first = Number(match[1]);
    const last = Number(match[2] ?? first);
    if (last < first || last > LAST_CPU) return undefined;
    for (let cpu = first; cpu <= last; cpu++) found.add(cpu);
  }
  return [...found].sort((a, b) => a - b);
}

export function formatCpuList(sorted: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const cpu of sorted) {
    const range = ranges.at(-1);
    if (range !== undefined && range[1] === cpu - 1) range[1] = cpu;
    else ranges.push([cpu, cpu]);
  }
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(',');
}

/** A set of CPUs as a hexadecimal mask, the form that every `taskset` takes. */
export function cpuMask(list: readonly number[]): string {
  return list.reduce((mask, cpu) => mask | (1n << BigInt(cpu)), 0n).toString(16);
}

/** The CPUs that are switched on. */
export function onlineCpus(): number[] {
  try {
    const list = parseCpuList(readFileSync('/sys/devices/system/cpu/online', 'utf8'));
    if (list !== undefined) return list;
  } catch {
    // A container may have no /sys.
  }
  return cpus().map((_, number) => number);
}

/** The CPUs on which this process may run. */
export function usableCpus(): number[] {
  const online = onlineCpus();
  const status = readFileSync('/proc/self/status', 'utf8');
  // It also lists CPUs that are switched off.
  const allowed = parseCpuList(/^Cpus_allowed_list:\s*(\S+)$/m.exec(status)?.[1] ?? '');
  return allowed === undefined ? online : online.filter((cpu) => allowed.includes(cpu));
}
