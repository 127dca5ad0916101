/** Programs of the host as ports: real processes, what they are given, and how they are bounded. */
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Turns } from '../../drivers/program/turns.ts';
import { type ProgramIn, ProgramPort, type ProgramSettings } from '../../drivers/program.ts';
import { until } from '../console/fixtures/pty.ts';
import { agentFile } from './fixtures/remote.ts';

/** Users are changed and files of others are made. */
const skip = process.geteuid!() === 0 ? false : 'only root can run a program as another user';

function place(t: Test, most?: number) {
  const directory = mkdtempSync('/tmp/hitless-program-');
  // A program writes there as nobody, and can replace no file of root.
  chmodSync(directory, 0o1777);
  const turns = new Turns(most);
  t.teardown(async () => {
    await turns.end(0);
    rmSync(directory, { recursive: true, force: true });
  });
  const script = (name: string, text: string, mode = 0o755): string => {
    const path = join(directory, name);
    writeFileSync(path, `#!/bin/sh\n${text}\n`);
    chmodSync(path, mode);
    return path;
  };
  const open = (settings: ProgramSettings) => {
    const port = new ProgramPort(settings, turns);
    const told: ProgramIn[] = [];
    port.open((datum) => told.push(datum));
    const first = () => until('it is told what became of it', () => told[0]);
    return { port, told, first };
  };
  const text = (name: string) => {
    const path = join(directory, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  return { directory, turns, script, open, text };
}

function isAlive(pid: string): boolean {
  try {
    // A killed one may wait to be reaped by whoever has inherited it.
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid.trim()}/status`, 'utf8'));
  } catch {
    return false;
  }
}

t.test(
  'a program has its arguments as they are, a clean environment, and tells its exit code',
  { skip },
  async (t) => {
    const { script, open } = place(t);
    process.env.HITLESS_SECRET = 'told to nobody';
    t.teardown(() => delete process.env.HITLESS_SECRET);
    const program = script('say', 'printf "%s|" "$@"; echo; env | sort; pwd; echo wrong >&2; exit 7');
    const { port, first } = open({ program, arguments: ['$(id)', 'two words'] });
    t.equal(port.send({ id: 3, arguments: ['*'], variables: { VRRP_STATE: 'Active' } }), 'sent');
    const end = await first();
    t.match(end, { id: 3, ended: 'exit', code: 7, cut: false });
    const lines = end.output.split('\n');
    t.equal(lines[0], '$(id)|two words|*|', 'no shell has read them');
    const path = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    // The last is the shell's own.
    const variables = lines.filter((line) => line.includes('=') && !line.startsWith('PWD='));
    t.same(variables, ['HOME=/', 'LC_ALL=C', path, 'VRRP_STATE=Active'].sort());
    t.ok(lines.includes('/'), 'it runs in /');
    t.ok(lines.includes('wrong'), 'with its standard error');
    t.match(port.counters, { runs: 1, failed: 1 });
  },
);

t.test('a program of root has no capability, no group, and cannot get any', { skip }, async (t) => {
  const { script, open } = place(t);
  const program = script('status', 'cat /proc/self/status');
  for (const [user, uid] of [
    [undefined, 65_534],
    ['daemon', 1],
    ['12345', 12_345],
  ] as const) {
    const { port, first } = open({ program, ...(user !== undefined && { user }) });
    port.send({});
    const { output } = await first();
    t.match(output, new RegExp(`^Uid:\\t${uid}\\t${uid}\\t${uid}\\t${uid}$`, 'm'));
    for (const set of ['Inh', 'Prm', 'Eff', 'Amb'])
      t.match(output, new RegExp(`^Cap${set}:\\t0+$`, 'm'), set);
    t.match(output, /^Groups:\t\s*$/m);
    t.match(output, /^NoNewPrivs:\t1$/m);
  }
  t.match(readFileSync('/proc/self/status', 'utf8'), /^CapEff:\t0*[1-9a-f]/m, 'this process has some');
});

/** As a service has them: `AmbientCapabilities=` of systemd. */
const SERVICE = [
  '--reuid=1',
  '--regid=1',
  '--clear-groups',
  '--inh-caps=+net_admin',
  '--ambient-caps=+net_admin',
];

t.test(
  'a router that is not root gives a program neither its capabilities nor its real-time priority',
  { skip },
  async (t) => {
    const agent = agentFile('one-program');
    const run = (...before: string[]) => {
      const [program = '', ...rest] = [...before, process.execPath, agent];
      return JSON.parse(execFileSync(program, rest, { encoding: 'utf8', cwd: '/' })) as ProgramIn;
    };
    const asService = run('setpriv', ...SERVICE, '--');
    t.match(asService, { ended: 'exit', code: 0, output: /^Uid:\t1\t1\t1\t1$/m });
    for (const set of ['Inh', 'Prm', 'Eff', 'Amb'])
      t.match(asService.output, new RegExp(`^Cap${set}:\\t0+$`, 'm'), set);
    const own = execFileSync('setpriv', [...SERVICE, '--', 'cat', '/proc/self/status'], { encoding: 'utf8' });
    t.match(own, /^CapEff:\t0*1000$/m, 'the process itself has one');
    const { output } = run('chrt', '-f', '5');
    const stat = output.slice(output.lastIndexOf(') ') + 2).split(' ');
    t.equal(stat[38], '0', 'SCHED_OTHER');
  },
);

t.test('a program does not run as root, and as nobody who is not there', { skip }, async (t) => {
  const { script, open } = place(t);
  const program = script('id', 'id -u');
  for (const user of ['root', '0', 'no-such-user']) {
    const { port, first } = open({ program, user });
    t.match(port.trouble, { code: 'PROGRAM_USER' }, user);
    port.send({});
    t.match(await first(), { ended: 'unusable', reason: /^PROGRAM_USER: .*(root|0|no-such-user)/ });
  }
});

t.test('at its time limit a program is killed with all of its group', { skip }, async (t) => {
  const { script, open, text, directory } = place(t);
  const program = script('hang', `trap '' TERM INT HUP; sleep 1000 & echo $! > ${directory}/child; wait`);
  const { port, told } = open({ program, timeLimit: 300 });
  port.send({ id: 1 });
  const child = await until('it has a child', () => text('child') || undefined);
  t.ok(isAlive(child));
  t.match(await until('it ends', () => told[0]), { id: 1, ended: 'time' });
  await until('its child ends with it', () => !isAlive(child) || undefined);
  t.match(port.counters, { timeouts: 1, failed: 0 });
});

t.test('what a program leaves behind in its group ends with it', { skip }, async (t) => {
  const { script, open, text, directory } = place(t);
  const program = script('leave', `sleep 1000 & echo $! > ${directory}/child; exit 0`);
  const { port, first } = open({ program });
  port.send({});
  t.match(await first(), { ended: 'exit', code: 0 });
  await until('the child is gone', () => (text('child') !== '' && !isAlive(text('child'))) || undefined);
});

t.test(
  'of a flood of output the beginning is kept, and a program that never ends it ends',
  { skip },
  async (t) => {
    const { script, open } = place(t);
    const flood = open({ program: script('flood', 'exec yes hitless'), timeLimit: 600_000 });
    flood.port.send({});
    const end = await flood.first();
    t.match(end, { cut: true });
    // A write that waited for room when the reader went fails by ECONNRESET: `yes` says so, and exits with 1.
    const ended = end.ended === 'signal' ? end.signal : `${end.ended} ${end.code}`;
    t.ok(['SIGPIPE', 'exit 1'].includes(ended as string), ended as string);
    t.equal(end.output, 'hitless\n'.repeat(512));
    const long = open({ program: script('long', 'head -c 5000 /dev/zero | tr "\\0" x') });
    long.port.send({});
    t.match(await long.first(), { ended: 'exit', code: 0, cut: true, output: 'x'.repeat(4_096) });
  },
);

t.test(
  'while a program runs the newest datum waits for it, and takes the place of what waited',
  { skip },
  async (t) => {
    const { script, open, text, directory } = place(t);
    const program = script(
      'slow',
      `echo "begin $1" >> ${directory}/log; while [ ! -e ${directory}/go ]; do sleep 0.02; done; echo "end $1" >> ${directory}/log`,
    );
    const { port, told } = open({ program });
    port.send({ id: 0, arguments: ['0'] });
    await until('the first runs', () => text('log') !== '' || undefined);
    for (let i = 1; i <= 100; i++) t.equal(port.send({ id: i, arguments: [String(i)] }), 'sent');
    writeFileSync(join(directory, 'go'), '');
    await until('both have ended', () => told.length === 2 || undefined);
    t.equal(text('log'), 'begin 0\nend 0\nbegin 100\nend 100\n');
    t.same(
      told.map(({ id }) => id),
      [0, 100],
    );
    t.match(port.counters, { runs: 2, replaced: 99 });
  },
);

t.test('so many programs run at once, whoever has them run', { skip }, async (t) => {
  const { script, open, text, directory } = place(t, 3);
  const program = script(
    'hold',
    `echo >> ${directory}/begun; while [ ! -e ${directory}/go ]; do sleep 0.02; done`,
  );
  const ports = Array.from({ length: 8 }, () => open({ program }));
  for (const { port } of ports) port.send({});
  await until('three run', () => text('begun').length === 3 || undefined);
  await new Promise((resolve) => setTimeout(resolve, 300));
  t.equal(text('begun').length, 3, 'and no other');
  writeFileSync(join(directory, 'go'), '');
  await until('the others follow', () => ports.every(({ told }) => told.length === 1) || undefined);
  t.equal(text('begun').length, 8);
});

t.test('a program that cannot be run is told with a code, and runs once it can', { skip }, async (t) => {
  const { script, open, directory } = place(t);
  const path = join(directory, 'late');
  const cases: [code: string, reason: RegExp, make: () => void][] = [
    ['PROGRAM_UNUSABLE', /late is not there/, () => {}],
    ['PROGRAM_UNUSABLE', /nobody may not execute/, () => script('late', 'exit 0', 0o744)],
    ['PROGRAM_UNSAFE', /anybody may write .*late/, () => script('late', 'exit 0', 0o757)],
  ];
  for (const [code, reason, make] of cases) {
    make();
    const { port, first } = open({ program: path });
    t.equal(port.trouble?.code, code);
    port.send({ id: 4 });
    t.match(await first(), { id: 4, ended: 'unusable', reason });
    t.match(port.counters, { runs: 0, unusable: 1 });
  }
  t.equal(open({ program: directory }).port.trouble?.code, 'PROGRAM_UNUSABLE', 'a folder');
  script('late', 'exit 0');
  chmodSync(directory, 0o777);
  t.equal(open({ program: path }).port.trouble?.code, 'PROGRAM_UNSAFE', 'a folder without the sticky bit');
  chmodSync(directory, 0o755);
  const { port, first } = open({ program: path });
  t.equal(port.trouble, undefined);
  port.send({});
  t.match(await first(), { ended: 'exit', code: 0 });
  const garbage = join(directory, 'garbage');
  writeFileSync(garbage, Buffer.from([0x7f, 1, 2, 3]), { mode: 0o755 });
  const broken = open({ program: garbage });
  broken.port.send({});
  t.match(await broken.first(), { ended: 'exit', code: 127 }, 'no program inside');
});

t.test(
  'what was sent before the closing runs, and is waited for; what hangs is killed then',
  { skip },
  async (t) => {
    const { script, open, turns, text, directory } = place(t);
    const { port, told } = open({ program: script('words', `echo "$1" > ${directory}/last`) });
    port.send({ arguments: ['words'] });
    port.close();
    t.equal(port.send({}), 'down');
    t.equal(await turns.end(60_000), 0);
    t.equal(text('last'), 'words\n');
    t.same(told, [], 'nobody is told');

    const slow = place(t);
    const lines = `${slow.directory}/lines`;
    const pair = slow.open({
      program: slow.script('slow', `echo "begins $1" >> ${lines}; sleep 0.3; echo "$1" >> ${lines}`),
    });
    pair.port.send({ arguments: ['first'] });
    await until('it runs', () => slow.text('lines') || undefined);
    pair.port.send({ arguments: ['last'] });
    pair.port.close();
    t.equal(await slow.turns.end(60_000), 0);
    t.equal(slow.text('lines'), 'begins first\nfirst\nbegins last\nlast\n', 'what waits behind another, too');

    const other = place(t);
    const hang = other.open({
      program: other.script('hang', `echo $$ > ${other.directory}/pid; sleep 1000`),
    });
    hang.port.send({});
    hang.port.send({});
    const pid = await until('it runs', () => other.text('pid') || undefined);
    hang.port.close();
    t.equal(await other.turns.end(100), 1);
    await until('it is gone', () => !isAlive(pid) || undefined);
    hang.port.send({});
    await until('nothing runs', () => other.turns.left === 0 || undefined);
    t.equal(hang.port.counters.runs, 1, 'nothing starts any more');
  },
);
