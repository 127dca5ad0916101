/**
 * On which CPUs this process runs and with which priority, through taskset and chrt (util-linux, or busybox where it
 * has them: only options that both understand).
 *
 * All threads get the CPUs. Only the main thread gets the priority. V8's helpers and libuv's pool get the lowest one of the
 * same policy: whoever wakes one of them, as each collection does, may have to wait until one that was woken before has run
 * (glibc's pthread_cond_signal). Under the normal policy, beside busy processes, that was up to 300 ms. Threads that the
 * main thread starts later inherit its priority, the one that watches over a `vm` time-out among them, which is meant: it
 * has to strike in time, whatever else runs. So do child processes; the router's only listen and read.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cpuMask, formatCpuList, onlineCpus, usableCpus } from './cpus.ts';
import { DriverError, firstLine } from './errors.ts';

const TASKS = '/proc/self/task';
/** Above all that is not real-time, and below whatever else is. */
const HELPERS_PRIORITY = 1;

export interface Scheduling {
  /** CPU numbers, sorted; those that the process has, unless told. */
  cpus?: readonly number[] | undefined;
  /** Priority 1 to 99 under SCHED_FIFO (sched(7)); the normal policy unless told. */
  realtime?: number | undefined;
}

/**
 * Applies it to this process. Nothing is changed back when the process ends, nor when only a part can be done: a
 * program that is refused should end.
 * @throws DriverError (as a rejection) SCHEDULING_CPU_UNKNOWN, SCHEDULING_SINGLE_CPU, SCHEDULING_TOOL_MISSING,
 *   SCHEDULING_PERMISSION, SCHEDULING_FAILED
 */
export async function applyScheduling({ cpus, realtime }: Scheduling): Promise<void> {
  if (cpus !== undefined) mustBeOnline(cpus);
  const wanted = cpus ?? usableCpus();
  if (realtime !== undefined) mustBeSeveral(wanted);
  if (cpus !== undefined) {
    run('taskset', ['-a', '-p', cpuMask(cpus), String(process.pid)]);
    mustBeGiven(cpus);
  }
  if (realtime !== undefined) {
    // libuv starts its pool's threads with the first piece of work: now, before they would inherit the priority.
    await stat('/');
    for (const thread of helpers()) liftHelper(thread);
    run('chrt', ['-f', '-p', String(realtime), String(process.pid)]);
  }
}

/** The threads besides the main one, by their ids. */
function helpers(): string[] {
  return readdirSync(TASKS).filter((thread) => thread !== String(process.pid));
}

function liftHelper(thread: string): void {
  try {
    run('chrt', ['-f', '-p', String(HELPERS_PRIORITY), thread]);
  } catch (thrown) {
    // It may have ended meanwhile.
    if (existsSync(join(TASKS, thread))) throw thrown;
  }
}

/** The kernel passes over a CPU that does not exist, as long as there is another in the set (sched_setaffinity(2)). */
function mustBeOnline(cpus: readonly number[]): void {
  const online = onlineCpus();
  const unknown = cpus.filter((cpu) => !online.includes(cpu));
  if (unknown.length === 0) return;
  throw new DriverError(
    'SCHEDULING_CPU_UNKNOWN',
    `this machine has no CPU ${formatCpuList(unknown)}, or it is switched off; it has ${formatCpuList(online)}: choose among these`,
  );
}

function mustBeSeveral(cpus: readonly number[]): void {
  if (cpus.length > 1) return;
  throw new DriverError(
    'SCHEDULING_SINGLE_CPU',
    `a real-time priority on one CPU, ${formatCpuList(cpus)}, would starve the thread that cuts code which never yields, and no deadline could be kept; allow a second CPU (taskset, cpuset, AllowedCPUs= of systemd), or do without the real-time priority`,
  );
}

/** The kernel also leaves out what the process's cpuset does not have. */
function mustBeGiven(cpus: readonly number[]): void {
  const usable = usableCpus();
  const missing = cpus.filter((cpu) => !usable.includes(cpu));
  if (missing.length === 0) return;
  throw new DriverError(
    'SCHEDULING_CPU_UNKNOWN',
    `CPU ${formatCpuList(missing)} is not for this process: its control group has ${formatCpuList(usable)}; choose among these, or widen the group (cpuset.cpus; AllowedCPUs= of systemd)`,
  );
}

function run(tool: 'taskset' | 'chrt', args: readonly string[]): void {
  try {
    execFileSync(tool, args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, LC_ALL: 'C' },
    });
  } catch (thrown) {
    throw failure(tool, args, thrown);
  }
}

function failure(tool: string, args: readonly string[], thrown: unknown): DriverError {
  const { code, stderr } = thrown as { code?: string; stderr?: string };
  if (code === 'ENOENT') {
    return new DriverError(
      'SCHEDULING_TOOL_MISSING',
      `there is no \`${tool}\` command. Install it as root: \`apt-get install util-linux\``,
      { cause: thrown },
    );
  }
  const said = firstLine(stderr) || firstLine(thrown);
  if (/not permitted|permission denied/i.test(said)) {
    return new DriverError(
      'SCHEDULING_PERMISSION',
      `${said}: run as root or with the capability CAP_SYS_NICE (AmbientCapabilities= of systemd); where root is refused too, this container, or its control group's cpu.rt_runtime_us, forbids it`,
      { cause: thrown },
    );
  }
  return new DriverError('SCHEDULING_FAILED', `\`${tool} ${args.join(' ')}\` failed: ${said}`, {
    cause: thrown,
  });
}
