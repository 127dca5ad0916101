/** By a line of `ip monitor`. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { NextReport, type OpenEar } from './ear.ts';

/** The child says nothing when it has begun to listen. */
const STARTS_MS = 500;

export const openMonitor: OpenEar = async () => {
  const child = spawn('ip', ['-o', 'monitor', 'link', 'address'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = new NextReport<string>();
  createInterface({ input: child.stdout }).on('line', lines.told);
  await new Promise((resolve) => setTimeout(resolve, STARTS_MS));
  return {
    expect: ({ monitor }) => lines.expect((line) => monitor.test(line)),
    stop: () => void child.kill(),
  };
};
