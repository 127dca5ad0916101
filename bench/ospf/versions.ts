/** Bundles of OSPF as they are measured: its newest release. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newestRelease } from '../../test/newest-release.ts';
import { swapped } from '../../test/source-bundle.ts';
import { VERSIONS } from './job.ts';

export const RELEASES = fileURLToPath(new URL('../../firmware/releases', import.meta.url));
const VERSION = /^ {2}version: "\d+\.\d+\.\d+",$/m;
const STATE = /^ {2}state: \{\n {4}version: (\d+),\n {4}up: \{/m;
/** The last of the state in the manifest. */
const TABLES = /^ {4}tables: ([\s\S]+?)\n {2}\}$/m;

/** Writes them into a directory. @returns which version of OSPF it is */
export function writeVersions(directory: string): string {
  const newest = newestRelease('ospf');
  const text = readFileSync(join(RELEASES, `ospf-${newest}.cjs`), 'utf8');
  const as = (version: string) => swapped(text, VERSION, `  version: "${version}",`);
  for (const version of [VERSIONS.first, VERSIONS.next]) write(directory, version, as(version));
  write(directory, VERSIONS.migrated, withOtherState(as(VERSIONS.migrated)));
  return newest;
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
