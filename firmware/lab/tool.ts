/** Programs of the system that the lab uses: run to their end, or kept as children until they are stopped. */
import { type ChildProcess, spawn } from 'node:child_process';
import { type FirmwareCode, FirmwareError } from '../errors.ts';
import { systemPath } from '../host/needs.ts';

/** The environment for spawning system programs, which may lie outside of an ordinary user's PATH. */
export function systemEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: systemPath() };
}

/**
 * Runs a program to its end and answers what it printed.
 * @throws FirmwareError with the given code, the command and what it said.
 */
export function runTool(code: FirmwareCode, program: string, args: string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env: systemEnvironment(), stdio: ['pipe', 'pipe', 'pipe'] });
    let output = '';
    let complaint = '';
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString('utf8');
    });
    child.stderr.on('data', (chunk: Buffer) => {
      complaint += chunk.toString('utf8');
    });
    const fail = (how: string) => reject(new FirmwareError(code, `"${program} ${args.join(' ')}" ${how}`));
    child.once('error', (error) => fail(`could not be started: ${error.message}`));
    child.once('close', (status, signal) => {
      if (status === 0) resolve(output);
      else fail(`ended with ${signal ?? status}: ${(complaint + output).trim()}`);
    });
    // A program that ends without reading its input is judged by its exit code.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Whether the child has ended, and how. */
export function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** In a shell's terms: 128 and the signal's number for a child ended by a signal. */
export function exitCodeOf(code: number | null, signal: NodeJS.Signals | null): number {
  return code ?? 128 + (signal === null ? 0 : (SIGNAL_NUMBERS[signal] ?? 0));
}

const SIGNAL_NUMBERS: Partial<Record<NodeJS.Signals, number>> = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGABRT: 6,
  SIGKILL: 9,
  SIGSEGV: 11,
  SIGPIPE: 13,
  SIGTERM: 15,
};

/** Asks a child to end, and makes it after `patience` ms. */
export function endChild(child: ChildProcess, patience: number): Promise<void> {
  if (hasEnded(child) || child.pid === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const force = setTimeout(() => child.kill('SIGKILL'), patience);
    child.once('exit', () => {
      clearTimeout(force);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
