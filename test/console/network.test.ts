/** The host's network on the console: real programs, whose arguments are checked, and which end with the command. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { textOf } from '../../firmware/console/execute.ts';
import { runProgram } from '../../firmware/console/programs.ts';
import { CALLER, FakeHost } from './fixtures/fake-router.ts';
import { readingOf, typed } from './fixtures/typed.ts';

const text = async (line: string) => textOf(await typed(line, new FakeHost(), CALLER)).join('\n');
const missing = (program: string) =>
  spawnSync(program, ['-V']).error === undefined ? false : `SKIPPED: ${program} is not installed`;

t.test('interfaces and routes are those of the host', { skip: missing('ip') }, async (t) => {
  for (const line of ['show interfaces', 'show interface', 'show ip interface brief', 'sh ip int br'])
    t.match(await text(line), /^INTERFACE +STATE +MTU .*\n(.*\n)*lo +\S.* 65536 .*/, line);
  const [lo] = JSON.parse(await text('show interfaces | include 65536 | json')).data;
  t.match(lo, {
    name: 'lo',
    mtu: 65536,
    received: Number,
    sent: Number,
    receiveRate: Number,
    sendRate: Number,
  });
  t.match(await text('show ip route'), /^(TO +VIA +INTERFACE|no routes)/);
});

t.test(
  'one interface is shown alone, and one that is not there is an error',
  { skip: missing('ip') },
  async (t) => {
    for (const line of ['show interfaces lo', 'show interface lo', 'sh ip int br lo'])
      t.match(await text(line), /^INTERFACE +STATE +MTU .*\nlo +\S.* 65536 .*$/, line);
    const { data } = JSON.parse(await text('show interfaces lo --json'));
    t.match(data, [{ name: 'lo', mtu: 65536, receiveRate: Number }]);
    t.equal(data.length, 1);
    t.match(await typed('show interfaces l0', new FakeHost(), CALLER), {
      ok: false,
      error: {
        code: 'INTERFACE_UNKNOWN',
        message: /^there is no interface "l0"; did you mean "lo"\?; this host has (.*, )?lo/,
      },
    });
    t.match(readingOf('show interfaces lo lo'), /^COMMAND_USAGE/);
  },
);

t.test('a module that has a view of its routes has the words, and not the host', async (t) => {
  const host = new FakeHost();
  host.runtime.ownViews = {
    OSPF: {
      routes: {
        words: 'ip route',
        description: 'routes',
        request: 'routes',
        columns: [{ key: 'to', title: 'MINE' }],
      },
    },
  };
  host.runtime.answers['OSPF routes'] = [{ to: '10.0.0.0/8' }];
  t.equal(textOf(await typed('show ip route', host, CALLER)).join('\n'), 'MINE\n10.0.0.0/8');
});

t.test('a host is a name or an address, and never an option or a word of a shell', async (t) => {
  for (const host of [
    '-f',
    '--help',
    '10.0.0.1;reboot',
    '$(reboot)',
    'a b',
    '`x`',
    '',
    'a\\b',
    'x'.repeat(300),
  ]) {
    for (const program of ['ping', 'traceroute'])
      t.match(readingOf(`${program} '${host}'`), /^(HOST_INVALID|COMMAND_USAGE)/, `${program} ${host}`);
  }
  for (const host of ['10.0.0.1', '2001:db8::1', 'fe80::1%eth0', 'r1.example.net', '::1'])
    t.match(readingOf(`ping ${host}`), { words: 'ping', input: { host, count: 5 } });
  t.match(readingOf('ping 10.0.0.1 count 1001'), /^NUMBER_INVALID/);
  t.match(readingOf('ping 10.0.0.1 count'), /^COMMAND_USAGE: N is missing after "count"/);
});

t.test('ping says what came back, as it comes, and fails when nothing does', async (t) => {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-ping-'));
  const path = process.env.PATH;
  process.env.PATH = `${directory}:${path}`;
  t.teardown(() => {
    process.env.PATH = path;
    rmSync(directory, { recursive: true });
  });
  const program = '#!/bin/sh\necho "$0 $@"\ncase "$*" in *silent*) echo nobody >&2; exit 1;; esac\n';
  for (const name of ['ping', 'traceroute']) writeFileSync(join(directory, name), program, { mode: 0o755 });
  const said: string[] = [];
  const caller = { ...CALLER, say: (line: string) => said.push(line) };
  const answered = await typed('ping 127.0.0.1 count 2', new FakeHost(), caller);
  t.match(answered, { ok: true, lines: [], data: { code: 0, interrupted: false } });
  t.match(said, [/ping -n -c 2 -w 7 127\.0\.0\.1$/], 'as it comes');
  const unheard = await typed('traceroute r1', new FakeHost(), CALLER);
  t.match(unheard.lines, [/traceroute -n -m 30 -w 2 r1$/], 'where nobody listens meanwhile, at the end');
  t.match(await typed('ping silent', new FakeHost(), CALLER), {
    ok: false,
    error: { code: 'PROGRAM_FAILED', message: 'ping ended with 1: nobody' },
  });
});

t.test('a program ends with what it was run for', async (t) => {
  const stop = new AbortController();
  const endless =
    "process.on('SIGINT', () => { console.log('so far'); process.exit(0); }); console.log('begun'); setInterval(() => {}, 1000);";
  const say = (line: string) => {
    if (line === 'begun') stop.abort();
  };
  const ran = await runProgram(process.execPath, ['-e', endless], { signal: stop.signal, say }, 60_000);
  t.same(ran, { lines: ['begun', 'so far'], code: 0, interrupted: true });
  const deaf = "process.on('SIGINT', () => {}); setInterval(() => {}, 1000);";
  t.match(await runProgram(process.execPath, ['-e', deaf], {}, 200), { code: undefined, interrupted: true });
  const loud = "for (let i = 0; i < 20000; i++) console.log('x'.repeat(i === 3 ? 9000 : 10));";
  const { lines } = await runProgram(process.execPath, ['-e', loud], {}, 60_000);
  t.equal(lines.length, 5000);
  t.match(lines[3], /a line of 9000 bytes was not read/);
  await t.rejects(runProgram('no-such-program', [], {}, 1000), {
    code: 'PROGRAM_MISSING',
    message: 'the program no-such-program is not installed on this host',
  });
});
