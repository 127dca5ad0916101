import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import t, { type Test } from 'tap';
import { Terminal } from '../../firmware/console/terminal.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { Pty, until } from './fixtures/pty.ts';
import type { Screen } from './fixtures/screen.ts';
import { Text } from './fixtures/text.ts';

/** The fake router on a pty, and the line over which it is told what to log. */
async function startRouter(t: Test, columns: number, ...parameters: string[]) {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-terminal-'));
  const path = join(directory, 'control');
  const server = createServer();
  const control = new Promise<Socket>((resolve) => server.on('connection', resolve));
  server.listen(path);
  const pty = Pty.program(t, columns, './router-on-a-terminal.ts', path, ...parameters);
  t.teardown(() => {
    server.close();
    rmSync(directory, { recursive: true });
  });
  const socket = await control;
  t.teardown(() => socket.destroy());
  await pty.until('the prompt comes', (screen) => isPrompt(screen));
  return { pty, log: (line: string) => socket.write(`${line}\n`) };
}

/** What the router under test says of itself, the next time. */
async function nextBeat(file: string): Promise<{ beats: number; longest: number; memory: number }> {
  const before = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const text = await until('the heart beats', () => {
    const now = existsSync(file) ? readFileSync(file, 'utf8') : '';
    return now !== before && now.endsWith('}') ? now : undefined;
  });
  return JSON.parse(text);
}

const isPrompt = (screen: Screen) => screen.seen.at(-1) === 'hitless>';

t.test('log lines appear above the prompt, and what is typed stays as it is', async (t) => {
  const { pty, log } = await startRouter(t, 80);
  pty.type('show mod');
  await pty.until('the keys are echoed', (screen) => screen.seen.at(-1) === 'hitless> show mod');
  const before = pty.output.length;
  log('got msg : 89 from IP V1');
  const screen = await pty.until(
    'the log line comes',
    (s) => s.seen.some((row) => row.includes('msg : 89')) && s.cursor.column === 17,
  );
  t.same(screen.seen.slice(-2), ['OSPF V1 got msg : 89 from IP V1', 'hitless> show mod']);
  t.equal(
    pty.output.slice(before).replaceAll('\r\r', '\r'),
    '\r\u001b[JOSPF V1 got msg : 89 from IP V1\r\n\u001b[1G\u001b[0Jhitless> show mod\u001b[18G',
    'the row is cleared, the line written, and the prompt put below it',
  );
  pty.type('ules\r');
  await pty.until('the whole command is carried out', (s) => s.seen.some((row) => row.startsWith('MODULE')));
});

t.test('a log line and the prompt below it are written as one piece: nothing flickers', async (t) => {
  const input = new PassThrough();
  const written: string[] = [];
  const output = new Writable({
    decodeStrings: false,
    write: (chunk: string, _encoding, done) => {
      written.push(chunk);
      done();
    },
  });
  const host = new FakeHost();
  const terminal = new Terminal(host, { input, output, by: 'terminal', quits: 'session', columns: 80 });
  t.teardown(() => terminal.close());
  input.write('show mod');
  await until('the keys are echoed', () => written.join('').endsWith('show mod') || undefined);
  const before = written.length;
  host.runtime.log({ module: 'OSPF', version: '1.0.0', text: 'got msg : 89 from IP V1' });
  t.same(written.slice(before), [
    '\r\u001b[JOSPF V1 got msg : 89 from IP V1\r\n\u001b[1G\u001b[0Jhitless> show mod\u001b[18G',
  ]);
});

t.test('a line that goes over several rows stays as it is, with the cursor in its middle', async (t) => {
  const { pty, log } = await startRouter(t, 40);
  const line = `load "${'0123456789'.repeat(9)}"`;
  const rows = (`hitless> ${line}`.match(/.{1,40}/g) ?? []).map((row) => row.trimEnd());
  pty.type(`${line}${'\u001b[D'.repeat(50)}`);
  // 9 + 97 characters and 50 back: the 57th of 106.
  const atRest = (s: Screen) => s.cursor.row === s.seen.length - 2 && s.cursor.column === 16;
  await pty.until('the cursor has moved', atRest);
  for (const number of [1, 2, 3]) log(`line ${number}`);
  const screen = await pty.until(
    'the log lines come',
    (s) => s.seen.some((row) => row.endsWith('line 3')) && atRest(s),
  );
  t.same(screen.seen.slice(-3 - rows.length), [
    'OSPF V1 line 1',
    'OSPF V1 line 2',
    'OSPF V1 line 3',
    ...rows,
  ]);
});

