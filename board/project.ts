/** The folder that hitless is installed in: the same from a source file and from `dist/board.mjs`. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BoardError } from './errors.ts';

/** @throws BoardError `BUNDLE_MISSING` when this file was taken out of its package */
export function projectDirectory(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); at !== '/'; at = dirname(at)) {
    const file = join(at, 'package.json');
    if (existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).name === 'hitless') return at;
  }
  throw new BoardError('BUNDLE_MISSING', 'hitless is not in the folder of its package; install it again');
}
