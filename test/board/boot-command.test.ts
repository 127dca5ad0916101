/** The refusals of `hitless boot`, and its LANs, before anything boots. */
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { openLan, parseLan } from '../../board/lan.ts';
import { NetworkNamespace } from '../netns.ts';
import { contentsOf, folderOf, PARTS, skip, smallImage } from './fixtures/small-image.ts';

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

t.test(
  'an image whose board QEMU does not play is told why, and how there is one that it plays',
  { skip },
  async (t) => {
    const folder = folderOf(t);
    const boot = (board: string, ...args: string[]) => {
      const image = smallImage(folder, {
        contents: contentsOf(PARTS).replace('board virt', `board ${board}`),
      });
      return spawnSync(process.execPath, [HITLESS, 'boot', image, '--no-install', ...args], {
        encoding: 'utf8',
      });
    };
    t.match(boot('rpi5'), {
      status: 2,
      stderr: /^hitless: BOARD_UNPLAYED: QEMU does not play the board rpi5/,
    });
    t.match(boot('rpi3'), {
      status: 2,
      stderr: /^hitless: BOARD_UNPLAYED: .*its watchdog .*--board \.\/rpi3\.yaml/,
    });
    t.match(boot('mine'), { status: 2, stderr: /^hitless: BOARD_UNKNOWN: there is no board "mine"/ });
    // A description of one's own, as the refusal says: the image is too small to be of any use further on.
    const text = readFileSync(new URL('../../board/boards/rpi3.yaml', import.meta.url), 'utf8');
    const own = join(folder, 'rpi3.yaml');
    writeFileSync(own, text.replace(/^watchdog: .*\n/m, ''));
    t.match(boot('rpi3', '--board', own), {
      status: 2,
      stderr: /^hitless: IMAGE_DAMAGED: .*there is no u-boot\.bin/,
    });
    t.match(boot('virt', '--board', own), {
      status: 2,
      stderr: /^hitless: BOARD_INVALID: .*small\.img is for the board virt, and .*rpi3\.yaml describes rpi3/,
    });
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
