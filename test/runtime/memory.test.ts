/** Design rule 11: nothing old stays. Memory is flat over 10,000 swaps, and nothing is left behind. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';

interface Outcome {
  samples: { swaps: number; heap: number; rss: number }[];
  /** Milliseconds for all swaps. */
  took: number;
  /** Messages handled, of so many that were sent. */
  pings: number;
  sent: number;
  /** Swaps that were tried again. */
  again: number;
  /** Reports in the history. */
  history: number;
  /** Old versions' classes still there, of so many that were looked at. */
  alive: number;
  known: number;
  before: string[];
  after: string[];
  listeners: [string, number][];
}

/** Ends when the program has ended by itself. */
function manySwaps(swaps: number, leak: string): Promise<Outcome> {
  const root = fileURLToPath(new URL('../..', import.meta.url));
  const loader = new URL('../runner/typescript.mjs', import.meta.url).href;
  const program = fileURLToPath(new URL('many-swaps.ts', import.meta.url));
  const child = spawn(process.execPath, ['--expose-gc', '--import', loader, program, String(swaps), leak], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve(JSON.parse(output));
      else reject(new Error(`it ended with ${signal ?? code}`));
    });
  });
}

const median = (values: number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/**
 * Bytes that each swap adds: the median of the slopes between any two (Theil-Sen). Where a collection has not taken all yet, a
 * sample is too high by 250,000 bytes, which one that is a mean of them would follow.
 */
function slope(points: { swaps: number; heap: number }[]): number {
  const slopes = points.flatMap((one, i) =>
    points.slice(i + 1).map((other) => (other.heap - one.heap) / (other.swaps - one.swaps)),
  );
  return median(slopes);
}

/**
 * The heap settles first: over 30,000 swaps, one adds 42 bytes from 2,000 to 10,000, 23 from 5,000 to 15,000, and 10 from
 * 10,000 on. A leak would add as much for ever.
 */
const WARM = 5_000;
/** Bytes of heap that a swap may add: a report of the history has 2,000, a bundle of this test 60,000. */
const MOST_ADDED = 50;

t.test('memory is flat over 10,000 swaps of a 60 kB bundle, each freshly loaded', async (t) => {
  const { samples, took, pings, sent, again, alive, known, before, after, listeners } = await manySwaps(
    10_000,
    'none',
  );
  t.comment(`10,000 swaps took ${(took / 1000).toFixed(1)} s, ${again} were tried again`);
  t.ok(pings >= 10_000, `${pings} messages were handled`);
  t.equal(pings, sent + 1, 'all that were sent, and the last one');
  const warm = samples.filter(({ swaps }) => swaps >= WARM);
  t.equal(warm.length, 51);
  const added = slope(warm);
  t.ok(added < MOST_ADDED, `the heap grows by ${added.toFixed(1)} bytes a swap`);
  const leaky = warm.map(({ swaps, heap }) => ({ swaps, heap: heap + 2 * MOST_ADDED * swaps }));
  t.ok(slope(leaky) > MOST_ADDED, `with ${2 * MOST_ADDED} bytes kept a swap it would not pass`);
  const [first, last] = [warm.slice(0, 17), warm.slice(-17)].map((part) =>
    median(part.map(({ rss }) => rss)),
  );
  t.ok(
    last! < first! * 1.1,
    `resident: ${(first! / 1e6).toFixed(0)} MB in the first third, ${(last! / 1e6).toFixed(0)} MB in the last`,
  );
  t.equal(known, 101);
  t.ok(alive <= 2, `${alive} of ${known} versions are still there: the current one, and the one before`);
  t.strictSame(after, before, 'no timer, handle or thread is left');
  t.strictSame(
    listeners.filter(([name, count]) => name.startsWith('SIG') || count > 5),
    [],
    'no listener is left',
  );
});

t.test('a leak would be seen', async (t) => {
  const swaps = 600;
  const bundles = await manySwaps(swaps, 'bundles');
  t.ok(bundles.alive > 5, `${bundles.alive} of ${bundles.known} versions are still there`);
  const added = slope(bundles.samples);
  t.ok(added > 4 * 2_000, `the heap grows by ${added.toFixed(0)} bytes a swap, more than the history`);
  const timers = await manySwaps(20, 'timers');
  t.not(timers.after.length, timers.before.length, 'timers that are left show');
  const listeners = await manySwaps(20, 'listeners');
  t.match(
    listeners.listeners.find(([name]) => name === 'SIGUSR2'),
    ['SIGUSR2', 21],
    'listeners that are left show',
  );
});
