/**
 * Links that must not outlive this process: with a virtual router's MAC and addresses they would answer beside the router that
 * has taken over. A child in a session of its own waits until the process is gone, and removes their group unless all ended well.
 *
 * A child that is killed as well, as by the end of a service's control group, removes nothing: the next start does.
 */
import type { ChildProcess } from 'node:child_process';
import { startChild } from '../child.ts';
import type { KernelChange } from './datum.ts';

/** Signals that are meant for the process do not end it: it ends by itself. */
const SCRIPT = `trap '' HUP INT TERM ABRT; read -r word || exec ip link delete group "$0"`;

/** By group. */
const children = new Map<number, ChildProcess>();
/** Those that may have such links. */
const holders = new Set<object>();
let listens = false;

/** From now on the process has not ended well before `releaseLinks`. */
export function holdLinks(holder: object): void {
  holders.add(holder);
}

/** All that it made is as it should be after the process. */
export function releaseLinks(holder: object): void {
  holders.delete(holder);
}

/** Guards macvlans that these changes make, where they have a group. The first of a group starts the child. */
export function guardLinks(changes: readonly KernelChange[]): void {
  for (const change of changes) {
    if (change?.kind !== 'link' || change.verb !== 'add') continue;
    const { kind, group } = change.wanted ?? {};
    if (kind === 'macvlan' && group !== undefined) guard(group);
  }
}

function guard(group: number): void {
  if (children.has(group)) return;
  if (!listens) process.once('exit', end);
  listens = true;
  const child = startChild('sh', ['-c', SCRIPT, String(group)], {
    output: 'ignore',
    input: 'pipe',
    ownSession: true,
  });
  children.set(group, child);
  // Without it the links stay until the next start: nothing else depends on it.
  child.on('error', () => {});
  // The next link that is made has another.
  child.once('exit', () => children.delete(group));
  child.stdin?.on('error', () => {});
  child.unref();
  (child.stdin as unknown as { unref(): void } | null)?.unref();
}

/** Within the process's end a short word is written at once. */
function end(): void {
  if (holders.size === 0) for (const { stdin } of children.values()) stdin?.write('well\n');
}
