/** The measuring program, inside of a namespace: links change, by an `ip` of its own, and each change is waited for. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { Writable } from 'node:stream';
import type { Ear, OpenEar } from './ears/ear.ts';
import { openMonitor } from './ears/monitor.ts';
import { openHost, openModule } from './ears/runtime.ts';
import {
  HELD_ROUND,
  KINDS,
  type LinksJob,
  type LinksRecord,
  type LinksSide,
  ROUND,
  type Step,
  type Times,
} from './job.ts';

const EARS: Readonly<Record<LinksSide, OpenEar>> = {
  module: openModule,
  host: openHost,
  monitor: openMonitor,
};

/** ms between two changes: all that the one set off is over. */
const PAUSE = 10;
/** ms; a change that is not told of by then is lost. */
const PATIENCE = 10_000;

const [order = '', output = ''] = process.argv.slice(2);
const job = JSON.parse(order) as LinksJob;
const none = (): Times => Object.fromEntries(KINDS.map((kind) => [kind, [] as number[]])) as Times;
const [known, ours] = [none(), none()];

/** Runs as long as its input is open. */
function changer(...where: string[]): ChildProcessByStdio<Writable, null, null> {
  const child = spawn('ip', [...where, '-batch', '-'], { stdio: ['pipe', 'ignore', 'inherit'] });
  child.once('exit', (code) => {
    if (code !== 0) throw new Error(`ip ${where.join(' ')} -batch ended with ${code}`);
  });
  return child;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function make(step: Step, ear: Ear): Promise<void> {
  await sleep(PAUSE);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`nobody told of: ip ${step.line}`)), PATIENCE);
  });
  const told = ear.expect(step);
  const began = performance.now();
  (step.far ? far : near).stdin.write(`${step.line}\n`);
  const took = (await Promise.race([told, late])) - began;
  clearTimeout(timer);
  if (step.kind === undefined) return;
  known[step.kind].push(took);
  ours[step.kind].push(took - (ear.asked ?? 0));
}

const near = changer();
const far = changer('-n', job.far);
const ear = await EARS[job.side]();
for (let i = 0; i < job.changes; i++) for (const step of ROUND) await make(step, ear);
for (let i = 0; i < job.held; i++) for (const step of HELD_ROUND) await make(step, ear);
const asks = ear.asked !== undefined;
await ear.stop();
near.stdin.end();
far.stdin.end();
const record: LinksRecord = { known, ...(asks && { ours }) };
writeFileSync(output, JSON.stringify(record));
