/** Our addons beside programs that were bundled elsewhere: without the guard's they would measure `vm` time-outs, which no user has. */
import { existsSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ADDONS = ['native', 'socket'];

/** Puts the compiled addons where a program in this directory looks for them; where none is compiled, `vm` is what users have. */
export function linkNative(directory: string): void {
  for (const addon of ADDONS) {
    const compiled = fileURLToPath(new URL(`../dist/${addon}`, import.meta.url));
    if (existsSync(compiled)) symlinkSync(compiled, join(directory, addon), 'dir');
  }
}
