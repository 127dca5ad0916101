/** The measuring program: how late expiries reach their handler, in a module or in a plain callback. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Runtime } from 'hitless/runtime';
import type { TimerJob, TimerRecord } from './job.ts';

const PROBE = 'hitlessBench';

const CLOCK = `const { Module } = require('hitless/runtime');
const probe = globalThis.${PROBE};
exports.manifest = {
  api: 1, name: 'CLOCK', version: '1.0.0', accepts: { begin: [1], end: [1] }, sends: {}, subscribes: {},
  timers: ['beat'], ports: [], state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return {}; }
  onBegin({ body: period }) { this.ctx.setTimer('beat', '', period, { every: period }); }
  onEnd() { this.ctx.cancelTimer('beat'); }
  onBeat({ due, overruns }) { probe(this.ctx.now(), due, overruns); }
};
`;

/** The runtime's clock. */
function now(): number {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1e3 + nanoseconds / 1e6;
}

class Lateness {
  readonly ended: Promise<TimerRecord>;
  readonly #job: TimerJob;
  readonly #lateness: number[] = [];
  #seen = 0;
  #firstDue = 0;
  #began = 0;
  #used = process.cpuUsage();
  #end: (record: TimerRecord) => void = () => {};

  constructor(job: TimerJob) {
    this.#job = job;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  /** An expiry is handled, and with it as many more as came due while it waited. False at the end. */
  handled(time: number, due: number, overruns: number): boolean {
    const { warmup, count, period } = this.#job;
    if (this.#lateness.length >= count) return false;
    if (this.#firstDue === 0) this.#firstDue = due;
    const before = this.#seen;
    this.#seen += 1 + overruns;
    if (before < warmup) return true;
    if (this.#lateness.length === 0) {
      this.#began = time;
      this.#used = process.cpuUsage();
    }
    // One for all that came together, as cyclictest has it: a machine that stood still was late once.
    this.#lateness.push((time - due) * 1000);
    if (this.#lateness.length < count) return true;
    const { user, system } = process.cpuUsage(this.#used);
    this.#end({
      lateness: this.#lateness,
      due: Math.round((due - this.#firstDue) / period) + 1 + overruns,
      seen: this.#seen,
      processor: (user + system) / 10 / (time - this.#began),
    });
    return false;
  }
}

async function inModule(job: TimerJob, directory: string): Promise<TimerRecord> {
  const lateness = new Lateness(job);
  const file = join(directory, 'clock-1.0.0.cjs');
  writeFileSync(file, CLOCK);
  const runtime = new Runtime({ preciseTimers: job.timers === 'precise', preparation: 60_000 });
  const probe = (time: number, due: number, overruns: number) => {
    // The new version is warmed up on a throw-away instance with a sample, which was due at no time.
    if (due > 0 && !lateness.handled(time, due, overruns)) runtime.send('CLOCK', 'end');
  };
  Object.assign(globalThis, { [PROBE]: probe });
  const added = await runtime.run([{ change: 'add', module: 'CLOCK', bundle: file }], {
    command: 'add CLOCK',
    by: 'bench',
  });
  if (added.outcome !== 'committed') throw new Error(`CLOCK was not added: ${added.reason}`);
  runtime.send('CLOCK', 'begin', job.period);
  const record = await lateness.ended;
  runtime.stop();
  return record;
}

/** As one writes it who does not want to drift, and knows that `setTimeout` may fire early. */
function inCallback(job: TimerJob): Promise<TimerRecord> {
  const lateness = new Lateness(job);
  let due = now() + job.period;
  const ring = () => {
    const time = now();
    if (due <= time) {
      const overruns = Math.floor((time - due) / job.period);
      if (!lateness.handled(time, due, overruns)) return;
      due += (1 + overruns) * job.period;
    }
    setTimeout(ring, Math.max(0, due - now()));
  };
  setTimeout(ring, job.period);
  return lateness.ended;
}

const [order = '', output = '', directory = ''] = process.argv.slice(2);
const job = JSON.parse(order) as TimerJob;
const record = job.timers === 'setTimeout' ? await inCallback(job) : await inModule(job, directory);
writeFileSync(output, JSON.stringify(record));
