/** What the router does with signals, Node's debugger, and a log that cannot be written. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, failing, running, type Stage, stage } from './host.ts';
import { eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

const skip = NetworkNamespace.unavailable;

/** Waits for what it printed. */
const said = (output: () => string, pattern: RegExp) =>
  eventuallyAsync(`it says ${pattern}`, 15_000, async () => pattern.test(output()) || undefined);

const OF_A_MODULE = /^(\S+ )?[A-Z]+ V[\d.]+:? /;

/** The stop line, without what modules say below it as their service ends. */
function lastLines(log: string): string {
  const lines = log.trimEnd().split('\n');
  return lines.slice(lines.findLastIndex((line) => !OF_A_MODULE.test(line))).join('\n');
}

t.test('its log begins with what runs, and ends with why it stops', { skip }, async (t) => {
  const place = stage(t);
  const { child, output } = await running(t, place);
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  await said(output, /hitless \d/);
  t.match(
    output().split('\n')[0],
    `hitless ${version} starts: Node ${process.versions.node}, configuration ${join(place.directory, 'router.yaml')}`,
  );
  const runs = await said(output, /hitless runs: .*, TIMER \d+\.\d+\.\d+/);
  t.ok(runs);
  t.match(
    output(),
    /IP V[\d.]+: start\.\.[\s\S]*transaction 1 committed \("start" by configuration\)[\s\S]*hitless runs: /,
  );
  child.kill('SIGTERM');
  await once(child, 'close');
  t.match(lastLines(output()), /^\S+ hitless stops: SIGTERM$/m);

  const again = await running(t, place);
  await execAt(place.socket, 'show modules');
  again.child.kill('SIGINT');
  await once(again.child, 'close');
  t.match(lastLines(again.output()), /^\S+ hitless stops: SIGINT$/m);
});

t.test('a script ends by a signal too, also in the middle of a command', { skip }, async (t) => {
  const place = stage(t);
  writeFileSync(join(place.directory, 'commands'), 'show modules\nwait 10m\nshow events\n');
  const { child, output } = await running(t, place, CONFIG, '--script', join(place.directory, 'commands'));
  await said(output, /hitless> wait 10m/);
  child.kill('SIGTERM');
  t.same(await once(child, 'close'), [0, null]);
  t.match(output(), /hitless> wait 10m\n(.*\n)*?hitless stops: SIGTERM\n(.*\n)*?WAIT_INTERRUPTED/);
  t.notMatch(output(), /hitless> show events/);
});

t.test(
  'SIGHUP without a terminal reads the configuration again, and SIGUSR1 opens no debugger',
  { skip },
  async (t) => {
    const place = stage(t);
    const { child, output } = await running(t, place);
    child.kill('SIGUSR1');
    child.kill('SIGHUP');
    await said(output, /the configuration was read again: no module is concerned/);
    child.kill('SIGHUP');
    t.equal((await execAt(place.socket, 'show modules')).ok, true);
    t.notMatch(output(), /Debugger listening/);
    const listening = place.router.exec(['ss', '-Hltn']);
    t.notMatch(listening, /9229/);
    child.kill('SIGTERM');
    t.same(await once(child, 'exit'), [0, null]);
  },
);