t.test('Tab completes, the arrow keys bring back earlier lines, Ctrl-C gives up a line', async (t) => {
  const { pty } = await startRouter(t, 120);
  pty.type('rep\tIP@2\u0003');
  await pty.until('the line is given up', (s) => s.seen.at(-2)?.endsWith('^C') === true && isPrompt(s));
  pty.type('rep\tip IP@2\t\r');
  await pty.until('the transaction is done', (s) => s.seen.some((row) => row.startsWith('transaction 1')));
  t.ok(pty.screen.seen.includes('hitless> replace ip ip@2.0.0'));
  t.same(
    pty.screen.seen.filter((row) => /^(-----|IP V)/.test(row)),
    ['-----', 'IP V1: disable..', 'IP V2: start..'],
    'the log of the transaction is shown as it comes',
  );
  pty.type('show names\r\u001b[A\u001b[A\r');
  await pty.until('the line before the last runs again', (s) =>
    s.seen.some((row) => row.startsWith('transaction 2')),
  );
  pty.type('show p\t\t');
  await pty.until('the choices are listed', (s) => /ports +probation/.test(s.seen.join('\n')));
});

t.test('lines that are pasted together are carried out one after the other', async (t) => {
  const { pty } = await startRouter(t, 120);
  pty.type('wait 50ms\rsettimer 3s\nsettimer 4s\r\nsettimer 5s\rshow na');
  const screen = await pty.until('the last is echoed', (s) => s.seen.at(-1) === 'hitless> show na');
  t.same(screen.seen.slice(1), [
    'hitless> wait 50ms',
    'hitless> settimer 3s',
    'preparation time 3s',
    'hitless> settimer 4s',
    'preparation time 4s',
    'hitless> settimer 5s',
    'preparation time 5s',
    'hitless> show na',
  ]);
});

t.test('Ctrl-C breaks off a wait, with what was typed ahead', async (t) => {
  const { pty } = await startRouter(t, 120);
  pty.type('wait 1000s\r');
  await pty.until('the wait is entered', (s) => s.seen.at(-1) === 'hitless> wait 1000s');
  pty.type('quit\r');
  pty.type('\u0003');
  const screen = await pty.until('the prompt is back', (s) => isPrompt(s) && s.seen.length > 2);
  t.match(screen.seen.at(-2), /^WAIT_INTERRUPTED/);
});

t.test('Ctrl-C gives up a retry, and the terminal goes on', async (t) => {
  const { pty, log } = await startRouter(t, 160);
  log('abort');
  log('everything aborts');
  await pty.until('the router heard it', (s) => s.seen.some((row) => row.endsWith('everything aborts')));
  pty.type('replace IP ip@2.0.0 retry 3 every 10s\r');
  await pty.until('the retry waits', (s) => s.seen.some((row) => row === 'the retry waits'));
  pty.type('quit\r\u0003');
  const screen = await pty.until(
    'the prompt is back',
    (s) => isPrompt(s) && s.seen.some((row) => row.startsWith('TRANSACTION_ABORTED')),
  );
  t.notOk(
    screen.seen.some((row) => row.endsWith('hitless> quit')),
    'what was typed ahead is taken back',
  );
  pty.type('show names\r');
  await pty.until('the next command runs', (s) => s.seen.some((row) => row.startsWith('ROUTING')));
});

t.test('Ctrl-Z does not stop the router', async (t) => {
  const { pty } = await startRouter(t, 120);
  pty.type('show\u001a na');
  await pty.until('it is told why', (s) => s.seen.some((row) => row.startsWith('Ctrl-Z')));
  const screen = await pty.until(
    'the prompt is back',
    (s) => s.seen.at(-1)?.startsWith('hitless> ') === true,
  );
  t.ok(screen.seen.at(-1)?.startsWith('hitless> show'), 'and what was typed is kept');
  pty.type('mes\r');
  await pty.until('the router answers', (s) => s.seen.some((row) => row.startsWith('ROUTING')));
});

for (const [how, keys] of [
  ['quit', 'quit\r'],
  ['Ctrl-D', '\u0004'],
  ['Ctrl-C on an empty line', '\u0003'],
] as const) {
  t.test(`${how} on the router's own terminal stops the router`, async (t) => {
    const { pty } = await startRouter(t, 80);
    pty.type(keys);
    t.equal(await pty.exited, 7, 'the program ends as it does when the host is told to quit');
  });
}

t.test('a mistake is told and the prompt comes again', async (t) => {
  const { pty } = await startRouter(t, 120);
  pty.type('shwo\rload \u001b[31mx\r\u001b[200~\r');
  const screen = await pty.until(
    'the mistakes are told',
    (s) => s.seen.filter((row) => row.includes('_UNKNOWN')).length > 0 && isPrompt(s),
  );
  t.match(screen.seen[2], /^COMMAND_UNKNOWN: there is no command "shwo"; did you mean "show"/);
});

