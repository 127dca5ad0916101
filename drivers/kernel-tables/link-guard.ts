/**
 * Links that must not outlive this process for long: with a virtual router's MAC and addresses they would answer beside the router
 * that has taken over. Each has an alias that names this process, and for how many ms the link stays should that be killed:
 * `hitless 9f31c2d4 4100`. A child in a session of its own waits until the process is gone, and removes each when its time is over.
 *
 * A process that is started meanwhile takes a link over by an alias of its own: the child then leaves it alone. Links without such
 * an alias are of a module that knows none, and go at once, with their group.
 * A child that is killed as well, as by the end of a service's control group, removes nothing: the next start does.
 */
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { startChild } from '../child.ts';
import type { KernelChange } from './datum.ts';

/** Begins the alias of each link that is guarded, by whatever process. */
const MARK = 'hitless ';
/** That of this process; other programs write the rest as they like. */
const OWN_MARK = `${MARK}${randomBytes(4).toString('hex')} `;

/**
 * A line is a group, or `well`. Signals that are meant for the process do not end the child: it ends by itself. Before each removal
 * it looks again whose the link is. $1 and $2 are the marks.
 */
const SCRIPT = `trap '' HUP INT TERM ABRT; groups=
while read -r word; do
  [ "$word" != well ] || exit 0
  groups="$groups $word"
done
for group in $groups; do
  ip -o link show group "$group" | while read -r index name rest; do
    name=\${name%%@*}
    case $rest in *"alias $1"*) ;; *) ip link delete dev "\${name%:}" ;; esac
  done
done
waited=0
while
  next=
  links=$(ip -o link show type macvlan)
  while read -r index name rest; do
    case $rest in *"alias $2"*) ;; *) continue ;; esac
    name=\${name%%@*} ms=\${rest##*"alias $2"}
    ms=\${ms%%[!0-9]*}
    if [ "\${ms:-0}" -le "$waited" ]; then ip link delete dev "\${name%:}"
    elif [ -z "$next" ] || [ "$ms" -lt "$next" ]; then next=$ms; fi
  done <<END
$links
END
  [ -n "$next" ]
do
  ms=$((1000 + (next - waited) % 1000))
  sleep "$(((next - waited) / 1000)).\${ms#1}"
  waited=$next
done`;

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

/**
 * Guards macvlans that these changes make, where they have a group, and those of which they say how long they outlive the process.
 * @returns the changes as they are to be carried out
 */
export function guardLinks(changes: readonly KernelChange[]): KernelChange[] {
  return changes.map((change) => {
    if (change?.kind !== 'link') return change;
    const { kind, group, outlives } = change.wanted ?? {};
    if (change.verb === 'add' && kind === 'macvlan' && group !== undefined) guard(group);
    if (change.verb !== 'set' || !isTime(outlives)) return change;
    guard(undefined);
    return { ...change, wanted: { ...change.wanted, alias: `${OWN_MARK}${Math.ceil(outlives)}` } };
  });
}

function isTime(ms: unknown): ms is number {
  return typeof ms === 'number' && ms >= 0 && Number.isFinite(ms);
}

function guard(group: number | undefined): void {
  const isNew = group !== undefined && !groups.has(group);
  if (isNew) groups.add(group);
  if (child === undefined) begin();
  else if (isNew) tell(group);
}

function begin(): void {
  const script = ['-c', SCRIPT, 'guard', MARK, OWN_MARK];
  const started = startChild('sh', script, { output: 'ignore', input: 'pipe', ownSession: true });
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
