/** A state directory that the configuration names outside of the one that systemd makes for the service. */
import { chmodSync, chownSync, existsSync, lstatSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { accountIds } from './account.ts';
import { ACCOUNT, HOMES, isBelow, PASSING } from './places.ts';
import type { Steps } from './steps.ts';

/** Returns why the service cannot have it; undefined when it can. */
export function stateProblem(path: string): string | undefined {
  if (isBelow(path, [...HOMES, ...PASSING]))
    return `the service cannot see ${path}: leave it out, or move it`;
  if (!existsSync(path)) {
    const parent = dirname(path);
    return existsSync(parent) ? undefined : `there is no ${parent} to make it in: make that first`;
  }
  const about = lstatSync(path);
  if (!about.isDirectory()) return `${path} is no directory: name another`;
  if (about.uid === accountIds()?.user || readdirSync(path).length === 0) return undefined;
  return `${path} is not empty, and not the user ${ACCOUNT}'s: move it away, or name another`;
}

/** Makes the directory, or gives an empty one to the service. */
export async function putState(steps: Steps, path: string): Promise<void> {
  const ids = accountIds();
  if (ids === undefined) throw new Error(`there is no user ${ACCOUNT}`);
  const made = !existsSync(path);
  const before = made ? undefined : lstatSync(path);
  if (before?.uid === ids.user) return;
  await steps.do(
    made ? `makes ${path}` : `gives ${path} to the user ${ACCOUNT}`,
    () => {
      if (made) mkdirSync(path);
      chownSync(path, ids.user, ids.group);
      chmodSync(path, 0o750);
    },
    () => {
      if (before === undefined) {
        if (existsSync(path)) rmdirSync(path);
        return;
      }
      chownSync(path, before.uid, before.gid);
      chmodSync(path, before.mode & 0o7777);
    },
  );
}
