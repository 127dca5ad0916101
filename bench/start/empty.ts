/** A program with nothing in it: Node's own start. */
import { writeFileSync } from 'node:fs';
import type { StartRecord } from './job.ts';
import { momentNow } from './moment.ts';

const record: StartRecord = { made: momentNow() };
writeFileSync(process.argv[3]!, JSON.stringify(record));
