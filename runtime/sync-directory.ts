import { mkdir, open } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes what was renamed, made or deleted in a directory durable. Windows can sync no directory and says so by an error.
 * A power cut there may take a rename back: that leaves what was there before, and never half of each.
 */
export async function syncDirectory(path: string): Promise<void> {
  try {
    const handle = await open(path, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  } catch (thrown) {
    if (process.platform !== 'win32' || !CANNOT.has(String((thrown as NodeJS.ErrnoException).code)))
      throw thrown;
  }
}

/** How Windows says that it cannot. */
const CANNOT = new Set(['EPERM', 'EISDIR', 'EACCES', 'EINVAL', 'ENOTSUP']);

/** Makes a directory with all above it, for its owner alone. A power cut does not take the new directories away. */
export async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) await syncDirectory(dirname(made));
}
