/** Bundles of OSPF as they are measured: its newest release from 3.0.0 on, or its sources where there is none yet. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sourceBundle, swapped } from '../../test/source-bundle.ts';
import { VERSIONS } from './job.ts';

export const RELEASES = fileURLToPath(new URL('../../firmware/releases', import.meta.url));
const RELEASE = /^ospf-(\d+)\.(\d+)\.(\d+)\.cjs$/;
const FIRST_MAJOR = 3;
const VERSION = /^ {2}version: "\d+\.\d+\.\d+",$/m;
const STATE = /^ {2}state: \{\n {4}version: (\d+),\n {4}up: \{/m;
/** The last of the state in the manifest. */
const TABLES = /^ {4}tables: ([\s\S]+?)\n {2}\}$/m;

/** Writes them into a directory. @returns which version of OSPF it is */
export async function writeVersions(directory: string): Promise<string> {
  const newest = readdirSync(RELEASES)
    .flatMap((file) => {
      const [, ...parts] = RELEASE.exec(file) ?? [];
      const [major = 0, minor = 0, patch = 0] = parts.map(Number);
      return major < FIRST_MAJOR ? [] : [{ file, order: (major * 1000 + minor) * 1000 + patch }];
    })
    .sort((one, other) => other.order - one.order)[0];
  const text =
    newest === undefined
      ? await sourceBundle('ospf', '0.0.0')
      : readFileSync(join(RELEASES, newest.file), 'utf8');
  const as = (version: string) => swapped(text, VERSION, `  version: "${version}",`);
  for (const version of [VERSIONS.first, VERSIONS.next]) write(directory, version, as(version));
  write(directory, VERSIONS.migrated, withOtherState(as(VERSIONS.migrated)));
  return newest === undefined ? 'the sources' : newest.file.replace(/^ospf-|\.cjs$/g, '');
}

function write(directory: string, version: string, text: string): void {
  writeFileSync(join(directory, `ospf-${version}.cjs`), text);
}

/** Each row of each table is another, by a handler of its own, as where a version's rows carry more. */
function withOtherState(text: string): string {
  const version = Number(STATE.exec(text)?.[1]);
  const up = `{ ${version}: (row) => (typeof row === "object" && !Array.isArray(row) ? { ...row } : row) }`;
  const [, tables = ''] = TABLES.exec(text) ?? [];
  const others = `    tables: Object.fromEntries(Object.keys(${tables}).map((name) => [name, { up: ${up} }]))\n  }`;
  const state = `  state: {\n    version: ${version + 1},\n    up: { ${version}: (state) => ({ ...state }),`;
  return swapped(swapped(text, STATE, state), TABLES, others);
}
