/** The measuring program: work that does not end in time, and when that is decided. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime } from 'hitless/runtime';
import type { DeadlineJob, DeadlineRecord, Obstacle } from './job.ts';

const ENDLESS_MS = 3_600_000;

/** The runtime's clock. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

/** Calls back at the moment or after it, as one writes it who knows that `setTimeout` may fire early. */
function at(due: number, then: () => void): void {
  setTimeout(
    () => {
      if (now() < due) at(due, then);
      else then();
    },
    Math.max(0, due - now()),
  );
}

const QUIESCENT: Record<Obstacle, string> = {
  busy: "return 'a long job';",
  suspended: 'return true;',
  spinning: 'for (;;);',
  nothing: 'return true;',
};

function worker(version: string, obstacle: Obstacle): string {
  return `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 1, name: 'WORKER', version: '${version}', accepts: { go: [1] }, sends: { ORACLE: { think: 1 } }, subscribes: {},
  timers: [], ports: [], state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return {}; }
  isQuiescent() { ${QUIESCENT[obstacle]} }
  *onGo() { yield* this.ctx.ask('ORACLE', 'think', 0, { timeout: ${ENDLESS_MS} }); }
};
`;
}

/** Never answers. */
const ORACLE = `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 1, name: 'ORACLE', version: '1.0.0', accepts: { think: [1] }, sends: {}, subscribes: {}, timers: [], ports: [],
  state: { version: 1 }, async: true,
};
exports.default = class extends Module {
  initial() { return {}; }
  onThink() { return new Promise(() => {}); }
};
`;

async function byTransaction(job: DeadlineJob, directory: string): Promise<DeadlineRecord> {
  const { obstacle, granted, samples, warmup } = job;
  const file = (name: string, source: string) => {
    const path = join(directory, name);
    writeFileSync(path, source);
    return path;
  };
  const before = file('worker-1.0.0.cjs', worker('1.0.0', obstacle));
  // The next version is in nobody's way: it is the old one that does not let go.
  const after = file('worker-1.1.0.cjs', worker('1.1.0', 'nothing'));
  const runtime = new Runtime({ probation: false, warmUp: false });
  for (const [module, bundle] of [
    ['ORACLE', file('oracle-1.0.0.cjs', ORACLE)],
    ['WORKER', before],
  ] as const)
    await runtime.run([{ change: 'add', module, bundle }], { command: `add ${module}`, by: 'bench' });
  if (obstacle === 'suspended') runtime.send('WORKER', 'go');
  await new Promise((resolve) => setImmediate(resolve));
  await runtime.repository.load(after);
  runtime.preparation = granted;
  const record: DeadlineRecord = { late: [], beside: [], aborted: 0 };
  for (let i = 0; i < warmup + samples; i++) {
    const began = now();
    const beside = new Promise<number>((resolve) => {
      const due = began + granted;
      at(due, () => resolve((now() - due) * 1000));
    });
    const report = await runtime.run([{ change: 'replace', module: 'WORKER', bundle: after }], {
      command: 'replace WORKER',
      by: 'bench',
    });
    const took = now() - began;
    const timer = await beside;
    // The deadline counts from some moment of the call, so the lateness that is told can be no more than this.
    if (report.late > Math.max(0, took - granted))
      throw new Error(`late by ${report.late} ms, of ${took} ms in all`);
    if (i < warmup) continue;
    // A cut comes on a whole millisecond, rounded down (the guard).
    if (report.outcome === 'aborted' && took >= granted - 1) record.aborted++;
    record.late.push(report.late * 1000);
    record.beside.push(timer);
  }
  runtime.stop();
  return record;
}

/** The same work as a program has it that looks from time to time whether it is done, and a timer that gives up. */
async function byTimeout({ obstacle, granted, samples, warmup }: DeadlineJob): Promise<DeadlineRecord> {
  const record: DeadlineRecord = { late: [], beside: [], aborted: 0 };
  for (let i = 0; i < warmup + samples; i++) {
    const due = now() + granted;
    const late = await new Promise<number>((resolve) => {
      let open = true;
      at(due, () => {
        open = false;
        resolve((now() - due) * 1000);
      });
      const look = () => {
        while (obstacle === 'spinning');
        if (open) setImmediate(look);
      };
      if (obstacle === 'busy' || obstacle === 'spinning') look();
    });
    if (i < warmup) continue;
    record.late.push(late);
    record.aborted++;
  }
  return record;
}

const [order = '', output = '', directory = ''] = process.argv.slice(2);
const job = JSON.parse(order) as DeadlineJob;
const record = job.by === 'transaction' ? await byTransaction(job, directory) : await byTimeout(job);
writeFileSync(output, JSON.stringify(record));
process.exit(0);
