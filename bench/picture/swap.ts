/** One real swap under a stream of messages, with what is needed to draw it. Times are in µs since the module was disabled. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Runtime, type TransactionReport } from '../../runtime/index.ts';

export interface Handled {
  /** When its handler was called. */
  readonly at: number;
  readonly version: string;
  /** It fell due while the module was out of service. */
  readonly kept: boolean;
}

export interface PicturedSwap {
  readonly module: string;
  readonly versions: readonly [from: string, to: string];
  readonly handled: readonly Handled[];
  readonly report: TransactionReport;
}

const MODULE = 'COUNTER';
const VERSIONS = ['1.0.0', '2.0.0'] as const;
/** Swaps before the one that is drawn: a process that has just begun is slower. */
const BEFORE = 4;
/** Time between two messages, in ms. */
const EVERY_MS = 0.04;

/** A handler takes about 10 µs: a message is a mark that can be seen. */
const source = (version: string) => `const { Module } = require('hitless/runtime');
exports.manifest = {
  api: 2, name: '${MODULE}', version: '${version}', accepts: { count: [1] }, subscribes: {}, timers: [], ports: {},
  state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return { count: 0 }; }
  onCount({ body: sent }) {
    const at = performance.now();
    this.state.count++;
    globalThis.hitlessPicture.push({ at, sent, version: this.ctx.version });
    while (performance.now() < at + 0.01);
  }
};`;

/** Swaps there and back, and returns the last swap there. */
export async function picturedSwap(): Promise<PicturedSwap> {
  const directory = mkdtempSync(join(tmpdir(), 'hitless-picture-'));
  for (const version of VERSIONS)
    writeFileSync(join(directory, `${MODULE.toLowerCase()}-${version}.cjs`), source(version));
  const seen: { at: number; sent: number; version: string }[] = [];
  Object.assign(globalThis, { hitlessPicture: seen });
  const runtime = new Runtime({ directories: [directory], probation: false });
  let sending = true;
  // A message that is due while the loop is held is sent as soon as it comes back.
  const send = (): void => {
    const now = performance.now();
    for (; next <= now; next += EVERY_MS) runtime.send(MODULE, 'count', next);
    if (sending) setImmediate(send);
  };
  let next = performance.now();
  try {
    const bundle = (i: number) => `${MODULE.toLowerCase()}@${VERSIONS[i]}`;
    await runtime.add(bundle(0));
    send();
    for (let i = 0; i < BEFORE; i++) await runtime.replace(bundle((i + 1) % 2));
    await new Promise((resolve) => setTimeout(resolve, 5));
    seen.length = 0;
    const report = await runtime.replace(bundle(1));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return pictured(seen, report);
  } finally {
    sending = false;
    runtime.stop();
    Reflect.deleteProperty(globalThis, 'hitlessPicture');
    rmSync(directory, { recursive: true, force: true });
  }
}

function pictured(
  seen: readonly { at: number; sent: number; version: string }[],
  report: TransactionReport,
): PicturedSwap {
  const [from, to] = VERSIONS;
  // The warm-up of a version handles copies of messages that were handled before.
  const known = new Set<number>();
  const real = seen.filter(({ sent }) => !known.has(sent) && known.add(sent));
  // The blackout ends with the first message that the new version handles.
  const disabled = real.find(({ version }) => version === to)!.at - report.members[0]!.blackout;
  const handled = real.map(({ at, sent, version }) => ({
    at: (at - disabled) * 1_000,
    version,
    kept: version === to && sent <= disabled + report.members[0]!.blackout && sent >= disabled,
  }));
  return { module: MODULE, versions: [from, to], handled, report };
}