t.test('a paste of a megabyte is refused as one line, and holds nothing up', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-beat-'));
  t.teardown(() => rmSync(directory, { recursive: true }));
  const heartbeat = join(directory, 'beat');
  const { pty } = await startRouter(t, 80, heartbeat);
  pty.type(`load ${'x'.repeat(1_000_000)}\rshow names\r`);
  await pty.until('the next line is carried out', (s) => s.seen.some((row) => row.startsWith('ROUTING')));
  const errors = pty.screen.seen.filter((row) => row.startsWith('LINE_TOO_LONG'));
  t.equal(errors.length, 1);
  const { longest } = await nextBeat(heartbeat);
  t.ok(longest < 500, `the longest turn took ${longest} ms of the processor`);
});

t.test(
  'a terminal that hangs holds up neither the router nor its memory, and is told what it missed',
  async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'hitless-beat-'));
    t.teardown(() => rmSync(directory, { recursive: true }));
    const heartbeat = join(directory, 'beat');
    const { pty, log } = await startRouter(t, 80, heartbeat);
    pty.child.stdout!.pause();
    log('flood');
    // Long enough to fill every buffer between: some hundred kilobytes at about a kilobyte a millisecond.
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const early = await nextBeat(heartbeat);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    let late = await nextBeat(heartbeat);
    // Its loop goes on turning, however slowly the machine lets it.
    while (late.beats <= early.beats + 30) late = await nextBeat(heartbeat);
    t.ok(late.longest < 1000, `the longest turn took ${late.longest} ms of the processor`);
    t.ok(late.memory < early.memory + 6e6, `${late.memory - early.memory} bytes more`);
    pty.child.stdout!.resume();
    await until(
      'the notice comes',
      () => /\((\d+) log lines not shown: this terminal was too slow\)/.exec(pty.output) ?? undefined,
    );
  },
);

/** A session in this process, whose screen is a text. */
function session(t: Test, quits: 'router' | 'session') {
  const input = new PassThrough();
  const output = new Text();
  const host = new FakeHost();
  const terminal = new Terminal(host, { input, output, by: 'terminal', quits, columns: 200 });
  t.teardown(() => terminal.close());
  const sees = (text: string) =>
    until(`${text} in ${output.text.slice(-500)}`, () => output.text.includes(text) || undefined);
  return { input, output, host, sees };
}

for (const [when, keys] of [
  ['during a transaction', ['replace IP ip@2.0.0\r', 'settimer 7s\rquit\r\u0003']],
  ['typed ahead of it', ['replace IP ip@2.0.0\rsettimer 7s\r\u0003']],
  ['twice', ['replace IP ip@2.0.0\r', '\u0003', '\u0003']],
] as const) {
  t.test(`Ctrl-C ${when} takes back what was typed, and does not end the router behind it`, async (t) => {
    const { input, host, sees } = session(t, 'router');
    host.runtime.takes = 200;
    for (const key of keys) {
      input.write(key);
      await sees('disable..');
    }
    await sees('what was typed meanwhile is taken back');
    await sees('transaction 1 committed');
    input.write('show names\r');
    await sees('ROUTING');
    t.equal(host.quits, 0);
    t.equal(host.runtime.preparation, 2000);
    input.write('\u0003');
    await until('with nothing typed and nothing at work it does', () => host.quits || undefined);
  });
}

t.test('Ctrl-C that comes in one piece with a wait or a retry breaks it off', async (t) => {
  const { input, host, sees } = session(t, 'router');
  input.write('wait 1h\r\u0003');
  await sees('WAIT_INTERRUPTED');
  host.runtime.aborts = 'busy on purpose';
  input.write('replace IP ip@2.0.0 retry 3 every 10s\r\u0003');
  await sees('TRANSACTION_ABORTED');
  t.equal(host.quits, 0);
});

t.test('a flood of log lines does not bury the prompt; the steps of a transaction are shown', async (t) => {
  const { input, output, host, sees } = session(t, 'session');
  host.runtime.log({ level: 'debug', text: 'not for a person' });
  for (let i = 0; i < 5000; i++) host.runtime.log({ level: 'warn', text: `flood ${i};` });
  input.write('replace IP ip@2.0.0\r');
  await sees('transaction 1 committed');
  await sees('IP V2: start..');
  const shown = () => output.text.match(/flood \d+;/g)?.length ?? 0;
  await sees('log lines not shown: there were more than 100 in a second)');
  const [, count] = /\((\d+) log lines not shown/.exec(output.text) ?? [];
  t.equal(shown(), 100);
  t.equal(Number(count), 4900);
  t.notMatch(output.text, /not for a person/);
  host.runtime.log({ text: 'afterwards' });
  await sees('afterwards');
});
