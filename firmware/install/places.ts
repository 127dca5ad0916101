/** Where the service is on a system: each place once, for the unit, the installation and its removal. */

export const SERVICE = 'hitless.service';
/** User and group. */
export const ACCOUNT = 'hitless';

/** The program as it was installed: what the checkout or the npm folder becomes later does not disturb it. */
export const PROGRAM = '/usr/local/lib/hitless';
/** Beside it, so that a rename puts the new one in place. */
export const STAGED = '/usr/local/lib/.hitless-new';
export const BEFORE = '/usr/local/lib/.hitless-before';
/** The list of what was installed. In the program's folder: both come and go as one. */
export const MANIFEST = 'installed.json';

export const COMMAND = '/usr/local/bin/hitless';
export const UNIT = `/etc/systemd/system/${SERVICE}`;
/** Root's own changes to the unit, as `systemctl edit` makes them. */
export const DROP_INS = `${UNIT}.d`;

export const CONFIG_FOLDER = '/etc/hitless';
export const CONFIG = `${CONFIG_FOLDER}/router.yaml`;

/** Made by systemd (`StateDirectory=`, `RuntimeDirectory=`). */
export const STATE = '/var/lib/hitless';
export const RUNTIME = '/run/hitless';
export const SOCKET = `${RUNTIME}/console.sock`;

/** Folders that `ProtectHome=` hides from the service. */
export const HOMES = ['/home', '/root', '/run/user'];
/** Folders that do not outlive a restart, or are others for the service (`PrivateTmp=`). */
export const PASSING = ['/tmp', '/var/tmp', '/dev/shm'];

export function isBelow(path: string, folders: readonly string[]): boolean {
  return folders.some((folder) => path === folder || path.startsWith(`${folder}/`));
}
