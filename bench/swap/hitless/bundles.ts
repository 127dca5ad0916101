/** The modules under test: generated, because every version must be code that nobody has run before. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SwapJob } from '../job.ts';

/** What the modules call: put on `globalThis` by the measuring program, for a bundle can require nothing. */
export interface Probe {
  handled(server: number, version: number, seq: unknown): void;
  /** A module of this version was asked whether it is quiescent: it is disabled by now. */
  draining(server: number, version: number): void;
}

export const PROBE = 'hitlessBench';

export function serverName(server: number): string {
  return `SERVER${server}`;
}

/** Writes one version of one server; version 0 is the first. Gives its path. */
export function writeServer(directory: string, job: SwapJob, server: number, version: number): string {
  const file = join(directory, `server${server}-1.0.${version}.cjs`);
  writeFileSync(file, serverSource(job, server, version));
  return file;
}

function serverSource(job: SwapJob, server: number, version: number): string {
  const up = version === 0 ? '' : `up: { ${version}: (row) => ({ ...row, version: ${version} }) }`;
  // Its last step: everything else is done by then.
  const start = job.abort && version > 0 ? "start() { throw new Error('fails on purpose'); }" : '';
  const migrated = `{ version: ${version + 1}, tables: { rows: { ${up} } } }`;
  const state = job.migrate ? migrated : '{ version: 1 }';
  const touch = job.migrate
    ? `const key = seq % ${job.entries};
    const row = this.state.rows.get(key);
    this.state.rows.set(key, { ...row, hits: row.hits + 1 });`
    : '';
  return `const { Module${job.migrate ? ', Table' : ''} } = require('hitless/runtime');
const probe = globalThis.${PROBE};
exports.manifest = {
  api: 1, name: '${serverName(server)}', version: '1.0.${version}', mailbox: 1048576, maxHandlerMs: 1000,
  accepts: { tick: [1], report: [1] }, sends: {}, subscribes: {}, timers: [], ports: [],
  state: ${state},
};
exports.default = class extends Module {
  initial({ entries }) {
    const rows = new ${job.migrate ? 'Table' : 'Map'}();
    for (let i = 0; i < entries; i++) rows.set(i, { id: i, metric: i % 100, text: 'entry ' + (i % 1000), hits: 0, version: 0 });
    return { count: 0, rows };
  }
  ${start}
  isQuiescent() {
    probe.draining(${server}, ${version});
    return true;
  }
  onTick({ body: seq }) {
    if (typeof seq !== 'number') return;
    this.state.count++;
    ${touch}
    probe.handled(${server}, ${version}, seq);
  }
  onReport() {
    let hits = 0;
    let stale = 0;
    for (const [, row] of this.state.rows) {
      hits += row.hits;
      if (row.version !== ${job.migrate ? version : 0}) stale++;
    }
    return { count: this.state.count, rows: this.state.rows.size, hits, stale };
  }
  ${padding(job.code, version)}
};
`;
}

/** Methods that nothing calls, of about the given size in all. */
function padding(bytes: number, version: number): string {
  const method = (i: number) => `
  unused${i}(a, b) {
    const table = new Map([[a, ${i}], [b, ${version}]]);
    let sum = 0;
    for (const [key, value] of table) {
      if (typeof key === 'number' && key > ${i * 3}) sum += value * key;
      else if (value === ${i}) sum -= String(key).length;
    }
    return { sum, name: 'unused ${i}', at: [a, b, ${i}].map((each) => each ?? sum) };
  }`;
  const methods: string[] = [];
  for (let size = 0; size < bytes; size += methods.at(-1)!.length) methods.push(method(methods.length));
  return methods.join('\n');
}

/** A module that asks another, or sends to it, in batches. */
export function writeTalkers(directory: string): { client: string; server: string } {
  const client = join(directory, 'client-1.0.0.cjs');
  const server = join(directory, 'server-1.0.0.cjs');
  writeFileSync(
    client,
    `const { Module } = require('hitless/runtime');
const probe = globalThis.${PROBE};
exports.manifest = {
  api: 1, name: 'CLIENT', version: '1.0.0', mailbox: 1048576,
  accepts: { ask: [1], send: [1] }, sends: { SERVER: { get: 1, cast: 1 } }, subscribes: {}, timers: [], ports: [],
  state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return {}; }
  *onAsk({ body: { batches, size } }) {
    for (let batch = 0; batch < batches; batch++) {
      const began = probe.now();
      for (let i = 0; i < size; i++) {
        const answer = yield* this.ctx.ask('SERVER', 'get', i);
        if (answer !== i + 1) throw new Error('asked ' + i + ', was answered ' + answer);
      }
      probe.batch(began);
    }
    probe.done();
  }
  onSend({ body: size }) {
    for (let i = 1; i <= size; i++) {
      if (this.ctx.send('SERVER', 'cast', { i, size }) !== 'queued') throw new Error('the mailbox is full');
    }
  }
};
`,
  );
  writeFileSync(
    server,
    `const { Module } = require('hitless/runtime');
const probe = globalThis.${PROBE};
exports.manifest = {
  api: 1, name: 'SERVER', version: '1.0.0', mailbox: 1048576,
  accepts: { get: [1], cast: [1], total: [1] }, sends: { CLIENT: { send: 1 } }, subscribes: {}, timers: [], ports: [],
  state: { version: 1 },
};
exports.default = class extends Module {
  initial() { return { handled: 0 }; }
  onGet({ body }) {
    this.state.handled++;
    return body + 1;
  }
  onCast({ body: { i, size } }) {
    this.state.handled++;
    if (i === size && probe.burst()) this.ctx.send('CLIENT', 'send', size);
  }
  onTotal() { return this.state.handled; }
};
`,
  );
  return { client, server };
}
