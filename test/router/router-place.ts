/** A router in a namespace, in all its lives: started with a file in a directory of its own, asked over its console, ended. */
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { NetworkNamespace } from '../netns.ts';
import { type Answer, eventuallyAsync, execAt, HITLESS } from './router-lab.ts';

const PATIENCE = 60_000;

/** The part of a test's place that is about the router itself. */
export class RouterPlace {
  readonly router: NetworkNamespace;
  readonly directory: string = mkdtempSync('/tmp/hitless-test-');
  /** Its configuration. */
  readonly file: string = join(this.directory, 'router.yaml');
  readonly socket: string = join(this.directory, 'console.sock');
  #child: ChildProcess | undefined;
  #output = '';

  /** @param label of its namespace */
  constructor(label: string) {
    this.router = NetworkNamespace.create(label);
  }

  /** All that it has printed, in all its lives. */
  get output(): string {
    return this.#output;
  }

  get pid(): number {
    return this.#child!.pid!;
  }

  /** Starts it with the file as it is; waits until it answers. */
  async launch(): Promise<void> {
    const child = this.router.spawn([process.execPath, HITLESS, 'run', '--config', this.file], {
      env: { HITLESS_CONSOLE: this.socket },
    });
    this.#child = child;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', (chunk: Buffer) => {
        this.#output += chunk.toString('utf8');
      });
    await eventuallyAsync('the router answers', PATIENCE, async () => {
      if (child.exitCode !== null) throw new Error(`the router ended: ${this.#output.slice(-4000)}`);
      return (await this.exec('show modules').catch(() => undefined))?.ok;
    });
  }

  /** Ends it, and waits until it is gone. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((resolve) => child.once('close', resolve));
    child.kill(signal);
    await ended;
  }

  exec(line: string): Promise<Answer> {
    return execAt(this.socket, line);
  }

  /** Runs commands that must succeed. */
  async run(...lines: string[]): Promise<void> {
    for (const line of lines) {
      const { ok, code, message } = await this.exec(line);
      if (!ok) throw new Error(`${line}: ${code}: ${message}\n${this.#output.slice(-2000)}`);
    }
  }

  /** Ends it, and takes away the namespaces and the directory. */
  protected async end(signal: NodeJS.Signals, others: Iterable<NetworkNamespace>): Promise<void> {
    await this.kill(signal);
    for (const space of [this.router, ...others]) space.cleanup();
    rmSync(this.directory, { recursive: true, force: true });
  }
}
