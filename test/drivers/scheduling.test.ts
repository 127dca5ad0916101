import t from 'tap';
import { cpuMask, formatCpuList, parseCpuList, usableCpus } from '../../drivers/cpus.ts';
import type { Scheduling } from '../../drivers/scheduling.ts';
import { noAffinity, noRealtime, ONE_CPU, singleCpu } from './fixtures/processors.ts';
import { driver, evaluate, without } from './fixtures/typescript.ts';

for (const reason of new Set([noAffinity, noRealtime, singleCpu])) if (reason !== false) t.comment(reason);

interface Thread {
  id: number;
  /** 0 is the normal policy, 1 SCHED_FIFO (sched.h). */
  policy: number;
  priority: number;
  cpus: string;
}

interface Outcome {
  refusal?: { code: string; message: string };
  pid: number;
  before: Thread[];
  after: Thread[];
  /** Inside of a `vm` time-out, when its watching thread is there. */
  guarded: Thread[];
}

/** Applies it in a process of its own; gives what the kernel says of the threads. */
function applied(scheduling: Scheduling, options?: Parameters<typeof evaluate>[1]): Outcome {
  return evaluate(
    `
    import { readdirSync, readFileSync } from 'node:fs';
    import { stat } from 'node:fs/promises';
    import vm from 'node:vm';
    import { applyScheduling } from ${driver('scheduling')};
    // proc_pid_stat(5): field 40 is rt_priority, 41 policy; the name, field 2, may hold spaces.
    const threads = () => readdirSync('/proc/self/task').map((id) => {
      const stat = readFileSync('/proc/self/task/' + id + '/stat', 'utf8').replace(/^.*\\) /, '').split(' ');
      const cpus = /^Cpus_allowed_list:\\s*(.*)$/m.exec(readFileSync('/proc/self/task/' + id + '/status', 'utf8'))[1];
      return { id: Number(id), priority: Number(stat[37]), policy: Number(stat[38]), cpus };
    });
    const before = threads();
    let refusal;
    try { await applyScheduling(${JSON.stringify(scheduling)}); }
    catch ({ code, message }) { refusal = { code, message }; }
    await stat('/');
    const after = threads();
    const guarded = vm.runInNewContext('threads()', { threads }, { timeout: 5000 });
    console.log(JSON.stringify({ pid: process.pid, refusal, before, after, guarded }));`,
    options,
  ) as Outcome;
}

t.test('lists of CPUs are read and written as Linux does', async (t) => {
  const rows: [string, number[], string][] = [
    ['0', [0], '1'],
    ['0-3\n', [0, 1, 2, 3], 'f'],
    ['5,0,2-3,3', [0, 2, 3, 5], '2d'],
    ['64', [64], '10000000000000000'],
  ];
  for (const [text, list, mask] of rows) {
    t.same(parseCpuList(text), list, text);
    t.equal(cpuMask(list), mask, text);
  }
  t.equal(formatCpuList([0, 2, 3, 5]), '0,2-3,5');
  for (const wrong of ['', 'a', '3-1', '1,', '-1', '0-', '8192', '1.5', '0-7:2'])
    t.equal(parseCpuList(wrong), undefined, wrong);
});

t.test('every thread gets the CPUs, and those that come later too', { skip: noAffinity }, async (t) => {
  const cpu = usableCpus().at(-1)!;
  const { refusal, after, guarded } = applied({ cpus: [cpu] });
  t.equal(refusal, undefined);
  t.ok(after.length > 4, 'V8 and libuv have their threads');
  for (const { cpus, policy } of guarded) t.same({ cpus, policy }, { cpus: String(cpu), policy: 0 });
});

t.test(
  'the main thread and the one that watches it have the priority, all others the lowest one',
  { skip: noRealtime || singleCpu },
  async (t) => {
    const { refusal, pid, before, after, guarded } = applied({ realtime: 10 });
    t.equal(refusal, undefined);
    t.equal(before.find(({ id }) => id === pid)?.policy, 0);
    t.ok(after.length > 8, "V8's threads and libuv's pool are among them");
    for (const { id, policy, priority } of after)
      t.same({ policy, priority }, { policy: 1, priority: id === pid ? 10 : 1 });
    const late = guarded.filter(({ id }) => !after.some((thread) => thread.id === id));
    t.match(late, [{ policy: 1, priority: 10 }]);
  },
);

t.test('what is not asked for is left as it is', async (t) => {
  const { refusal, before, after } = applied({}, { env: { PATH: '/nowhere' } });
  t.equal(refusal, undefined);
  t.same(after.slice(0, before.length), before);
});

t.test('a CPU that is not there is refused, and nothing is changed', { skip: noAffinity }, async (t) => {
  const { refusal, before, after } = applied({ cpus: [usableCpus()[0]!, 8000], realtime: 10 });
  t.match(refusal, {
    code: 'SCHEDULING_CPU_UNKNOWN',
    message: /this machine has no CPU 8000, or it is switched off; it has 0.*: choose among these/,
  });
  t.same(after.slice(0, before.length), before);
});

t.test(
  'a real-time priority on one CPU is refused, and nothing is changed',
  { skip: noAffinity },
  async (t) => {
    const first = usableCpus()[0]!;
    const refused = {
      code: 'SCHEDULING_SINGLE_CPU',
      message: new RegExp(`a real-time priority on one CPU, ${first}, would starve .*allow a second CPU`),
    };
    const confined = applied({ realtime: 10 }, { wrapper: ONE_CPU });
    t.match(confined.refusal, refused);
    t.same(confined.after.slice(0, confined.before.length), confined.before);
    const asked = applied({ realtime: 10, cpus: [first] });
    t.match(asked.refusal, refused);
    t.same(asked.after.slice(0, asked.before.length), asked.before);
  },
);

t.test(
  'a process that was confined to one CPU may ask for two',
  { skip: noRealtime || singleCpu },
  async (t) => {
    const two = usableCpus().slice(0, 2);
    const { refusal, pid, after } = applied({ realtime: 10, cpus: two }, { wrapper: ONE_CPU });
    t.equal(refusal, undefined);
    t.match(
      after.find(({ id }) => id === pid),
      { policy: 1, cpus: formatCpuList(two) },
    );
  },
);

t.test('without the right or the tools the error says how to get them', { skip: noAffinity }, async (t) => {
  const powerless = applied(
    { realtime: 10 },
    { wrapper: ['prlimit', '--rtprio=0:0', '--', ...without('sys_nice')] },
  );
  if (singleCpu === false)
    t.match(powerless.refusal, {
      code: 'SCHEDULING_PERMISSION',
      message: /^chrt: failed to set .*not permitted: run as root or with the capability CAP_SYS_NICE/,
    });
  for (const [tool, scheduling] of [
    ['taskset', { cpus: [usableCpus()[0]!] }],
    ['chrt', { realtime: 10 }],
  ] as const) {
    if (tool === 'chrt' && singleCpu !== false) continue;
    t.match(applied(scheduling, { env: { PATH: '/nowhere' } }).refusal, {
      code: 'SCHEDULING_TOOL_MISSING',
      message: `there is no \`${tool}\` command. Install it as root: \`apt-get install util-linux\``,
    });
  }
});
