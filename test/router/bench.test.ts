/** `bench` on a real router, over its socket: it measures itself, goes on as before, and the figures are plotted here. */
import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { BenchResult } from '../../bench/result.ts';
import { NetworkNamespace } from '../netns.ts';
import { running, stage } from './host.ts';
import { execAt, HITLESS } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;
t.setTimeout(120_000);

t.test('a router measures itself while it serves, and the host saves and plots it', { skip }, async (t) => {
  const place = stage(t);
  await running(t, place);
  const { directory, socket, state } = place;
  const facts = async () => {
    const modules = (await execAt(socket, 'show modules')).data as {
      name: string;
      version: string;
      errors: number;
    }[];
    return {
      modules: modules.map(({ name, version, errors }) => ({ name, version, errors })),
      upgrades: (await execAt(socket, 'show upgrades')).data,
      versions: (await execAt(socket, 'show versions')).data,
      names: (await execAt(socket, 'show names')).data,
      state: readdirSync(state, { recursive: true }).sort(),
    };
  };
  const hitless = (...args: string[]) =>
    new Promise<{ status: number; stdout: string; stderr: string }>((resolve) => {
      execFile(process.execPath, [HITLESS, ...args], { cwd: directory }, (error, stdout, stderr) =>
        resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
      );
    });
  const before = await facts();

  const swap = await hitless('bench', 'swap', '10', '--console', socket, '--out', 'swaps.json');
  t.match(swap, {
    status: 0,
    stdout: /one module, fresh code: window: median \d+ µs[\s\S]*swaps.json has the figures/,
  });
  const found = JSON.parse(readFileSync(join(directory, 'swaps.json'), 'utf8')) as BenchResult;
  t.match(found, {
    bench: 'swap',
    command: 'bench swap 10',
    measurements: [{ case: 'single', samples: 10 }],
  });
  t.match(readFileSync(join(directory, 'swaps.html'), 'utf8'), /<h3>Blackout of a swap[\s\S]*<svg /);

  const latency = await hitless('bench', 'latency', '1200ms', '--console', socket);
  t.match(latency, { status: 0, stderr: /^1 of 1 s: timer late by/ });
  t.ok(existsSync(join(directory, 'hitless-bench-latency.html')));
  t.strictSame(await facts(), before, 'the router is as it was');

  const files = readdirSync(directory);
  t.match(await hitless('bench', 'swap', '0', '--console', socket, '--out', 'none.json'), {
    status: 2,
    stderr: /BENCH_REFUSED: .*NUMBER_INVALID/,
  });
  t.match(await hitless('bench', '--console', join(directory, 'nobody.sock'), '--out', 'none.json'), {
    status: 2,
    stderr: /CONSOLE_UNREACHABLE/,
  });
  t.match(await hitless('bench', '--console', socket, '--out', '/nowhere/none.json'), {
    status: 2,
    stderr: /BENCH_OUT: \/nowhere\/none.json cannot be written/,
  });
  t.match(await hitless('bench', '--out', 'x.json'), {
    status: 2,
    stderr: /USAGE: --out and --baud are for/,
  });
  t.match(await hitless('bench', '--quick', '--console', socket), {
    status: 2,
    stderr: /USAGE: --quick is not/,
  });
  t.strictSame(readdirSync(directory), files, 'nothing is left of what was refused');
});
