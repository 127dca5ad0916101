/** The refusals of `hitless boot`, and its LANs, before anything boots. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openLan, parseLan } from '../../board/lan.ts';
import { NetworkNamespace } from '../netns.ts';

const HITLESS = fileURLToPath(new URL('../../dist/hitless.mjs', import.meta.url));

t.test('a LAN is a name, with an address of this machine or without', async (t) => {
  t.same(parseLan('lan0'), { name: 'lan0' });
  t.same(parseLan('lan0=10.0.1.2/24'), { name: 'lan0', address: '10.0.1.2/24' });
  for (const wrong of ['', 'a b', 'a/b', 'sixteen-letters-', 'lan0=', 'lan0=10.0.1.2', 'lan0=fe80::1/64'])
    t.throws(() => parseLan(wrong), { code: 'USAGE', message: /give a name, and an address/ }, wrong);
});

t.test('what is no tap device of this machine is left alone', async (t) => {
  t.throws(() => openLan({ name: 'lo' }), { code: 'LAN_UNUSABLE', message: /lo: this is an interface/ });
});

t.test(
  'a tap device is made with its address, and taken away',
  { skip: NetworkNamespace.unavailable },
  async (t) => {
    const space = NetworkNamespace.create('lan');
    t.teardown(() => space.cleanup());
    const script = `
    import { openLan } from './board/lan.ts';
    import { execFileSync } from 'node:child_process';
    const show = () => execFileSync('ip', ['-o', '-4', 'address'], { encoding: 'utf8' });
    const remove = openLan({ name: 'lan7', address: '10.0.7.2/24' });
    const kept = openLan({ name: 'lan7' });
    kept();
    const during = show();
    remove();
    let refused = '';
    try { openLan({ name: 'lan7', address: '10.0.7.2/99' }); } catch ({ code }) { refused = code; }
    console.log(JSON.stringify({ during, after: execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' }), refused }));
  `;
    const said = space.exec([
      process.execPath,
      '--import',
      './test/runner/typescript.mjs',
      '--input-type=module',
      '-e',
      script,
    ]);
    const { during, after, refused } = JSON.parse(said);
    t.match(during, /lan7 +inet 10\.0\.7\.2\/24/);
    t.notMatch(after, 'lan7');
    t.equal(refused, 'LAN_UNUSABLE');
  },
);

t.test('what is no image does not boot', async (t) => {
  const folder = t.testdir();
  const boot = (...args: string[]) =>
    spawnSync(process.execPath, [HITLESS, 'boot', '--no-install', ...args], { encoding: 'utf8' });
  t.match(boot(), { status: 2, stderr: /^hitless: USAGE: boot needs an image/ });
  const text = join(folder, 'text.img');
  writeFileSync(text, 'no image');
  t.match(boot(text), { status: 2, stderr: /^hitless: IMAGE_FOREIGN: / });
  t.match(boot(join(folder, 'none.img')), { status: 2, stderr: /^hitless: IMAGE_MISSING: / });
});
