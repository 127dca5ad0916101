/** A module that fills the heap is named and stops before the process ends of it; requests in flight have a limit. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { nativeWatch } from '../../runtime/native/watch.ts';

const PROGRAM = fileURLToPath(new URL('fixtures/heap-program.ts', import.meta.url));
const skip = nativeWatch() === undefined && 'SKIPPED: without the native watch a full heap ends the process';
if (skip) process.stderr.write(`test/runtime/heap: ${skip}\n`);

function outcomeOf(methods: string, manifest: string, kind: string, env = {}, objects = 100) {
  const { status, signal, stdout, stderr } = spawnSync(
    process.execPath,
    [...process.execArgv, '--max-old-space-size=96', PROGRAM, methods, manifest, kind, String(objects)],
    { encoding: 'utf8', timeout: 100_000, env: { ...process.env, ...env } },
  );
  return { status, signal, stderr: stderr.slice(-2_000), said: stdout === '' ? {} : JSON.parse(stdout) };
}

const FILLS: Readonly<Record<string, string>> = {
  'in one call': 'onGo() { const all = []; for (;;) all.push(new Array(1_000).fill(all.length)); }',
  'call by call':
    'onGo() { (this.state.all ??= []).push(...Array.from({ length: 2_000 }, (_, i) => ({ i }))); }',
  'as a generator':
    '*onGo() { const all = []; for (;;) { all.push(new Array(1_000).fill(all.length)); yield "slice"; } }',
};
/** The time of a handler is not what ends it here. */
const PATIENT = 'maxHandlerMs: 60_000';

for (const [how, methods] of Object.entries(FILLS)) {
  t.test(`a module that fills the heap ${how} is out of service, and the others go on`, { skip }, (t) => {
    const { status, said, stderr } = outcomeOf(methods, PATIENT, 'alone');
    t.match(said, { service: 'disabled', reason: /filled the heap/, other: 'pong' }, stderr);
    t.ok(
      said.told?.some((text: string) => /^FULL: out of service, for its handlers filled the heap/.test(text)),
    );
    t.equal(status, 0, stderr);
    t.end();
  });

  t.test(`a version on probation that fills the heap ${how} goes back`, { skip }, (t) => {
    const { status, said, stderr } = outcomeOf(methods, PATIENT, 'probation');
    t.match(said, { service: 'service', version: '1.0.0', other: 'pong' }, stderr);
    t.notOk(
      said.told?.some((text: string) => /^OTHER: out of service/.test(text)),
      String(said.told),
    );
    t.equal(status, 0, stderr);
    t.end();
  });
}

t.test('a module that leaks is found beside one that makes much more garbage', { skip }, (t) => {
  const leaks = 'onGo() { (this.state.all ??= []).push(new Array(1_000).fill(0)); }';
  const { status, said, stderr } = outcomeOf(leaks, PATIENT, 'alone', {}, 5_000);
  t.match(said, { service: 'disabled', reason: /filled the heap/, other: 'pong' }, stderr);
  t.equal(status, 0, stderr);
  t.end();
});

t.test('a module that says so begins again with an empty state', { skip }, (t) => {
  const { status, said, stderr } = outcomeOf(
    FILLS['call by call']!,
    `${PATIENT}, onFault: 'restart'`,
    'alone',
  );
  t.match(said, { service: 'service', restarts: 1, other: 'pong' }, stderr);
  t.equal(status, 0, stderr);
  t.end();
});

t.test('a module that asks itself without end has a bounded number of requests in flight', (t) => {
  const { status, said, stderr } = outcomeOf(
    "*onGo() { return yield* this.ctx.ask('FULL', 'go', undefined, { timeout: 600_000 }); }",
    'mailbox: 100_000, sends: { FULL: { go: 1 } }',
    'alone',
    { NODE_OPTIONS: '--max-old-space-size=256' },
  );
  t.match(said, { service: 'service', other: 'pong' }, stderr);
  t.ok(said.askedTooMuch > 0, `${said.askedTooMuch} failed at once`);
  t.ok(said.most <= 4_096, `${said.most} in flight at most`);
  t.match(said.aborted, /\d+ handlers suspended: \d+ of onGo/, 'and they are told in few words');
  t.ok(said.told?.some((text: string) => /4096 requests without an answer, the most/.test(text)));
  t.equal(status, 0, stderr);
  t.end();
});
