/** The programs of other people that the builder runs: found with Debian's system folders in PATH, checked, quiet. */
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { BoardError } from './errors.ts';

/** Debian keeps these out of the PATH of ordinary users. */
const PATH = `${process.env.PATH ?? '/usr/bin:/bin'}:/usr/local/sbin:/usr/sbin:/sbin`;

/** More than any answer that is taken as text, in bytes. */
const MOST = 1 << 28;

export interface ToolOptions {
  cwd?: string;
  env?: Record<string, string>;
  input?: Buffer;
  /** A file that takes what it prints: for more than memory should hold. */
  output?: string;
}

/**
 * Runs one program to its end; its clock is UTC and its language plain, so that it does the same everywhere.
 * @returns what it printed
 * @throws BoardError `TOOL_FAILED` with what it said
 */
export function run(program: string, args: readonly string[], options: ToolOptions = {}): Buffer {
  const { output, env, ...rest } = options;
  const file = output === undefined ? undefined : openSync(output, 'w');
  try {
    return execFileSync(program, args, {
      ...rest,
      env: { ...process.env, PATH, LC_ALL: 'C', TZ: 'UTC', ...env },
      stdio: ['pipe', file ?? 'pipe', 'pipe'],
      maxBuffer: MOST,
    });
  } catch (thrown) {
    const { code, status, stderr } = thrown as { code?: string; status?: number; stderr?: Buffer };
    const how =
      code === 'ENOENT'
        ? 'is not installed: hitless, started as root, installs what it needs'
        : `ended with ${status ?? code}: ${stderr?.toString('utf8').trim().split('\n').slice(-5).join('\n  ')}`;
    throw new BoardError('TOOL_FAILED', `"${program} ${args.join(' ')}" ${how}`);
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/** Something that must be on this machine, for the one who installs it. */
export type Tool = ({ command: string } | { file: string }) & { package: string; why: string };
