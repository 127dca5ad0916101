import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { checkOf } from '../../firmware/push/steps.ts';
import { bundleOf, released, StoringRouter } from './router-with-store.ts';

const BYTES = readFileSync(released('timer-2.0.0.cjs'));
const SHA256 = createHash('sha256').update(BYTES).digest('hex');
const OFFER = { step: 'offer', name: 'timer-2.0.0.cjs', bytes: BYTES.length, sha256: SHA256 } as const;

function part(offset: number, bytes = BYTES, sha256 = SHA256) {
  const data = bytes.subarray(offset, offset + 1000);
  return { step: 'part', sha256, offset, data: data.toString('base64'), check: checkOf(data) } as const;
}

t.test('a part is taken where the last one ended, and once', async (t) => {
  const { host } = new StoringRouter(t);
  const { bundles } = host;
  t.same(await bundles.take(OFFER), { have: 0 });
  t.same(await bundles.take(part(0)), { have: 1000 });
  t.same(await bundles.take(part(0)), { have: 1000 }, 'twice');
  t.same(await bundles.take(part(2000)), { have: 1000 }, 'too far ahead');
  t.same(await bundles.take(OFFER), { have: 1000 }, 'offered again');
  await t.rejects(bundles.take({ ...part(1000), check: '0'.repeat(16) }), { code: 'PUSH_DAMAGED' });
  await t.rejects(bundles.take({ step: 'finish', sha256: SHA256 }), {
    code: 'PUSH_DAMAGED',
    message: /1000 of 3061/,
  });
  for (const offset of [1000, 2000, 3000]) await bundles.take(part(offset));
  t.match(await bundles.take({ step: 'finish', sha256: SHA256 }), { bundle: 'timer@2.0.0', already: false });
});

t.test('contents with another hash than announced are deleted', async (t) => {
  const router = new StoringRouter(t);
  const { bundles } = router.host;
  const sha256 = createHash('sha256').update('something else').digest('hex');
  await bundles.take({ ...OFFER, sha256 });
  for (let offset = 0; offset < BYTES.length; offset += 1000) await bundles.take(part(offset, BYTES, sha256));
  await t.rejects(bundles.take({ step: 'finish', sha256 }), {
    code: 'PUSH_DAMAGED',
    message: /announced was/,
  });
  t.same(router.files, ['.incoming']);
  await t.rejects(bundles.take(part(0, BYTES, sha256)), { code: 'PUSH_UNKNOWN' });
  t.same(await bundles.take({ ...OFFER, sha256 }), { have: 0 });
});

t.test('what power cuts left of a push does not pile up', async (t) => {
  const router = new StoringRouter(t);
  for (let i = 0; i < 10; i++) {
    const sha256 = createHash('sha256').update(String(i)).digest('hex');
    await router.host.bundles.take({ ...OFFER, sha256 });
    await router.host.bundles.take(part(0, BYTES, sha256));
  }
  t.equal(router.files.length, 1 + 4);
});

t.test('a bundle that is larger than any can be is refused before it is sent', async (t) => {
  const router = new StoringRouter(t);
  await t.rejects(router.host.bundles.take({ ...OFFER, bytes: 64 << 20 }), { code: 'PUSH_FILE' });
  t.same(router.files, []);
});

t.test('a place that cannot be written is named', async (t) => {
  const router = new StoringRouter(t);
  writeFileSync(router.bundles, 'a file where the directory should be');
  await t.rejects(router.host.bundles.take(OFFER), { code: 'PUSH_DISK', message: /bundles/ });
});

const unshare = spawnSync('unshare', ['-Urm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0;
const skip = unshare ? false : 'SKIPPED: no mount namespace';

t.test('a full disk refuses a bundle, and what is there stays as it was', { skip }, async (t) => {
  const router = new StoringRouter(t);
  mkdirSync(join(router.directory, 'small'));
  const small = join(router.directory, 'small');
  const big = router.file('big-1.0.0.cjs', bundleOf('BIG', '1.0.0', 200_000));
  const program = fileURLToPath(new URL('./fill-disk.ts', import.meta.url));
  const loader = fileURLToPath(new URL('../runner/typescript.mjs', import.meta.url));
  const inside = `mount -t tmpfs -o size=128k tmpfs "$0" && exec "$@"`;
  const done = spawnSync(
    'unshare',
    ['-Urm', 'sh', '-c', inside, small, process.execPath, '--import', loader, program, small, big],
    { encoding: 'utf8' },
  );
  t.equal(done.status, 0, done.stderr);
  const said = JSON.parse(done.stdout) as {
    offered: string;
    filled: string;
    incoming: string[];
    listed: string[];
  };
  t.match(said.offered, /^PUSH_DISK: .*disk is full: \d+ more bytes do not fit/, 'before anything is sent');
  t.match(said.filled, /^PUSH_DISK: .*disk is full/, 'when it fills up meanwhile');
  t.same(said.listed, ['timer@2.0.0']);
  t.same(said.incoming, [], 'what did not fit takes no room');
});
