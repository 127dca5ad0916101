/** A program with an empty runtime, and then with its first module. */
import { writeFileSync } from 'node:fs';
import { Runtime } from 'hitless/runtime';
import type { StartRecord } from './job.ts';
import { momentNow } from './moment.ts';

const MODULE = `const { Module } = require('hitless/runtime');
exports.manifest = { api: 1, name: 'A', version: '1.0.0', accepts: { x: [1] }, subscribes: {}, timers: [], ports: [], state: { version: 1 } };
exports.default = class extends Module {
  initial() { return {}; }
  onX() {}
};
`;

const runtime = new Runtime();
const made = momentNow();
const collected = process.cpuUsage();
const { bundle } = await runtime.repository.provide('a', MODULE);
const { outcome } = await runtime.run([{ change: 'add', module: 'A', bundle }], {
  command: 'add',
  by: 'bench',
});
if (outcome !== 'committed') throw new Error(outcome);
const { user, system } = process.cpuUsage(collected);
const first = { ...momentNow(), cpu: made.cpu + (user + system) / 1e3 };
const record: StartRecord = { made, first };
writeFileSync(process.argv[3]!, JSON.stringify(record));
runtime.stop();
