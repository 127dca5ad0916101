/** Real-time priority: what is measured with it, and why it cannot be had. */
import { spawnSync } from 'node:child_process';
import { systemPath } from '../firmware/host/needs.ts';
import { lacking, PRIORITY_NEEDS } from './peer-needs.ts';

/** Of SCHED_FIFO. */
export const PRIORITY = 50;

/** Installs what sets it if that may be; returns the reason when it is refused here. */
export async function refusedPriority(options: {
  install: boolean;
  say: (line: string) => void;
}): Promise<string | undefined> {
  const missing = await lacking(PRIORITY_NEEDS, options);
  if (missing !== undefined) return missing;
  const tried = spawnSync('chrt', ['-f', String(PRIORITY), 'true'], {
    encoding: 'utf8',
    env: { ...process.env, PATH: systemPath() },
  });
  return tried.status === 0 ? undefined : `real-time priority is refused here: ${tried.stderr.trim()}`;
}