t.test('a debugger that is open is refused, unless it is asked for', { skip }, async (t) => {
  const place = stage(t);
  for (const [name, NODE_OPTIONS, before] of [
    ['in NODE_OPTIONS', '--inspect=127.0.0.1:0', []],
    ['on the command line', '', ['--inspect=127.0.0.1:0']],
  ] as const) {
    const done = spawnSync(
      'ip',
      [
        'netns',
        'exec',
        place.router.name,
        process.execPath,
        ...before,
        HITLESS,
        'run',
        '--config',
        place.file(CONFIG),
      ],
      { encoding: 'utf8', timeout: 20_000, env: { ...process.env, NODE_OPTIONS } },
    );
    t.equal(done.status, 2, name);
    t.match(done.stderr, /hitless: DEBUGGER_OPEN: Node's debugger listens on ws:\/\/127\.0\.0\.1:\d+/);
  }
  const env = process.env.NODE_OPTIONS;
  process.env.NODE_OPTIONS = '--inspect=127.0.0.1:0';
  t.teardown(() => {
    if (env === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = env;
  });
  await running(t, place, CONFIG, '--allow-inspect');
});

/** The router with its log in a file system of 64 kB, which is seen through its process. */
async function onSmallDisk(t: Parameters<typeof running>[0], place: Stage, format: string) {
  const disk = join(place.directory, 'disk');
  const config = place.file(`${CONFIG}log: { format: ${format} }\n`);
  const script = `mkdir ${disk} && mount -t tmpfs -o size=64k tmpfs ${disk} && head -c 65536 /dev/zero > ${disk}/full; exec "$@" > ${disk}/log 2>&1`;
  const child = spawn(
    'ip',
    [
      'netns',
      'exec',
      place.router.name,
      'sh',
      '-c',
      script,
      'sh',
      process.execPath,
      HITLESS,
      'run',
      '--config',
      config,
    ],
    { env: { ...process.env, HITLESS_CONSOLE: place.socket }, stdio: ['ignore', 'inherit', 'inherit'] },
  );
  t.teardown(async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
  });
  await eventuallyAsync('the router answers', 15_000, async () => {
    if (child.exitCode !== null) throw new Error(`the router ended with ${child.exitCode}`);
    return (await execAt(place.socket, 'show modules').catch(() => undefined))?.ok;
  });
  const seen = `/proc/${child.pid}/root${disk}`;
  return { child, full: `${seen}/full`, log: `${seen}/log` };
}

t.test(
  'a full disk takes its log and not the router, and the log goes on when there is room',
  { skip },
  async (t) => {
    const place = stage(t);
    const { child, full, log } = await onSmallDisk(t, place, 'json');
    t.match(readlinkSync(`/proc/${child.pid}/fd/1`), /log$/);
    for (const command of ['disable VRRP', 'enable VRRP'])
      t.equal((await execAt(place.socket, command)).ok, true);
    t.equal(readFileSync(log, 'utf8'), '', 'nothing could be written');
    rmSync(full);
    for (const command of ['disable VRRP', 'enable VRRP'])
      t.equal((await execAt(place.socket, command)).ok, true);
    const lines = readFileSync(log, 'utf8').trim().split('\n');
    const records = lines.map((line) => JSON.parse(line) as { text: string; data?: { outcome?: string } });
    t.match(records[0]!.text, /^\d+ lines were lost: ENOSPC/);
    t.equal(records.filter(({ data }) => data?.outcome === 'committed').length, 2);
  },
);

t.test('a reader of its log that goes leaves the router alone, and a script too', { skip }, async (t) => {
  const place = stage(t);
  const { child } = await running(t, place);
  child.stdout!.destroy();
  child.stderr!.destroy();
  for (const command of ['disable VRRP', 'enable VRRP', 'disable OSPF', 'enable OSPF'])
    t.equal((await execAt(place.socket, command)).ok, true, command);
  t.equal(child.exitCode, null);
  child.kill('SIGTERM');
  t.same(await once(child, 'exit'), [0, null]);

  const script = join(place.directory, 'script');
  writeFileSync(script, 'show modules\ndisable VRRP\nenable VRRP\nshow modules\nquit\n');
  const line = `"$@" | head -1; echo "ended with \${PIPESTATUS[0]}"`;
  const args = [
    'bash',
    '-c',
    line,
    'bash',
    process.execPath,
    HITLESS,
    'run',
    '--config',
    place.file(CONFIG),
    '--script',
    script,
  ];
  t.match(place.router.exec(args), /ended with 0\n$/);
});

t.test('each line of its log has its priority in the journal', { skip }, async (t) => {
  const place = stage(t);
  place.router.exec(['sysctl', '-q', '-w', 'net.ipv4.ip_forward=0']);
  const log = join(place.directory, 'log');
  writeFileSync(log, '');
  // A stream of its own, as systemd makes one.
  const line = `exec >> ${log}; JOURNAL_STREAM=$(stat -L -c %d:%i ${log}) exec "$@"`;
  const hitless = [process.execPath, HITLESS, 'run', '--config', place.file(CONFIG)];
  const child = spawn('ip', ['netns', 'exec', place.router.name, 'bash', '-c', line, 'bash', ...hitless], {
    env: { ...process.env, HITLESS_CONSOLE: place.socket },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = once(child, 'close');
  t.teardown(() => child.exitCode ?? child.kill());
  const written = () => readFileSync(log, 'utf8');
  await said(written, /hitless runs:/);
  child.kill('SIGTERM');
  await ended;
  const lines = written().trimEnd().split('\n');
  t.same(
    lines.filter((each) => !/^<[3467]>\S+Z /.test(each)),
    [],
  );
  const warnings = lines.filter((each) => each.startsWith('<4>'));
  t.match(warnings.join('\n'), /IPv4 forwarding is off on wan0/);
  t.same(
    warnings.filter((each) => !each.includes('Z warning: ')),
    [],
  );
});

t.test('what keeps it from starting is an error in the journal', { skip }, async (t) => {
  const place = stage(t);
  const { code, text } = failing(
    place,
    [],
    // A stream of its own, as systemd makes one.
    ['bash', '-c', `JOURNAL_STREAM=$(stat -L -c %d:%i /proc/self/fd/2) "$@" 2>&1`, 'bash'],
  );
  t.equal(code, 2);
  t.match(text, /^hitless: USAGE/, 'standard output is another stream');
  const own = failing(
    place,
    [],
    ['bash', '-c', `exec 3>&1; JOURNAL_STREAM=$(stat -L -c %d:%i /proc/$$/fd/2) exec "$@"`, 'bash'],
  );
  t.match(own.text, /^<3>hitless: USAGE: run needs --config FILE/);
});
