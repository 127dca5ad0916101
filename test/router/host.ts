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

/** Starts `hitless run` there and waits until it answers; also gives what it printed. */
export async function running(
  t: Test,
  { router, file, socket }: Stage,
  config = CONFIG,
  ...args: string[]
): Promise<{ child: ChildProcess; output: () => string }> {
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
  return { child, output: () => output };
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
