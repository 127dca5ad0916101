/** Where hitless itself is on this machine. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The folder of `dist/` and `firmware/releases/`, from where the program is: as source this file is two folders deep, as the
 * built program one. A board has no package.json.
 */
export const ROOT = fileURLToPath(
  new URL(import.meta.url.endsWith('/firmware/host/project.ts') ? '../..' : '..', import.meta.url),
);

/** The directory that holds hitless's package.json, from a source file as well as from the built one. */
export function projectDirectory(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== '/'; at = dirname(at)) {
    const file = join(at, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'hitless') return at;
  }
  return process.cwd();
}
