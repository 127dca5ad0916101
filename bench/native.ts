/** The guard's addon beside programs that were bundled elsewhere: without it they would measure `vm` time-outs, which no user has. */
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILED = fileURLToPath(new URL('../dist/native', import.meta.url));

/** Puts the compiled addon where a program in this directory looks for it; where none is compiled, `vm` is what users have. */
export function linkNative(directory: string): void {
  if (existsSync(COMPILED)) symlinkSync(COMPILED, join(directory, 'native'), 'dir');
}
