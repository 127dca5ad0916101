/** Committed configurations are kept, and the file is saved whole. */
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ConfigHistory, MOST_KEPT, saveConfig } from '../../firmware/config/history.ts';

function place(t: Test): string {
  const root = mkdtempSync(join(tmpdir(), 'hitless-test-'));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

t.test('the last 50 are kept, the newest first, and numbers never begin anew', async (t) => {
  const directory = join(place(t), 'history');
  const history = new ConfigHistory(directory);
  t.same(await history.list(), []);
  await t.rejects(history.entry(1), { code: 'CONFIG_HISTORY', message: /none is kept yet/ });
  for (let i = 1; i <= MOST_KEPT + 2; i++)
    t.equal(
      await history.keep(`# ${i}\n`, { by: 'console', comment: `change ${i}`, at: new Date(i * 1000) }),
      i,
    );
  const list = await history.list();
  t.equal(list.length, MOST_KEPT);
  t.same(list[0], {
    number: 52,
    at: '1970-01-01T00:00:52.000Z',
    by: 'console',
    comment: 'change 52',
    text: '# 52\n',
  });
  t.equal(list.at(-1)?.number, 3);
  t.equal((await history.entry(3)).text, '# 3\n');
  await t.rejects(history.entry(2), { code: 'CONFIG_HISTORY', message: /there are 3 to 52/ });
  writeFileSync(join(directory, '00000052.json'), '{');
  t.equal((await new ConfigHistory(directory).list())[0]?.number, 51, 'what cannot be read is left out');
  t.equal((await history.newest())?.number, 51);
  t.equal(await new ConfigHistory(join(directory, 'none')).newest(), undefined);
  t.equal(await history.keep('', { by: 'console' }), 53);
});

t.test('a file that is saved is there whole, through a link as well', async (t) => {
  const root = place(t);
  const file = join(root, 'router.yaml');
  await saveConfig(file, 'log: {}\n');
  symlinkSync(file, join(root, 'link.yaml'));
  await saveConfig(join(root, 'link.yaml'), 'log: { level: warn }\n');
  t.equal(readFileSync(file, 'utf8'), 'log: { level: warn }\n');
  t.same(readdirSync(root).sort(), ['link.yaml', 'router.yaml']);
  mkdirSync(join(root, 'folder'));
  await t.rejects(saveConfig(join(root, 'folder'), ''), {
    code: 'CONFIG_UNWRITABLE',
    message: /folder is a directory/,
  });
  await t.rejects(saveConfig(join(root, 'none/router.yaml'), ''), {
    code: 'CONFIG_UNWRITABLE',
    message: /it is as it was/,
  });
  const history = new ConfigHistory(join(file, 'history'));
  await t.rejects(history.keep('', { by: 'console' }), { code: 'CONFIG_UNWRITABLE' });
});
