/** Whole images on the real router, with a slot tool that works on directories. */
import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import t from 'tap';
import { changed, FakeBoard, imageOf, pushed } from '../serial/board-with-slots.ts';
import { eventuallyAsync, execAt, HITLESS, sleep } from './router-lab.ts';

const OLD = imageOf({ kernel: 400_000, base: 500_000, app: 100_000 });

interface Running {
  child: ChildProcess;
  output(): string;
  ended: Promise<number | null>;
}

/** `hitless run` on the board; it has one module and no interfaces, so it needs no privileges. */
async function running(t: Test, board: FakeBoard): Promise<Running> {
  const config = join(board.directory, 'router.yaml');
  writeFileSync(
    config,
    `router: { state: ${board.directory}/state }\ntimer: {}\nconsole: { socket: ${socketOf(board)} }\n`,
  );
  const child = spawn(process.execPath, [HITLESS, 'run', '--config', config], {
    env: { ...process.env, HITLESS_SLOT_TOOL: board.tool },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await eventuallyAsync('the router answers', 15_000, async () => {
    if (child.exitCode !== null) throw new Error(`the router ended: ${output}`);
    return (await execAt(socketOf(board), 'show modules').catch(() => undefined))?.ok;
  });
  return { child, output: () => output, ended };
}

function socketOf(board: FakeBoard): string {
  return join(board.directory, 'console.sock');
}

t.test(
  'a router that is killed in the middle leaves the running slot alone, and no half slot that boots',
  { timeout: 240_000 },
  async (t) => {
    const board = new FakeBoard(t, OLD);
    board.fill('b', imageOf({ kernel: 300_000, base: 300_000, app: 50_000 }));
    const before = board.files('a');
    const image = changed(OLD, { app: 1_500_000, 'extra.bin': 300_000 });
    const unsafe: string[] = [];
    let cuts = 0;
    let done = false;
    for (let delay = 20; delay <= 900 && !done; delay += 80) {
      const { child, ended } = await running(t, board);
      const pushing = pushed(image, socketOf(board));
      await sleep(delay);
      child.kill('SIGKILL');
      await ended;
      if (!board.isSafe('b')) unsafe.push(`${delay} ms`);
      const { status } = await pushing;
      done = status === 0;
      if (!done) cuts++;
      t.same(board.files('a'), before, `killed after ${delay} ms`);
    }
    t.comment(`cut ${cuts} times`);
    t.ok(cuts >= 3);
    t.same(unsafe, []);
    await running(t, board);
    const last = await pushed(image, socketOf(board), { json: true });
    t.equal(last.status, 0, last.errors);
    t.ok(board.holds('b', image), 'and the next push makes it whole');
  },
);

t.test('what was there when the router was killed is not sent again', { timeout: 60_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  const image = changed(OLD, { app: 3_000_000 });
  const first = await running(t, board);
  const pushing = pushed(image, socketOf(board));
  await eventuallyAsync('half of it is there', 20_000, async () =>
    Object.keys(board.files('b')).some((name) => name.startsWith('incoming/')) && board.bytes('b') > 2_000_000
      ? true
      : undefined,
  );
  first.child.kill('SIGKILL');
  await first.ended;
  t.equal((await pushing).status, 2);
  await running(t, board);
  const { status, output } = await pushed(image, socketOf(board), { json: true });
  t.equal(status, 0);
  const { sent } = JSON.parse(output).data as { sent: number };
  t.ok(sent > 0 && sent < 2_000_000, `${sent} bytes were sent again`);
  t.ok(board.holds('b', image));
});

t.test(
  'a slot on trial is confirmed when the router has been well for a while, and not before',
  { timeout: 60_000 },
  async (t) => {
    const board = new FakeBoard(t, OLD);
    board.put({ chosen: 'b' });
    const { output, child, ended } = await running(t, board);
    const shown = await execAt(socketOf(board), 'show slots');
    t.match(shown.data, { running: 'a', chosen: 'b', confirmed: false, trying: null });
    await eventuallyAsync(
      'it says so',
      5000,
      async () => /slot a is on trial: .*until then the next boot is slot b/.test(output()) || undefined,
    );
    await sleep(7000);
    t.equal(board.get('chosen'), 'b', 'not yet');
    child.kill('SIGSTOP');
    await sleep(1500);
    child.kill('SIGCONT');
    await eventuallyAsync(
      'a loop that stands still is noticed',
      5000,
      async () => /not confirmed yet: the event loop was held up/.test(output()) || undefined,
    );
    await sleep(6000);
    t.equal(board.get('chosen'), 'b', 'and counts from there');
    await eventuallyAsync('it is confirmed', 15_000, async () => board.get('chosen') === 'a' || undefined);
    await eventuallyAsync(
      'it says so',
      5000,
      async () => /slot a is confirmed: it is what the board boots from now on/.test(output()) || undefined,
    );
    child.kill('SIGTERM');
    t.equal(await ended, 0);
  },
);

t.test('a slot whose modules are not all in service is not confirmed', { timeout: 60_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  board.put({ chosen: 'b' });
  const { output } = await running(t, board);
  t.ok((await execAt(socketOf(board), 'disable TIMER force')).ok);
  await eventuallyAsync(
    'it says why',
    5000,
    async () => /not confirmed yet: TIMER is in no service/.test(output()) || undefined,
  );
  await sleep(12_000);
  t.equal(board.get('chosen'), 'b');
  t.ok((await execAt(socketOf(board), 'enable TIMER')).ok);
  await eventuallyAsync('it is confirmed', 15_000, async () => board.get('chosen') === 'a' || undefined);
});

t.test('reboot says where to, and ends the router in order', { timeout: 60_000 }, async (t) => {
  const board = new FakeBoard(t, OLD);
  const image = changed(OLD, { app: 5000 });
  const { ended } = await running(t, board);
  t.equal((await pushed(image, socketOf(board))).status, 0);
  const shown = await execAt(socketOf(board), 'show slots');
  t.match(shown.data, {
    slots: [
      { slot: 'a', hitless: '0.1.0' },
      { slot: 'b', hitless: '0.2.0', problem: '' },
    ],
  });
  t.match(await execAt(socketOf(board), 'reboot'), { ok: true, data: { next: 'a' } });
  t.equal(await ended, 0);
  t.equal(board.calls.filter((call) => call === 'reboot').length, 1);
});
