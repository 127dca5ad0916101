import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex, PassThrough } from 'node:stream';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { serveSerial } from '../../firmware/console/serial.ts';
import { openConsole } from '../../firmware/console/server.ts';
import { consoleMode, consolePath, routerPath } from '../../firmware/console/socket-path.ts';
import { FakeHost } from './fixtures/fake-router.ts';
import { until } from './fixtures/pty.ts';
import { Screen } from './fixtures/screen.ts';
import { Client, directoryFor, startConsole } from './fixtures/socket.ts';

t.test('the socket is for its user only, and its directories are made', async (t) => {
  const directory = directoryFor(t);
  const path = join(directory, 'a', 'b', 'console.sock');
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const server = await openConsole(new FakeHost(), path);
  t.equal(statSync(path).mode & 0o777, 0o600);
  t.equal(statSync(join(directory, 'a')).mode & 0o777, 0o700);
  t.equal(process.umask(), 0, 'the umask is as it was');
  await server.close();
  t.notOk(existsSync(path), 'it is gone afterwards');
});

t.test('a socket that a killed router left is replaced', async (t) => {
  const path = join(directoryFor(t), 'console.sock');
  const { signal } = spawnSync(process.execPath, [
    '-e',
    `require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))`,
    path,
  ]);
  t.equal(signal, 'SIGKILL');
  t.ok(existsSync(path), 'it left its socket');
  const server = await openConsole(new FakeHost(), path);
  t.teardown(() => server.close());
  const client = new Client(t, path).request({ command: 'settimer' });
  await client.answered(1);
});

t.test('a socket on which a router answers is left alone', async (t) => {
  const { path } = await startConsole(t);
  await t.rejects(openConsole(new FakeHost(), path), {
    code: 'CONSOLE_IN_USE',
    message:
      /another router answers on .*console\.sock; stop it, or choose another path with HITLESS_CONSOLE/,
  });
  const client = new Client(t, path).request({ command: 'settimer' });
  await client.answered(1);
});

t.test('what is no socket is not touched', async (t) => {
  const path = join(directoryFor(t), 'notes.txt');
  writeFileSync(path, 'mine');
  await t.rejects(openConsole(new FakeHost(), path), {
    code: 'CONSOLE_PATH',
    message: /exists and is no socket/,
  });
  t.ok(existsSync(path));
  await t.rejects(openConsole(new FakeHost(), join(path, 'console.sock')), { code: 'CONSOLE_PATH' });
  await t.rejects(openConsole(new FakeHost(), `/tmp/${'x'.repeat(120)}`), {
    code: 'CONSOLE_PATH',
    message: /more than 107 bytes/,
  });
});

t.test('a place where this user may not write is told as such', async (t) => {
  const directory = join(directoryFor(t), 'closed');
  mkdirSync(directory);
  chmodSync(directory, 0o500);
  // Root may write anywhere, so it becomes somebody else for the moment.
  const root = process.geteuid?.() === 0;
  if (root) process.seteuid?.(65534);
  try {
    await t.rejects(openConsole(new FakeHost(), join(directory, 'console.sock')), {
      code: 'CONSOLE_PERMISSION',
    });
  } finally {
    if (root) process.seteuid?.(0);
  }
});

t.test('the socket is where it is said to be, or where its user keeps such things', async (t) => {
  t.equal(consolePath({ HITLESS_CONSOLE: '/tmp/x.sock' }, 0), '/tmp/x.sock');
  t.equal(consolePath({}, 0), '/run/hitless/console.sock');
  t.equal(consolePath({ XDG_RUNTIME_DIR: '/run/user/1000' }, 1000), '/run/user/1000/hitless/console.sock');
  t.equal(consolePath({}, 1000), '/run/user/1000/hitless/console.sock');
});

