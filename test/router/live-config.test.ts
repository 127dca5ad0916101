/** The text by which the modules run, beside the commands that change modules. */
import t from 'tap';
import { Configuration } from '../../firmware/router/configuration.ts';
import { loadVersion } from '../../firmware/router/sections.ts';
import { liveRouter, OWN } from './live-router.ts';

const FILE = `${OWN}chat: { topic: swaps }\n`;

t.test('a section that a command takes from the file is not lost to another session', async (t) => {
  const { runtime, live, write } = await liveRouter(t, FILE);
  write(`${FILE}talk: { topic: weather }\n`);
  const one = await live.completed([{ change: 'add', module: 'TALK', bundle: 'talk@1.0.0' }]);
  await live.completed([{ change: 'replace', module: 'CHAT', bundle: 'chat@2.0.0' }]);
  await runtime.run(one, { command: 'add TALK', by: 'one' });
  t.match(live.running, /^talk: \{ topic: weather \}$/m);
});

t.test('a module that commands have added and removed does not come back with a commit', async (t) => {
  const { runtime, run, write, apply, live } = await liveRouter(t, FILE);
  write(`${FILE}talk: { topic: weather }\n`);
  await run('add', 'TALK', 'talk@1.0.0');
  await run('remove', 'TALK');
  const { changes } = await apply(live.running.replace('swaps', 'peace'));
  t.match(changes, [{ change: 'configure', module: 'CHAT' }]);
  t.equal(changes.length, 1);
  t.same(
    runtime.modules().map(({ name }) => name),
    ['CHAT'],
  );
  await run('add', 'TALK', 'talk@1.0.0');
  await apply(`${OWN}chat: { topic: peace }\n`);
  const back = await apply(`${OWN}chat: { topic: peace }\ntalk: { topic: again }\n`);
  t.match(back.changes, [{ change: 'add', module: 'TALK' }], 'a file that had no word of it wants it again');
});

t.test('what was committed after a transaction that is undone is told', async (t) => {
  const { runtime, apply, live, told } = await liveRouter(t, FILE);
  const peace = FILE.replace('swaps', 'peace');
  await apply(peace);
  await apply(`${peace}log: { level: warn }\n`);
  await runtime.rollback();
  t.equal(live.running, FILE);
  t.match(told, [/^transaction 2 was undone, and what was committed after it went with it \(log\): commit/]);
  await apply(peace);
  await runtime.rollback();
  t.equal(live.running, FILE);
  t.equal(told.length, 1, 'of nothing nothing is told');
});

t.test('a version is loaded once to be looked at', async (t) => {
  const { runtime } = await liveRouter(t, FILE);
  const { repository } = runtime;
  const acquire = repository.acquire.bind(repository);
  let asked = 0;
  repository.acquire = (...of) => {
    asked++;
    return acquire(...of);
  };
  t.match(await loadVersion(runtime, 'talk@1.0.0'), { module: 'TALK', section: { name: 'talk' } });
  t.equal(asked, 1);
});

t.test('a router that keeps no configurations says so, instead of an empty history', async (t) => {
  const { live, saving } = await liveRouter(t, FILE);
  const configuration = new Configuration({
    live,
    saving,
    path: '/r.yaml',
    history: undefined,
    tell: () => {},
  });
  const absent = {
    code: 'CONFIG_HISTORY',
    message: /keeps no configurations: name a directory as router\.state/,
  };
  await t.rejects(configuration.history(), absent);
  await t.rejects(configuration.past(1), absent);
});
