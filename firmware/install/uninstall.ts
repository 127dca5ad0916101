/**
 * `hitless uninstall`: takes away what `hitless install` made, and nothing else. Configuration and state are kept
 * unless `--purge` is given. What cannot be taken away is told; the list of what was installed goes last, so that it can be tried again.
 */
import { chownSync, existsSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { removeAccount } from './account.ts';
import { isOurs, readManifest } from './manifest.ts';
import {
  BEFORE,
  COMMAND,
  CONFIG,
  CONFIG_FOLDER,
  DROP_INS,
  PROGRAM,
  SERVICE,
  STAGED,
  STATE,
  UNIT,
} from './places.ts';
import { requireSystem, stopService, systemctl } from './systemd.ts';

/** @throws FirmwareError */
export function uninstall({ purge, say }: { purge: boolean; say: (line: string) => void }): number {
  requireSystem('hitless uninstall');
  const manifest = readManifest();
  const states = [STATE, ...(manifest?.states ?? [])];
  const kept = () => [CONFIG_FOLDER, ...states, DROP_INS].filter((path) => existsSync(path));
  if (manifest === undefined) {
    const rest = kept().length === 0 ? '' : `; what it kept goes with: rm -r ${kept().join(' ')}`;
    throw new FirmwareError('INSTALL_NOT_INSTALLED', `nothing is installed at ${PROGRAM}${rest}`);
  }
  const left: string[] = [];
  const attempt = (what: string, action: () => void) => {
    try {
      action();
    } catch (thrown) {
      left.push(`${what}: ${(thrown as Error).message}`);
    }
  };
  const remove = (path: string) => attempt(path, () => rmSync(path, { recursive: true, force: true }));

  if (existsSync(UNIT)) attempt(SERVICE, () => systemctl('disable', '--now', SERVICE));
  remove(UNIT);
  if (purge) for (const path of [DROP_INS, CONFIG, ...states]) remove(path);
  attempt('systemd', () => systemctl('daemon-reload'));
  stopService(); // so that systemd forgets that it ever failed
  if (isOurs(COMMAND, manifest)) remove(COMMAND);
  else if (existsSync(COMMAND)) say(`${COMMAND} is another program, and was left alone`);
  if (purge && existsSync(CONFIG_FOLDER) && readdirSync(CONFIG_FOLDER).length === 0)
    attempt(CONFIG_FOLDER, () => rmdirSync(CONFIG_FOLDER));
  if (manifest.account) {
    // The account's numbers may become somebody else's; systemd gives the state to a new one.
    for (const path of [CONFIG_FOLDER, ...states])
      if (existsSync(path)) attempt(path, () => giveToRoot(path));
    attempt('the user', removeAccount);
  }
  if (left.length > 0) {
    throw new FirmwareError(
      'INSTALL_UNFINISHED',
      `not all could be taken away; mend this and try again:\n  ${left.join('\n  ')}`,
    );
  }
  for (const path of [STAGED, BEFORE, PROGRAM]) rmSync(path, { recursive: true, force: true });
  say(`${SERVICE} is gone, with its program${manifest.account ? ' and its user' : ''}`);
  if (kept().length > 0)
    say(
      `kept: ${kept().join(', ')}; ${purge ? 'there are files of others in it' : `to have it gone too: rm -r ${kept().join(' ')}`}`,
    );
  return 0;
}

/** Never follows a link. */
function giveToRoot(path: string): void {
  const entries = readdirSync(path, { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => join(entry.parentPath, entry.name));
  for (const each of [path, ...paths]) chownSync(each, 0, 0);
}
