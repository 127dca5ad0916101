/** By one `ip -batch` of iproute2, its text made before; the start of the child is in it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { FIRST, lineOf, routesOf } from '../job.ts';
import type { OpenWay } from './way.ts';

export const openIpBatch: OpenWay = async (job, index) => ({
  prepare(phase) {
    const verb = phase === 'withdraw' ? 'delete' : 'replace';
    const first = phase === 'install' ? FIRST.install : FIRST.replace;
    const text = routesOf(job, first, index)
      .map((route) => lineOf(verb, route))
      .join('');
    return () => batch(text);
  },
  stop() {},
});

function batch(text: string): Promise<void> {
  const child = spawn('ip', ['-force', '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.stdin.end(text);
  return ended(child);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`ip ended with ${code}`))));
  });
}
