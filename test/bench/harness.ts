/** The benches as they are started from a shell. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Run {
  status: number;
  stdout: string;
  stderr: string;
}

export function bench(...args: string[]): Promise<Run> {
  const program = ['--import', './test/runner/typescript.mjs', 'bench/main.ts'];
  return new Promise((resolve) => {
    execFile(process.execPath, [...program, ...args], { cwd: root }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
