/** Values below /proc/sys/net: those of the network namespace that this process is in. */
import { constants } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { firstLine } from '../errors.ts';
import { errnoName, inWords } from '../netlink/message.ts';
import type { KernelRefusal, KernelSysctl } from './datum.ts';

const EINVAL = 22;
const EIO = 5;
/** Some have many words; one is never longer. */
const LONGEST_VALUE = 1024;

export interface SysctlEnd {
  /** Its value before; undefined where it could not be read. */
  was: string | undefined;
  /** Undefined: it has the value now. */
  refusal: Omit<KernelRefusal, 'at'> | undefined;
}

/** Sets one value, where it is not so already. Never throws. */
export async function setSysctl({ path, value }: KernelSysctl): Promise<SysctlEnd> {
  const wrong = wrongIn(path, value);
  if (wrong !== undefined) return { was: undefined, refusal: refusalOf(path, EINVAL, wrong) };
  const file = `/proc/sys/${path}`;
  const was = await readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
  if (was === value.trim()) return { was, refusal: undefined };
  try {
    // Neither made nor read: some can be written alone.
    await writeFile(file, value, { flag: constants.O_WRONLY as unknown as string });
    return { was, refusal: undefined };
  } catch (thrown) {
    const { errno } = thrown as NodeJS.ErrnoException;
    return {
      was,
      refusal: errno === undefined ? refusalOf(path, EIO, firstLine(thrown)) : refusalOf(path, -errno, ''),
    };
  }
}

function wrongIn(path: unknown, value: unknown): string | undefined {
  if (typeof path !== 'string' || typeof value !== 'string') return 'path and value must be text';
  const [top, ...names] = path.split('/');
  const proper = names.length > 0 && names.every((name) => !['', '.', '..'].includes(name));
  if (top !== 'net' || !proper || path.includes('\0'))
    return 'only values below net/ can be set, without "." and ".."';
  return value.length > LONGEST_VALUE ? `a value has at most ${LONGEST_VALUE} characters` : undefined;
}

function refusalOf(path: string, errno: number, text: string): Omit<KernelRefusal, 'at'> {
  return { errno, name: errnoName(errno), message: `set sysctl ${path}: ${inWords({ errno, text })}` };
}
