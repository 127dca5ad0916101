/** Where the console socket is, when nobody says otherwise, and who may use it. */
import { existsSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';

/** Where the console of root's router is, and of the service's. */
const SYSTEM = '/run/hitless/console.sock';

/**
 * `HITLESS_CONSOLE`, or in what a service manager made for it (`RuntimeDirectory=`, systemd.exec(5)), or below
 * `/run/hitless` for root, or below the user's own runtime directory.
 */
export function consolePath(
  environment: Record<string, string | undefined> = process.env,
  user = process.getuid?.(),
): string {
  if (environment.HITLESS_CONSOLE) return environment.HITLESS_CONSOLE;
  const given = runtimeDirectory(environment);
  if (given !== undefined) return `${given}/console.sock`;
  if (user === 0) return SYSTEM;
  return `${environment.XDG_RUNTIME_DIR || `/run/user/${user}`}/hitless/console.sock`;
}

/** Where a client finds its router: the user's own, or the machine's when there is no other. */
export function routerPath(
  environment: Record<string, string | undefined> = process.env,
  user = process.getuid?.(),
  exists: (path: string) => boolean = existsSync,
): string {
  const own = consolePath(environment, user);
  if (environment.HITLESS_CONSOLE || exists(own)) return own;
  // A user who may not look into the directory is told so when connecting.
  return exists(dirname(SYSTEM)) ? SYSTEM : own;
}

/** The socket's mode: its user alone; a service's group as well, which nobody is in until root says so. */
export function consoleMode(
  path: string,
  environment: Record<string, string | undefined> = process.env,
): number {
  return dirname(path) === runtimeDirectory(environment) ? 0o660 : 0o600;
}

/** Several are separated by colons. */
function runtimeDirectory({ RUNTIME_DIRECTORY: given }: Record<string, string | undefined>) {
  const first = given?.split(':', 1)[0];
  return first && isAbsolute(first) ? first : undefined;
}
