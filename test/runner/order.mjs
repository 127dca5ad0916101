/**
 * How long test files take, as the last run with `--record` saw it on a machine of two cores: the longest begin first, so
 * that no long one runs alone at the end, and `--quick` leaves long ones out.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bootsBoard } from './schedule.mjs';

const FILE = 'test/runner/seconds.json';
/** `--quick` leaves out what takes longer, in seconds. */
const QUICK = 12;

/** @returns {ReadonlyMap<string, number>} seconds, by test file */
export function knownSeconds(root) {
  return new Map(Object.entries(JSON.parse(readFileSync(join(root, FILE), 'utf8'))));
}

/** Keeps what files took; those that did not run keep what they have, unless they are gone. */
export function recordSeconds(root, results, present) {
  const now = new Map([
    ...knownSeconds(root),
    ...results.map(({ file, ms }) => [file, Math.round(ms / 1000)]),
  ]);
  const kept = [...now].filter(([file]) => present.includes(file)).sort(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(join(root, FILE), `${JSON.stringify(Object.fromEntries(kept), null, 2)}\n`);
}

/** What is not known may be long. */
export function longestFirst(files, seconds) {
  const of = (file) => seconds.get(file) ?? Number.POSITIVE_INFINITY;
  return [...files].sort((a, b) => of(b) - of(a) || (a < b ? -1 : 1));
}

/** No boots, and nothing that is known to take long. */
export function isQuick(file, seconds) {
  return !bootsBoard(file) && (seconds.get(file) ?? 0) <= QUICK;
}
