/** A process without file descriptors goes on: Node aborted it when a guarded turn began. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import t from 'tap';

t.test(
  'without file descriptors a process swaps with those that it kept, or refuses to, and does not crash',
  async (t) => {
    const root = mkdtempSync(join(tmpdir(), 'hitless-descriptors-'));
    t.teardown(() => rmSync(root, { recursive: true, force: true }));
    const program = join(root, 'descriptors.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('fixtures/descriptors.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'esm',
      external: ['tap'],
    });
    const child = spawn(
      'sh',
      ['-c', 'ulimit -c 0; ulimit -n 128; exec "$@"', 'sh', process.execPath, program],
      {
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    let output = '';
    let complaint = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (complaint += data));
    const end = await new Promise((resolve) => child.on('close', (code, signal) => resolve(signal ?? code)));
    t.equal(end, 0, complaint.slice(-500));
    const [refused, added, replaced, version, aborted, still, kill, code, swapped] = output.split('\n');
    t.equal(refused, 'DESCRIPTORS_GONE', 'there was none to keep');
    t.equal(added, 'committed');
    t.equal(replaced, 'committed', 'with those that were kept');
    t.equal(version, '1.1.0');
    t.equal(aborted, 'aborted', 'at its deadline');
    t.equal(still, '1.1.0');
    t.equal(kill, 'kill false', 'a child that never was is no process group');
    t.equal(code, 'EMFILE', 'it is told, and not thrown out of a timer');
    t.equal(swapped, 'committed');
  },
);
