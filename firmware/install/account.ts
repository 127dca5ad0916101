/** The service's own user, with a group of the same name: no home, no shell, no password. */
import { readFileSync } from 'node:fs';
import { FirmwareError } from '../errors.ts';
import { ACCOUNT } from './places.ts';
import { runTool, tryTool } from './tool.ts';

export function accountExists(): boolean {
  return entry('passwd') !== undefined;
}

/**
 * Whether an account that was not made for the service can be its account.
 * @throws FirmwareError `INSTALL_TAKEN`
 */
export function checkAccount(): void {
  const user = entry('passwd');
  const group = entry('group');
  const taken = (what: string, way: string) =>
    new FirmwareError(
      'INSTALL_TAKEN',
      `${what}, and the service wants a user of this name for itself: ${way}`,
    );
  if (user === undefined) {
    if (group !== undefined) throw taken(`there is a group ${ACCOUNT}`, `rename it, or groupdel ${ACCOUNT}`);
    return;
  }
  if (user.id >= leastPersonId())
    throw taken(`${ACCOUNT} is a person's account (user id ${user.id})`, 'rename that');
  if (user.id === 0) throw taken(`${ACCOUNT} is another name of root`, 'rename that');
  if (group === undefined)
    throw taken(`the user ${ACCOUNT} has no group of its name`, `add one, or userdel ${ACCOUNT}`);
}

export function makeAccount(): void {
  const nowhere = ['--no-create-home', '--home-dir', '/nonexistent', '--shell', '/usr/sbin/nologin'];
  runTool('useradd', '--system', '--user-group', ...nowhere, ACCOUNT);
}

/** Removes the user, and the group with whoever root put into it. */
export function removeAccount(): void {
  if (entry('passwd') !== undefined) runTool('userdel', ACCOUNT);
  if (entry('group') !== undefined) runTool('groupdel', ACCOUNT);
}

/** @returns the group's number */
export function groupId(): number {
  const group = entry('group');
  if (group === undefined) throw new Error(`there is no group ${ACCOUNT}`);
  return group.id;
}

/** Returns the numbers of the user and of its group; undefined while there is no such user. */
export function accountIds(): { user: number; group: number } | undefined {
  const user = entry('passwd');
  const group = entry('group');
  return user && group && { user: user.id, group: group.id };
}

/** From whatever database the system has (nsswitch.conf(5)). */
function entry(database: 'passwd' | 'group'): { id: number } | undefined {
  const { status, output } = tryTool('getent', database, ACCOUNT);
  return status === 0 ? { id: Number(output.split(':')[2]) } : undefined;
}

/** login.defs(5) */
function leastPersonId(): number {
  try {
    return Number(/^\s*UID_MIN\s+(\d+)/m.exec(readFileSync('/etc/login.defs', 'utf8'))?.[1] ?? 1000);
  } catch {
    return 1000;
  }
}
