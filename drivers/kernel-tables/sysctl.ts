/** Values below /proc/sys/net: those of the network namespace that this process is in. */
import { constants, writeSync } from 'node:fs';
import { type FileHandle, open, readFile } from 'node:fs/promises';
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

/** A value that is to be written. */
interface Opened {
  end: SysctlEnd;
  path: string;
  value: string;
  /** Its file, which is open; undefined where nothing is to be written. */
  file?: FileHandle;
}

/**
 * Sets values, where they are not so already. Several are set within one turn of the event loop, one right behind the other: the
 * kernel has no time for what the first one sets off. Never throws.
 */
export async function setSysctls(changes: readonly KernelSysctl[]): Promise<SysctlEnd[]> {
  const opened: Opened[] = [];
  for (const change of changes) opened.push(await openSysctl(change, opened));
  if (opened.length === 1) await writeAlone(opened[0]!);
  else for (const one of opened) write(one);
  for (const { file } of opened) await file?.close().catch(() => {});
  return opened.map(({ end }) => end);
}

/** @param before values that are set first: one of the same file is not as it is read now */
async function openSysctl({ path, value }: KernelSysctl, before: readonly Opened[]): Promise<Opened> {
  const wrong = wrongIn(path, value);
  if (wrong !== undefined)
    return { end: { was: undefined, refusal: refusalOf(path, EINVAL, wrong) }, path, value };
  const name = `/proc/sys/${path}`;
  const earlier = before.findLast((one) => one.path === path);
  const was =
    earlier?.value.trim() ??
    (await readFile(name, 'utf8').then(
      (text) => text.trim(),
      () => undefined,
    ));
  const end: SysctlEnd = { was, refusal: undefined };
  if (was === value.trim()) return { end, path, value };
  try {
    // Neither made nor read: some can be written alone.
    return { end, path, value, file: await open(name, constants.O_WRONLY) };
  } catch (thrown) {
    return { end: { was, refusal: refusalFor(path, thrown) }, path, value };
  }
}

/** The kernel may make it wait: nothing else has to. */
async function writeAlone(one: Opened): Promise<void> {
  await one.file?.write(one.value).catch((thrown: unknown) => {
    one.end.refusal = refusalFor(one.path, thrown);
  });
}

function write(one: Opened): void {
  if (one.file === undefined) return;
  try {
    writeSync(one.file.fd, one.value);
  } catch (thrown) {
    one.end.refusal = refusalFor(one.path, thrown);
  }
}

function refusalFor(path: string, thrown: unknown): Omit<KernelRefusal, 'at'> {
  const { errno } = thrown as NodeJS.ErrnoException;
  return errno === undefined ? refusalOf(path, EIO, firstLine(thrown)) : refusalOf(path, -errno, '');
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
