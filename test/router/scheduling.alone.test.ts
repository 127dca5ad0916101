/** The router with a real-time priority: it cuts a module that spins, or says that it could not. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { usableCpus } from '../../drivers/cpus.ts';
import type { TransactionReport } from '../../runtime/index.ts';
import { noRealtime, ONE_CPU, singleCpu } from '../drivers/fixtures/processors.ts';
import { NetworkNamespace } from '../netns.ts';
import { CONFIG, failing, running, stage } from './host.ts';
import { eventuallyAsync, execAt } from './router-lab.ts';

const skip = NetworkNamespace.unavailable || noRealtime;
if (skip !== false) t.comment(skip);

const REALTIME = CONFIG.replace('id: 10.9.0.1', '$&, realtime: 10');

/** Of a process's threads, the first is the main one: fields 40 and 41 of proc_pid_stat(5); policy 1 is SCHED_FIFO. */
function scheduled(pid: number): { priority: number; policy: number }[] {
  return readdirSync(`/proc/${pid}/task`).map((thread) => {
    const text = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    const fields = text.replace(/^.*\) /, '').split(' ');
    return { priority: Number(fields[37]), policy: Number(fields[38]) };
  });
}

t.test(
  'under a real-time priority a module that spins is cut, and the next swap works',
  { skip: skip || singleCpu },
  async (t) => {
    const place = stage(t);
    // VRRP 3 takes no IP before 3.3.0.
    const config = REALTIME.replace('realtime: 10', '$&, modules: { VRRP: vrrp@2.3.1 }');
    const { child } = await running(t, place, config, '--lab');
    const [main, ...others] = scheduled(child.pid!);
    t.match(main, { priority: 10, policy: 1 });
    t.ok(
      others.every(({ policy }) => policy === 1),
      'no thread that the main one may have to wait for can be kept from running by other programs',
    );
    t.ok(
      others.filter(({ priority }) => priority === 1).length >= 8,
      'V8 and libuv have the lowest priority',
    );

    await execAt(place.socket, 'settimer 500ms');
    t.match(await execAt(place.socket, 'fault IP spin'), { ok: true });
    const current = await versionOfIp(place.socket);
    const spun = await execAt(place.socket, 'replace IP ip@3.2.0');
    t.match(spun, { ok: false, code: 'TRANSACTION_ABORTED' });
    const [report] = ((await execAt(place.socket, 'show upgrades 1')).data as TransactionReport[]) ?? [];
    t.match(report, { outcome: 'aborted', reason: /IP.*(deadline|cut|in time)/ });
    t.equal(await versionOfIp(place.socket), current);
    t.match(await execAt(place.socket, 'replace IP ip@3.2.0'), { ok: true });
    t.equal(await versionOfIp(place.socket), '3.2.0');
  },
);

/** Turns of the event loop that a router asks for in 3 s, while its modules have timers of 100 ms. */
async function turnsOf(t: Test, config: string): Promise<number> {
  const place = stage(t);
  const counted = join(place.directory, 'turns');
  const preload = join(place.directory, 'count.mjs');
  writeFileSync(
    preload,
    `import { writeFileSync } from 'node:fs';
    import { isMainThread } from 'node:worker_threads';
    let turns = 0;
    const { setImmediate } = globalThis;
    globalThis.setImmediate = (...args) => { turns++; return setImmediate(...args); };
    if (isMainThread) process.on('exit', () => writeFileSync(${JSON.stringify(counted)}, String(turns)));`,
  );
  const { NODE_OPTIONS } = process.env;
  process.env.NODE_OPTIONS = `--import ${preload}`;
  const { child } = await running(t, place, config, '--lab').finally(() => {
    if (NODE_OPTIONS === undefined) delete process.env.NODE_OPTIONS;
    else process.env.NODE_OPTIONS = NODE_OPTIONS;
  });
  await sleep(3_000);
  child.kill('SIGTERM');
  await once(child, 'close');
  return Number(readFileSync(counted, 'utf8'));
}

t.test('with a real-time priority its timers are precise ones', { skip: skip || singleCpu }, async (t) => {
  const [precise, ordinary] = [await turnsOf(t, REALTIME), await turnsOf(t, CONFIG)];
  t.ok(precise > 3 * ordinary, `${precise} turns of the event loop, ${ordinary} without`);
});

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
      await eventuallyAsync(
        'it has the CPU',
        5_000,
        async () => scheduled(child.pid!)[0]?.policy === 1 || undefined,
      );
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
