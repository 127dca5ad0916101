/** A program under test: pushes to a store on a small disk that fills up. Prints what came of it as JSON. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkOf, MOST_PART } from '../../firmware/push/steps.ts';
import { BundleStore } from '../../firmware/push/store.ts';
import { Runtime } from '../../runtime/index.ts';
import { bundleOf, released } from './router-with-store.ts';

const [, , disk = '', big = ''] = process.argv;
const bundles = join(disk, 'bundles');
const runtime = new Runtime({ directories: [bundles] });
const store = new BundleStore(bundles, {
  versions: () => runtime.versions(),
  examine: (file) => runtime.repository.acquire(file),
});

async function push(name: string, bytes: Buffer, meanwhile = () => {}): Promise<string> {
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  try {
    await store.take({ step: 'offer', name, bytes: bytes.length, sha256 });
    meanwhile();
    for (let offset = 0; offset < bytes.length; offset += MOST_PART) {
      const data = bytes.subarray(offset, offset + MOST_PART);
      await store.take({ step: 'part', sha256, offset, data: data.toString('base64'), check: checkOf(data) });
    }
    await store.take({ step: 'finish', sha256 });
    return 'done';
  } catch (thrown) {
    const { code, message } = thrown as { code?: string; message: string };
    return `${code}: ${message}`;
  }
}

await push('timer-2.0.0.cjs', readFileSync(released('timer-2.0.0.cjs')));
const offered = await push('big-1.0.0.cjs', readFileSync(big));
const filled = await push('mid-1.0.0.cjs', Buffer.from(bundleOf('MID', '1.0.0', 60_000)), () =>
  writeFileSync(join(disk, 'other'), new Uint8Array(90_000)),
);
const listed = runtime.versions().map(({ bundle }) => bundle);
const incoming = readdirSync(join(bundles, '.incoming'));
console.log(JSON.stringify({ offered, filled, listed, incoming }));
runtime.stop();
