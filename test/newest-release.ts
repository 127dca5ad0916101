import { readdirSync } from 'node:fs';

const RELEASES = new URL('../firmware/releases', import.meta.url);

/** The released versions of a module, the oldest first. */
export function releasesOf(module: string): string[] {
  const versions = readdirSync(RELEASES).flatMap(
    (file) => new RegExp(`^${module.toLowerCase()}-(\\d+\\.\\d+\\.\\d+)\\.cjs$`).exec(file)?.[1] ?? [],
  );
  return versions.sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
}

/** The version of a module's newest release: what a router without a past starts with. */
export function newestRelease(module: string): string {
  return releasesOf(module).at(-1)!;
}
