/** The measuring program of hitless: takes a job, writes a record. Bundled with the runtime, as users have it. */
import { rmSync, writeFileSync } from 'node:fs';
import * as library from 'hitless/runtime';
import type { Job } from '../job.ts';
import { measureSwaps } from './swaps.ts';
import { measureTalk } from './talk.ts';

const [order = '', output = '', directory = ''] = process.argv.slice(2);
const job = JSON.parse(order) as Job;
const lines: string[] = [`fact node ${process.versions.node}`];
const write = (line: string) => lines.push(line);

if (job.kind !== 'swap') {
  await measureTalk(job, directory, write);
} else if (job.migrate && !('Table' in library)) {
  write('unavailable hitless/runtime exports no Table');
} else {
  await measureSwaps(job, directory, write);
}
writeFileSync(output, `${lines.join('\n')}\n`);
rmSync(directory, { recursive: true, force: true });
