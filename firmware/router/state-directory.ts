/** Where the router keeps what must outlive it: which version of each module is current. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { HitlessError, type LogLine, reasonOf, VersionSet } from '../../runtime/index.ts';
import type { OwnConfig } from '../config/own.ts';
import { FirmwareError } from '../errors.ts';
import type { Past } from './start.ts';

/**
 * The directory that a service manager made for it (`StateDirectory=`, systemd.exec(5)), or below `/var/lib` for root, or below the
 * user's own state directory (XDG Base Directory, 0.8).
 */
export function statePath(
  environment: Record<string, string | undefined> = process.env,
  user = process.getuid?.(),
): string {
  // Several are separated by colons.
  const given = environment.STATE_DIRECTORY?.split(':', 1)[0];
  if (given && isAbsolute(given)) return given;
  if (user === 0) return '/var/lib/hitless';
  const { XDG_STATE_HOME: own, HOME } = environment;
  const states = own && isAbsolute(own) ? own : join(HOME || homedir(), '.local/state');
  return join(states, 'hitless');
}

export interface OpenedState {
  /** Undefined where versions are not kept. */
  set: VersionSet | undefined;
  notices: LogLine[];
  /** Present where the directory that the configuration names cannot be written: what can be read there, and why. */
  unkept?: { directory: string; past: Past; problem: string };
}

/**
 * Opens the set of versions; a file that cannot be understood is kept aside. Without `router.state` the usual place
 * is tried, except in a lab, and when it cannot be used the router goes without.
 * @throws FirmwareError `STATE_UNUSABLE` when what the configuration names is no directory, or another program's
 */
export async function openVersionSet(
  { router: { state } }: OwnConfig,
  { lab, usual = statePath() }: { lab: boolean; usual?: string },
): Promise<OpenedState> {
  if (state === undefined && lab) return { set: undefined, notices: [] };
  try {
    const set = await VersionSet.open(state ?? usual, { corrupt: 'set aside' });
    return { set, notices: aside(set) };
  } catch (thrown) {
    if (!(thrown instanceof HitlessError)) throw thrown;
    if (state !== undefined) return unkept(state, thrown);
    const text = `${thrown.code}: ${thrown.message} as router.state. Until then a restart forgets which versions are current`;
    return { set: undefined, notices: [{ level: 'warn', text }] };
  }
}

/** Errors of a path that is wrong, whatever becomes of the disk. */
const MISTAKES = ['ENOTDIR', 'ELOOP', 'ENAMETOOLONG'];

/**
 * A disk that is full, read-only or broken is no reason not to route: what can be read there is taken.
 * @throws FirmwareError `STATE_UNUSABLE`
 */
async function unkept(directory: string, why: HitlessError): Promise<OpenedState> {
  const code = (why.cause as NodeJS.ErrnoException | undefined)?.code ?? '';
  if (why.code !== 'VERSIONS_UNUSABLE' || MISTAKES.includes(code))
    throw new FirmwareError('STATE_UNUSABLE', `router.state: ${why.message}`);
  const problem = `router.state: ${why.message}`;
  const lost = 'until then nothing that commands change outlives a restart, and nothing can be pushed';
  const notices: LogLine[] = [{ level: 'error', text: `${why.code}: ${problem}; ${lost}` }];
  let past: Past = { boot: new Map() };
  try {
    past = await VersionSet.peek(directory);
  } catch (thrown) {
    notices.push({ level: 'error', text: `what was current is not known: ${reasonOf(thrown)}` });
  }
  return { set: undefined, notices, unkept: { directory, past, problem } };
}

function aside({ setAside }: VersionSet): LogLine[] {
  if (setAside === undefined) return [];
  const { code, message } = setAside.problem;
  const kept = `it is kept as ${setAside.file}, and the router starts with its configuration: look with "show versions" whether these are the versions that you want, and replace those that are not`;
  return [{ level: 'error', text: `${code}: ${message}; ${kept}` }];
}
