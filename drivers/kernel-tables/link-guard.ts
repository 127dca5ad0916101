/**
 * Links that must not outlive this process: with a virtual router's MAC and addresses they would answer beside the router that
 * has taken over. A child in a session of its own waits until the process is gone, and removes their groups unless all ended well.
 *
 * A child that is killed as well, as by the end of a service's control group, removes nothing: the next start does.
 */
import type { ChildProcess } from 'node:child_process';
import { startChild } from '../child.ts';
import type { KernelChange } from './datum.ts';

/** A line is a group to remove, or `well`. Signals that are meant for the process do not end the child: it ends by itself. */
const SCRIPT = `trap '' HUP INT TERM ABRT; groups=
while read -r word; do
  [ "$word" != well ] || exit 0
  groups="$groups $word"
done
for group in $groups; do ip link delete group "$group"; done`;

/** Undefined before the first port, and when it was killed or could not be started. */
let child: ChildProcess | undefined;
/** Groups of such links, all told to the child. */
const groups = new Set<number>();
/** Those that may have such links. */
const holders = new Set<object>();
let listens = false;

/**
 * From now on the process has not ended well before `releaseLinks`. The first has the child started: a start waits until the
 * child runs, which takes a busy machine long, and nothing else waits yet.
 */
export function holdLinks(holder: object): void {
  holders.add(holder);
  if (!listens) {
    process.once('exit', end);
    begin();
  }
  listens = true;
}

/** All that it made is as it should be after the process. */
export function releaseLinks(holder: object): void {
  holders.delete(holder);
}

/** Guards macvlans that these changes make, where they have a group. */
export function guardLinks(changes: readonly KernelChange[]): void {
  for (const change of changes) {
    if (change?.kind !== 'link' || change.verb !== 'add') continue;
    const { kind, group } = change.wanted ?? {};
    if (kind === 'macvlan' && group !== undefined) guard(group);
  }
}

function guard(group: number): void {
  if (child !== undefined && groups.has(group)) return;
  groups.add(group);
  if (child === undefined) begin();
  else tell(group);
}

function begin(): void {
  const started = startChild('sh', ['-c', SCRIPT], { output: 'ignore', input: 'pipe', ownSession: true });
  child = started;
  // Without it the links stay until the next start: nothing else depends on it.
  started.on('error', gone);
  // The next link that is made has another.
  started.once('exit', gone);
  started.stdin?.on('error', () => {});
  started.unref();
  (started.stdin as unknown as { unref(): void } | null)?.unref();
  for (const group of groups) tell(group);

  function gone(): void {
    if (child === started) child = undefined;
  }
}

/** A short word is written at once, within the process's end as well. */
function tell(word: number | 'well'): void {
  child?.stdin?.write(`${word}\n`);
}

function end(): void {
  if (holders.size === 0) tell('well');
}
