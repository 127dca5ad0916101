/**
 * Network namespaces for tests: made with iproute2, named after this process, gone after it whatever happens.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';

export interface RunOptions {
  env?: Record<string, string | undefined>;
  input?: string;
}

/** For a machine that others use too. */
const CARRIES_PATIENCE_MS = 20_000;

export class NetworkNamespace {
  /** As `ip netns` lists it. */
  readonly name: string;
  static #count = 0;
  static #unavailable: string | false | undefined;
  static readonly #alive = new Set<NetworkNamespace>();
  #children = new Set<ChildProcess>();

  private constructor(name: string) {
    this.name = name;
  }

  /** Why no namespace can be made here: for a test's `skip`. False when they can. */
  static get unavailable(): string | false {
    NetworkNamespace.#unavailable ??= NetworkNamespace.#try();
    return NetworkNamespace.#unavailable;
  }

  /** Makes a namespace with its loopback up. @param label shown in its name */
  static create(label: string): NetworkNamespace {
    if (NetworkNamespace.#count === 0) {
      sweep();
      process.once('exit', () => {
        for (const namespace of NetworkNamespace.#alive) namespace.cleanup();
      });
    }
    const namespace = new NetworkNamespace(`hitless-${process.pid}-${label}${++NetworkNamespace.#count}`);
    run('ip', ['netns', 'add', namespace.name]);
    NetworkNamespace.#alive.add(namespace);
    namespace.ip('link', 'set', 'lo', 'up');
    return namespace;
  }

  /** Joins two namespaces with a veth pair, both ends up, and returns when it carries packets. An end's address is written `10.0.0.1/24`. */
  static join(
    [a, aName, aAddress]: readonly [NetworkNamespace, string, string?],
    [b, bName, bAddress]: readonly [NetworkNamespace, string, string?],
  ): void {
    a.ip('link', 'add', aName, 'type', 'veth', 'peer', 'name', bName, 'netns', b.name);
    if (aAddress !== undefined) a.ip('address', 'add', aAddress, 'dev', aName);
    if (bAddress !== undefined) b.ip('address', 'add', bAddress, 'dev', bName);
    a.ip('link', 'set', aName, 'up');
    b.ip('link', 'set', bName, 'up');
    a.carries(aName);
    b.carries(bName);
  }

  static #try(): string | false {
    try {
      NetworkNamespace.create('try').cleanup();
      return false;
    } catch (thrown) {
      const who = process.getuid?.() === 0 ? '' : ' (run the tests as root)';
      return `SKIPPED: no network namespace can be made here${who}: ${(thrown as Error).message}`;
    }
  }

  /** Runs an `ip` command on this namespace and gives what it printed. */
  ip(...args: string[]): string {
    return run('ip', ['-n', this.name, ...args]);
  }

  /** Waits until a link that is up carries packets: for a moment longer, the kernel drops them without a word. */
  carries(name: string): void {
    const end = performance.now() + CARRIES_PATIENCE_MS;
    while (!this.ip('-o', 'link', 'show', 'dev', name).includes('state UP'))
      if (performance.now() > end) throw new Error(`${name} in ${this.name} does not come up`);
  }

  /** Runs a program in this namespace to its end and gives what it printed. @throws with its error output */
  exec(command: readonly string[], options: RunOptions = {}): string {
    return run('ip', ['netns', 'exec', this.name, ...command], options);
  }

  /** Starts a program in this namespace, with pipes. It dies with this process, at the latest. */
  spawn(command: readonly string[], options: Pick<RunOptions, 'env'> = {}): ChildProcess {
    const guard = ['--pdeathsig', 'KILL', '--', 'ip', 'netns', 'exec', this.name, ...command];
    const child = spawn('setpriv', guard, { stdio: 'pipe', env: { ...process.env, ...options.env } });
    this.#children.add(child);
    child.once('exit', () => this.#children.delete(child));
    return child;
  }

  /** Ids of the processes that run in this namespace. */
  pids(): string[] {
    return pids(this.name);
  }

  /** Kills what runs in this namespace and removes it. A second call does nothing. */
  cleanup(): void {
    if (!NetworkNamespace.#alive.delete(this)) return;
    remove(this.name);
    for (const child of this.#children) child.kill('SIGKILL');
  }
}

/** Removes what a test process left behind that was killed before it could clean up. */
function sweep(): void {
  for (const line of run('ip', ['netns', 'list']).split('\n')) {
    const [name = '', pid] = /^hitless-(\d+)-\S+/.exec(line) ?? [];
    if (pid !== undefined && !runs(Number(pid))) remove(name);
  }
}

function remove(name: string): void {
  for (const pid of pids(name)) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  spawnSync('ip', ['netns', 'delete', name]);
}

function pids(name: string): string[] {
  const printed = spawnSync('ip', ['netns', 'pids', name], { encoding: 'utf8' }).stdout ?? '';
  return printed.split('\n').filter((line) => line !== '');
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function run(program: string, args: readonly string[], options: RunOptions = {}): string {
  try {
    return execFileSync(program, args, {
      maxBuffer: 64 << 20,
      encoding: 'utf8',
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...options.env },
      ...(options.input === undefined ? {} : { input: options.input }),
    });
  } catch (thrown) {
    const said = (thrown as { stderr?: string }).stderr?.trim() || (thrown as Error).message;
    throw new Error(`${program} ${args.join(' ')}: ${said}`, { cause: thrown });
  }
}
