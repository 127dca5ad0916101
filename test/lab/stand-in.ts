/**
 * A program that the lab can start in place of hitless: it has the same commands, but its `run` is no router.
 * It sends crafted packets as its script says, and prints what the lab tells it, as JSON lines.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { runInside } from '../../firmware/lab/inside.ts';
import { runLab } from '../../firmware/lab/lab.ts';
import { runMonitor } from '../../firmware/lab/monitor.ts';
import type { MonitorMessage } from '../../firmware/lab/monitor-board.ts';
import type { Timing } from '../../firmware/lab/timing.ts';

/** One step of the stand-in's script. */
export type Step =
  | { do: 'send'; from: string; protocol: number; to: string; hex: string; count: number; every: number }
  | { do: 'together'; steps: Step[] }
  | { do: 'wait'; ms: number }
  | { do: 'reports' }
  | { do: 'forever' }
  | { do: 'exit'; code: number };

const [, self = '', command, ...args] = process.argv;
process.exit(await main());

async function main(): Promise<number> {
  if (command === 'monitor') return runMonitor(args);
  if (command === 'run') return run();
  if (command === 'lab' && args[0] === '--inner') return runInside(args[1] ?? '');
  const options = JSON.parse(args[0] ?? '{}') as {
    peers?: boolean;
    script?: string;
    console?: string;
    timing?: Partial<Timing>;
  };
  try {
    return await runLab({ peers: false, install: false, program: [process.execPath, self], ...options });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

async function run(): Promise<number> {
  const told: MonitorMessage[] = [];
  process.on('message', (message) => {
    told.push(message as MonitorMessage);
    if ((message as MonitorMessage).kind === 'monitor-line') print(message);
  });
  const option = (name: string) => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
  const config = readFileSync(option('--config') ?? '', 'utf8');
  const socket = /socket: "(.*)"/.exec(config)?.[1] ?? '';
  const server = createServer((connection) => connection.on('error', () => {}).end('stand-in\n'));
  server.listen(socket);
  process.once('SIGTERM', () => process.exit(0));
  print({ kind: 'started', args, config, environment: process.env.HITLESS_CONSOLE });

  const script = option('--script');
  const text =
    script === undefined ? '[{"do":"forever"}]' : readFileSync(script === '-' ? 0 : script, 'utf8');
  let code = 0;
  const carryOut = async (steps: Step[]): Promise<void> => {
    for (const step of steps) {
      if (step.do === 'exit') code = step.code;
      if (step.do === 'wait') await sleep(step.ms);
      if (step.do === 'forever') await new Promise(() => setInterval(() => {}, 1_000));
      if (step.do === 'together') await Promise.all(step.steps.map((each) => carryOut([each])));
      if (step.do === 'send') await send(step);
      if (step.do === 'reports') print({ kind: 'reports', reports: latestReports(told) });
    }
  };
  await carryOut(JSON.parse(text) as Step[]);
  return code;
}

function latestReports(told: MonitorMessage[]): Record<string, unknown> {
  const reports = told.flatMap((message) => (message.kind === 'monitor' ? [message.report] : []));
  return Object.fromEntries(reports.map((report) => [report.protocol, report]));
}

async function send(step: Extract<Step, { do: 'send' }>): Promise<void> {
  const raw = createRequire(import.meta.url)('raw-socket') as typeof import('raw-socket');
  const socket = raw.createSocket({ protocol: step.protocol });
  const from = Buffer.from(step.from.split('.').map(Number));
  const IPPROTO_IP = 0;
  socket.setOption(IPPROTO_IP, 32, from, 4); // IP_MULTICAST_IF
  socket.setOption(IPPROTO_IP, 33, 255); // IP_MULTICAST_TTL
  const bytes = Buffer.from(step.hex, 'hex');
  for (let i = 0; i < step.count; i++) {
    if (i > 0) await sleep(step.every);
    socket.wrap.send(bytes, 0, bytes.length, step.to, () => {});
  }
  socket.close();
}

function print(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