t.test('the socket of a service is where its manager says, and its group may use it', async (t) => {
  const service = { RUNTIME_DIRECTORY: '/run/hitless' };
  t.equal(consolePath(service, 999), '/run/hitless/console.sock');
  t.equal(consolePath({ ...service, HITLESS_CONSOLE: '/tmp/x.sock' }, 999), '/tmp/x.sock');
  t.equal(consoleMode('/run/hitless/console.sock', service), 0o660);
  t.equal(consoleMode('/tmp/x.sock', service), 0o600);
  t.equal(consoleMode('/run/hitless/console.sock', {}), 0o600);
});

t.test("a client finds its user's own router first, and then the machine's", async (t) => {
  const environment = { XDG_RUNTIME_DIR: '/run/user/1000' };
  const own = consolePath(environment, 1000);
  const system = '/run/hitless/console.sock';
  t.equal(
    routerPath(environment, 1000, () => true),
    own,
  );
  t.equal(
    routerPath(environment, 1000, (path) => path === '/run/hitless'),
    system,
  );
  t.equal(
    routerPath(environment, 1000, () => false),
    own,
  );
  t.equal(
    routerPath({ HITLESS_CONSOLE: '/x' }, 1000, (path) => path === '/run/hitless'),
    '/x',
  );
});

t.test('a first byte other than a brace begins a session with echo and editing', async (t) => {
  const { path, host } = await startConsole(t);
  const client = new Client(t, path).send('shox\u007fw names\r');
  await client.sees('ROUTING');
  const { seen } = new Screen(80).write(client.received);
  t.ok(seen.includes('hitless> show names'), seen.join('\n'));
  client.send('quit\r');
  await client.end();
  t.match(client.received, /this session ends, the router goes on/);
  t.equal(host.quits, 0);
});

t.test('sessions do not meet, but all see the log that want to', async (t) => {
  const { path, host, server } = await startConsole(t);
  const [a, b] = [new Client(t, path).send('\r'), new Client(t, path).send('\r')];
  const program = new Client(t, path);
  await a.sees('hitless> ');
  await b.sees('hitless> ');
  for (const client of [a, b]) client.send('monitor on\r');
  for (const client of [a, b]) await client.sees('the live log is on');
  a.send('settimer 7s\r');
  await a.sees('preparation time 7s');
  program.request({ command: 'replace IP ip@2.0.0' });
  await program.answered(1);
  for (const client of [a, b]) await client.sees('IP V2: start..');
  for (const listener of host.monitorListeners) listener('IP monitor left: 10.0.0.1 gap of 3 s');
  for (const client of [a, b]) await client.sees('gap of 3 s');
  t.notMatch(b.received, /preparation time/);
  host.runtime.log({ level: 'debug', text: 'too much' });
  host.runtime.log({ level: 'warn', module: 'IP', version: '2.0.0', text: 'mailbox is nearly full' });
  await a.sees('warning: IP V2 mailbox is nearly full');
  t.notMatch(a.received, /too much/);
  a.send('\u0004');
  await a.end();
  await until('the session is gone', () => server.sessions === 2 || undefined);
  b.send('settimer\r');
  await b.sees('preparation time 7s');
  b.socket.destroy();
  program.socket.destroy();
  await until('nobody listens to the log any more', () => host.runtime.sinks.size === 0 || undefined);
  t.equal(host.monitorListeners.size, 0);
});

t.test('a session shows what is logged as debug where that is the level of the log', async (t) => {
  const { path, host } = await startConsole(t);
  Object.assign(host, { logLevel: 'debug' });
  const client = new Client(t, path).send('monitor on\r');
  await client.sees('the live log is on');
  host.runtime.log({ level: 'debug', module: 'OSPF', version: '2.1.0', text: 'got msg : 89 from IP V2' });
  await client.sees('OSPF V2.1.0 got msg : 89 from IP V2');
  t.notMatch(client.received, /debug:/, 'the figures of the paper have no level');
});

