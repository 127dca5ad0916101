import { chmodSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PassThrough, Readable } from 'node:stream';
import t, { type Test } from 'tap';
import { openChannel } from '../../firmware/console/channel.ts';
import { attach, exec, execAll } from '../../firmware/console/client.ts';
import { COMMANDS } from '../../firmware/console/commands/all.ts';
import { Conversation } from '../../firmware/console/conversation.ts';
import { parseLine } from '../../firmware/console/grammar.ts';
import { silenceOf } from '../../firmware/console/patience.ts';
import { push } from '../../firmware/push/push.ts';
import { Pty, until } from './fixtures/pty.ts';
import { directoryFor, startConsole } from './fixtures/socket.ts';
import { Text } from './fixtures/text.ts';

async function executed(
  command: string,
  path: string,
  more: { json?: boolean; timeout?: number; wait?: boolean } = {},
) {
  const [output, errors] = [new Text(), new Text()];
  const status = await exec(command, { path, output, errors, ...more });
  return { status, output: output.text, errors: errors.text };
}

/** Something that listens and is no router. */
async function listen(t: Test, each: (socket: Socket) => void): Promise<string> {
  const path = join(directoryFor(t), 'console.sock');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    each(socket);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return path;
}

t.test('exec prints what a command says, and its status is how it ended', async (t) => {
  const { path, host } = await startConsole(t);
  t.same(await executed('settimer 2', path), { status: 0, output: 'preparation time 2s\n', errors: '' });
  t.match(await executed('settimer soon', path), {
    status: 1,
    output: '',
    errors: /^DURATION_INVALID: .*\n$/,
  });
  host.runtime.aborts = 'busy on purpose';
  const aborted = await executed('replace IP ip@2.0.0', path);
  t.equal(aborted.status, 1);
  t.match(aborted.output, /^-----\nIP V1: disable\.\.\n.*\nIP votes NO: busy on purpose\n4?2 messages held/);
  t.match(aborted.errors, /^TRANSACTION_ABORTED: .*\n$/);
});

t.test('exec --json prints one object on one line, whatever happens', async (t) => {
  const { path } = await startConsole(t);
  const lines: [string, object, number][] = [
    ['settimer 2', { ok: true, command: 'settimer 2', data: { preparation: 2000 } }, 0],
    ['settimer 2 --json', { ok: true, command: 'settimer 2', data: { preparation: 2000 } }, 0],
    ['shwo', { ok: false, command: 'shwo', error: { code: 'COMMAND_UNKNOWN' } }, 1],
    [`load ${'x'.repeat(5000)}`, { ok: false, error: { code: 'LINE_TOO_LONG' } }, 1],
  ];
  for (const [command, object, status] of lines) {
    const result = await executed(command, path, { json: true });
    t.match(result, { status, errors: '', output: /^[^\n]+\n$/ }, command.slice(0, 30));
    t.match(JSON.parse(result.output), object, command.slice(0, 30));
  }
  const nowhere = await executed('settimer --json', '/nonexistent/console.sock');
  t.match(nowhere, { status: 2, errors: '' });
  t.match(JSON.parse(nowhere.output), {
    ok: false,
    command: 'settimer',
    error: { code: 'CONSOLE_UNREACHABLE' },
  });
});

t.test(
  'a line of a script that asks for JSON is answered with JSON, and the others with words',
  async (t) => {
    const { path } = await startConsole(t);
    const [output, errors] = [new Text(), new Text()];
    const lines = 'settimer 2\nsettimer 3 --json\nshow modules | json\nshwo --json\nsettimer 4\n';
    const status = await execAll({ name: 'x', source: Readable.from([lines]) }, { path, output, errors });
    const [words, ...json] = output.text.trimEnd().split('\n');
    t.equal(words, 'preparation time 2s');
    t.match(
      json.map((line) => JSON.parse(line)),
      [
        { ok: true, command: 'settimer 3', data: { preparation: 3000 } },
        { ok: true, command: 'show modules | json', data: Array },
        { ok: false, error: { code: 'COMMAND_UNKNOWN' } },
      ],
    );
    t.equal(json.length, 3);
    t.equal(status, 1);
    t.equal(errors.text, 'x:4: stopped here, the rest was not sent\n');
  },
);

