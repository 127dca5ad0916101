/** `hitless run` on a host of its own: a namespace with one interface, and what is at its other end. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

export const CONFIG = `router: { id: 10.9.0.1 }
timer: { period: 100ms }
ip: { interfaces: { wan0: { interval: 100ms } } }
ospf: { interfaces: { wan0: { hello-interval: 1s, dead-interval: 4s } } }
vrrp:
  - { interface: wan0, group: 7, interval: 100ms, addresses: [10.9.0.254] }
`;

/** A namespace with the interface wan0, and one with its other end; a directory for files. */
export function stage(t: Test) {
  const router = NetworkNamespace.create('run');
  const peer = NetworkNamespace.create('peer');
  // A namespace begins as a host; only where the kernel forwards is a default router advertised.
  router.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=1']);
  NetworkNamespace.join([router, 'wan0', '10.9.0.1/24'], [peer, 'eth0', '10.9.0.2/24']);
  const directory = mkdtempSync('/tmp/hitless-test-');
  t.teardown(() => {
    router.cleanup();
    peer.cleanup();
    rmSync(directory, { recursive: true, force: true });
  });
  const state = join(directory, 'state');
  /** Its state is in the directory, unless told. */
  const file = (text: string) => {
    const own = text.includes('state:') ? text : text.replace('id: 10.9.0.1', `$&, state: ${state}`);
    writeFileSync(join(directory, 'router.yaml'), own);
    return join(directory, 'router.yaml');
  };
  const socket = join(directory, 'console.sock');
  return { router, peer, directory, file, socket, state };
}

export type Stage = ReturnType<typeof stage>;

/**
 * Has a router read its file again, by the signal.
 * @param last the last line of what it says of it
 * @returns all that it has printed since, once that line is there
 */
export async function readAgain(
  signal: (name: 'SIGHUP') => void,
  output: () => string,
  last = /the configuration was read again.*\n/,
): Promise<string> {
  const seen = output().length;
  signal('SIGHUP');
  return eventuallyAsync('it says what came of its file', 60_000, async () => {
    const text = output().slice(seen);
    return last.test(text) ? text : undefined;
  });
}

export interface Running {
  child: ChildProcess;
  /** All that it has printed. */
  output: () => string;
  /** Writes the file, and has it read again; returns what `readAgain` does. */
  reload: (text: string, last?: RegExp) => Promise<string>;
}

/** Starts `hitless run` there and waits until it answers. */
export async function running(
  t: Test,
  { router, file, socket }: Stage,
  config = CONFIG,
  ...args: string[]
): Promise<Running> {
  const child = spawn(
    'ip',
    ['netns', 'exec', router.name, process.execPath, HITLESS, 'run', '--config', file(config), ...args],
    {
      env: { ...process.env, HITLESS_CONSOLE: socket },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let output = '';
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  }
  const ended = new Promise((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await eventuallyAsync('the router answers', 15_000, async () => {
    if (child.exitCode !== null) throw new Error(`the router ended: ${output}`);
    return (await execAt(socket, 'show modules').catch(() => undefined))?.ok;
  });
  const reload = (text: string, last?: RegExp) => {
    file(text);
    return readAgain(
      (signal) => child.kill(signal),
      () => output,
      last,
    );
  };
  return { child, output: () => output, reload };
}

/** Runs it where it cannot start; gives exit code and what it said. */
export function failing(
  { router, socket }: Stage,
  args: string[],
  before: string[] = [],
): { code: number | null; text: string } {
  const [program = '', ...rest] = [
    'ip',
    'netns',
    'exec',
    router.name,
    ...before,
    process.execPath,
    HITLESS,
    'run',
    ...args,
  ];
  const done = spawnSync(program, rest, {
    encoding: 'utf8',
    timeout: 20_000,
    env: { ...process.env, HITLESS_CONSOLE: socket },
  });
  return { code: done.status, text: done.stderr + done.stdout };
}
