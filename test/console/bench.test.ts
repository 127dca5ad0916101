/** `bench` on the console: the router measures itself, and tells how far it has come. */
import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import t from 'tap';
import type { BenchResult } from '../../bench/result.ts';
import { Terminal } from '../../firmware/console/terminal.ts';
import type { MeasuredResult } from '../../firmware/measure/result.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { Client, startConsole } from './fixtures/socket.ts';
import { typed } from './fixtures/typed.ts';

t.setTimeout(120_000);

/** What a router finds has the shape of what all benches find. */
function checked(t: Test, data: unknown): BenchResult {
  const result: BenchResult = data as MeasuredResult;
  for (const {
    title,
    side,
    unit,
    samples,
    median,
    p99,
    messages,
    histogram,
    rounds,
  } of result.measurements) {
    t.match([side, unit], ['hitless', 'µs']);
    t.ok(samples > 0 && messages >= samples && median > 0 && p99 >= median, title);
    t.equal(
      histogram!.counts.reduce((sum, count) => sum + count),
      samples,
      `${title}: histogram`,
    );
    t.ok(rounds.length >= 1 && rounds.length <= 5, `${title}: rounds`);
  }
  t.equal(result.environment.node, process.versions.node);
  t.ok(result.seconds > 0 && Date.parse(result.startedAt) > 0 && result.method.length > 0);
  return result;
}

t.test('bench latency tells how late the loop is and how long messages take', async (t) => {
  const lines: string[] = [];
  const say = (line: string) => lines.push(line);
  const result = await typed('bench latency 2500ms', new FakeHost(), { ...CALLER, say });
  t.equal(result.ok, true);
  const { bench, command, measurements } = checked(t, result.data);
  t.strictSame([bench, command], ['latency', 'bench latency 2500ms']);
  t.strictSame(
    measurements.map((each) => each.case),
    ['timer', 'message'],
  );
  t.match(result.lines, [
    /^FIGURE +MEDIAN µs +P99 µs +SAMPLES$/,
    /^timer of 1 ms: lateness +\d/,
    /^message to a module/,
  ]);
  t.match(lines[0], /^1 of 3 s: timer late by \d+ µs, p99 \d+; message in \d+ µs, p99 \d+$/);
  t.ok(lines.length >= 1 && lines.length <= 3, `${lines.length} lines of progress`);
});

t.test('bench swap swaps a module of its own, and the router has none of it afterwards', async (t) => {
  const host = new FakeHost();
  const before = Object.getOwnPropertyNames(globalThis);
  const result = await typed('bench swap 6', host, CALLER);
  t.equal(result.ok, true, JSON.stringify(result.error));
  const { measurements, timelines } = checked(t, result.data);
  t.strictSame(
    measurements.map((each) => [each.case, each.samples]),
    [
      ['single', 6],
      ['gap-none', 6],
      ['gap-single', 6],
    ],
  );
  t.ok(timelines![0]!.handled.some((time) => time < 0) && timelines![0]!.ended > 0);
  t.strictSame(host.runtime.calls, [], "the router's own modules were not asked");
  t.strictSame(Object.getOwnPropertyNames(globalThis), before);
});

t.test('what cannot be measured is refused', async (t) => {
  const host = new FakeHost();
  const refused = async (command: string, error: { code: string; message: RegExp }) =>
    t.match(await typed(command, host, CALLER), { ok: false, error });
  await refused('bench latency 11m', { code: 'BENCH_TOO_LONG', message: /at most 10m/ });
  await refused('bench latency fast', { code: 'DURATION_INVALID', message: /"fast" is no duration/ });
  await refused('bench swap 0', { code: 'NUMBER_INVALID', message: /from 1 to 1000/ });
  await refused('bench', { code: 'COMMAND_USAGE', message: /usage: bench latency \| swap/ });
  await refused('bench latncy', { code: 'COMMAND_UNKNOWN', message: /did you mean "latency"/ });
});

t.test('one measures at a time; another is refused, and not after the first has ended', async (t) => {
  const host = new FakeHost();
  const first = typed('bench latency 300ms', host, CALLER);
  t.match(await typed('bench swap 1', host, CALLER), { ok: false, error: { code: 'BENCH_BUSY' } });
  t.equal((await first).ok, true);
  t.equal((await typed('bench latency 10ms', host, CALLER)).ok, true);
});

t.test('a program that asks for JSON gets progress only where it asks for that too', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path);
  client.request({ command: 'bench latency 1200ms', json: true, progress: true, id: 1 });
  await until('the answer comes', () => client.answers.find(({ id }) => id === 1));
  t.match(client.answers[0], { line: /^1 of 1 s: timer late by/ });
  checked(t, client.answers.at(-1)!.data);
  const before = client.answers.length;
  client.request({ command: 'bench latency 1200ms', json: true, id: 2 });
  await until('the answer comes', () => client.answers.find(({ id }) => id === 2));
  t.equal(client.answers.length, before + 1);
  client.request({ command: 'show modules', progress: 'yes' });
  await until('it is refused', () => client.answers.find(({ code }) => code === 'REQUEST_INVALID'));
});

t.test('it ends when its connection is lost', async (t) => {
  const { host, path } = await startConsole(t);
  const client = new Client(t, path).request({ command: 'bench latency 5m', progress: true });
  await until('it measures', () => client.answers[0]);
  t.match(await typed('bench latency 5ms', host, CALLER), { error: { code: 'BENCH_BUSY' } });
  client.socket.destroy();
  let free = false;
  for (const end = Date.now() + 10_000; !free && Date.now() < end; await sleep(20))
    free = (await typed('bench latency 5ms', host, CALLER)).ok;
  t.ok(free, 'another may measure');
});

t.test('Ctrl-C ends it, and what was found by then is shown', async (t) => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const host = new FakeHost();
  const terminal = new Terminal(host, { input, output, by: 'serial', quits: 'session', columns: 100 });
  t.teardown(() => terminal.close());
  let heard = '';
  output.on('data', (chunk: Buffer) => {
    heard += chunk.toString('utf8');
  });
  input.write('bench latency 5m\r');
  await until('progress is shown', () => /\n\d+ of 300 s: timer late by/.exec(heard) ?? undefined);
  input.write('\u0003');
  await until('the figures come', () => /\ntimer of 1 ms: lateness[\s\S]*hitless> /.exec(heard) ?? undefined);
});
