import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import t from 'tap';
import { openScript, runScript } from '../../firmware/console/script.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { directoryFor } from './fixtures/socket.ts';
import { Text } from './fixtures/text.ts';

async function run(source: string | Readable, host = new FakeHost(), output = new Text()) {
  const stream = typeof source === 'string' ? Readable.from([Buffer.from(source)]) : source;
  const result = await runScript(host, { name: 'demo.script', source: stream }, output);
  return { ...result, text: output.text };
}

t.test('a script prints what the terminal would, the log included', async (t) => {
  const host = new FakeHost();
  const { text, ...result } = await run(
    '# Transaction One\n\nsettimer 2s\n  replace ip ip@2.0.0  # now\nsettimer --json',
    host,
  );
  t.same(result, { ok: true, commands: 3, quit: false });
  t.equal(
    text,
    [
      'hitless> settimer 2s',
      'preparation time 2s',
      'hitless> replace ip ip@2.0.0  # now',
      '-----',
      'IP V1: disable..',
      'IP V2: start..',
      'transaction 1 committed: window 160 µs, 14040 µs in all',
      'IP 1.0.0 -> 2.0.0: blackout 143 µs, 2 messages buffered',
      'hitless> settimer --json',
      '{"ok":true,"command":"settimer","data":{"preparation":2000}}',
      '',
    ].join('\n'),
  );
  t.equal(host.runtime.calls[0]?.origin.by, 'script');
});

t.test('a wait waits, and the log goes on meanwhile', async (t) => {
  const host = new FakeHost();
  setTimeout(
    () => host.runtime.log({ module: 'OSPF', version: '1.0.0', text: 'got msg : 89 from IP V1' }),
    40,
  );
  const begun = performance.now();
  const { text, ok } = await run('wait 100ms\nsettimer', host);
  t.ok(performance.now() - begun >= 98);
  t.ok(ok);
  t.match(text, /^hitless> wait 100ms\nOSPF V1 got msg : 89 from IP V1\nhitless> settimer\n/);
});

t.test('the first command that fails ends the script, which says where', async (t) => {
  const host = new FakeHost();
  const { text, ...result } = await run('settimer 3s\n\nreplace IP ip@9.9.9\nsettimer 4s\n', host);
  t.match(result, {
    ok: false,
    commands: 2,
    failed: { line: 3, command: 'replace IP ip@9.9.9', code: 'BUNDLE_NOT_FOUND' },
  });
  t.match(
    text,
    /\nBUNDLE_NOT_FOUND: there is no ip@9\.9\.9\ndemo\.script:3: stopped here, the rest was not carried out\n$/,
  );
  t.equal(host.runtime.preparation, 3000);
});

t.test('a transaction that aborts fails the script', async (t) => {
  const host = new FakeHost();
  host.runtime.aborts = 'busy on purpose';
  const { text, ok } = await run('replace IP ip@2.0.0\nsettimer 4s', host);
  t.notOk(ok);
  t.match(text, /IP votes NO: busy on purpose/);
});

t.test('quit ends the script and the router', async (t) => {
  const host = new FakeHost();
  const { text, ...result } = await run('quit\nsettimer 4s', host);
  t.same(result, { ok: true, commands: 1, quit: true });
  t.equal(host.quits, 1);
  t.notMatch(text, /settimer/);
});

t.test(
  'lines that come one by one, as from a person or a program, are carried out as they come',
  async (t) => {
    const source = new PassThrough();
    const output = new Text();
    const result = run(source, new FakeHost(), output);
    source.write('settimer');
    source.write(' 3s\r\nsett');
    await until('the first is carried out', () => output.text.includes('preparation time 3s') || undefined);
    t.notMatch(output.text, /hitless> sett$/);
    source.end('imer 4s');
    t.match(await result, { ok: true, commands: 2 });
    t.match(output.text, /preparation time 4s\n$/);
  },
);

t.test('a line that is too long, is not UTF-8, or has control characters fails the script', async (t) => {
  const lines: [string | Buffer, string][] = [
    [`load ${'x'.repeat(5000)}`, 'LINE_TOO_LONG'],
    [`load ${'x'.repeat(5_000_000)}`, 'LINE_TOO_LONG'],
    [Buffer.from([0x6c, 0xff, 0x0a]), 'LINE_NOT_UTF8'],
    ['show\u0000names', 'LINE_CONTROL'],
  ];
  for (const [line, code] of lines) {
    const result = await run(Readable.from([Buffer.from(line)]));
    t.match(result, { ok: false, failed: { line: 1, code } }, code);
  }
});

t.test('a script that cannot be read is told before anything begins, or when it breaks off', async (t) => {
  const directory = directoryFor(t);
  await t.rejects(openScript(join(directory, 'none')), {
    code: 'SCRIPT_UNREADABLE',
    message: /cannot be read \(ENOENT\)/,
  });
  await t.rejects(openScript(directory), { code: 'SCRIPT_UNREADABLE', message: /is a directory/ });
  const file = join(directory, 'good');
  writeFileSync(file, 'settimer\n');
  t.match(await runScript(new FakeHost(), await openScript(file), new Text()), { ok: true, commands: 1 });
  const broken = new Readable({ read() {} });
  broken.push('settimer\n');
  setTimeout(() => broken.destroy(new Error('disk on fire')), 20);
  t.match(await run(broken), {
    ok: false,
    failed: { line: 2, code: 'SCRIPT_UNREADABLE', message: /disk on fire/ },
  });
});

t.test(
  'a reader that does not read loses log lines but no answer; one that is gone stops nothing',
  async (t) => {
    const host = new FakeHost();
    const slow = new PassThrough();
    const done = runScript(
      host,
      { name: 'x', source: Readable.from([Buffer.from('wait 100ms\nsettimer 3s\nsettimer 4s\n')]) },
      slow,
    );
    await new Promise((resolve) => setTimeout(resolve, 20));
    for (let i = 0; i < 5000; i++) host.runtime.log({ text: `${i} ${'x'.repeat(5000)}` });
    t.ok(slow.writableLength < 200_000, `${slow.writableLength} bytes wait`);
    let text = '';
    slow.on('data', (chunk) => {
      text += chunk;
    });
    t.match(await done, { ok: true, commands: 3 });
    t.match(text, /\(\d+ log lines not shown: this terminal was too slow\)/);
    t.match(text, /preparation time 3s\nhitless> settimer 4s\npreparation time 4s\n$/);

    const gone = new PassThrough();
    gone.destroy(new Error('EPIPE'));
    gone.on('error', () => {});
    t.match(
      await runScript(host, { name: 'x', source: Readable.from([Buffer.from('settimer 5s\n')]) }, gone),
      { ok: true },
    );
    t.equal(host.runtime.preparation, 5000);
  },
);
