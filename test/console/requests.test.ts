import t from 'tap';
import { until } from './fixtures/pty.ts';
import { Client, startConsole } from './fixtures/socket.ts';

t.test('a request is answered with lines, and then with how it ended', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path).request({ command: 'show names', id: 7 });
  await client.answered(1);
  t.match(client.answers[0], { line: /^NAME +MODULE$/ });
  t.same(client.answers.at(-1), { id: 7, ok: true, command: 'show names' });
});

t.test('with json there are no lines, and the data is in the answer', async (t) => {
  const { path, host } = await startConsole(t);
  const client = new Client(t, path)
    .request({ command: 'show names', json: true })
    .request({ command: 'show names --json', id: 'b' });
  await client.answered(2);
  const data = host.runtime.nameTable();
  t.same(client.answers, [
    { ok: true, command: 'show names', data },
    { id: 'b', ok: true, command: 'show names', data },
  ]);
});

t.test('a transaction is answered with the lines of its own log, and of no other', async (t) => {
  const { path, host } = await startConsole(t);
  host.runtime.takes = 60;
  const clients = [1, 2].map(() => new Client(t, path).request({ command: 'replace IP ip@2.0.0' }));
  setTimeout(
    () => host.runtime.log({ module: 'OSPF', version: '1.0.0', text: 'got msg : 89 from IP V1' }),
    20,
  );
  for (const client of clients) await client.answered(1);
  for (const [i, client] of clients.entries()) {
    const lines = client.answers.flatMap((answer) => ('line' in answer ? [answer.line] : []));
    t.same(lines.slice(0, 3), [
      '-----',
      'IP V1: disable..',
      `IP V1: ${host.runtime.history[i]?.id} is the number of this transaction`,
    ]);
    t.match(lines[3], /^transaction \d committed/);
    t.equal(lines.length, 5, 'the message log of the router is not among them');
  }
  t.same(
    host.runtime.calls.map(({ origin }) => origin.by),
    ['socket', 'socket'],
  );
});

t.test('requests of one connection are answered in order', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path);
  for (let id = 0; id < 100; id++)
    client.request({ command: id === 0 ? 'wait 50ms' : 'settimer', json: true, id });
  const finals = await client.answered(100);
  t.same(
    finals.map(({ id }) => id),
    Array.from({ length: 100 }, (_, i) => i),
  );
});

t.test('what is no request is told so, and the connection goes on', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path);
  const long = { command: `load ${'x'.repeat(5000)}` };
  client
    .send('{nonsense\n')
    .send('{"command":7}\n')
    .send('{"command":"help","json":"yes"}\n')
    .send('{"command":"help","colour":"red"}\n')
    .send(Buffer.from([0x7b, 0xff, 0xfe, 0x0a]))
    .send(`{"command":"${'x'.repeat(1_000_000)}"}\n`)
    .request(long)
    .request({ command: 'show\u0007names' })
    .request({ command: 'show \ufffd' })
    .send('\r\n\n')
    .request({ command: 'help', json: true });
  const finals = await client.answered(10);
  t.same(
    finals.map(({ code }) => code),
    [
      'REQUEST_INVALID',
      'REQUEST_INVALID',
      'REQUEST_INVALID',
      'REQUEST_INVALID',
      'LINE_NOT_UTF8',
      'LINE_TOO_LONG',
      'LINE_TOO_LONG',
      'LINE_CONTROL',
      'LINE_NOT_UTF8',
      undefined,
    ],
  );
  t.match(finals[0]?.message, /a request is one line such as \{"command"/);
});

t.test('an aborted transaction is an answer that is not ok', async (t) => {
  const { path, host } = await startConsole(t);
  host.runtime.aborts = 'busy on purpose';
  const client = new Client(t, path).request({ command: 'replace IP ip@2.0.0' });
  const [final] = await client.answered(1);
  t.match(final, { ok: false, code: 'TRANSACTION_ABORTED', message: /busy on purpose/ });
  t.ok(client.answers.some((answer) => answer.line === 'IP votes NO: busy on purpose'));
});

t.test('quit over the socket ends nothing but the wish', async (t) => {
  const { path, host } = await startConsole(t);
  const client = new Client(t, path).request({ command: 'quit' }).request({ command: 'settimer' });
  await client.answered(2);
  t.match(client.answers[0], { line: 'this session ends, the router goes on' });
  t.equal(host.quits, 0);
});

t.test('a client that has said all gets its answers before the connection closes', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path).request({ command: 'wait 50ms' });
  client.socket.end('{"command":"show names","json":true}');
  await client.end();
  t.equal(client.finals.length, 2, 'also for a last line without its newline');
});

t.test('a wait is given up when the console closes', async (t) => {
  const { path, server } = await startConsole(t);
  const client = new Client(t, path).request({ command: 'settimer' }).request({ command: 'wait 1000s' });
  await client.answered(1);
  await server.close();
  t.ok(await until('nothing of it is left', () => server.sessions === 0 || undefined));
});

t.test('a client that asks and does not read is answered no further until it does', async (t) => {
  const { path, host } = await startConsole(t);
  let asked = 0;
  const modules = host.runtime.modules.bind(host.runtime);
  host.runtime.modules = () => {
    asked++;
    return modules();
  };
  const client = new Client(t, path);
  client.socket.pause();
  for (let id = 0; id < 5000; id++) client.request({ command: 'show modules', json: true, id });
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.ok(asked > 0 && asked < 1500, `${asked} of 5000 were carried out`);
  client.socket.resume();
  const finals = await client.answered(5000, 60_000);
  t.equal(finals.at(-1)?.id, 4999, 'and nothing is lost when it does');
});

t.test('a client that asks faster than it is answered is read no further', async (t) => {
  const { path } = await startConsole(t);
  const client = new Client(t, path).request({ command: 'wait 1000s' });
  let taken = 0;
  const many = '{"command":"settimer"}\n'.repeat(10_000);
  for (let i = 0; i < 50; i++) client.socket.write(many, () => taken++);
  await new Promise((resolve) => setTimeout(resolve, 500));
  t.ok(taken < 10, `${taken} of 50 pieces were taken`);
});

t.test('a client that goes away while a retry waits does not give it up', async (t) => {
  const { path, host } = await startConsole(t);
  host.runtime.aborts = 'busy on purpose';
  const client = new Client(t, path).request({ command: 'replace IP ip@2.0.0 retry 3 every 10s' });
  const giveUp = await until('the retry waits', () => host.runtime.giveUp);
  client.socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.same(host.runtime.asked, []);
  const other = new Client(t, path).request({ command: 'cancel' });
  await other.answered(1);
  t.match(other.answers[0], { line: 'given up: replace IP ip@2.0.0 retry 3 every 10s' });
  t.equal(host.runtime.giveUp, undefined);
  t.ok(giveUp);
});
