/** What `systemd-notify` is given to hand on; that systemd hears it, the tests of the installation show. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { ServiceNotify } from '../../drivers/service-notify.ts';

const PATIENCE = 20_000;
const LOADER = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
const NOTIFY = fileURLToPath(new URL('../../drivers/service-notify.ts', import.meta.url));

async function eventually(what: string, is: () => boolean): Promise<void> {
  const until = Date.now() + PATIENCE;
  while (!is()) {
    if (Date.now() > until) throw new Error(`not in ${PATIENCE} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** A `systemd-notify` of the test's own, and what it was given. */
function manager(t: Test): { folder: string; heard: () => string[] } {
  const folder = mkdtempSync(join(tmpdir(), 'hitless-notify-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  const log = join(folder, 'heard');
  writeFileSync(log, '');
  writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\nprintf '%s\\n' "$@" >> ${log}\n`, {
    mode: 0o755,
  });
  return { folder, heard: () => readFileSync(log, 'utf8').split('\n').slice(0, -1) };
}

/** A program of its own that tells, as a service manager would start it. */
function program(
  t: Test,
  folder: string,
  body: string,
  environment = {},
  before: readonly string[] = [],
): ChildProcess {
  const source = `import { ServiceNotify } from ${JSON.stringify(NOTIFY)}; const service = new ServiceNotify(); ${body}`;
  const [command = '', ...args] = [...before, process.execPath, '--import', LOADER];
  const child = spawn(command, [...args, '--input-type=module', '-e', source], {
    env: {
      ...process.env,
      PATH: `${folder}:${process.env.PATH}`,
      NOTIFY_SOCKET: join(folder, 'notify'),
      WATCHDOG_USEC: '300000',
      ...environment,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}

t.test('nobody is told where no service manager asked', async (t) => {
  t.equal(new ServiceNotify({}).every, 10_000);
  const { folder, heard } = manager(t);
  // What is told to the second object shows that the first had its time.
  const body = `service.ready(); service.beat(); service.stopping(); service.close();
    const other = new ServiceNotify({ NOTIFY_SOCKET: '/x' }); setTimeout(() => other.status('later'), 500);`;
  program(t, folder, body, { NOTIFY_SOCKET: '' });
  await eventually('the second', () => heard().length > 0);
  t.same(heard(), ['STATUS=later']);
});

t.test('it beats three times in the time after which the service manager acts', async (t) => {
  const every = (WATCHDOG_USEC: string, more = {}) =>
    new ServiceNotify({ NOTIFY_SOCKET: '/x', WATCHDOG_USEC, ...more }).every;
  t.equal(every('30000000'), 10_000);
  t.equal(every('30000000', { WATCHDOG_PID: String(process.pid) }), 10_000);
  t.equal(every('3000000'), 1000);
  t.equal(every('3000000', { WATCHDOG_PID: '1' }), 10_000, "another's watchdog");
  t.equal(every('nonsense'), 10_000);
});

t.test('the service manager hears all in order, a status once, and the program may end', async (t) => {
  const { folder, heard } = manager(t);
  const child = program(
    t,
    folder,
    `service.ready(); service.status('a \\nb'); service.status('a \\nb'); service.beat(); service.stopping(); service.close();`,
  );
  const code = await new Promise((resolve) => child.once('exit', resolve));
  t.equal(code, 0);
  await eventually('all lines', () => heard().includes('STOPPING=1'));
  t.same(heard(), ['READY=1', 'STATUS=a  b', 'WATCHDOG=1', 'STOPPING=1']);
});

t.test('a relay that was killed is replaced, and none outlives the program', async (t) => {
  const { folder, heard } = manager(t);
  const child = program(t, folder, 'service.ready(); setInterval(() => service.beat(), service.every);');
  const relays = () => pids(child.pid);
  await eventually('a beat', () => heard().includes('WATCHDOG=1'));
  const [first] = relays();
  t.equal(relays().length, 1);
  process.kill(first!, 'SIGKILL');
  const count = heard().length;
  await eventually(
    'another relay',
    () => relays().some((pid) => pid !== first) && heard().length > count + 1,
  );
  const [second] = relays();
  child.kill('SIGKILL');
  await eventually('its end', () => !runs(second!));
});

t.test('a status that no relay could take for want of descriptors is told when there are some', async (t) => {
  const { folder, heard } = manager(t);
  // The program waits for each step in its own process: what comes when is decided there.
  const body = `
    import { execFileSync } from 'node:child_process';
    import { closeSync, openSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    service.ready();
    service.status('one');
    const alive = setInterval(() => service.beat(), 50);
    const relay = execFileSync('pgrep', ['-P', String(process.pid), '-f', 'systemd-notify'], { encoding: 'utf8' });
    const held = [];
    try { for (;;) held.push(openSync('/dev/null', 'r')); } catch (thrown) { console.log(thrown.code); }
    process.kill(Number(relay), 'SIGKILL');
    await sleep(500);
    service.status('two');
    await sleep(500);
    for (const descriptor of held) closeSync(descriptor);
    console.log('free again');
  `;
  // A descriptor above the limit, as a shell may leave one, keeps no child from being started.
  const few = ['bash', '-c', 'exec 200< /dev/null; ulimit -n 128; exec "$@"', 'bash'];
  const child = program(t, folder, body, {}, few);
  await eventually('the status', () => heard().includes('STATUS=two'));
  const later = heard().slice(heard().lastIndexOf('READY=1'));
  t.same(later.slice(0, 2), ['READY=1', 'STATUS=two'], 'first what holds, then the beats');
  t.equal(child.exitCode, null, 'it lives');
});

function pids(parent: number | undefined): number[] {
  return spawnSync('pgrep', ['-P', String(parent), '-f', 'systemd-notify'], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number);
}

/** One that nobody has waited for yet (state Z) has ended all the same. */
function runs(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}
