/** Something else that wants every processor, while a measurement lasts. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { systemPath } from '../firmware/host/needs.ts';

const SPIN = ['--pdeathsig', 'KILL', '--', 'sh', '-c', 'while :; do :; done'];

/** Runs `body` beside one busy process per processor, and ends them. */
export async function underLoad<T>(body: () => Promise<T>): Promise<T> {
  const env = { ...process.env, PATH: systemPath() };
  const children = Array.from({ length: availableParallelism() }, () =>
    spawn('setpriv', SPIN, { stdio: 'ignore', env }),
  );
  try {
    await Promise.all(children.map((child) => once(child, 'spawn')));
    return await body();
  } finally {
    await Promise.all(children.map(ended));
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (!child.kill('SIGKILL')) return;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
