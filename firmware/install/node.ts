/** The Node that will run the service: the one that runs this, by its full path, if the service's user can use it. */
import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { FirmwareError } from '../errors.ts';
import { HOMES, isBelow, PASSING } from './places.ts';

const OLDEST = [20, 19];

export interface ServiceNode {
  path: string;
  /** Files that the service must be shown although they are below a home directory: Node and its libraries. */
  fromHomes: string[];
}

/**
 * @param path with or without links
 * @param libraries files that this Node has loaded
 * @throws FirmwareError `INSTALL_NODE`
 */
export function serviceNode(
  path = process.execPath,
  version = process.versions.node,
  libraries = loadedLibraries(),
): ServiceNode {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major < OLDEST[0]! || (major === OLDEST[0] && minor < OLDEST[1]!))
    throw refused(`Node ${version} is too old; hitless needs ${OLDEST.join('.')} or newer`);
  const real = resolved(path);
  if (isBelow(real, PASSING)) throw refused(`${real} is gone after a restart`);
  const needed = [real, ...new Set(libraries.filter((library) => isBelow(library, HOMES)))];
  for (const file of needed) {
    const closed = closedPart(file, { run: file === real, shown: isBelow(file, HOMES) });
    if (closed !== undefined)
      throw refused(`${file} cannot be used by another user: ${closed} is closed to others`);
  }
  return { path: real, fromHomes: needed.filter((file) => isBelow(file, HOMES)) };
}

function refused(why: string): FirmwareError {
  const way =
    "install another for all users, such as Debian's nodejs, and start this with it by its full path";
  return new FirmwareError('INSTALL_NODE', `${why}: ${way}: sudo /usr/bin/node …/hitless.mjs install`);
}

function resolved(path: string): string {
  try {
    return realpathSync(path);
  } catch (thrown) {
    throw refused(`${path} is not there any more (${(thrown as Error).message})`);
  }
}

/** The file if others may not use it, or the part of its path that they may not pass. A shown file needs no path. */
function closedPart(file: string, { run, shown }: { run: boolean; shown: boolean }): string | undefined {
  const wanted = run ? 0o005 : 0o004;
  if ((statSync(file).mode & wanted) !== wanted) return file;
  if (shown) return undefined;
  for (let at = dirname(file); at !== '/'; at = dirname(at)) if ((statSync(at).mode & 0o001) === 0) return at;
  return undefined;
}

/** Shared libraries in this process; addons belong to the program. */
function loadedLibraries(): string[] {
  const paths = readFileSync('/proc/self/maps', 'utf8').match(/\/\S.*$/gm) ?? [];
  return [...new Set(paths)].filter((path) => /\.so(\.[\d.]+)?$/.test(path));
}