t.test('the size that a terminal reports is used for the line', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path).send('\u001b[8;24;').send(`20t${'0123456789'.repeat(3)}`);
  await client.sees('hitless> 01234567890');
  await until('the line is laid out over two rows', () => {
    const { seen } = new Screen(20).write(client.received);
    return seen.at(-1) === '1234567890123456789' || undefined;
  });
  t.notMatch(client.received, /24;20t/, 'it is not taken for something typed');
});

t.test('binary junk ends nothing but its own session', async (t) => {
  const { path, host } = await startConsole(t);
  let seed = 12345;
  const junk = Buffer.from(
    Array.from({ length: 200_000 }, () => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return (seed >> 16) & 0xff;
    }),
  );
  junk[0] = 0x80;
  const other = new Client(t, path).send('\r');
  const client = new Client(t, path).send(junk).send('\r\rsettimer\r\u0004');
  await other.sees('hitless> ');
  await until(
    'the junk is dealt with',
    () => client.closed || client.received.includes('preparation time') || undefined,
  );
  t.match(client.received, /LINE_NOT_UTF8/);
  other.send('show names\r');
  await other.sees('ROUTING');
  t.equal(host.quits, 0);
});

t.test('a client that does not read loses log lines, is told how many, and holds nothing up', async (t) => {
  const { path, host } = await startConsole(t);
  const client = new Client(t, path).send('monitor on\r');
  await client.sees('the live log is on');
  client.socket.pause();
  await new Promise((resolve) => setTimeout(resolve, 20));
  global.gc?.();
  const before = process.memoryUsage();
  for (let round = 0; round < 100; round++) {
    for (let i = 0; i < 1000; i++) host.runtime.log({ text: `${round} ${i} ${'x'.repeat(200)}` });
    await new Promise((resolve) => setImmediate(resolve));
  }
  const after = process.memoryUsage();
  const more = after.external + after.arrayBuffers - before.external - before.arrayBuffers;
  t.ok(more < 5e6, `${more} bytes more outside of the heap`);
  client.socket.resume();
  let told = 0;
  const shown = await until('every line was shown or counted', () => {
    const notices = [...client.received.matchAll(/\((\d+) log lines not shown/g)];
    told = notices.reduce((sum, [, count]) => sum + Number(count), 0);
    const got = (client.received.match(/x{200}/g) ?? []).length;
    return got + told === 100_000 ? got : undefined;
  });
  t.ok(told > 90_000, `${told} were counted, ${shown} were shown`);
  host.runtime.log({ text: 'again' });
  await client.sees('again');
});

t.test('a client that types and does not read is carried out and read no further', async (t) => {
  const { path, host } = await startConsole(t);
  let asked = 0;
  const modules = host.runtime.modules.bind(host.runtime);
  host.runtime.modules = () => {
    asked++;
    return modules();
  };
  const client = new Client(t, path);
  client.socket.pause();
  let taken = 0;
  const junk = 'show modules\r'.repeat(1000);
  for (let i = 0; i < 200; i++) client.socket.write(junk, () => taken++);
  await until('commands are carried out', () => asked > 0 || undefined);
  let before = 0;
  // One command a turn: how long it takes until the client is too far behind is the machine's to say.
  while (asked > before && asked < 200_000) {
    before = asked;
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  t.equal(asked, before, 'it is at rest');
  t.ok(taken < 100, `${taken} of 200 pieces were taken`);
});

t.test('a session that crashes reaches no other', async (t) => {
  const { path, host } = await startConsole(t);
  const other = new Client(t, path).send('\r');
  await other.sees('hitless> ');
  const client = new Client(t, path).send('show names\r');
  await client.sees('ROUTING');
  const sinks = [...host.runtime.sinks];
  // A text that is none: nothing else that a router could do makes a screen throw.
  sinks.at(-1)?.({
    at: 0,
    level: 'error',
    module: '',
    version: '',
    text: { toString: 'not a function' } as never,
  });
  await client.sees('INTERNAL');
  await client.end();
  other.send('show names\r');
  await other.sees('ROUTING');
  t.notOk(other.closed);
});

t.test('more sessions than are good are refused with a reason', async (t) => {
  const { path, server } = await startConsole(t);
  const clients = Array.from({ length: 32 }, () => new Client(t, path).send('\r'));
  for (const client of clients) await client.sees('hitless> ');
  const late = new Client(t, path).request({ command: 'settimer' });
  t.match(await late.answered(1), [{ ok: false, code: 'CONSOLE_FULL' }]);
  await late.end();
  clients[0]!.socket.destroy();
  await until('a place is free', () => server.sessions === 31 || undefined);
  const next = new Client(t, path).request({ command: 'settimer' });
  t.match(await next.answered(1), [{ ok: true }]);
});

t.test('closing ends every session, also of a client that does not read', async (t) => {
  const { path, server, host } = await startConsole(t);
  const client = new Client(t, path).send('\r');
  const stuck = new Client(t, path).send('\r');
  const silent = new Client(t, path);
  await client.sees('hitless> ');
  await until('all three are connected', () => server.sessions === 3 || undefined);
  stuck.socket.pause();
  for (let i = 0; i < 10_000; i++) host.runtime.log({ level: 'error', text: 'x'.repeat(200) });
  const begun = performance.now();
  await server.close();
  t.ok(performance.now() - begun < 2000);
  t.match(client.received, /the router stops/);
  await silent.end();
  t.equal(host.runtime.sinks.size, 0);
});

/** As many descriptors as the process has open. */
const descriptors = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;

/** The console in a process that may have so many descriptors. */
async function consoleOfFew(t: Test, most: number): Promise<{ path: string; pid: number }> {
  const path = join(directoryFor(t), 'console.sock');
  const program = fileURLToPath(new URL('fixtures/console-of-few.ts', import.meta.url));
  const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
  const child = spawn('prlimit', [`--nofile=${most}`, process.execPath, '--import', loader, program, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  t.teardown(() => {
    child.kill('SIGKILL');
    return ended;
  });
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { path, pid: child.pid! };
}

t.test('clients that connect and say nothing do not keep out one that asks', async (t) => {
  const { path, server } = await startConsole(t);
  const silent = Array.from({ length: 100 }, () => new Client(t, path));
  await until('those are ended that were there longest', () =>
    silent.filter(({ closed }) => closed).length >= 68 ? true : undefined,
  );
  const client = new Client(t, path).request({ command: 'settimer' });
  t.match(await client.answered(1), [{ ok: true }]);
  t.ok(server.sessions <= 33, `${server.sessions} have a place`);
});

t.test('sessions that rest give way when the places are taken, those at work do not', async (t) => {
  const { path, host } = await startConsole(t, 0);
  host.runtime.takes = 600_000;
  const working = Array.from({ length: 30 }, (_, i) =>
    i % 2 === 0
      ? new Client(t, path).request({ command: 'replace IP ip@2.0.0' })
      : new Client(t, path).send('replace IP ip@2.0.0\r'),
  );
  await until('they are at work', () => host.runtime.calls.length === 30 || undefined);
  const [program, person] = [new Client(t, path).request({ command: 'settimer' }), new Client(t, path)];
  await program.answered(1);
  person.send('settimer\r');
  await person.sees('preparation time 2s');
  t.match(await new Client(t, path).request({ command: 'settimer' }).answered(1), [{ ok: true }]);
  await program.end();
  t.match(await new Client(t, path).request({ command: 'settimer' }).answered(1), [{ ok: true }]);
  await person.end();
  t.match(person.received, /this session rested for long, and another needs its place/);
  t.same(
    working.filter(({ closed }) => closed),
    [],
  );
});

t.test(
  'clients that wait keep out neither the next session nor the consoles of the router itself',
  async (t) => {
    const { path, host } = await startConsole(t, 0);
    const programs = Array.from({ length: 16 }, () =>
      new Client(t, path).request({ command: 'settimer' }).request({ command: 'wait 1h' }),
    );
    for (const program of programs) await program.answered(1);
    const persons = Array.from({ length: 16 }, () => new Client(t, path).send('wait 1h\r'));
    for (const person of persons) await person.sees('wait 1h');
    const line = new PassThrough();
    const answers = new PassThrough().setEncoding('utf8');
    const serial = serveSerial(host, Duplex.from({ readable: line, writable: answers }));
    t.teardown(() => serial.close());
    let seen = '';
    answers.on('data', (text: string) => {
      seen += text;
    });
    line.write('settimer\r');
    await until('the serial console has its own place', () => seen.includes('preparation time') || undefined);
    for (let i = 0; i <= programs.length; i++)
      t.match(await new Client(t, path).request({ command: 'settimer' }).answered(1), [{ ok: true }]);
    for (const program of programs) await program.end();
    for (const { finals } of programs)
      t.match(finals[1], {
        ok: false,
        code: 'WAIT_INTERRUPTED',
        message: /all 32 places of the console were taken/,
      });
    await until(
      'a person gives way after the programs',
      () => persons.some(({ closed }) => closed) || undefined,
    );
    t.match(
      persons.find(({ closed }) => closed)?.received,
      /this session rested for long, and another needs its place/,
    );
  },
);

t.test('a wait ends with its client, one that only has said all gets its answer', async (t) => {
  const { path, server } = await startConsole(t);
  const clients = [
    new Client(t, path).request({ command: 'wait 1h' }),
    new Client(t, path).send('wait 1h\r'),
    new Client(t, path).request({ command: 'bench latency 5m' }),
  ];
  await clients[1]!.sees('wait 1h');
  await until('they are there', () => server.sessions === 3 || undefined);
  for (const { socket } of clients) socket.destroy();
  const patient = new Client(t, path);
  patient.socket.end('{"command":"wait 2500ms"}\n');
  await until('those who are gone have no place any more', () => server.sessions <= 1 || undefined);
  await patient.answered(1);
  await patient.end();
  t.match(patient.finals, [{ ok: true, command: 'wait 2500ms' }]);
});

t.test('clients that are refused, and stay, cost no descriptor for long', async (t) => {
  const { path, pid } = await consoleOfFew(t, 1024);
  const sessions = Array.from({ length: 32 }, () => new Client(t, path).send('\r'));
  for (const client of sessions) await client.sees('hitless> ');
  const before = descriptors(pid);
  const rude = Array.from({ length: 300 }, () => {
    const client = new Client(t, path, { allowHalfOpen: true });
    return client.request({ command: 'settimer' });
  });
  await until('each is refused, or ended', () =>
    rude.every(
      ({ received, socket }) => received.includes('CONSOLE_FULL') || socket.readableEnded || socket.closed,
    )
      ? true
      : undefined,
  );
  t.ok(rude.some(({ received }) => received.includes('CONSOLE_FULL')));
  await until(`${descriptors(pid)} are open, ${before} were`, () =>
    descriptors(pid) <= before ? true : undefined,
  );
});

t.test('a console that has no descriptors left goes on when there are some again', async (t) => {
  const { path, pid } = await consoleOfFew(t, 48);
  const free = 48 - descriptors(pid);
  t.ok(free > 0 && free < 32, `${free} are free`);
  const held = Array.from({ length: 200 }, () => new Client(t, path));
  await until('none is left', () => (descriptors(pid) >= 47 ? true : undefined));
  await new Promise((resolve) => setTimeout(resolve, 200));
  for (const { socket } of held) socket.destroy();
  const answered = async () => {
    const client = new Client(t, path).request({ command: 'settimer' });
    await until('it is answered, or ended', () => client.finals.length > 0 || client.closed || undefined);
    return client.finals.length > 0;
  };
  while (!(await answered())) await new Promise((resolve) => setTimeout(resolve, 20));
  t.match(await new Client(t, path).request({ command: 'settimer' }).answered(1), [{ ok: true }]);
});
