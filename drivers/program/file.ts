/** The file at a program's path: whether a user can run it, and whether anybody could put another in its place. */
import { realpathSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DriverError, firstLine } from '../errors.ts';
import type { Account } from './account.ts';

const ANYBODY_WRITES = 0o002;
const STICKY = 0o1000;

/**
 * Access lists are not looked at: a program that only they allow is refused.
 * @throws DriverError PROGRAM_UNUSABLE, PROGRAM_UNSAFE
 */
export function mustBeProgram(path: string, account: Account): void {
  let real: string;
  let file: Stats;
  try {
    real = realpathSync(path);
    file = statSync(real);
  } catch (thrown) {
    const { code } = thrown as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'is not there' : `cannot be looked at: ${firstLine(thrown)}`;
    throw new DriverError('PROGRAM_UNUSABLE', `the program ${path} ${why}`, { cause: thrown });
  }
  if (!file.isFile()) throw new DriverError('PROGRAM_UNUSABLE', `the program ${path} is no file`);
  if (!mayRun(file, account))
    throw new DriverError(
      'PROGRAM_UNUSABLE',
      `the user ${account.name} may not execute the program ${path}: chmod 755 allows it`,
    );
  const open = whatAnybodyWrites(real, file);
  if (open === undefined) return;
  throw new DriverError(
    'PROGRAM_UNSAFE',
    `anybody may write ${open}, and so the program ${path} is not run: chmod o-w ${open}`,
  );
}

function mayRun({ mode, uid, gid }: Stats, account: Account): boolean {
  if (uid === account.uid) return (mode & 0o100) !== 0;
  return (mode & (gid === account.gid ? 0o010 : 0o001)) !== 0;
}

/** The file, or a folder above it; in one with the sticky bit nobody can replace what is another's. */
function whatAnybodyWrites(real: string, { mode }: Stats): string | undefined {
  if ((mode & ANYBODY_WRITES) !== 0) return real;
  for (let folder = dirname(real); ; folder = dirname(folder)) {
    const { mode } = statSync(folder);
    if ((mode & ANYBODY_WRITES) !== 0 && (mode & STICKY) === 0) return folder;
    if (folder === '/') return undefined;
  }
}
