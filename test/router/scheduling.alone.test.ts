/** The router with a real-time priority: it cuts a module that spins, or says that it could not. */
import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import t from 'tap';
import { usableCpus } from '../../drivers/cpus.ts';
import type { TransactionReport } from '../../runtime/index.ts';
import { noRealtime, ONE_CPU, singleCpu } from '../drivers/fixtures/processors.ts';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, failing, running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || noRealtime;
if (skip !== false) t.comment(skip);

const REALTIME = CONFIG.replace('id: 10.9.0.1', '$&, realtime: 10');

/** Of a process's threads, the first is the main one: field 41 of proc_pid_stat(5), 1 is SCHED_FIFO. */
function policies(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) =>
    Number(
      readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8')
        .replace(/^.*\) /, '')
        .split(' ')[38],
    ),
  );
}

t.test(
  'under a real-time priority a module that spins is cut, and the next swap works',
  { skip: skip || singleCpu },
  async (t) => {
    const place = stage(t);
    const { child } = await running(t, place, REALTIME, '--lab');
    const [main, ...others] = policies(child.pid!);
    t.equal(main, 1);
    t.ok(others.filter((policy) => policy === 0).length >= 8, `V8 and libuv are as before: ${others}`);

    await execAt(place.socket, 'settimer 500ms');
    t.match(await execAt(place.socket, 'fault IP spin'), { ok: true });
    const current = await versionOfIp(place.socket);
    const spun = await execAt(place.socket, 'replace IP ip@1.1.0');
    t.match(spun, { ok: false, code: 'TRANSACTION_ABORTED' });
    const [report] = ((await execAt(place.socket, 'show upgrades 1')).data as TransactionReport[]) ?? [];
    t.match(report, { outcome: 'aborted', reason: /IP.*(deadline|cut|in time)/ });
    t.equal(await versionOfIp(place.socket), current);
    t.match(await execAt(place.socket, 'replace IP ip@1.1.0'), { ok: true });
    t.equal(await versionOfIp(place.socket), '1.1.0');
  },
);

t.test('on one CPU a real-time priority is refused before anything is opened', { skip }, async (t) => {
  const place = stage(t);
  const { code, text } = failing(place, ['--config', place.file(REALTIME)], ONE_CPU);
  t.equal(code, 2);
  t.match(text, /^hitless: SCHEDULING_SINGLE_CPU: a real-time priority on one CPU, \d+, would starve/);
});

t.test(
  'where others hold the second CPU, the start finds out that nothing would be cut, and says so',
  { skip: skip || singleCpu },
  async (t) => {
    const place = stage(t);
    const [first, second] = usableCpus();
    const config = REALTIME.replace('realtime: 10', `$&, cpus: [${first}, ${second}]`);
    const spin = 'const end = Date.now() + 20_000; while (Date.now() < end);';
    // Of a higher priority than the router's: nothing of the router runs on the second CPU.
    const hog = ['taskset', '-c', String(second), 'chrt', '-f', '50', process.execPath, '-e', spin];
    const child = spawn(hog[0]!, hog.slice(1), { stdio: 'ignore' });
    const ended = new Promise((resolve) => child.once('exit', resolve));
    try {
      await eventuallyAsync('it has the CPU', 5_000, async () => policies(child.pid!)[0] === 1 || undefined);
      const { code, text } = failing(place, ['--config', place.file(config)]);
      t.equal(code, 2);
      t.match(text, /^hitless: REALTIME_UNBOUNDED: router\.realtime: .*not cut in time here/);
    } finally {
      child.kill('SIGKILL');
      await ended;
    }
  },
);

async function versionOfIp(socket: string): Promise<string | undefined> {
  const modules = (await execAt(socket, 'show modules')).data as { name: string; version: string }[];
  return modules.find(({ name }) => name === 'IP')?.version;
}