t.test('exec says when no router answers, and what to do', async (t) => {
  t.match(await executed('settimer', '/nonexistent/console.sock'), {
    status: 2,
    output: '',
    errors:
      /^CONSOLE_UNREACHABLE: no router answers at \/nonexistent\/console\.sock \(there is no socket\); start one, or say where its socket is with HITLESS_CONSOLE\n$/,
  });
  const left = join(directoryFor(t), 'left.sock');
  const server = createServer().listen(left);
  await new Promise((resolve) => server.on('listening', resolve));
  chmodSync(left, 0);
  const root = process.geteuid?.() === 0;
  chmodSync(join(left, '..'), 0o755);
  // Root may connect anywhere, so it becomes somebody else for the moment.
  if (root) process.seteuid?.(65534);
  try {
    t.match(await executed('settimer', left), {
      status: 2,
      errors: /^CONSOLE_PERMISSION: this user may not use the console/,
    });
  } finally {
    if (root) process.seteuid?.(0);
    server.close();
  }
});

t.test('exec says when the router goes away or stays silent, or is no router', async (t) => {
  const gone = await listen(t, (socket) => socket.once('data', () => socket.destroy()));
  t.match(await executed('settimer', gone), {
    status: 2,
    errors: /^CONSOLE_LOST: .* whether it carried the command out is not known/,
  });
  const silent = await listen(t, () => {});
  t.match(await executed('settimer', silent, { timeout: 50 }), { status: 2, errors: /^CONSOLE_TIMEOUT: / });
  const stranger = await listen(t, (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  t.match(await executed('settimer', stranger), {
    status: 1,
    errors: /^REQUEST_INVALID: what answers on the socket is no router: HTTP/,
  });
});

t.test(
  'an attached terminal has echo, completion and the log, and Ctrl-D leaves the router alone',
  async (t) => {
    const { path, host } = await startConsole(t);
    const pty = Pty.program(t, 60, './attached.ts', path);
    await pty.until('the prompt comes', (s) => s.seen.at(-1) === 'hitless>');
    pty.type('monitor on\r');
    await pty.until('the log is on', (s) => s.seen.some((row) => row.startsWith('the live log is on')));
    pty.type('rep\tIP ip@2\t');
    await pty.until('the line is completed', (s) => s.seen.at(-1) === 'hitless> replace IP ip@2.0.0');
    const half = `load "${'0123456789'.repeat(8)}`;
    pty.type(`\u0015${half}`);
    await pty.until('the long line is echoed', (s) => s.seen.at(-1)?.endsWith('789') === true);
    host.runtime.log({ module: 'OSPF', version: '1.0.0', text: 'got msg : 89 from IP V1' });
    const screen = await pty.until('the log line comes', (s) =>
      s.seen.some((row) => row.includes('msg : 89')),
    );
    t.same(
      screen.seen.slice(-3),
      ['OSPF V1 got msg : 89 from IP V1', ...(`hitless> ${half}`.match(/.{1,60}/g) ?? [])],
      'the log line is above',
    );
    const begun = screen.seen.filter((row) => row.startsWith('hitless> load "0'));
    t.equal(begun.length, 1, 'nothing is left of the line where it was: the router knows the width');
    pty.type('\u0003\u0004');
    t.equal(await pty.exited, 0);
    t.match(pty.output, /detached/);
    t.equal(host.quits, 0);
  },
);

t.test('Ctrl-] leaves a router that does not answer', async (t) => {
  const path = await listen(t, (socket) => {
    socket.pause();
    socket.write('silence');
  });
  const pty = Pty.program(t, 60, './attached.ts', path);
  await pty.until('it is attached', (s) => s.seen.includes('silence'));
  pty.type('quit\r\u0004\u001d');
  t.equal(await pty.exited, 0);
  t.match(pty.output, /detached/);
});

t.test('a terminal is let go when the router stops', async (t) => {
  const { path, server } = await startConsole(t);
  const pty = Pty.program(t, 60, './attached.ts', path);
  await pty.until('the prompt comes', (s) => s.seen.at(-1) === 'hitless>');
  await server.close();
  t.equal(await pty.exited, 0);
  t.match(pty.output, /the router stops/);
});

t.test('what is piped into an attached console is carried out before it leaves', async (t) => {
  const { path } = await startConsole(t);
  const input = new PassThrough();
  const output = new Text();
  input.end('settimer 3s\nwait 30ms\nsettimer 4s');
  await attach({ path, input, output });
  await until('both were carried out', () => /preparation time 3s/.test(output.text) || undefined);
  t.match(output.text, /settimer 4s$/);
  t.notMatch(output.text, /preparation time 4s/, 'a line without an end was not meant to be carried out');
});

t.test('attach says when there is no router', async (t) => {
  const options = { path: '/nonexistent/console.sock', input: new PassThrough(), output: new Text() };
  await t.rejects(attach(options), { code: 'CONSOLE_UNREACHABLE' });
});

t.test('a router that says nothing is given up by exec, push and an attached terminal', async (t) => {
  const silent = await listen(t, () => {});
  const [output, errors] = [new Text(), new Text()];
  t.equal(await push('firmware/releases/ip-2.0.0.cjs', { path: silent, output, errors, silence: 50 }), 2);
  t.match(errors.text, /CONSOLE_TIMEOUT: the router at .* said nothing for 0\.05 s/);
  const input = new PassThrough();
  await t.rejects(attach({ path: silent, input, output, answer: 50 }), { code: 'CONSOLE_TIMEOUT' });
  t.equal(input.listenerCount('data'), 0, 'the terminal is left as it was');
});

t.test('a router that goes on talking is not given up, one that stops in the middle is', async (t) => {
  const lines = 40;
  const path = await listen(t, (socket) => {
    let said = 0;
    socket.once('data', () => {
      const timer = setInterval(() => {
        if (said++ < lines) socket.write('{"line":"it goes on"}\n');
        else clearInterval(timer);
      }, 20);
    });
  });
  const channel = await openChannel({ path });
  t.teardown(() => channel.close());
  const heard: string[] = [];
  const asked = new Conversation(channel).ask({ command: 'bench swap' }, 400, (line) => heard.push(line));
  await t.rejects(asked, { code: 'CONSOLE_TIMEOUT' });
  t.equal(heard.length, lines, 'twice as long as it may be silent, it was listened to');
});

t.test('how long a router may be silent goes by the command, and by its preparation time', (t) => {
  const silence = (line: string, preparation = 0) => {
    const parsed = parseLine(line, COMMANDS);
    if (!('command' in parsed)) throw parsed.error;
    return [parsed.command.prepared === true, silenceOf(parsed, preparation)];
  };
  t.same(silence('show modules'), [false, 10_000]);
  t.same(silence('wait 5m'), [false, 360_000]);
  t.same(silence('load ip@2.0.0'), [false, 60_000]);
  // By force the time is granted once more.
  t.same(silence('replace IP ip@2.0.0', 3_600_000), [true, 7_260_000]);
  t.same(silence('replace IP ip@2.0.0 retry 3 every 10s', 2000), [true, 116_000]);
  t.same(silence('check remove VRRP', 2000), [true, 62_000]);
  t.same(silence('rollback', 2000), [true, 64_000]);
  t.end();
});

t.test('exec asks for the preparation time before a transaction, and for nothing else', async (t) => {
  const { path, host } = await startConsole(t);
  host.runtime.preparation = 7000;
  const asked: string[] = [];
  const between = await listen(t, (socket) => {
    const router = connect(path);
    t.teardown(() => router.destroy());
    socket.on('data', (bytes: Buffer) => {
      asked.push(...String(bytes).trim().split('\n'));
      router.write(bytes);
    });
    router.pipe(socket);
  });
  t.equal((await executed('replace IP ip@2.0.0', between)).status, 0);
  t.equal((await executed('show names', between)).status, 0);
  t.same(
    asked.map((line) => JSON.parse(line).command),
    ['settimer', 'replace IP ip@2.0.0', 'show names'],
  );
});

t.test('exec --wait ends with the verdict of the probation', async (t) => {
  const { path, host } = await startConsole(t);
  const on = (outcome: 'running' | 'passed' | 'failed', reason = '') => ({
    probation: { until: Date.now() + 1000, confirm: false, outcome, reason },
  });
  host.runtime.also = on('running');
  const run = host.runtime.run.bind(host.runtime);
  let verdict = on('passed');
  host.runtime.run = async (...asked) => {
    const report = await run(...asked);
    // Asked twice at the least before it is decided.
    setTimeout(() => report.probation?.outcome === 'running' && Object.assign(report, verdict), 300);
    return report;
  };
  t.match(await executed('replace IP ip@2.0.0', path, { wait: true }), {
    status: 0,
    output: /transaction 1 committed[\s\S]*\ntransaction 1 passed its probation\n$/,
  });
  verdict = on('failed', 'IP threw');
  t.match(await executed('replace IP ip@2.0.0', path, { wait: true }), {
    status: 1,
    errors: 'PROBATION_FAILED: transaction 2 failed its probation, and was undone: IP threw\n',
  });
  host.runtime.also = on('failed', 'IP threw');
  const { status, output } = await executed('replace IP ip@2.0.0', path, { wait: true, json: true });
  t.equal(status, 1);
  t.match(JSON.parse(output), {
    ok: false,
    error: { code: 'PROBATION_FAILED' },
    data: { id: 3 },
    probation: { outcome: 'failed' },
  });
  host.runtime.also = {};
  t.equal((await executed('replace IP ip@2.0.0', path, { wait: true })).status, 0, 'without a probation');
  t.equal((await executed('show names', path, { wait: true })).status, 0, 'nothing to wait for');
  host.runtime.also = on('running');
  t.equal((await executed('replace IP ip@2.0.0', path)).status, 0, 'and unless told, it does not wait');
});

t.test('a router that answered after a cut has the whole time again for the next one', async (t) => {
  const { now } = performance;
  t.teardown(() => {
    performance.now = now;
  });
  let passed = 0;
  performance.now = () => now.call(performance) + passed;
  let verdicts = 0;
  const path = await listen(t, (socket) => {
    const answer = (facts: object) => socket.write(`${JSON.stringify({ ok: true, ...facts })}\n`);
    createInterface({ input: socket }).on('line', (line) => {
      const { command, push: step } = JSON.parse(line);
      if (command === 'show system') answer({ data: { start: 'the first' } });
      else if (command === 'settimer') answer({ data: { preparation: 1 } });
      else if (step?.step === 'file') answer({ data: { have: step.bytes } });
      else if (step?.step === 'apply') answer({ transaction: 1, data: {} });
      else if (verdicts++ === 2) answer({ data: { probation: { outcome: 'passed', reason: '' } } });
      else {
        passed += 61_000;
        socket.destroy();
      }
    });
  });
  const file = join(directoryFor(t), 'new.yaml');
  writeFileSync(file, 'log: {}\n');
  const [output, errors] = [new Text(), new Text()];
  t.equal(await push(file, { path, output, errors, resume: 60_000 }), 0, errors.text);
  t.equal(output.text, 'transaction 1 passed its probation\n');
});
