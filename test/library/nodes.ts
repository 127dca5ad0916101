/** The Nodes that the package is for, from the npm registry; kept between runs, for each is some 100 MB. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const KEPT = fileURLToPath(new URL('../../node_modules/.cache/hitless-nodes', import.meta.url));

export const MAJORS = [20, 22, 24];

/** The program of a major version; undefined where it cannot be had. */
export function nodeOf(major: number): string | undefined {
  if (process.versions.node.startsWith(`${major}.`)) return process.execPath;
  const name = `node-linux-${process.arch}`;
  const place = join(KEPT, `node-${major}`);
  const program = join(place, 'node_modules', name, 'bin/node');
  if (!existsSync(program)) fetchInto(place, `${name}@${major}`);
  return existsSync(program) ? program : undefined;
}

/** Whole or not at all: another test may fetch the same one now. */
function fetchInto(place: string, what: string): void {
  mkdirSync(KEPT, { recursive: true });
  const aside = mkdtempSync(`${place}-`);
  writeFileSync(join(aside, 'package.json'), '{}');
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', '--no-package-lock'];
  spawnSync('npm', ['install', ...quiet, what], { cwd: aside });
  try {
    renameSync(aside, place);
  } catch {
    // The other one was first.
    rmSync(aside, { recursive: true, force: true });
  }
}

/** Has npm compile for this Node: those of the registry bring their headers. */
export function environmentOf(node: string): Record<string, string> {
  return {
    PATH: `${dirname(node)}:${process.env.PATH}`,
    ...(node === process.execPath ? {} : { npm_config_nodedir: dirname(dirname(node)) }),
  };
}
