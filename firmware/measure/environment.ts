/** The machine that figures were measured on: without it they mean nothing. */
import { availableParallelism, cpus, loadavg, release } from 'node:os';

export interface Environment {
  cpu: string;
  processors: number;
  kernel: string;
  node: string;
  v8: string;
  /** Processes that wanted a processor, averaged over the minute before the start. */
  load: number;
  /** Versions of what is measured beside, such as `otp`. */
  others: Record<string, string>;
}

export function environment(others: Record<string, string>): Environment {
  return {
    cpu: cpus()[0]?.model.trim() || process.arch,
    processors: availableParallelism(),
    kernel: release(),
    node: process.versions.node,
    v8: process.versions.v8,
    load: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    others,
  };
}
