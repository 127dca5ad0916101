/**
 * The program behind `memory.test.ts`: swaps a large bundle many times, each time a freshly loaded one whose
 * text differs, and prints what the memory did, as one line of JSON. It must end by itself.
 *
 *     node --expose-gc --import ./test/runner/typescript.mjs test/runtime/many-swaps.ts SWAPS LEAK
 *
 * With a LEAK other than `none`, it keeps on purpose what should go: `bundles`, `timers` or `listeners`.
 */
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runtime } from '../../runtime/index.ts';

/** Samples are taken so often, in swaps. */
const EVERY = 100;
/** Of a bundle: twice as large as the largest release. */
const BYTES = 60_000;

const [swaps, leak] = [Number(process.argv[2]), process.argv[3]];
const collect = (globalThis as { gc?: () => void }).gc!;
const directory = mkdtempSync(join(tmpdir(), 'hitless-memory-'));
const runtime = new Runtime({ directories: [directory] });

/** Its bulk: functions as a router has them, and a table that is read as quickly as a text. */
const functions = Array.from(
  { length: 100 },
  (_, i) => `
function step${i}(table, message) {
  const key = message.from + ':' + (message.id % ${7 + (i % 13)});
  let entry = table.get(key);
  if (entry === undefined) table.set(key, (entry = { count: 0, first: message.id, label: 'entry of step ${i}' }));
  entry.count += 1;
  return { key, count: entry.count, fresh: entry.count < ${i} };
}`,
).join('');
const ballast = `${functions}\nconst steps = [${Array.from({ length: 100 }, (_, i) => `step${i}`)}];\nconst names = '${'ballast '.repeat((BYTES - functions.length) / 8)}';`;

/** As many digits each, so that a new version is written by writing its digits. */
const FIRST = 100_000;
const PLACE = '#'.repeat(String(FIRST).length);
const source = `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 1, name: 'BALLAST', version: '1.0.${PLACE}', accepts: { ping: [1] }, subscribes: { news: [1] }, timers: ['beat'],
  ports: [], state: { version: 1 },
};
const derived = new Array(1000).fill(${PLACE});
exports.default = class extends Module {
  initial() { return { pings: 0, table: new Map() }; }
  start(why) {
    this.derived = derived.map((x) => x + 1);
    if (why === 'cold') this.ctx.setTimer('beat', '', 5, { every: 5 });
  }
  onPing(message) { step1(this.state.table, message); steps[${PLACE} % 100](this.state.table, { from: 'x', id: 1 }); return ++this.state.pings; }
  onBeat() {}
  onNews() {}
};
${ballast}`;

let sent = 0;
let again = 0;
/** Classes of old versions that are still there. */
const classes: WeakRef<object>[] = [];
const kept: unknown[] = [];
if (leak === 'listeners') process.setMaxListeners(0);

const places = [...source.matchAll(/#+/g)].map(({ index }) => Buffer.byteLength(source.slice(0, index)));
const files = [0, 1].map((i) => join(directory, `${i}.cjs`));
for (const file of files) writeFileSync(file, source);
const open = files.map((file) => openSync(file, 'r+'));

async function swap(n: number, change: 'add' | 'replace'): Promise<void> {
  const file = files[n % 2]!;
  for (const place of places) writeSync(open[n % 2]!, String(FIRST + n), place);
  // On a busy machine the process may stand still for longer than a hook may take: such a swap is tried again.
  for (let attempt = 1; ; attempt++) {
    const swapping = runtime.run([{ change, module: 'BALLAST', bundle: file }], {
      command: change,
      by: 'test',
    });
    if (runtime.send('BALLAST', 'ping') === 'queued') sent++;
    const problem = await swapping.then(({ reason }) => reason, String);
    if (problem === '') break;
    if (attempt === 5) throw new Error(problem);
    again++;
  }
  const { Implementation } = await runtime.repository.acquire(`ballast@1.0.${FIRST + n}`);
  if (n % EVERY === 0) classes.push(new WeakRef(Implementation));
  if (leak === 'bundles') kept.push(Implementation);
  if (leak === 'timers') setInterval(() => {}, 1e8);
  if (leak === 'listeners') process.on('SIGUSR2', () => n);
}

const resources = () => process.getActiveResourcesInfo().sort();
const before = resources();
const samples: { swaps: number; heap: number; rss: number }[] = [];
const began = performance.now();
await swap(0, 'add');
for (let n = 1; n <= swaps; n++) {
  await swap(n, 'replace');
  if (n % EVERY !== 0) continue;
  collect();
  const { heapUsed, rss } = process.memoryUsage();
  samples.push({ swaps: n, heap: heapUsed, rss });
}
const took = performance.now() - began;
const pings = await runtime.ask('BALLAST', 'ping');
const history = runtime.history.length;
runtime.stop();
for (const file of open) closeSync(file);
rmSync(directory, { recursive: true });
await new Promise((resolve) => setTimeout(resolve, 50));
collect();
await new Promise((resolve) => setImmediate(resolve));
collect();
console.log(
  JSON.stringify({
    samples,
    took,
    pings,
    sent,
    again,
    history,
    alive: classes.filter((known) => known.deref() !== undefined).length,
    known: classes.length,
    before,
    after: resources(),
    listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
  }),
);
// A leak on purpose would keep the process.
if (leak !== 'none') process.exit();
