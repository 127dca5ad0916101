/**
 * Warms the code of a transaction. V8 compiles a function when it is first called. The first swap of a process would run the whole
 * transaction on cold code inside its window. So before the first transaction, which adds a program's modules while it
 * starts, a runtime of its own that nobody knows swaps two small ones.
 */
import type { Bundle } from '../versions/bundle.ts';
import type { Change } from './change.ts';
import type { Origin } from './report.ts';

/** The part of a runtime that a warm-up needs. */
interface SmallRuntime {
  readonly repository: {
    provide(label: string, source: string): Promise<{ bundle: string }>;
    acquire(name: string): Promise<Bundle>;
  };
  run(changes: readonly Change[], origin: Origin): Promise<unknown>;
  send(to: string, type: string, body?: unknown): unknown;
  stop(): void;
}

let warmed: Promise<void> | undefined;

/**
 * Resolves when the code of a transaction is warm; it is warmed once in a process. Never rejects.
 * @param make makes a runtime that does not warm itself
 */
export function warm(make: () => SmallRuntime): Promise<void> {
  warmed ??= perform(make).catch(() => {});
  return warmed;
}

const PAIR = ['HAMLET', 'OPHELIA'] as const;

async function perform(make: () => SmallRuntime): Promise<void> {
  const runtime = make();
  try {
    for (const [i, module] of PAIR.entries()) {
      for (const version of ['1.0.0', '1.1.0'])
        await runtime.repository.provide('a warm-up', sourceOf(module, PAIR[1 - i]!, version));
    }
    await transact(runtime, 'add', '1.0.0');
    for (const version of ['1.1.0', '1.0.0']) {
      const swap = transact(runtime, 'replace', version);
      for (const module of PAIR) runtime.send(module, 'line', 'words');
      await swap;
    }
  } finally {
    runtime.stop();
  }
}

function transact(runtime: SmallRuntime, change: 'add' | 'replace', version: string): Promise<unknown> {
  const changes = PAIR.map((module) => ({
    change,
    module,
    bundle: `${module.toLowerCase()}@${version}`,
  }));
  return runtime.run(changes, { command: 'warm', by: 'the runtime' });
}

/** A module that uses what modules use: messages, a request, an event, a timer. */
function sourceOf(name: string, other: string, version: string): string {
  return `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 1, name: '${name}', version: '${version}',
  accepts: { line: [1], cue: [1] }, sends: { ${other}: { line: 1, cue: 1 } },
  subscribes: { applause: [1] }, publishes: { applause: 1 }, timers: ['beat'], ports: [], state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return { lines: 0 }; }
  start() {
    this.ctx.setTimer('beat', '', 60000);
    this.ctx.send('${other}', 'line', 'words');
    this.ctx.publish('applause', 1);
  }
  *onLine() { this.state.lines++; if (this.state.lines < 4) yield* this.ctx.ask('${other}', 'cue'); }
  onCue() { return 'cue'; }
  onApplause() {}
  onBeat() {}
};
`;
}
