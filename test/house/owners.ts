/**
 * Fields of a protocol's state with the one file that writes each: above the field stands `Owner: neighbor.ts`, or
 * `Owner: rib/fib.ts` where the protocol has folders. Fields of
 * one name in several records have all their owners. Records stand in state.ts and beside it in `…-record.ts`. Makers of new
 * records, these and migration.ts, write nothing.
 */
import type { SourceFile, Tree } from './tree.ts';

const PROTOCOL = /^firmware\/modules\/[^/]+\//;
const FIELD = /\/\*\*((?:(?!\*\/)[\s\S])*?Owner: ([\w/-]+\.ts)(?:(?!\*\/)[\s\S])*?)\*\/\s*(\w+)\??:/g;
const RECORDS = /^(state|[\w/-]+-record)\.ts$/;
const MAKERS = /^(migration|state|[\w/-]+-record)\.ts$/;

/** A field that is written by a file that does not own it. */
export interface Trespass {
  readonly path: string;
  readonly field: string;
  readonly owners: readonly string[];
  readonly lines: readonly number[];
}

export function trespassesIn({ sources }: Tree): Trespass[] {
  return [...sources.values()].flatMap((source) => {
    const [folder] = PROTOCOL.exec(source.path) ?? [];
    if (!folder || MAKERS.test(source.path.slice(folder.length))) return [];
    const records = [...sources.values()].filter(
      ({ path }) => path.startsWith(folder) && RECORDS.test(path.slice(folder.length)),
    );
    return [...ownersIn(records)].flatMap(([field, owners]) => {
      const lines = owners.has(source.path.slice(folder.length)) ? [] : writesOf(field, source);
      return lines.length === 0 ? [] : [{ path: source.path, field, owners: [...owners], lines }];
    });
  });
}

function ownersIn(records: readonly SourceFile[]): Map<string, Set<string>> {
  const owners = new Map<string, Set<string>>();
  for (const [, , owner, field] of records.flatMap(({ text }) => [...text.matchAll(FIELD)]))
    owners.set(field!, (owners.get(field!) ?? new Set()).add(owner!));
  return owners;
}

/** Numbers of the lines that assign to the field, delete it, or change the map or list that it is. */
function writesOf(field: string, { text }: SourceFile): number[] {
  const member = `\\.${field}\\b`;
  const written = new RegExp(
    `${member}\\s*(=(?![=>])|[-+*/|&?]{1,2}=|\\+\\+|--)|(\\+\\+|--)[\\w.]*${member}(?!\\.)|delete [\\w.]+${member}(?!\\.)|${member}\\.(set|delete|clear|push|pop|shift|splice|unshift|sort)\\(`,
  );
  return text.split('\n').flatMap((line, i) => (written.test(line) ? [i + 1] : []));
}
