import { open } from 'node:fs/promises';

/**
 * Makes what was renamed, made or deleted in a directory durable. Windows can sync no directory and says so by an error:
 * a power cut there may take a rename back, which leaves what was there before, and never half of each.
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
