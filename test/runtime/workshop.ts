/** A directory of bundles made for one test, and a runtime that serves them. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import {
  FaultPlan,
  type LogRecord,
  Runtime,
  type RuntimeOptions,
  type TransactionReport,
} from '../../runtime/index.ts';

export interface Source {
  name: string;
  version: string;
  /** Members of the manifest beyond name and version, as JavaScript. */
  manifest?: string;
  /** Methods of the class, as JavaScript. */
  methods?: string;
  /** Code before the class. */
  head?: string;
}

export function sourceOf({ name, version, manifest = '', methods = '', head = '' }: Source): string {
  return `const { Module } = require('hitless/runtime');
${head}
exports.manifest = Object.assign({ api: 1, name: '${name}', version: '${version}', accepts: {}, subscribes: {}, timers: [], state: { version: 1 } }, {${manifest}});
if (exports.manifest.api === 1) exports.manifest.ports ??= [];
exports.default = class extends Module {
  ${methods.includes('initial(') ? '' : 'initial() { return {}; }'}
  ${methods}
};
`;
}

export class Workshop {
  readonly directory = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  readonly runtime: Runtime;
  readonly log: LogRecord[] = [];

  constructor(t: Test, options: RuntimeOptions = {}) {
    this.runtime = new Runtime({
      development: true,
      // Tests of the watch after a commit ask for one.
      probation: false,
      ...options,
      directories: [this.directory, ...(options.directories ?? [])],
    });
    this.runtime.faults = new FaultPlan();
    this.runtime.onLog((record) => this.log.push(record));
    t.teardown(() => {
      this.runtime.stop();
      rmSync(this.directory, { recursive: true, force: true });
    });
  }

  /** Writes a bundle; gives its name for commands. */
  bundle(source: Source): string {
    this.file(`${source.name.toLowerCase()}-${source.version}.cjs`, sourceOf(source));
    return `${source.name.toLowerCase()}@${source.version}`;
  }

  file(name: string, text: string | Buffer): string {
    const path = join(this.directory, name);
    writeFileSync(path, text);
    return path;
  }

  add(module: string, bundle: string, config?: unknown): Promise<TransactionReport> {
    return this.runtime.run([{ change: 'add', module, bundle, config }], {
      command: `add ${module} ${bundle}`,
      by: 'test',
    });
  }

  /** `replace('A', 'a@2.0.0', 'B', 'b@2.0.0')` replaces both in one transaction. */
  replace(...pairs: string[]): Promise<TransactionReport> {
    const changes = [];
    for (let i = 0; i < pairs.length; i += 2)
      changes.push({ change: 'replace' as const, module: pairs[i]!, bundle: pairs[i + 1]! });
    return this.runtime.run(changes, { command: `replace ${pairs.join(' ')}`, by: 'test' });
  }

  texts(): string[] {
    return this.log.map(({ module, version, text }) => `${module} ${version} ${text}`);
  }

  view(module: string) {
    return this.runtime.modules().find(({ name }) => name === module)!;
  }

  /** Waits until a module is on its way out of service. */
  async draining(module: string): Promise<void> {
    while (this.view(module).service !== 'draining') await turns(1);
  }

  queue(module: string) {
    return this.runtime.queues().find((queue) => queue.module === module)!;
  }
}

/** Resolves after the event loop had its chance a few times. */
export async function turns(count = 3): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
