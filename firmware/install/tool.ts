/** Programs of the system, run to their end. */
import { spawnSync } from 'node:child_process';
import { systemPath } from '../host/needs.ts';

/** Returns what it printed. @throws Error with the command and what it said */
export function runTool(program: string, ...args: string[]): string {
  const { status, output } = tryTool(program, ...args);
  if (status !== 0)
    throw new Error(`"${[program, ...args].join(' ')}" ended with ${status}: ${output.trim()}`);
  return output;
}

/** Where failing is an answer. */
export function tryTool(program: string, ...args: string[]): { status: number; output: string } {
  const env = { ...process.env, PATH: systemPath(), LC_ALL: 'C' };
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', env });
  return { status: status ?? -1, output: error === undefined ? stdout + stderr : error.message };
}
