/**
 * Links that must not outlive this process for long: with a virtual router's MAC and addresses they would answer beside the router
 * that has taken over. A child in a session of its own waits until the process is gone, and removes each when its time is over.
 *
 * Each has a tag that names this process (`net.ipv4.conf.NAME.tag`, a number that the kernel keeps and never looks at): a process
 * that is started meanwhile takes a link over by a tag of its own, and the child leaves it alone. An alias would do as well, but
 * with each the kernel reports the link's multicast groups once more, and switches would learn the wrong port.
 * Links without a tag are of a module that says no time: they go at once, with their group.
 * A child that is killed as well, as by the end of a service's control group, removes nothing: the next start does.
 */
import type { ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { startChild } from '../child.ts';
import type { Link } from '../netlink/link.ts';
import type { KernelChange } from './datum.ts';

/** Of this process, from 1 on: 0 is that of a link that nobody has tagged. */
const TAG = String(randomInt(1, 0x7fff_ffff));

/**
 * A line is `group 7`, `link NAME MS`, `link NAME` for one that is gone, or `well`; $1 is the tag. Signals that are meant for the
 * process do not end the child: it ends by itself. Names have no colon and no space (dev_valid_name of the kernel).
 *
 * The shell of a board, busybox, has an `ip` of its own that it prefers: it knows no groups.
 */
const SCRIPT = `trap '' HUP INT TERM ABRT
set -f
groups= links=' '
while read -r word name ms; do
  case $word in
    well) exit 0 ;;
    group) groups="$groups $name" ;;
    link)
      case $links in *" $name:"*)
        rest=\${links#*" $name:"}
        links="\${links%%" $name:"*} \${rest#* }" ;;
      esac
      [ -z "$ms" ] || links="$links$name:$ms " ;;
  esac
done
tool=ip
IFS=:
for folder in $PATH; do
  case $("$folder/ip" -V 2>/dev/null) in *iproute2*) tool=$folder/ip; break ;; esac
done
unset IFS
remove() {
  [ "$(cat "/proc/sys/net/ipv4/conf/$1/tag")" = "$2" ] && "$tool" link delete dev "$1"
}
for group in $groups; do
  "$tool" -o link show group "$group" | while read -r index name rest; do
    name=\${name%%@*}
    remove "\${name%:}" 0
  done
done
waited=0
while
  next=
  for each in $links; do
    name=\${each%:*} ms=\${each##*:}
    if [ "$ms" -le "$waited" ]; then remove "$name" "$1"
    elif [ -z "$next" ] || [ "$ms" -lt "$next" ]; then next=$ms; fi
  done
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
/** By name, for how many ms each link stays; all told to the child. */
const times = new Map<string, number>();
/** By index, names of macvlans that there are. */
const names = new Map<number, string>();
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

/** Takes note of a link that is there, or was. */
export function noteLink({ index, name, kind }: Link, gone: boolean): void {
  if (kind !== 'macvlan') return;
  const before = names.get(index);
  if (gone) names.delete(index);
  else names.set(index, name);
  if (before === undefined || (before === name && !gone) || !times.delete(before)) return;
  tell(`link ${before}`);
}

/**
 * Guards macvlans that these changes make, where they have a group, and those of which they say how long they outlive the process.
 * @returns the changes as they are to be carried out
 */
export function guardLinks(changes: readonly KernelChange[]): KernelChange[] {
  return changes.map((change) => {
    if (change?.kind !== 'link') return change;
    const { kind, group, index, outlives } = change.wanted ?? {};
    if (change.verb === 'add' && kind === 'macvlan' && group !== undefined) guard(group);
    const name = names.get(index ?? 0);
    if (change.verb !== 'set' || !isTime(outlives) || name === undefined) return change;
    keep(name, Math.ceil(outlives));
    return { verb: 'set', kind: 'sysctl', path: `net/ipv4/conf/${name}/tag`, value: TAG };
  });
}

function isTime(ms: unknown): ms is number {
  return typeof ms === 'number' && ms >= 0 && Number.isFinite(ms);
}

function guard(group: number): void {
  if (child !== undefined && groups.has(group)) return;
  groups.add(group);
  if (child === undefined) begin();
  else tell(`group ${group}`);
}

function keep(name: string, ms: number): void {
  if (child !== undefined && times.get(name) === ms) return;
  times.set(name, ms);
  if (child === undefined) begin();
  else tell(`link ${name} ${ms}`);
}

function begin(): void {
  const options = { output: 'ignore', input: 'pipe', ownSession: true } as const;
  const started = startChild('sh', ['-c', SCRIPT, 'guard', TAG], options);
  child = started;
  // Without it the links stay until the next start: nothing else depends on it.
  started.on('error', gone);
  // The next link that is made has another.
  started.once('exit', gone);
  started.stdin?.on('error', () => {});
  started.unref();
  (started.stdin as unknown as { unref(): void } | null)?.unref();
  for (const group of groups) tell(`group ${group}`);
  for (const [name, ms] of times) tell(`link ${name} ${ms}`);

  function gone(): void {
    if (child === started) child = undefined;
  }
}

/** A short line is written at once, within the process's end as well. */
function tell(line: string): void {
  child?.stdin?.write(`${line}\n`);
}

function end(): void {
  if (holders.size === 0) tell('well');
}
