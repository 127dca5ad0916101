/** Bundles of IP made from its sources as they are, with version numbers of the tests' own: two that are alike, and broken ones. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin } from 'esbuild';
import { releasesOf } from '../../newest-release.ts';
import { sourceBundle, swapped } from '../../source-bundle.ts';

const _MODULES = fileURLToPath(new URL('../../../firmware/modules', import.meta.url));

/** The sources under two numbers. */
export const ONE = '3.0.900';
export const OTHER = '3.0.901';
/** Deletes a route and adds it, where it should be replaced. */
export const DELETES_AND_ADDS = '3.0.902';
/** The newest without a RIB: state version 2. */
export const BEFORE: string = releasesOf('ip').findLast((version) => version.startsWith('2.'))!;

/** By version, what is put in place of what in a file of the sources. */
const BREAKAGES: Readonly<Record<string, readonly [file: string, sound: string, broken: string]>> = {
  [DELETES_AND_ADDS]: [
    'rib/fib.ts',
    'batch.keys.push(key);',
    `if (asked.route !== undefined && state.rib.get(key)?.fib !== undefined) {
      batch.keys.push(key);
      batch.changes.push({ verb: 'remove', kind: 'route', wanted: identityOf(key) });
    }
    batch.keys.push(key);`,
  ],
};

/** Makes the bundles of these versions in a folder. */
export async function makeVersions(folder: string, versions: readonly string[]): Promise<void> {
  await Promise.all(versions.map((version) => bundle(version, join(folder, `ip-${version}.cjs`))));
}

async function bundle(version: string, outfile: string): Promise<void> {
  writeFileSync(outfile, await sourceBundle('ip', version, [breaking(version)]));
}

function breaking(version: string): Plugin {
  const breakage = BREAKAGES[version];
  return {
    name: 'breaking',
    setup({ onLoad }) {
      if (breakage === undefined) return;
      const [file, sound, broken] = breakage;
      onLoad({ filter: new RegExp(`modules/ip/${file}$`) }, ({ path }) => ({
        contents: swapped(readFileSync(path, 'utf8'), sound, broken),
        loader: 'ts',
      }));
    },
  };
}
